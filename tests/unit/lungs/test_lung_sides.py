"""Left and right told apart where the lungs touch, on analytic lungs at 2 mm."""

from __future__ import annotations

import numpy as np

from lianyi.lungct.domain.image import Booleans
from lianyi.lungct.lungs.coarse import CoarseChest
from lianyi.lungct.lungs.sides import tell_sides_apart

SHAPE = (110, 90, 150)


def ellipsoid(*, center: tuple[float, float, float], radii: tuple[float, float, float]) -> Booleans:
    k, j, i = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    squared = sum(((axis - c) / r) ** 2 for axis, c, r in zip((k, j, i), center, radii, strict=True))
    return np.asarray(squared < 1)


def chest_around(lungs_kji: Booleans) -> CoarseChest:
    values_kji = np.where(lungs_kji, -850, 40).astype(np.int16)
    return CoarseChest(values_kji, np.ones(SHAPE, dtype=bool), ~lungs_kji, ~lungs_kji, SHAPE[2] / 2)


def test_lungs_that_touch_in_a_sheet_are_split_in_the_sheet() -> None:
    right = ellipsoid(center=(55, 45, 42), radii=(50, 40, 30))
    left = ellipsoid(center=(55, 45, 108), radii=(50, 40, 30))
    junction = np.zeros(SHAPE, dtype=bool)
    junction[35:75, 30:38, 55:95] = True

    found_left, found_right = tell_sides_apart(left | right | junction, chest_around(left | right | junction))

    assert np.count_nonzero(found_left & left) > 0.99 * left.sum()
    assert np.count_nonzero(found_right & right) > 0.99 * right.sum()
    assert not (found_left & found_right).any()
    middles = [np.nonzero(row)[0][0] for row in found_left[40:70, 34]]
    assert max(abs(first - 75) for first in middles) <= 2


def test_a_small_remnant_keeps_its_side() -> None:
    right = ellipsoid(center=(55, 45, 42), radii=(50, 40, 30))
    remnant = ellipsoid(center=(85, 40, 105), radii=(14, 12, 10))

    found_left, found_right = tell_sides_apart(right | remnant, chest_around(right | remnant))

    assert np.array_equal(found_left, remnant)
    assert np.array_equal(found_right, right)


def test_a_single_lung_is_not_cut_in_two() -> None:
    left = ellipsoid(center=(55, 45, 100), radii=(50, 40, 32))

    found_left, found_right = tell_sides_apart(left, chest_around(left))

    assert np.array_equal(found_left, left)
    assert not found_right.any()


def test_no_lung_gives_two_empty_sides() -> None:
    nothing = np.zeros(SHAPE, dtype=bool)

    found_left, found_right = tell_sides_apart(nothing, chest_around(nothing))

    assert not found_left.any()
    assert not found_right.any()
