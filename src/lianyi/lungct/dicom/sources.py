"""Where the bytes come from: folders, files and zip archives, made alike.

A folder is walked to its end, whatever its files are called; symbolic links are followed once, so that a loop
ends.  An archive is opened when it is given itself or lies anywhere in a given folder under a name ending in
".zip".  What cannot be opened is named, never skipped in silence.  An unsafe archive is refused where it is given
or lies at the top of a folder, for then it is the export; one further down (a viewer's) is named and left alone.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from lianyi.lungct.dicom.archives import MAX_MEMBER_BYTES, member_name, open_archive
from lianyi.lungct.dicom.text import printable
from lianyi.lungct.domain.errors import Refusal, RefusalCode

_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")


class TooLarge(Exception):
    """A file is larger than any CT instance can be."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One file that may be a DICOM instance.

    Attributes:
        path: as given by the caller, extended by the walk; for a member of an archive, archive / member.
        size: in bytes, as the file system or the archive declares it.
        open: opens the bytes for reading; may raise OSError or zipfile.BadZipFile.
    """

    path: Path
    size: int
    open: Callable[[], BinaryIO]

    @property
    def name(self) -> str:
        """The file's own name, safe to print."""
        return printable(self.path.name)

    def read(self) -> bytes:
        """Give all bytes.

        Raises:
            TooLarge: there are more bytes than any CT instance needs.
            OSError: the file cannot be read.
            zipfile.BadZipFile: the archive's member is damaged.
        """
        with self.open() as stream:
            data = stream.read(MAX_MEMBER_BYTES + 1)
        if len(data) > MAX_MEMBER_BYTES:
            raise TooLarge
        return data


@dataclass(slots=True)
class Inputs:
    """Everything found under the given paths: files to look into, and names of what could not be opened."""

    sources: list[Source] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


@contextmanager
def open_inputs(paths: Sequence[Path]) -> Iterator[Inputs]:
    """Find the files under *paths*; archives stay open until the context ends.

    Raises:
        Refusal: R12 or R11, an archive is unsafe or broken.
    """
    with ExitStack() as archives:
        yield _Walk(archives).all_of(paths)


class _Walk:
    def __init__(self, archives: ExitStack) -> None:
        self._archives = archives
        self._seen: set[tuple[int, int]] = set()
        self._found = Inputs()

    def all_of(self, paths: Sequence[Path]) -> Inputs:
        pending = [(path, 0) for path in reversed(paths)]
        while pending:  # a list, not recursion: a hostile tree may be deep
            path, depth = pending.pop()
            try:
                names = self._visit(path, depth=depth)
            except OSError:
                self._found.unreadable.append(printable(path.name))
            else:
                pending += [(path / name, depth + 1) for name in sorted(names, reverse=True)]
        return self._found

    def _visit(self, path: Path, *, depth: int) -> list[str]:
        """Note one file, or give the names in one folder."""
        facts = path.stat()
        if (facts.st_dev, facts.st_ino) in self._seen:
            return []
        self._seen.add((facts.st_dev, facts.st_ino))
        if stat.S_ISDIR(facts.st_mode):
            return os.listdir(path)  # noqa: PTH208 -- names alone, to be sorted as strings
        if not stat.S_ISREG(facts.st_mode):
            self._found.unreadable.append(printable(path.name))
        elif self._is_archive(path, given=depth == 0):
            self._open_archive(path, depth=depth)
        else:
            self._found.sources.append(Source(path, facts.st_size, partial(_open_file, path)))
        return []

    @staticmethod
    def _is_archive(path: Path, *, given: bool) -> bool:
        if path.suffix.lower() == ".zip":
            return True
        if not given:
            return False
        with path.open("rb") as stream:
            return stream.read(4) in _ZIP_MAGIC

    def _open_archive(self, path: Path, *, depth: int) -> None:
        try:
            archive, members = open_archive(path)
        except Refusal as reason:
            is_broken = reason.code is RefusalCode.UNREADABLE_SERIES
            if depth == 0 or (depth == 1 and not is_broken):
                raise
            self._found.unreadable.append(printable(path.name))  # among good files
            return
        self._archives.enter_context(archive)
        for member in members:
            self._found.sources.append(
                Source(path / member_name(member), member.file_size, partial(_open_member, archive, member))
            )


def _open_file(path: Path) -> BinaryIO:
    return path.open("rb")


def _open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    return cast(BinaryIO, archive.open(member))
