"""Shares as print: the one place where they are rounded, and where a share of few nodules becomes a count.

Below twenty nodules a percentage pretends to a precision that is not there: "7/8" says how little it rests on.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from lianyi.evaluate.resampling import Interval

LEAST_NODULES_FOR_PERCENT = 20

# From here on one nodule is less than a percent, so that a decimal says something.
_LEAST_NODULES_FOR_DECIMAL = 101


def may_print_percent(nodules: int) -> bool:
    """Tell whether there are enough nodules for a percentage."""
    return nodules >= LEAST_NODULES_FOR_PERCENT


def half_up(value: float, decimals: int) -> str:
    """Round half up as people do, on the shortest decimal that names the float."""
    return str(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))


def share(found: float, nodules: int) -> str:
    """Give "85 %", or "7/8" of fewer than twenty, or "–" of none; all but all is never printed as all."""
    if not nodules:
        return "–"
    if not may_print_percent(nodules):
        return f"{count(found)}/{nodules}"
    return f"{_percent(found / nodules, nodules)} %"


def interval(of: Interval | None, nodules: int) -> str:
    """Give "78–91 %", or "5–8" of eight nodules, or "" where there is none."""
    if of is None:
        return ""
    if not may_print_percent(nodules):
        return f"{count(of.low * nodules)}–{count(of.high * nodules)}"
    return f"{_percent(of.low, nodules)}–{_percent(of.high, nodules)} %"


def mean_share(cpm: float, nodules: int) -> str:
    """Give the mean over LUNA16's rates as "0.85", or "6.7/8" of fewer than twenty, or "–" of none."""
    if not nodules:
        return "–"
    if not may_print_percent(nodules):
        return f"{half_up(cpm * nodules, 1)}/{nodules}"
    return half_up(cpm, _decimals(nodules) + 2)


def mean_interval(of: Interval | None, nodules: int) -> str:
    """Give "0.78–0.91", or "5.1–7.9" of eight nodules, or "" where there is none."""
    if of is None:
        return ""
    if not may_print_percent(nodules):
        return f"{half_up(of.low * nodules, 1)}–{half_up(of.high * nodules, 1)}"
    return f"{half_up(of.low, _decimals(nodules) + 2)}–{half_up(of.high, _decimals(nodules) + 2)}"


def rate(false_marks_per_chest: float) -> str:
    """Give a rate as LUNA16 names it: "1/8" below one, "2" above; any other to two decimals."""
    if false_marks_per_chest in {0.125, 0.25, 0.5}:
        return f"1/{1 / false_marks_per_chest:.0f}"
    text = half_up(false_marks_per_chest, 2)
    return text.rstrip("0").rstrip(".")


def count(found: float) -> str:
    """Give a count; one decimal only where the curve slants between whole nodules."""
    return half_up(found, 1).removesuffix(".0")


def _decimals(nodules: int) -> int:
    return 1 if nodules >= _LEAST_NODULES_FOR_DECIMAL else 0


def _percent(of: float, nodules: int) -> str:
    decimals = _decimals(nodules)
    text = half_up(100 * of, decimals)
    step = Decimal(1).scaleb(-decimals)
    if of < 1 and Decimal(text) == 100:
        text = str(100 - step)
    if of > 0 and Decimal(text) == 0:
        text = str(step)
    return text
