"""What repairing gives back to a lung, and what it must not take, on analytic lungs at 2 mm."""

from __future__ import annotations

import numpy as np
import pytest

from lianyi.lungct.domain.image import Booleans
from lianyi.lungct.lungs.repair import repair

SHAPE = (100, 90, 150)


def ball(*, center: tuple[float, float, float], radii: tuple[float, float, float]) -> Booleans:
    k, j, i = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    squared = sum(((axis - c) / r) ** 2 for axis, c, r in zip((k, j, i), center, radii, strict=True))
    return np.asarray(squared < 1)


RIGHT = ball(center=(50, 45, 45), radii=(45, 38, 30))
LEFT = ball(center=(50, 45, 112), radii=(45, 38, 30))


@pytest.mark.parametrize("radius_mm", [4, 8, 13])
def test_a_mass_on_the_chest_wall_is_given_back(radius_mm: int) -> None:
    mass = ball(center=(50, 45, 17), radii=(radius_mm / 2,) * 3)

    whole = repair(RIGHT & ~mass, LEFT, None)

    # The ball dips into the mouth of the dent, so the outer shell of a wide mass is not given back.
    deep = mass & (np.arange(SHAPE[2]) >= 19)
    assert deep.sum() == 0 or np.count_nonzero(whole & deep) > 0.97 * deep.sum()
    assert np.count_nonzero(whole & mass & RIGHT) > 0.6 * np.count_nonzero(mass & RIGHT)


def test_a_vessel_and_a_large_central_mass_are_filled() -> None:
    mass = ball(center=(50, 45, 45), radii=(9, 9, 9))
    vessel = np.zeros(SHAPE, dtype=bool)
    vessel[49:52, 44:47, 45:80] = True

    whole = repair(RIGHT & ~mass & ~vessel, LEFT, None)

    assert whole[mass].all()


def test_an_aorta_that_bulges_into_the_left_lung_stays_outside() -> None:
    aorta = np.zeros(SHAPE, dtype=bool)
    j, i = np.ogrid[: SHAPE[1], : SHAPE[2]]
    aorta[:, (j - 60) ** 2 + (i - 86) ** 2 < 7**2] = True

    whole = repair(LEFT & ~aorta, RIGHT, None)

    assert np.count_nonzero(whole & aorta) < 0.2 * np.count_nonzero(aorta & LEFT)


def test_a_dome_of_the_diaphragm_stays_outside() -> None:
    dome = ball(center=(2, 45, 45), radii=(32, 26, 20))

    whole = repair(RIGHT & ~dome, LEFT, None)

    assert np.count_nonzero(whole & dome) < 0.03 * np.count_nonzero(dome & RIGHT)


def test_the_lungs_do_not_take_from_each_other() -> None:
    near_left = ball(center=(50, 45, 104), radii=(45, 38, 30))

    assert not (repair(RIGHT, near_left, None) & near_left).any()
