"""The FROC as a person reads it on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.cells import cell_len

from lianyi.evaluate import figures
from lianyi.evaluate.curve import AtProbability
from lianyi.evaluate.froc import RATES, Froc, FrocPart
from lianyi.evaluate.matching import Verdict
from lianyi.evaluate.rows import GROUPS, rows_of

_BEYOND = "*"


def table_text(froc: Froc) -> str:
    """Give the table: one row a class of nodules, one column a rate, and what must be known to read it."""
    lines = [["每例胸部的假标记数 false marks a chest", "胸部", "结节", *[""] * (len(RATES) + 1)]]
    lines.append(["", "chests", "nodules", *map(figures.rate, RATES), "CPM"])
    group = "all"
    for row in rows_of(froc):
        if row.group != group:
            group = row.group
            lines.append([" ".join(GROUPS[group])])
        indent = "" if group == "all" else "  "
        lines.append([indent + row.label, *_cells(row.part)])
        if group == "all" and froc.spread:
            lines.append([f"{100 * froc.resampling.confidence:g} % 区间 interval", "", "", *_intervals(froc)])
    return "\n".join([*_aligned(lines), "", *_reading(froc)])


def at_probability_text(at: AtProbability) -> str:
    """Say what showing every mark of at least a probability finds, and what it costs."""
    found = figures.share(at.found, at.nodules)
    if at.nodules and figures.may_print_percent(at.nodules):
        found = f"{at.found}/{at.nodules}（{found}）"
    return (
        f"概率 ≥ {at.probability:g}：检出 found {found}，"
        f"假标记 false marks {at.false_marks}（每例胸部 a chest {figures.half_up(at.false_marks_per_chest, 2)}）"
    )


def _cells(part: FrocPart) -> list[str]:
    return [
        str(part.chests),
        str(part.nodules),
        *(
            figures.share(part.curve.found_at(rate), part.nodules) + (_BEYOND if _is_beyond(part, rate) else "")
            for rate in RATES
        ),
        figures.mean_share(part.cpm, part.nodules),
    ]


def _intervals(froc: Froc) -> list[str]:
    return [
        *(figures.interval(froc.intervals[rate], froc.nodules) for rate in RATES),
        figures.mean_interval(froc.cpm_interval, froc.nodules),
    ]


def _is_beyond(part: FrocPart, rate: float) -> bool:
    return part.nodules > 0 and rate > part.curve.last_rate


def _reading(froc: Froc) -> list[str]:
    verdicts = Counter(froc.verdicts)
    lines = [
        (
            f"标记 marks {len(froc.verdicts)}：命中 hits {verdicts[Verdict.HIT]}，"
            f"同一结节的重复 repeated {verdicts[Verdict.REPEATED]}，不计 ignored {verdicts[Verdict.IGNORED]}，"
            f"假 false {verdicts[Verdict.FALSE]}；不计的所见 ignored findings {froc.ignored_findings}"
        ),
        "命中：标记到结节中心的距离小于半径；至少三位读者、至少 3 mm 的结节才计（LUNA16 规则）。",
        "A hit lies closer to a nodule's centre than its radius; nodules of three readers and 3 mm count (LUNA16).",
    ]
    if any(_is_beyond(row.part, rate) for row in rows_of(froc) for rate in RATES):
        last = figures.half_up(froc.curve.last_rate, 2)
        lines += [
            f"{_BEYOND} 标记表到此为止（全部：每例 {last} 个假标记），其后按水平延长。",
            f"{_BEYOND} The list of marks ends before (all: {last} false marks a chest); beyond, the curve is level.",
        ]
    if any(0 < row.part.nodules < figures.LEAST_NODULES_FOR_PERCENT for row in rows_of(froc)):
        few = figures.LEAST_NODULES_FOR_PERCENT
        lines += [f"不足 {few} 个结节时只给个数。", f"Below {few} nodules counts are given, no percentage."]
    return lines


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Pad cells to columns, the first to the left, numbers to the right; a Chinese character is two wide."""
    columns = max(map(len, lines))
    widths = [max(cell_len(line[column]) for line in lines if len(line) > column) for column in range(columns)]
    return [
        "  ".join(
            cell + " " * (width - cell_len(cell)) if column == 0 else " " * (width - cell_len(cell)) + cell
            for column, (cell, width) in enumerate(zip(line, widths, strict=False))
        ).rstrip()
        for line in lines
    ]
