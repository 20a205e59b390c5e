"""What the first network is to answer at each cell: the nearest seven are positive, the doubtful ones ignored."""

from __future__ import annotations

import math

import numpy as np
import pytest
from lianyi_train.patches import Patch
from lianyi_train.targets import CELL_MM, IGNORED, NEGATIVE, POSITIVE, cell_centers, targets_of

SHAPE = (32, 48, 40)
CENTER = (15.2, 22.7, 18.1)
Finding = tuple[float, float, float, float, int]


def patch(*findings: Finding, scanned_k: slice = slice(None)) -> Patch:
    scanned_kji = np.zeros(SHAPE, np.uint8)
    scanned_kji[scanned_k] = 1
    empty = np.zeros(SHAPE, np.uint8)
    return Patch(grey_kji=empty, scanned_kji=scanned_kji, votes_kji=empty, findings=list(findings))


def away_mm(center: tuple[float, float, float]) -> np.ndarray:
    """From each cell's centre."""
    return np.linalg.norm(cell_centers(SHAPE) - np.array(center)[:, None, None, None], axis=0)


def test_a_cell_s_centre_is_the_middle_of_its_four_voxels() -> None:
    centers = cell_centers(SHAPE)

    assert centers.shape == (3, 8, 12, 10)
    assert centers[:, 0, 0, 0].tolist() == [1.5, 1.5, 1.5]
    assert centers[:, 2, 3, 4].tolist() == [9.5, 13.5, 17.5]


def test_without_findings_every_cell_is_negative() -> None:
    assert (targets_of(patch(), 2).labels == NEGATIVE).all()


@pytest.mark.parametrize("diameter_mm", [4.0, 9.0, 25.0])
def test_the_seven_nearest_cells_are_positive(diameter_mm: float) -> None:
    labels = targets_of(patch((*CENTER, diameter_mm, 4)), 2).labels

    distance = away_mm(CENTER)
    assert np.count_nonzero(labels == POSITIVE) == 7
    assert distance[labels == POSITIVE].max() <= np.sort(distance, axis=None)[6]


def test_the_rest_of_its_inside_and_the_cells_just_beyond_are_ignored() -> None:
    labels = targets_of(patch((*CENTER, 20.0, 4)), 2).labels

    distance = away_mm(CENTER)
    assert (labels[(distance < 13.0) & (labels != POSITIVE)] == IGNORED).all()
    assert (labels[distance > 13.5] == NEGATIVE).all()


def test_a_small_nodule_has_a_ring_of_twenty_ignored_cells() -> None:
    labels = targets_of(patch((*CENTER, 3.0, 4)), 2).labels

    assert np.count_nonzero(labels == IGNORED) == 20
    assert (labels == NEGATIVE).sum() == labels.size - 27


def test_offsets_point_to_the_centre_and_the_size_is_a_logarithm() -> None:
    targets = targets_of(patch((*CENTER, 12.0, 3)), 2)

    positive = targets.labels == POSITIVE
    reached = (cell_centers(SHAPE) + targets.regression[:3])[:, positive]
    assert reached == pytest.approx(np.tile(np.array(CENTER)[:, None], 7), abs=1e-5)
    assert targets.regression[3][positive] == pytest.approx(math.log(12.0 / 8.0))


def test_a_finding_of_too_few_readers_is_neither() -> None:
    labels = targets_of(patch((*CENTER, 9.0, 1)), 2).labels

    inside = away_mm(CENTER) < 9.0 / 2.0 + 3.0
    assert (labels[inside] == IGNORED).all()
    assert (labels[~inside] == NEGATIVE).all()
    assert (targets_of(patch((*CENTER, 9.0, 2)), 3).labels[inside] == IGNORED).all()


def test_cells_that_were_hardly_scanned_are_ignored() -> None:
    labels = targets_of(patch(scanned_k=slice(6, 21)), 2).labels

    # Of the second layer of cells two voxels of four were scanned, of the sixth one.
    assert [set(layer.ravel().tolist()) for layer in labels] == [{IGNORED}, *[{NEGATIVE}] * 4, *[{IGNORED}] * 3]


def test_a_nodule_whose_centre_was_not_scanned_is_no_answer() -> None:
    labels = targets_of(patch((*CENTER, 9.0, 4), scanned_k=slice(17, 32)), 2).labels

    assert not (labels == POSITIVE).any()
    assert (labels[(away_mm(CENTER) < 7.5)] == IGNORED).all()


def test_a_nodule_outside_the_patch_is_for_the_patch_beside_it() -> None:
    beside = (15.0, 20.0, SHAPE[2] + 1.0)

    labels = targets_of(patch((*beside, 9.0, 4)), 2).labels

    near = away_mm(beside) < 7.5
    assert near.any()
    assert (labels[near] == IGNORED).all()
    assert not (labels == POSITIVE).any()


@pytest.mark.parametrize("is_first", [True, False])
def test_where_two_findings_meet_the_positive_wins(is_first: bool) -> None:  # noqa: FBT001
    nodule, doubtful = (*CENTER, 9.0, 4), (CENTER[0], CENTER[1] + 5.0, CENTER[2], 9.0, 1)
    both = (nodule, doubtful) if is_first else (doubtful, nodule)

    labels = targets_of(patch(*both), 2).labels

    alone = targets_of(patch(nodule), 2).labels
    assert np.array_equal(labels == POSITIVE, alone == POSITIVE)
    assert (labels[away_mm(doubtful[:3]) < 7.5] != NEGATIVE).all()


@pytest.mark.parametrize("is_first", [True, False])
def test_a_nodule_outside_does_not_take_from_one_inside_whatever_their_order(is_first: bool) -> None:  # noqa: FBT001
    inside, outside = (1.0, 20.0, 20.0, 9.0, 4), (-3.0, 20.0, 20.0, 9.0, 4)
    both = (inside, outside) if is_first else (outside, inside)

    labels = targets_of(patch(*both), 2).labels

    assert np.array_equal(labels == POSITIVE, targets_of(patch(inside), 2).labels == POSITIVE)


def test_two_nodules_side_by_side_are_both_answers() -> None:
    other = (CENTER[0], CENTER[1] + 2.5 * CELL_MM, CENTER[2])

    targets = targets_of(patch((*CENTER, 9.0, 4), (*other, 6.0, 4)), 2)

    reached = (cell_centers(SHAPE) + targets.regression[:3])[:, targets.labels == POSITIVE].T
    ends = {tuple(round(float(n), 3) for n in place) for place in reached}
    assert ends == {CENTER, tuple(round(n, 3) for n in other)}
