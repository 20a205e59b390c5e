"""The data folder: what lies where, and how a file gets there so that no power cut can halve it.

Names are made of hashes and numbers, never of what a header says.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lianyi.lungct.domain.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Folders:
    """The parts of a station's data folder.

    ::

        station.sqlite      rows: the truth
        jobs.sqlite         the queue; can be made anew from the rows
        station.lock        held while a station runs
        incoming/           half-received; emptied at start
        studies/            images, by hashed study and series
        work/               screenings that run; emptied at start
        results/            what came of them
    """

    root: Path

    @property
    def incoming(self) -> Path:
        """Where an instance is written before it is whole."""
        return self.root / "incoming"

    @property
    def work(self) -> Path:
        """Where a screening computes."""
        return self.root / "work"

    def make(self) -> Self:
        """Make all of it, readable by this user only.

        Raises:
            Misconfigured: it cannot be made or written into.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name in ("incoming", "studies", "work", "results"):
                (self.root / name).mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise self._unwritable(error) from None
        return self

    def lock(self) -> int:
        """Take the folder for this station until it ends, however it ends; the number keeps the lock.

        Raises:
            Misconfigured: another station has it.
        """
        try:
            lock = os.open(self.root / "station.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unwritable(error) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise Misconfigured(
                zh=f"数据文件夹 {self.root} 已由另一个 lianyi serve 使用，请先停止它，或另设数据文件夹。",
                en=f"another lianyi serve uses the data folder {self.root}; stop it first, or set another folder.",
            ) from None
        return lock

    def empty_unfinished(self) -> None:
        """Remove what a station that broke off left half done; no row speaks of it."""
        for folder in (self.incoming, self.work):
            for path in folder.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def instance_path(self, study_uid: str, series_uid: str, sop_uid: str, content_sha256: str) -> Path:
        """Give where an instance belongs, relative to the root; other content has another place."""
        name = f"{hashed(sop_uid)}-{content_sha256[:12]}.dcm"
        return Path("studies") / hashed(study_uid) / hashed(series_uid) / name

    def _unwritable(self, error: OSError) -> Misconfigured:
        reason = error.strerror or "?"
        return Misconfigured(
            zh=f"无法写入数据文件夹 {self.root}（{reason}），请检查路径、权限与磁盘空间。",
            en=f"the data folder {self.root} cannot be written into ({reason}); check path, permissions and space.",
        )


def hashed(uid: str) -> str:
    """Give a name for a UID that cannot be traced to a patient by reading it."""
    return hashlib.sha256(uid.encode("ascii", "replace")).hexdigest()[:24]


def place_durably(data: bytes, partial: Path, final: Path) -> None:
    """Write a file so that after this call it is whole on disk under its final name, and before it is not there."""
    with partial.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    for folder in missing_folders(final.parent):
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)
    partial.rename(final)
    sync_folder(final.parent)


def missing_folders(folder: Path) -> list[Path]:
    """Give the folders that must be made, outermost first."""
    missing: list[Path] = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    return missing[::-1]


def sync_folder(folder: Path) -> None:
    """Have the names in a folder written to disk."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def sync_tree(folder: Path) -> None:
    """Have every file and name below a folder written to disk."""
    for base, _, names in os.walk(folder):
        for name in names:
            number = os.open(Path(base) / name, os.O_RDONLY)
            try:
                os.fsync(number)
            finally:
                os.close(number)
        sync_folder(Path(base))
