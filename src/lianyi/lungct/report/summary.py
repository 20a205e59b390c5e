"""One picture that says it all: how it ended, how many marks, which, and that a doctor has not looked yet.

For viewers that show pictures and nothing else.  Chinese first, large; English beside it, smaller.  It names no
patient: the viewer does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw, ImageFont, features

from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.outcome import Outcome, Refused, Screened
from lianyi.lungct.report.answers import title_of
from lianyi.lungct.report.canvas import MARK, MARK_INK, font
from lianyi.lungct.report.figures import mm, probability
from lianyi.lungct.report.fonts import printable
from lianyi.lungct.report.nodule_rows import place, slice_label
from lianyi.lungct.report.overview import overview
from lianyi.lungct.report.wording import REFUSAL_TITLES, say

WIDTH_PX, HEIGHT_PX = 1280, 1024
_EDGE = 44
_GROUND, _INK, _QUIET, _RULE = (0x0B, 0x11, 0x15), (0xF2, 0xF5, 0xF6), (0x9F, 0xAC, 0xB4), (0x2B, 0x38, 0x40)
_BANDS = {  # ground and letters of the band that says how it ended
    "screened": ((0x0E, 0x4A, 0x58), (0xFF, 0xFF, 0xFF)),
    "partly": ((0xEF, 0xC2, 0x63), (0x2A, 0x1C, 0x00)),
    "refused": ((0xEF, 0xC2, 0x63), (0x2A, 0x1C, 0x00)),
    "failed": ((0xB3, 0x3A, 0x2E), (0xFF, 0xFF, 0xFF)),
}
_HAS_SHAPER = bool(features.check("raqm"))
_LOOKED = ("screened", "partly")
_LISTED = 8
_MOST_RINGED = 20
_PICTURE_PX = 560
_PNG_LEVEL = 1

_WORDS: dict[str, tuple[str, str]] = {
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


def summary_of(outcome: Outcome, *, software: str) -> bytes:
    """Give the picture of an outcome as PNG."""
    if isinstance(outcome, Screened):
        return _of_screened(outcome, software)
    return _of_refused(outcome, software)


def summary_of_failure(*, sentence_zh: str, sentence_en: str, software: str) -> bytes:
    """Give the picture of a run that a fault of ours ended, as PNG."""
    sheet = _Sheet("failed", software)
    sheet.large(*_WORDS["not_looked"], size=56)
    sheet.paragraph(sentence_zh, 38, _INK)
    sheet.paragraph(sentence_en, 26, _QUIET)
    return sheet.png()


def _of_refused(outcome: Refused, software: str) -> bytes:
    sheet = _Sheet("refused", software)
    title = REFUSAL_TITLES[outcome.reason.code]
    code = outcome.reason.code.value
    sheet.large(f"{code}　{title[0]}", f"{code} {title[1]}", size=56)
    sheet.paragraph(printable(outcome.reason.zh), 42, _INK)
    sheet.paragraph(printable(outcome.reason.en), 27, _QUIET)
    sheet.rule()
    sheet.large(*_WORDS["not_looked"], size=48)
    return sheet.png()


def _of_screened(outcome: Screened, software: str) -> bytes:
    count = len(outcome.nodules)
    sheet = _Sheet("partly" if outcome.is_partial else "screened", software)
    if count:
        zh, en = _WORDS["marked_one" if count == 1 else "marked"]
        sheet.large(zh.format(n=count), en.format(n=count), size=60)
    else:
        sheet.large(*_WORDS["none"], size=60)
        sheet.paragraph(_WORDS["none_means"][0], 32, _INK)
        sheet.paragraph(_WORDS["none_means"][1], 22, _QUIET)
    top = sheet.y
    sheet.picture(overview(outcome.volume, outcome.lungs, outcome.nodules[:_MOST_RINGED]))
    sheet.y = top
    sheet.limit(WIDTH_PX - _PICTURE_PX - 2 * _EDGE)
    for nodule in outcome.nodules[:_LISTED]:
        sheet.nodule(nodule, outcome)
    if count > _LISTED:
        zh, en = _WORDS["more"]
        sheet.paragraph(f"{zh.format(n=count - _LISTED)}　{en.format(n=count - _LISTED)}", 24, _QUIET)
    for part in [one for one in outcome.not_analysed if one.is_lung][:2]:
        sheet.paragraph(f"△ {part.zh}", 28, _BANDS["partly"][0])
    if lines := _categories(outcome):
        sheet.paragraph(f"{_WORDS['categories'][0]}　{_WORDS['categories'][1]}", 22, _QUIET)
    for line in lines:
        sheet.paragraph(line, 26, _INK)
    return sheet.png()


def _both(key: str) -> str:
    """Give a word in both languages, Chinese first."""
    return f"{say(key, 'zh')} {say(key, 'en')}"


def _wrapped(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Break a text into lines: English between words, Chinese between characters."""
    lines, line = [], ""
    for part in re.findall(r"[!-~]+ ?|[^!-~]", text):
        if line and not fits(line + part.rstrip()):
            lines.append(line.rstrip())
            line = ""
        line += part
    return [*lines, line.rstrip()]


