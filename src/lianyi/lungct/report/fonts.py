"""The one font family of every document, from the wheels that carry it, and which characters it has.

System fonts are ignored: the same report on every machine.  The family is Noto Sans CJK TC, which
holds every regional form; documents ask for ``zh-CN``, so Simplified Chinese shapes are drawn.
"""

from __future__ import annotations

import struct
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.errors import Misconfigured

FAMILY = "Noto Sans CJK TC"
_PACKAGES = {"regular": "cvttf_NotoSansCJK_Regular", "bold": "cvttf_NotoSansCJK_Bold"}
_ALL_OF_UNICODE = 12
"""Format of the character map that covers all planes (OpenType, cmap, format 12)."""


@cache
def font_file(weight: str) -> Path:
    """Find the font of a weight, "regular" or "bold".

    Raises:
        Misconfigured: the wheel that carries it is not installed.
    """
    package = _PACKAGES[weight]
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        for file in sorted(Path(folder).glob("*.otf")):
            return file
    name = package.replace("_", "-").lower()
    raise Misconfigured(
        zh=f"没有安装字体包 {name}；请重新安装 lianyi。",
        en=f"The font package {name} is not installed; install lianyi again.",
    )


@cache
def _groups() -> npt.NDArray[np.uint32]:
    """First and last code point of every run of characters the font has."""
    with font_file("regular").open("rb") as file:
        (tables,) = struct.unpack(">4xH6x", file.read(12))
        entries = [struct.unpack(">4sIII", file.read(16)) for _ in range(tables)]
        start = next(offset for tag, _, offset, _ in entries if tag == b"cmap")
        file.seek(start)
        (maps,) = struct.unpack(">2xH", file.read(4))
        offsets = [struct.unpack(">4xI", file.read(8))[0] for _ in range(maps)]
        for offset in offsets:
            file.seek(start + offset)
            kind, count = struct.unpack(">H10xI", file.read(16))
            if kind == _ALL_OF_UNICODE:
                return np.frombuffer(file.read(12 * count), dtype=">u4").reshape(count, 3)[:, :2].astype(np.uint32)
    raise Misconfigured(
        zh="字体文件缺少完整的字符表；请重新安装 lianyi。",
        en="The font has no full character map; install lianyi again.",
    )


def has_glyph(character: str) -> bool:
    """Tell whether the font can draw a character."""
    first, last = _groups().T
    at = int(np.searchsorted(first, ord(character), side="right")) - 1
    return at >= 0 and ord(character) <= int(last[at])


def printable(text: str) -> str:
    """Give *text* so that nothing is lost on paper: a character without a glyph is followed by its code.

    Control characters, which no header text needs, become spaces.
    """
    shown = []
    for character in text:
        if ord(character) < ord(" ") or character == "\x7f":
            shown.append(" ")
        elif character.isspace() or has_glyph(character):
            shown.append(character)
        else:
            shown.append(f"{character}[U+{ord(character):04X}]")
    return "".join(shown)
