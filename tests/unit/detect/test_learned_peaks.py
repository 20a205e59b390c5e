"""From cells to places: local maxima, offsets, sizes, one mark for one thing, none far from the lungs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lianyi.lungct.detect.learned.image import Box
from lianyi.lungct.detect.learned.peaks import find_peaks

BOX = Box(first_kji=(8, -16, 24), shape=(48, 48, 48))
EVERYWHERE = np.ones((80, 80, 80), bool)


def cells(*spots: tuple[tuple[int, int, int], float, tuple[float, float, float], float]) -> np.ndarray:
    """Cells that say nothing but at the spots: (cell, logit, offset in mm, diameter in mm)."""
    made = np.full((5, 12, 12, 12), 0.0, np.float32)
    made[0] = -9.0
    for (k, j, i), logit, offset, diameter_mm in spots:
        made[:, k, j, i] = [logit, *offset, math.log(diameter_mm / 8.0)]
    return made


def test_a_place_is_its_cells_centre_and_the_offset() -> None:
    (peak,) = find_peaks(cells(((3, 5, 7), 1.5, (0.5, -1.25, 2.0), 10.0)), BOX, EVERYWHERE, most=9)

    assert peak.place_kji == pytest.approx((8 + 13.5 + 0.5, -16 + 21.5 - 1.25, 24 + 29.5 + 2.0))
    assert peak.diameter_mm == pytest.approx(10.0)
    assert peak.logit == 1.5


def test_an_offset_beyond_its_cells_neighbours_is_drawn_back() -> None:
    (peak,) = find_peaks(cells(((3, 5, 7), 1.5, (0.0, 30.0, 40.0), 10.0)), BOX, EVERYWHERE, most=9)

    assert peak.place_kji == pytest.approx((8 + 13.5, -16 + 21.5 + 3.6, 24 + 29.5 + 4.8))


def test_a_wild_size_is_kept_within_reason() -> None:
    made = cells(((3, 5, 7), 1.5, (0, 0, 0), 10.0))
    made[4, 3, 5, 7] = 500.0

    (peak,) = find_peaks(made, BOX, EVERYWHERE, most=9)

    assert peak.diameter_mm == 80.0


def test_less_than_one_chance_in_a_hundred_is_passed_over() -> None:
    made = cells(((3, 5, 7), -4.5, (0, 0, 0), 10.0), ((9, 5, 7), -4.7, (0, 0, 0), 10.0))

    peaks = find_peaks(made, BOX, EVERYWHERE, most=9)

    assert [peak.logit for peak in peaks] == [-4.5]


def test_a_cell_beside_a_better_one_is_no_peak() -> None:
    made = cells(((3, 5, 7), 2.0, (0, 0, 0), 2.0), ((4, 6, 8), 1.9, (4.0, 4.0, 0), 2.0))

    assert len(find_peaks(made, BOX, EVERYWHERE, most=9)) == 1


@pytest.mark.parametrize(("diameter_mm", "count"), [(15.0, 2), (17.0, 1)])
def test_a_centre_within_a_better_marks_radius_is_the_same_thing(diameter_mm: float, count: int) -> None:
    made = cells(((3, 5, 5), 2.0, (0, 0, 0), diameter_mm), ((3, 5, 7), 1.0, (0, 0, 0), 4.0))

    assert len(find_peaks(made, BOX, EVERYWHERE, most=9)) == count


def test_a_larger_mark_around_a_better_small_one_is_the_same_thing() -> None:
    made = cells(((3, 5, 5), 2.0, (0, 0, 0), 4.0), ((3, 5, 7), 1.0, (0, 0, 0), 17.0))

    assert [peak.diameter_mm for peak in find_peaks(made, BOX, EVERYWHERE, most=9)] == [pytest.approx(4.0)]


@pytest.mark.parametrize(("away_mm", "count"), [(3.9, 1), (4.1, 0)])
def test_a_place_further_than_4_mm_from_the_lungs_is_dropped(away_mm: float, count: int) -> None:
    made = cells(((3, 5, 7), 1.5, (0.5, 0.5, 0.5), 10.0))
    inside_kji = np.zeros((80, 80, 80), bool)
    inside_kji[22, 6, 54] = True  # the place itself
    made[1:4, 3, 5, 7] += [away_mm, 0.0, 0.0]

    assert len(find_peaks(made, BOX, inside_kji, most=9)) == count


def test_a_place_outside_the_grid_is_dropped() -> None:
    made = cells(((3, 0, 7), 1.5, (0, 0, 0), 10.0))

    assert find_peaks(made, BOX, EVERYWHERE, most=9) == []


def test_only_the_best_are_given_best_first() -> None:
    spots = [((3, 5, 1), -1.0, (0, 0, 0), 4.0), ((3, 5, 5), 3.0, (0, 0, 0), 4.0), ((3, 5, 9), 1.0, (0, 0, 0), 4.0)]

    peaks = find_peaks(cells(*spots), BOX, EVERYWHERE, most=2)

    assert [peak.logit for peak in peaks] == [3.0, 1.0]