def _categories(outcome: Screened) -> list[str]:
    """Say each guideline's category of the exam where there is one."""
    if outcome.assessed is None:
        return []
    told = [one for one in outcome.assessed.assessments if one.level == "exam" and one.called is not None]
    return [f"{title_of(one.guideline, 'zh')}：{one.called.zh}{one.modifier}" for one in told if one.called is not None]


class _Sheet:
    """A dark page, written from top to bottom."""

    def __init__(self, ending: str, software: str) -> None:
        self._image = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), _GROUND)
        self._draw = ImageDraw.Draw(self._image)
        self._width = WIDTH_PX - 2 * _EDGE
        self.y = 0
        self._band(ending)
        self._foot(_WORDS["foot" if ending in _LOOKED else "foot_not_looked"], software)

    def _band(self, ending: str) -> None:
        ground, ink = _BANDS[ending]
        self._draw.rectangle((0, 0, WIDTH_PX, 116), fill=ground)
        self._text((_EDGE, 14), _WORDS[ending][0], font(44, "bold"), fill=ink)
        self._text((_EDGE, 74), _WORDS[ending][1], font(24), fill=ink)
        zh, en = _WORDS["awaiting" if ending in _LOOKED else "read_directly"]
        self._text((WIDTH_PX - _EDGE, 18), zh, font(36, "bold"), fill=ink, anchor="ra")
        self._text((WIDTH_PX - _EDGE, 74), en, font(22), fill=ink, anchor="ra")
        self.y = 136

    def _foot(self, said: tuple[str, str], software: str) -> None:
        self._draw.line((_EDGE, HEIGHT_PX - 84, WIDTH_PX - _EDGE, HEIGHT_PX - 84), fill=_RULE, width=2)
        self._text((_EDGE, HEIGHT_PX - 76), said[0], font(22), fill=_QUIET)
        self._text((_EDGE, HEIGHT_PX - 44), said[1], font(18), fill=_QUIET)
        text = f"{_WORDS['title'][0]} · {software}"
        self._text((WIDTH_PX - _EDGE, HEIGHT_PX - 44), text, font(18), fill=_QUIET, anchor="ra")

    def _text(self, at: tuple[float, float], text: str, face: ImageFont.FreeTypeFont, **how: Any) -> None:
        """Write in Simplified Chinese shapes; the font's own are Traditional, and need the shaper to be told."""
        self._draw.text(at, text, font=face, language="zh-CN" if _HAS_SHAPER else None, **how)

    def limit(self, width: int) -> None:
        """Write from here on no wider than this."""
        self._width = width

    def large(self, zh: str, en: str, *, size: int) -> None:
        """Write the one thing to be read from afar."""
        self._lines(zh, size, _INK, weight="bold")
        self._lines(en, round(size * 0.45), _QUIET)
        self.y += 14

    def paragraph(self, text: str, size: int, colour: tuple[int, int, int]) -> None:
        """Write a text over as many lines as it needs."""
        self._lines(text, size, colour)
        self.y += 8

    def rule(self) -> None:
        """Draw a line across."""
        self._draw.line((_EDGE, self.y + 8, WIDTH_PX - _EDGE, self.y + 8), fill=_RULE, width=2)
        self.y += 26

    def nodule(self, nodule: Nodule, outcome: Screened) -> None:
        """Write one nodule in two lines: number, size and density large; place, image and confidence below."""
        box = (_EDGE, self.y + 4, _EDGE + 50, self.y + 50)
        self._draw.rectangle(box, fill=MARK)
        at = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        self._text(at, str(nodule.id), font(32, "bold"), fill=MARK_INK, anchor="mm")
        left = box[2] + 16
        head = f"{mm(nodule.mean_diameter_mm)}　{_both(f'density_{nodule.density.value}')}"
        self._text((left, self.y - 4), head, font(32, "bold"), fill=_INK)
        where = place(nodule, "zh")
        rest = f"{where} · 图像 {slice_label(nodule, outcome)} · 置信度 {probability(nodule.probability)}"
        self._text((left, self.y + 38), rest, font(23), fill=_QUIET)
        self.y += 78

    def picture(self, image: Image.Image) -> None:
        """Put a picture at the right, below what was written."""
        height = round(image.height * _PICTURE_PX / image.width)
        left = WIDTH_PX - _EDGE - _PICTURE_PX
        self._image.paste(image.resize((_PICTURE_PX, height), Image.Resampling.LANCZOS), (left, self.y))

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
            self._text((_EDGE, self.y), line, face, fill=colour)
            self.y += round(size * 1.4)
