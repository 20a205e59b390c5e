"""Zip archives from strangers: what may be read from them, decided before anything is read.

Nothing is ever extracted to disk; members are decompressed in memory, one at a time, on demand, and never past
the size their entry declares, which itself is limited.  That leaves four ways to be attacked or misled, each
refused as R12 before the first member is read: a bomb (by size, count or ratio), a name that climbs out of its
folder (harmless to us, but the sign of a hostile or broken archive), a symbolic link, and an archive inside the
archive.  Encrypted members and compressions other than "stored" and "deflated" cannot be read and say so.
"""

from __future__ import annotations

import re
import stat
import zipfile
from pathlib import Path

from lianyi.lungct.dicom.text import guess_text, printable
from lianyi.lungct.domain.errors import Refusal, RefusalCode

MAX_MEMBERS = 20_000
"""A whole-body study with all its reconstructions stays below this; a bomb of names does not."""
MAX_MEMBER_BYTES = 1 << 30
"""One Enhanced CT of 1,000 frames of 512 x 512 is half of this."""
MAX_TOTAL_BYTES = 8 << 30
MAX_RATIO = 100.0
"""CT compresses 2 to 4 times, a synthetic one 20 times; deflate's own limit is 1,032 times."""
RATIO_MATTERS_ABOVE_BYTES = 64 << 20

_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_NAME_IS_UTF8 = 0x800


def _unsafe(name: str, zh: str, en: str) -> Refusal:
    return Refusal(
        RefusalCode.UNSAFE_ARCHIVE,
        zh=f"压缩包“{name}”{zh}，未读取。请解压并检查后改用文件夹，或重新从 PACS 导出。",
        en=f'The archive "{name}" {en} and was not read. Unpack and check it and give the folder instead, '
        "or export it again from the PACS.",
    )


def member_name(member: zipfile.ZipInfo) -> str:
    """Give a member's path as its maker meant it, with "/" between folders.

    A name without the UTF-8 flag was read by Python as code page 437, while Chinese
    Windows wrote GBK; the bytes are recovered and read again.
    """
    name = member.filename
    if not member.flag_bits & _NAME_IS_UTF8:
        try:
            name = guess_text(name.encode("cp437"))
        except UnicodeEncodeError:
            name = member.filename
    return name.replace("\\", "/")


def _climbs(path: str) -> bool:
    return path.startswith("/") or re.match(r"[A-Za-z]:", path) is not None or ".." in path.split("/")


def _check_member(member: zipfile.ZipInfo, archive: str) -> None:
    names = (member.orig_filename.replace("\\", "/"), member_name(member))
    if any(_climbs(name) for name in names) or "\0" in member.orig_filename:
        raise _unsafe(archive, "内有指向文件夹之外的路径", "holds a path that leads out of its folder")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise _unsafe(archive, "内有符号链接", "holds a symbolic link")
    if member.flag_bits & _ENCRYPTED:
        raise _unsafe(archive, "已加密", "is encrypted")
    if member.compress_type not in _READABLE:
        raise _unsafe(archive, "使用了不支持的压缩方式", "uses an unsupported compression")
    if names[1].lower().endswith(".zip"):
        raise _unsafe(archive, "内还有压缩包", "holds another archive")
    if member.file_size > MAX_MEMBER_BYTES:
        raise _unsafe(archive, "内有异常巨大的文件", "holds an abnormally large file")


def open_archive(path: Path) -> tuple[zipfile.ZipFile, tuple[zipfile.ZipInfo, ...]]:
    """Open a zip archive after checking every entry.

    Returns:
        The open archive (the caller closes it) and its files, folders left out, in the archive's order.

    Raises:
        Refusal: R12, the archive is unsafe, encrypted or nested; R11, it is broken or truncated.
        OSError: the file cannot be opened.
    """
    name = printable(path.name)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, UnicodeDecodeError) as fault:
        raise Refusal(
            RefusalCode.UNREADABLE_SERIES,
            zh=f"压缩包“{name}”已损坏或不完整，无法打开。请重新导出或重新拷贝。",
            en=f'The archive "{name}" is broken or incomplete and cannot be opened. Export or copy it again.',
        ) from fault
    try:
        return archive, _checked_members(archive, name)
    except BaseException:
        archive.close()
        raise


def _checked_members(archive: zipfile.ZipFile, name: str) -> tuple[zipfile.ZipInfo, ...]:
    entries = archive.infolist()
    members = tuple(entry for entry in entries if not entry.is_dir())
    if len(entries) > MAX_MEMBERS:
        raise _unsafe(name, "内的文件过多", "holds too many files")
    for entry in entries:
        _check_member(entry, name)
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if total > MAX_TOTAL_BYTES:
        raise _unsafe(name, "解压后过大", "would be too large when unpacked")
    if total > RATIO_MATTERS_ABOVE_BYTES and total > MAX_RATIO * packed:
        raise _unsafe(name, "的压缩率异常（疑似压缩炸弹）", "is compressed beyond reason (a zip bomb)")
    _check_overlap(members, archive, name)
    return members


def _check_overlap(members: tuple[zipfile.ZipInfo, ...], archive: zipfile.ZipFile, name: str) -> None:
    """Refuse members that share compressed bytes: a bomb without nesting (Fifield, WOOT 2019)."""
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise _unsafe(name, "内的文件互相重叠（疑似压缩炸弹）", "holds overlapping files (a zip bomb)")
        end = member.header_offset + member.compress_size
    if end > archive.start_dir:
        raise _unsafe(name, "内的文件超出压缩包", "holds files that reach beyond it")
