"""A copy of a station that can be taken while it runs, and put back.

The database first, in one moment; then the files that it speaks of, which never change once they are there.
``manifest.json`` is written last, with every file's hash: a backup without it is none.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from lianyi import __version__
from lianyi.lungct.domain.errors import LianyiError
from lianyi.station.clock import now
from lianyi.station.config import StationConfig
from lianyi.station.folders import Folders, sync_folder, sync_tree

_DATABASE = "station.sqlite"
_MANIFEST = "manifest.json"


class NoBackup(LianyiError):
    """A backup could not be taken or put back; says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What was copied; *gone* were removed by retention between the database's moment and the copying."""

    files: int
    size_bytes: int
    gone: int


def back_up(config: StationConfig, target: Path) -> Copied:
    """Copy a station into an empty folder, whether it runs or not.

    Raises:
        NoBackup: there is no station, the folder is not empty, or the database is PostgreSQL's.
    """
    root = config.data.resolve()
    if config.database.url is not None:
        raise NoBackup(
            zh="数据库在 PostgreSQL 中：请先用 pg_dump 备份数据库，再复制数据文件夹中的 studies 与 results。",
            en="the database is PostgreSQL's: take it with pg_dump first, then copy studies and results.",
        )
    if not (root / _DATABASE).is_file():
        raise NoBackup(
            zh=f"{root} 中没有工作站的数据，请检查 --config。", en=f"there is no station in {root}; check --config."
        )
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(target.iterdir()):
        raise NoBackup(zh=f"{target} 不是空文件夹，请另选。", en=f"{target} is not empty; choose another folder.")
    with (
        closing(sqlite3.connect(root / _DATABASE, timeout=30)) as source,
        closing(sqlite3.connect(target / _DATABASE)) as copy,
    ):
        source.backup(copy)
    hashes: dict[str, str] = {}
    gone = size = 0
    for name in _files_of(target / _DATABASE, root):
        (target / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            shutil.copyfile(root / name, target / name)
        except FileNotFoundError:
            gone += 1
            continue
        hashes[name] = _sha256(target / name)
        size += (target / name).stat().st_size
    hashes[_DATABASE] = _sha256(target / _DATABASE)
    sync_tree(target)
    manifest = {"lianyi": __version__, "taken": now().isoformat(timespec="seconds") + "Z", "sha256": hashes}
    (target / _MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    sync_tree(target)
    return Copied(files=len(hashes), size_bytes=size, gone=gone)


def restore(source: Path, config: StationConfig) -> Copied:
    """Put a backup back into a data folder that holds no station.

    Raises:
        NoBackup: the backup is not whole, or there is a station already.
        Misconfigured: a station runs on the folder.
    """
    if config.database.url is not None:
        raise NoBackup(
            zh="数据库在 PostgreSQL 中：请用 pg_restore 恢复数据库，再复制 studies 与 results。",
            en="the database is PostgreSQL's: put it back with pg_restore, then copy studies and results.",
        )
    hashes = _checked(source)
    folders = Folders(config.data.resolve()).make()
    lock = folders.lock()
    try:
        if (folders.root / _DATABASE).exists():
            raise NoBackup(
                zh=f"{folders.root} 中已有工作站的数据；请先移走它，或另设数据文件夹。",
                en=f"there is a station in {folders.root}; move it away first, or set another data folder.",
            )
        size = 0
        # The database last: what it speaks of is there before it is.
        for name in sorted(hashes, key=lambda name: name == _DATABASE):
            place = folders.root / name
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial = place.with_name(f"{place.name}.partial")
            shutil.copyfile(source / name, partial)
            partial.rename(place)
            size += place.stat().st_size
        # An old queue would take up jobs of other rows; it is made anew from these.
        for old in folders.root.glob("jobs.sqlite*"):
            old.unlink()
        sync_tree(folders.root / "studies")
        sync_tree(folders.root / "results")
        sync_folder(folders.root)
    finally:
        _release(lock)
    return Copied(files=len(hashes), size_bytes=size, gone=0)


def _release(lock: int) -> None:
    import os  # noqa: PLC0415 -- beside its only use

    os.close(lock)


def _files_of(database: Path, root: Path) -> list[str]:
    """Give the files that a database speaks of, relative to the data folder."""
    with closing(sqlite3.connect(database)) as connection:
        names = [row[0] for row in connection.execute("select path from instances")]
        folders = [row[0] for row in connection.execute("select folder from screenings where folder is not null")]
    for folder in folders:
        names += [str(path.relative_to(root)) for path in sorted((root / folder).rglob("*")) if path.is_file()]
    return names


def _checked(source: Path) -> dict[str, str]:
    """Give the manifest's hashes, each held against its file.

    Raises:
        NoBackup: the manifest or a file is absent, or was changed.
    """
    try:
        hashes: dict[str, str] = json.loads((source / _MANIFEST).read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError):
        raise NoBackup(
            zh=f"{source} 中没有完整的备份（缺少 {_MANIFEST}）。",
            en=f"there is no whole backup in {source} ({_MANIFEST}).",
        ) from None
    for name, expected in hashes.items():
        path = source / name
        is_inside = path.resolve().is_relative_to(source.resolve())
        if not is_inside or not path.is_file() or _sha256(path) != expected:
            raise NoBackup(
                zh=f"备份已损坏：文件 {name} 缺失或被改动，请换用另一份备份。",
                en=f"the backup is damaged: {name} is absent or was changed; take another one.",
            )
    return hashes


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
