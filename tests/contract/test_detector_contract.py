"""What every detector must keep, whoever wrote it.  A new implementation is one more line in DETECTORS."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from lianyi.lungct.detect import ClassicalDetector, LearnedDetector
from lianyi.lungct.domain.geometry import Grid, PatientFrame
from lianyi.lungct.domain.image import CtVolume, LungFields, Mask
from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID
from lianyi.lungct.models import read_weights
from lianyi.lungct.pipeline import Detector
from tiny_networks import write_weights


def learned(folder: Path) -> Detector:
    """With networks made by hand: the path from the lungs' box to the ranked marks is the shipped one."""
    return LearnedDetector(read_weights(write_weights(folder)))


def learned_without_second_look(folder: Path) -> Detector:
    return LearnedDetector(read_weights(write_weights(folder, with_refine=False)))


def classical(_folder: Path) -> Detector:
    return ClassicalDetector()


DETECTORS: list[Callable[[Path], Detector]] = [classical, learned, learned_without_second_look]

EDGE_MM = 4.0
SHAPE = (72, 64, 90)
BALLS = (((25.0, 22.0, 24.0), 5.0), ((45.0, 40.0, 66.0), 9.0))  # centre (k, j, i), radius in mm


def _grid() -> Grid:
    patient_from_voxel = np.zeros((4, 4))
    patient_from_voxel[2, 0] = patient_from_voxel[1, 1] = patient_from_voxel[0, 2] = 1.0
    patient_from_voxel[:, 3] = [-80.5, 33.25, 210.0, 1.0]
    frame = PatientFrame(frame_of_reference_uid=FrameOfReferenceUID("1.2.3"), series_uid=SeriesUID("1.2.4"))
    return Grid(SHAPE, patient_from_voxel, frame)


@pytest.fixture
def grid() -> Grid:
    return _grid()


@pytest.fixture
def volume(grid: Grid) -> CtVolume:
    places = np.stack(np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij"), axis=-1)
    hu_kji = np.full(SHAPE, 40.0)
    hu_kji[_lung_kji()] = -860.0
    hu_kji += np.random.default_rng(11).normal(0.0, 25.0, SHAPE)
    for center, radius_mm in BALLS:
        share = np.clip(radius_mm + 0.5 - np.linalg.norm(places - np.array(center), axis=-1), 0.0, 1.0)
        hu_kji = hu_kji * (1.0 - share) + 30.0 * share
    return CtVolume(grid, np.rint(hu_kji).astype(np.int16))


def _lung_kji() -> npt.NDArray[np.bool_]:
    lung_kji = np.zeros(SHAPE, dtype=np.bool_)
    lung_kji[5:-5, 5:-5, 5:42] = True
    lung_kji[5:-5, 5:-5, 48:-5] = True
    return lung_kji


@pytest.fixture
def lungs(grid: Grid) -> LungFields:
    right_kji, left_kji = _lung_kji(), _lung_kji()
    right_kji[:, :, 45:] = False
    left_kji[:, :, :45] = False
    return LungFields(left=Mask(grid, left_kji), right=Mask(grid, right_kji), missing_share={})


@pytest.fixture(params=DETECTORS, ids=lambda make: make.__name__)
def detector(request: pytest.FixtureRequest, tmp_path: Path) -> Detector:
    made: Detector = request.param(tmp_path)
    return made


def test_it_says_which_detector_it_is(detector: Detector) -> None:
    identity = detector.identity

    assert identity.name
    assert identity.version
    assert re.fullmatch(r"[0-9a-f]{64}", identity.sha256)


def test_marks_are_ranked_best_first_and_at_most_a_hundred(
    detector: Detector, volume: CtVolume, lungs: LungFields
) -> None:
    marks = detector.detect(volume, lungs)

    probabilities = [mark.probability for mark in marks]
    assert 0 < len(marks) <= 100
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(0.0 <= probability <= 1.0 for probability in probabilities)


def test_marks_lie_in_the_frame_of_the_volume_and_in_the_lungs_or_at_their_edge(
    detector: Detector, volume: CtVolume, lungs: LungFields
) -> None:
    marks = detector.detect(volume, lungs)

    inside = np.argwhere(lungs.both_kji)
    for mark in marks:
        place = volume.grid.locate(mark.center)
        assert np.linalg.norm(inside - [place.k, place.j, place.i], axis=1).min() <= EDGE_MM


def test_the_two_balls_are_the_first_two_marks(detector: Detector, volume: CtVolume, lungs: LungFields) -> None:
    first, second = detector.detect(volume, lungs)[:2]

    for center, radius_mm in BALLS:
        k, j, i = center
        truth = volume.grid.voxel(k=k, j=j, i=i).to_patient()
        closest = min((first, second), key=lambda mark: mark.center.distance_mm(truth))
        assert closest.center.distance_mm(truth) < 1.5
        assert closest.radius_mm == pytest.approx(radius_mm, rel=0.5)


def test_every_mark_carries_the_numbers_it_was_made_from(
    detector: Detector, volume: CtVolume, lungs: LungFields
) -> None:
    marks = detector.detect(volume, lungs)

    for mark in marks:
        assert mark.evidence
        assert all(math.isfinite(value) for value in mark.evidence.values())


def test_the_same_chest_gives_the_same_marks(detector: Detector, volume: CtVolume, lungs: LungFields) -> None:
    once = detector.detect(volume, lungs)
    again = detector.detect(volume, lungs)

    assert once == again


def test_the_chest_is_left_as_it_was(detector: Detector, volume: CtVolume, lungs: LungFields) -> None:
    hu_before, lungs_before = volume.values_kji.copy(), lungs.both_kji.copy()

    detector.detect(volume, lungs)

    np.testing.assert_array_equal(volume.values_kji, hu_before)
    np.testing.assert_array_equal(lungs.both_kji, lungs_before)


def test_without_lungs_there_are_no_marks(detector: Detector, volume: CtVolume, grid: Grid) -> None:
    none = Mask(grid, np.zeros(SHAPE, dtype=np.bool_))

    marks = detector.detect(volume, LungFields(left=none, right=none, missing_share={}))

    assert marks == ()


def test_lungs_of_another_grid_are_an_error(detector: Detector, volume: CtVolume, lungs: LungFields) -> None:
    other = _grid()
    elsewhere = LungFields(
        left=Mask(other, lungs.left.values_kji), right=Mask(other, lungs.right.values_kji), missing_share={}
    )

    with pytest.raises(ValueError, match="grid"):
        detector.detect(volume, elsewhere)
