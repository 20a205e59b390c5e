"""Which nodule of then is which of now: one to one, by place, size and kind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from lianyi.lungct.domain.geometry import PatientPoint
from lianyi.lungct.domain.nodule import Density, Nodule

_REACH_MM = 8.0
"""Engineering choice: beyond three times what registration was wrong by at 95 % of places, by half a nodule more."""
_MOST = 3.0
"""A pair may cost so much; farther apart, of other size and other kind together cost more."""
_OTHER_KIND = 0.5
_FAR_KIND = 1.0
_NEAR_KINDS = (
    {Density.GROUND_GLASS, Density.PART_SOLID},
    {Density.PART_SOLID, Density.SOLID},
    {Density.SOLID, Density.CALCIFIED},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A nodule and where it lies on the current CT."""

    nodule: Nodule
    place: PatientPoint


def match(now: Sequence[Placed], then: Sequence[Placed]) -> tuple[tuple[int, int], ...]:
    """Pair the nodules so that all pairs together fit best.

    A pair's cost: distance by 8 mm, doublings of the diameter, and 0.5 or 1 for a kind one or more steps away
    (ground-glass, part-solid, solid, calcified).  No pair lies farther apart than 8 mm and half the larger mean
    diameter, and none costs more than 3.  The order of either list decides nothing.

    Returns:
        Indices (now, then), in the order of *now*; who is in none is unmatched.

    Raises:
        FrameMismatch: places of different frames.
    """
    if not now or not then:
        return ()
    # A pair that is no better than two unmatched nodules gains nothing, and is no pair.
    gains = np.array([[min(_cost(one, other) - _MOST, 0.0) for other in then] for one in now])
    rows, columns = linear_sum_assignment(gains)
    return tuple((int(row), int(column)) for row, column in zip(rows, columns, strict=True) if gains[row, column] < 0)


def reach_mm(one: Nodule, other: Nodule) -> float:
    """Give how far apart two nodules may lie and be one."""
    return _REACH_MM + max(one.mean_diameter_mm, other.mean_diameter_mm) / 2


def _cost(one: Placed, other: Placed) -> float:
    apart_mm = one.place.distance_mm(other.place)
    if apart_mm > reach_mm(one.nodule, other.nodule):
        return math.inf
    doublings = abs(math.log2(one.nodule.mean_diameter_mm / other.nodule.mean_diameter_mm))
    return apart_mm / _REACH_MM + doublings + _kind(one.nodule.density, other.nodule.density)


def _kind(one: Density, other: Density) -> float:
    if one == other:
        return 0.0
    return _OTHER_KIND if {one, other} in _NEAR_KINDS else _FAR_KIND
