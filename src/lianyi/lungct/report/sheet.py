"""A dark page to be read at a glance, and the words that every such page says."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw, ImageFont, features

from lianyi.lungct.report.canvas import MARK, MARK_INK, font

WIDTH_PX, HEIGHT_PX = 1280, 1024
EDGE = 44
GROUND, INK, QUIET, _RULE = (0x0B, 0x11, 0x15), (0xF2, 0xF5, 0xF6), (0x9F, 0xAC, 0xB4), (0x2B, 0x38, 0x40)
BANDS = {  # ground and letters of the band that says how it ended
    "screened": ((0x0E, 0x4A, 0x58), (0xFF, 0xFF, 0xFF)),
    "partly": ((0xEF, 0xC2, 0x63), (0x2A, 0x1C, 0x00)),
    "refused": ((0xEF, 0xC2, 0x63), (0x2A, 0x1C, 0x00)),
    "failed": ((0xB3, 0x3A, 0x2E), (0xFF, 0xFF, 0xFF)),
}
LANGUAGE = "zh-CN" if features.check("raqm") else None
"""The font's own shapes are Traditional; Simplified ones need the shaper, and it to be told."""

_LOOKED = ("screened", "partly")
PICTURE_PX = 520
_PNG_LEVEL = 1

WORDS: dict[str, tuple[str, str]] = {
    "title": ("胸部 CT 肺结节首看", "Chest CT lung nodules: first look"),
    "awaiting": ("待医师审核", "not yet reviewed by a doctor"),
    "read_directly": ("请医师直接阅片", "a doctor must read the images"),
    "screened": ("已初筛", "Screened"),
    "partly": ("部分初筛：部分肺组织没有看到", "Partly screened: part of the lungs was not seen"),
    "refused": ("未初筛：这次检查被退回", "Not screened: the study was turned away"),
    "failed": ("未能完成：程序出错", "Failed: a fault of the program"),
    "marked": ("标出 {n} 处可疑结节", "{n} suspicious nodules marked"),
    "marked_one": ("标出 1 处可疑结节", "1 suspicious nodule marked"),
    "none": ("没有标出结节", "No nodule marked"),
    "none_means": ("不等于没有结节；仍需医师阅片", "Nodules may still be there; a doctor still has to read the images"),
    "not_looked": ("没有首看结果，不表示没有结节",
                   "Nothing was looked at, which does not mean that there is no nodule"),
    "more": ("另有 {n} 处，见报告", "{n} more in the report"),
    "categories": ("指南分类（暂定，待医师确认）", "By guideline (provisional)"),
    "foot": ("只找肺结节，没有检查其他疾病 · 置信度：该处是结节的可能，不是恶性概率",
             "Nodules only, no other disease was looked for · confidence: of being a nodule, not of malignancy"),
    "foot_not_looked": ("不能代替医师诊断", "Not a diagnosis"),
}  # fmt: skip


def _wrapped(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Break a text into lines: English between words, Chinese between characters."""
    lines, line = [], ""
    for part in re.findall(r"[!-~]+ ?|[^!-~]", text):
        if line and not fits(line + part.rstrip()):
            lines.append(line.rstrip())
            line = ""
        line += part
    return [*lines, line.rstrip()]


class Sheet:
    """A dark page, written from top to bottom."""

    def __init__(self, ending: str, software: str) -> None:
        self._image = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), GROUND)
        self._draw = ImageDraw.Draw(self._image)
        self._left, self._width = EDGE, WIDTH_PX - 2 * EDGE
        self.y = 0
        self._band(ending)
        self._foot(WORDS["foot" if ending in _LOOKED else "foot_not_looked"], software)

    def _band(self, ending: str) -> None:
        ground, ink = BANDS[ending]
        self._draw.rectangle((0, 0, WIDTH_PX, 116), fill=ground)
        self._text((EDGE, 14), WORDS[ending][0], font(44, "bold"), fill=ink)
        self._text((EDGE, 74), WORDS[ending][1], font(24), fill=ink)
        zh, en = WORDS["awaiting" if ending in _LOOKED else "read_directly"]
        self._text((WIDTH_PX - EDGE, 18), zh, font(36, "bold"), fill=ink, anchor="ra")
        self._text((WIDTH_PX - EDGE, 74), en, font(22), fill=ink, anchor="ra")
        self.y = 136

    def _foot(self, said: tuple[str, str], software: str) -> None:
        self._draw.line((EDGE, HEIGHT_PX - 84, WIDTH_PX - EDGE, HEIGHT_PX - 84), fill=_RULE, width=2)
        self._text((EDGE, HEIGHT_PX - 76), said[0], font(22), fill=QUIET)
        self._text((EDGE, HEIGHT_PX - 44), said[1], font(18), fill=QUIET)
        text = f"{WORDS['title'][0]} · {software}"
        self._text((WIDTH_PX - EDGE, HEIGHT_PX - 44), text, font(18), fill=QUIET, anchor="ra")

    def _text(self, at: tuple[float, float], text: str, face: ImageFont.FreeTypeFont, **how: Any) -> None:
        """Write in Simplified Chinese shapes."""
        self._draw.text(at, text, font=face, language=LANGUAGE, **how)

    def column(self, *, left: int, top: int, width: int) -> None:
        """Write from here on in a column."""
        self._left, self.y, self._width = left, top, width

    def large(self, zh: str, en: str, *, size: int) -> None:
        """Write the one thing to be read from afar."""
        self._lines(zh, size, INK, weight="bold")
        self._lines(en, round(size * 0.45), QUIET)
        self.y += 14

    def paragraph(self, text: str, size: int, colour: tuple[int, int, int], *, gap: int = 8) -> None:
        """Write a text over as many lines as it needs, and leave a gap below."""
        self._lines(text, size, colour)
        self.y += gap

    def rule(self) -> None:
        """Draw a line across."""
        self._draw.line((EDGE, self.y + 8, WIDTH_PX - EDGE, self.y + 8), fill=_RULE, width=2)
        self.y += 26

    def nodule(self, number: int, head: str, rest: str) -> None:
        """Write one nodule in two lines: its number beside what is large, the rest below."""
        box = (EDGE, self.y + 4, EDGE + 50, self.y + 50)
        self._draw.rectangle(box, fill=MARK)
        at = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        self._text(at, str(number), font(32, "bold"), fill=MARK_INK, anchor="mm")
        left = box[2] + 16
        self._text((left, self.y - 4), head, font(32, "bold"), fill=INK)
        self._text((left, self.y + 38), rest, font(23), fill=QUIET)
        self.y += 78

    def picture(self, image: Image.Image, *, left: int, top: int, width: int) -> int:
        """Put a picture; gives where it ends."""
        height = round(image.height * width / image.width)
        self._image.paste(image.resize((width, height), Image.Resampling.LANCZOS), (left, top))
        return top + height

    def png(self) -> bytes:
        """Give the page."""
        buffer = BytesIO()
        self._image.save(buffer, "PNG", compress_level=_PNG_LEVEL)
        return buffer.getvalue()

    def _lines(self, text: str, size: int, colour: tuple[int, int, int], weight: str = "regular") -> None:
        face = font(size, weight)
        for line in _wrapped(text, lambda part: self._draw.textlength(part, font=face) <= self._width):
            if self.y + size * 1.4 > HEIGHT_PX - 88:
                return  # the report has the rest
            self._text((self._left, self.y), line, face, fill=colour)
            self.y += round(size * 1.4)
