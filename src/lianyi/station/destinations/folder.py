"""A folder as destination: all of a package appears at once, or none of it."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

from lianyi.station.destinations.config import FolderDestination
from lianyi.station.destinations.package import NotDelivered, ObjectReceipt, Package, Receipt

_NAME_LENGTH = 32  # of 52 base-32 characters of SHA-256: 160 bits


def send_folder(package: Package, destination: FolderDestination) -> Receipt:
    """Copy documents and objects into a sub-folder named by the identity; a repeat finds it and copies nothing.

    Written under a temporary name, flushed to the disk, then renamed: a reader never sees half a package, and a
    power failure leaves either nothing or all of it.

    Raises:
        NotDelivered: it cannot be written; trying again may help when there is room or the share is back.
    """
    name = package.token("folder", length=_NAME_LENGTH)
    target = destination.path / name
    if not target.is_dir():
        try:
            _copy_at_once(package, target)
        except OSError as error:
            raise _not_written(destination, error) from None
    files = sorted(path for path in target.rglob("*") if path.is_file())
    return Receipt(
        destination=destination.name,
        reference=name,
        objects=tuple(ObjectReceipt(what=path.relative_to(target).as_posix(), said="written") for path in files),
    )


def _copy_at_once(package: Package, target: Path) -> None:
    if not target.parent.is_dir():  # never made here: under the mount point of an absent share it would fill our disk
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(target.parent))
    unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        shutil.copytree(package.documents, unfinished / "documents")
        (unfinished / "dicom").mkdir()
        for number, source in enumerate(package.objects, start=1):
            shutil.copyfile(source, unfinished / "dicom" / f"{number:03d}.dcm")
        unfinished.chmod(0o750)
        _flush(unfinished)
        try:
            unfinished.rename(target)
        except OSError:
            if not target.is_dir():  # another worker was faster: the same package, and as good
                raise
        _flush_folder(target.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    for abandoned in target.parent.glob(f".{target.name}.*"):  # of an attempt that was killed
        shutil.rmtree(abandoned, ignore_errors=True)


def _flush(folder: Path) -> None:
    """Put every file and folder below onto the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        else:
            _flush_folder(path)
    _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows cannot open a folder; its file system logs renames
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems cannot flush a folder
            raise
    finally:
        os.close(descriptor)


def _not_written(destination: FolderDestination, error: OSError) -> NotDelivered:
    why = errno.errorcode.get(error.errno or 0, type(error).__name__)
    return NotDelivered(
        zh=f"无法写入文件夹 {destination.path}（{why}）；请检查该文件夹是否存在、共享是否已挂载、权限和剩余空间。",
        en=f"The folder {destination.path} cannot be written ({why}): check that it exists, that the share is mounted, "
        "its permissions and the room left.",
        is_final=False,
    )
