"""Rounding, half up, in one place: what is printed is what was judged.

Python's ``round`` goes to the even neighbour (``round(8.5)`` is 8), and 7.95 is stored a hair off; both would move
a nodule across a threshold.  So a number is taken by its shortest decimal writing, and a half goes up.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def half_up(value: float | Decimal, step: Decimal) -> Decimal:
    """Round to a multiple of *step* (0.1, 1), a half upwards.

    >>> half_up(8.5, Decimal("1")), half_up(7.95, Decimal("0.1"))
    (Decimal('9'), Decimal('8.0'))
    """
    return Decimal(str(value)).quantize(step, rounding=ROUND_HALF_UP)
