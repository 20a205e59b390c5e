"""Numbers as print: the only place where a measured value is rounded, half up, once."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite, sqrt

_Z_95 = 1.959964
"""Two-sided 95 % point of the normal distribution."""

_ALMOST_CERTAIN = 0.995
"""From here on two decimals would print 1.00, which no detector may claim."""


def half_up(value: float, decimals: int) -> str:
    """Round half up as people do (2.25 gives 2.3), on the shortest decimal that names the float.

    A negative number has the keyboard's minus: it is searched for, copied, and drawn as wide as a figure.
    """
    if not isfinite(value):
        raise ValueError(f"{value} cannot be printed")
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return str(abs(rounded) if rounded == 0 else rounded)


def mm(value: float) -> str:
    """Give a length to 0.1 mm, with its unit."""
    return f"{half_up(value, 1)} mm"


def plain_mm(value: float) -> str:
    """Give a header's length as the header states it (to 0.01 mm), without trailing zeros."""
    text = half_up(value, 2)
    return f"{text.rstrip('0').rstrip('.')} mm"


def probability(value: float) -> str:
    """Give a probability to two decimals; never 1.00."""
    return ">0.99" if value >= _ALMOST_CERTAIN else half_up(value, 2)


def estimated(share: float) -> str:
    """Give an estimated share in English; one below a percent is not a zero."""
    return "under 1 %" if share < 0.01 else f"about {half_up(100 * share, 0)} %"


def moment(value: datetime) -> str:
    """Give date and minute."""
    return value.strftime("%Y-%m-%d %H:%M")


def wilson_95(found: int, total: int) -> tuple[float, float]:
    """Give the 95 % interval of a proportion.

    Source: Wilson EB, J Am Stat Assoc 1927;22:209.
    """
    share, z2 = found / total, _Z_95**2
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z_95 * sqrt(share * (1 - share) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    return max(0.0, middle - half), min(1.0, middle + half)
