"""A pasted nodule keeps its own grey, leaves no seam, and is turned without being changed."""

from __future__ import annotations

import numpy as np
import pytest
from lianyi_train.grey import Grey, grey_of
from lianyi_train.planting import LUNG, Turn, paste, soft_share, turned
from lianyi_train.slabs import Cut

from made_slabs import LUNG_HU, TISSUE_HU, made_slab

PLAIN = Turn(degrees=0.0, mirror_kji=(False, False, False))
AT = (20, 26, 31)
SHAPE = (40, 52, 60)


@pytest.fixture(scope="module")
def cut() -> Cut:
    return turned(made_slab(diameter_mm=8.0).cut, PLAIN)


def flat(hu: float) -> Grey:
    return np.full(SHAPE, int(grey_of(np.array(hu))), np.uint8)


def laid(array_kji: Grey, cut: Cut, at: tuple[int, int, int] = AT) -> Grey:
    """The cut's array in one of SHAPE, its centre at *at*; 0 elsewhere."""
    whole = np.zeros(SHAPE, np.uint8)
    first = [a - round(c) for a, c in zip(at, cut.center_kji, strict=True)]
    whole[tuple(slice(f, f + n) for f, n in zip(first, array_kji.shape, strict=True))] = array_kji
    return whole


def pointed_cut(size: int = 21, *, marker: tuple[int, int, int] = (0, 6, 0)) -> Cut:
    """Nothing but one voxel, *marker* mm from a centre that lies on a voxel."""
    grey_kji = np.zeros((size, size, size), np.uint8)
    middle = size // 2
    grey_kji[middle + marker[0], middle + marker[1], middle + marker[2]] = 255
    center = float(middle)
    return Cut(grey_kji=grey_kji, weight_kji=grey_kji, votes_kji=grey_kji, center_kji=(center, center, center))


def marker_of(cut: Cut) -> np.ndarray:
    """Where the brightest voxels lie, from the centre."""
    weights = cut.grey_kji.astype(float) * (cut.grey_kji > 40)
    places = np.indices(cut.grey_kji.shape).reshape(3, -1)
    return np.average(places, axis=1, weights=weights.ravel()) - np.array(cut.center_kji)


def test_inside_the_nodule_its_own_grey_is_kept(cut: Cut) -> None:
    grey_kji = flat(LUNG_HU)

    paste(grey_kji, cut, AT)

    inside = (laid(cut.weight_kji, cut) == 255) & (laid(cut.grey_kji, cut) > LUNG)
    assert np.count_nonzero(inside) > 150
    assert np.array_equal(grey_kji[inside], laid(cut.grey_kji, cut)[inside])


def test_where_the_cut_weighs_nothing_the_chest_stays(cut: Cut) -> None:
    grey_kji = flat(LUNG_HU)

    paste(grey_kji, cut, AT)

    outside = laid(cut.weight_kji, cut) == 0
    assert np.array_equal(grey_kji[outside], flat(LUNG_HU)[outside])


def test_the_cut_s_lung_is_brought_to_the_grey_of_the_lung_around_it(cut: Cut) -> None:
    grey_kji, brighter = flat(LUNG_HU), flat(LUNG_HU + 120.0)

    paste(grey_kji, cut, AT)
    paste(brighter, cut, AT)

    # Without it the rim would stay as dark as the slab's own lung: 22 grey values below.
    rim = (laid(cut.weight_kji, cut) > 120) & (laid(cut.grey_kji, cut) < 30)
    assert np.count_nonzero(rim) > 20
    assert (brighter[rim].astype(int) - grey_kji[rim]).mean() > 12


def test_over_soft_tissue_the_brighter_stays(cut: Cut) -> None:
    grey_kji = flat(TISSUE_HU - 60.0)
    before = grey_kji.copy()

    paste(grey_kji, cut, AT)

    assert (grey_kji >= before).all()
    assert np.count_nonzero(grey_kji > before) > 150  # the nodule itself is denser than this tissue


def test_the_readers_votes_go_where_the_nodule_goes(cut: Cut) -> None:
    votes_kji = np.zeros(SHAPE, np.uint8)
    votes_kji[AT] = 9

    paste(flat(LUNG_HU), cut, AT, votes_kji)

    expected = laid(cut.votes_kji, cut)
    expected[AT] = 9  # more votes than the cut's are kept
    assert np.array_equal(votes_kji, expected)


