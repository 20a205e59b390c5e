"""One picture that says it all: how it ended, how many marks, which, and that a doctor has not looked yet.

For viewers that show pictures and nothing else.  Chinese first, large; English beside it, smaller.  It names no
patient: the viewer does.
"""

from __future__ import annotations

from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.outcome import Outcome, Refused, Screened
from lianyi.lungct.report.answers import title_of
from lianyi.lungct.report.figures import mm, probability
from lianyi.lungct.report.fonts import printable
from lianyi.lungct.report.nodule_rows import place, slice_label
from lianyi.lungct.report.overview import overview
from lianyi.lungct.report.sheet import BANDS, EDGE, INK, PICTURE_PX, QUIET, WIDTH_PX, WORDS, Sheet
from lianyi.lungct.report.wording import REFUSAL_TITLES, say

_LISTED = 8
_MOST_UNSEEN = 2
_MOST_RINGED = 20


def summary_of(outcome: Outcome, *, software: str) -> bytes:
    """Give the picture of an outcome as PNG."""
    if isinstance(outcome, Screened):
        return _of_screened(outcome, software)
    return _of_refused(outcome, software)


def summary_of_failure(*, sentence_zh: str, sentence_en: str, software: str) -> bytes:
    """Give the picture of a run that a fault of ours ended, as PNG."""
    sheet = Sheet("failed", software)
    sheet.large(*WORDS["not_looked"], size=56)
    sheet.paragraph(sentence_zh, 38, INK)
    sheet.paragraph(sentence_en, 26, QUIET)
    return sheet.png()


def _of_refused(outcome: Refused, software: str) -> bytes:
    sheet = Sheet("refused", software)
    title = REFUSAL_TITLES[outcome.reason.code]
    code = outcome.reason.code.value
    sheet.large(f"{code}　{title[0]}", f"{code} {title[1]}", size=56)
    sheet.paragraph(printable(outcome.reason.zh), 42, INK)
    sheet.paragraph(printable(outcome.reason.en), 27, QUIET)
    sheet.rule()
    sheet.large(*WORDS["not_looked"], size=48)
    return sheet.png()


def _of_screened(outcome: Screened, software: str) -> bytes:
    count = len(outcome.nodules)
    sheet = Sheet("partly" if outcome.is_partial else "screened", software)
    if count:
        zh, en = WORDS["marked_one" if count == 1 else "marked"]
        sheet.large(zh.format(n=count), en.format(n=count), size=60)
    else:
        sheet.large(*WORDS["none"], size=60)
        sheet.paragraph(WORDS["none_means"][0], 32, INK)
        sheet.paragraph(WORDS["none_means"][1], 22, QUIET)
    _pictured(sheet, outcome, sheet.y)
    return sheet.png()


def _pictured(sheet: Sheet, outcome: Screened, top: int) -> None:
    """Put nodules and what was not seen at the left, the lungs and what guidelines say at the right."""
    unseen = [one for one in outcome.not_analysed if one.is_lung][:_MOST_UNSEEN]
    listed = _LISTED - len(unseen)
    right = WIDTH_PX - EDGE - PICTURE_PX
    sheet.column(left=EDGE, top=top, width=right - 2 * EDGE)
    for nodule in outcome.nodules[:listed]:
        sheet.nodule(nodule.id, *nodule_lines(nodule, outcome))
    if (more := len(outcome.nodules) - listed) > 0:
        sheet.paragraph("　".join(text.format(n=more) for text in WORDS["more"]), 24, QUIET)
    for part in unseen:
        sheet.paragraph(f"△ {part.zh}", 28, BANDS["partly"][0])
    drawn = overview(outcome.volume, outcome.lungs, outcome.nodules[:_MOST_RINGED])
    below = sheet.picture(drawn, left=right, top=top, width=PICTURE_PX) + 12
    if outcome.nodules:  # otherwise there is more room at the left
        sheet.column(left=right, top=below, width=PICTURE_PX)
    if lines := _categories(outcome):
        sheet.paragraph("　".join(WORDS["categories"]), 19, QUIET, gap=2)
    for line in lines:
        sheet.paragraph(line, 22, INK, gap=2)


def _both(key: str) -> str:
    """Give a word in both languages, Chinese first."""
    return f"{say(key, 'zh')} {say(key, 'en')}"


def _categories(outcome: Screened) -> list[str]:
    """Say each guideline's category of the exam where there is one."""
    if outcome.assessed is None:
        return []
    told = [one for one in outcome.assessed.assessments if one.level == "exam" and one.called is not None]
    return [f"{title_of(one.guideline, 'zh')}：{one.called.zh}{one.modifier}" for one in told if one.called is not None]


def nodule_lines(nodule: Nodule, outcome: Screened) -> tuple[str, str]:
    """Give what is said of a nodule at a glance: size and density, then place, image and confidence."""
    head = f"{mm(nodule.mean_diameter_mm)}　{_both(f'density_{nodule.density.value}')}"
    where = place(nodule, "zh")
    return head, f"{where} · 图像 {slice_label(nodule, outcome)} · 置信度 {probability(nodule.probability)}"