def test_what_would_lie_outside_is_left_out(cut: Cut) -> None:
    corner = (0, 51, 59)
    grey_kji, votes_kji = flat(LUNG_HU), np.zeros(SHAPE, np.uint8)
    wide = np.pad(grey_kji, 30, mode="edge")

    paste(grey_kji, cut, corner, votes_kji)
    paste(wide, cut, (corner[0] + 30, corner[1] + 30, corner[2] + 30))

    inside = votes_kji == 4
    assert 0 < np.count_nonzero(inside) < np.count_nonzero(cut.votes_kji) / 2
    assert np.array_equal(grey_kji[inside], wide[30:-30, 30:-30, 30:-30][inside])


def test_a_place_in_lung_has_no_soft_share_and_one_in_tissue_is_all_soft(cut: Cut) -> None:
    assert soft_share(flat(LUNG_HU), cut, AT) == pytest.approx(0.0)
    assert soft_share(flat(TISSUE_HU), cut, AT) == pytest.approx(1.0)


def test_what_leaves_the_chest_counts_as_soft(cut: Cut) -> None:
    assert soft_share(flat(LUNG_HU), cut, (20, 26, 59)) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("degrees", [0.0, 31.0, 90.0, 217.5])
@pytest.mark.parametrize("scale", [0.9, 1.0, 1.15])
def test_a_turned_nodule_keeps_its_volume_but_for_the_scale(degrees: float, scale: float) -> None:
    slab = made_slab(diameter_mm=12.0, shape=(13, 48, 52), center_kji=(6.0, 20.0, 29.0))
    before = slab.cut.votes_kji.sum(dtype=int)

    after = turned(slab.cut, Turn(degrees=degrees, mirror_kji=(True, False, True), scale=scale))

    assert after.votes_kji.sum(dtype=int) == pytest.approx(before * scale**3, rel=0.05)


@pytest.mark.parametrize("mirror", [(True, False, False), (False, True, False), (True, True, True)])
def test_mirrored_twice_a_cut_is_itself(mirror: tuple[bool, bool, bool]) -> None:
    random = np.random.default_rng(3)
    grey_kji = random.integers(0, 256, (9, 11, 13)).astype(np.uint8)
    cut = Cut(grey_kji=grey_kji, weight_kji=grey_kji, votes_kji=grey_kji, center_kji=(3.0, 6.0, 5.0))
    turn = Turn(degrees=0.0, mirror_kji=mirror)

    once = turned(cut, turn)
    twice = turned(once, turn)

    box = tuple(slice(round(c) - 3, round(c) + 4) for c in twice.center_kji)
    assert np.array_equal(twice.grey_kji[box], grey_kji[0:7, 3:10, 2:9])
    once_box = tuple(slice(round(c) - 3, round(c) + 4) for c in once.center_kji)
    assert np.array_equal(
        once.grey_kji[once_box], np.flip(grey_kji[0:7, 3:10, 2:9], [axis for axis in range(3) if mirror[axis]])
    )


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        (PLAIN, (0.0, 6.0, 0.0)),
        (Turn(degrees=90.0, mirror_kji=(False, False, False)), (0.0, 0.0, -6.0)),
        (Turn(degrees=0.0, mirror_kji=(False, True, False)), (0.0, -6.0, 0.0)),
        (Turn(degrees=180.0, mirror_kji=(False, False, False), scale=1.5), (0.0, -9.0, 0.0)),
    ],
)
def test_a_turn_moves_a_place_about_the_centre(turn: Turn, expected: tuple[float, float, float]) -> None:
    assert marker_of(turned(pointed_cut(), turn)) == pytest.approx(np.array(expected), abs=0.3)


def test_a_turn_is_about_the_patient_s_long_axis() -> None:
    turn = Turn(degrees=73.0, mirror_kji=(False, False, False))

    assert marker_of(turned(pointed_cut(marker=(6, 0, 0)), turn)) == pytest.approx(np.array([6.0, 0.0, 0.0]), abs=0.3)
