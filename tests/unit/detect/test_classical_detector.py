"""The classical detector on small volumes built here: balls, tubes and forks in noisy lung."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from lianyi.lungct.detect import ClassicalDetector
from lianyi.lungct.domain.geometry import Grid, PatientFrame
from lianyi.lungct.domain.image import CtVolume, LungFields, Mask
from lianyi.lungct.domain.nodule import Candidate
from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID

SHAPE = (88, 80, 96)
LUNG_HU, WALL_HU = -850.0, 40.0
ORIGIN_XYZ = (-31.5, 12.25, -140.0)  # the box lies somewhere in the patient, not at zero
Kji = tuple[float, float, float]


@dataclass
class Chest:
    """A block of lung in a wall, into which a test puts things."""

    hu_kji: npt.NDArray[np.float32]
    lung_kji: npt.NDArray[np.bool_]

    @classmethod
    def empty(cls) -> Chest:
        lung_kji = np.zeros(SHAPE, dtype=np.bool_)
        lung_kji[6:-6, 6:-6, 6:-6] = True
        return cls(np.where(lung_kji, LUNG_HU, WALL_HU).astype(np.float32), lung_kji)

    def put(self, share_kji: npt.NDArray[np.float64], hu: float) -> Chest:
        self.hu_kji = (self.hu_kji * (1.0 - share_kji) + hu * share_kji).astype(np.float32)
        return self

    def ball(self, center: Kji, diameter_mm: float, hu: float = 30.0) -> Chest:
        return self.put(_soft(_from(center), diameter_mm / 2.0), hu)

    def tube(self, start: Kji, end: Kji, diameter_mm: float) -> Chest:
        a, b = np.array(start), np.array(end)
        along = (b - a) / np.linalg.norm(b - a)
        offset = _places() - a
        t = np.clip(offset @ along, 0.0, np.linalg.norm(b - a))
        return self.put(_soft(np.linalg.norm(offset - t[..., None] * along, axis=-1), diameter_mm / 2.0), 30.0)

    def marks(self, *, seed: int = 5) -> tuple[Candidate, ...]:
        noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(0.0, 60.0, SHAPE), 0.7)
        return ClassicalDetector().detect(*as_study(self.hu_kji + noise, self.lung_kji))


def _places() -> npt.NDArray[np.float64]:
    return np.stack(np.meshgrid(*(np.arange(n, dtype=np.float64) for n in SHAPE), indexing="ij"), axis=-1)


def _from(center: Kji) -> npt.NDArray[np.float64]:
    distance: npt.NDArray[np.float64] = np.linalg.norm(_places() - np.array(center), axis=-1)
    return distance


def _soft(distance_mm: npt.NDArray[np.float64], radius_mm: float) -> npt.NDArray[np.float64]:
    return np.clip(radius_mm + 0.5 - distance_mm, 0.0, 1.0)


def as_study(hu_kji: npt.NDArray[np.floating], lung_kji: npt.NDArray[np.bool_]) -> tuple[CtVolume, LungFields]:
    patient_from_voxel = np.zeros((4, 4))
    patient_from_voxel[2, 0] = patient_from_voxel[1, 1] = patient_from_voxel[0, 2] = 1.0  # k up, j back, i left
    patient_from_voxel[:, 3] = [*ORIGIN_XYZ, 1.0]
    frame = PatientFrame(frame_of_reference_uid=FrameOfReferenceUID("1.2.3"), series_uid=SeriesUID("1.2.4"))
    grid = Grid((hu_kji.shape[0], hu_kji.shape[1], hu_kji.shape[2]), patient_from_voxel, frame)
    none = Mask(grid, np.zeros(grid.shape, dtype=np.bool_))
    volume = CtVolume(grid, np.rint(hu_kji).astype(np.int16))
    return volume, LungFields(left=Mask(grid, lung_kji), right=none, missing_share={})


def kji(mark: Candidate) -> npt.NDArray[np.float64]:
    return (mark.center.xyz - np.array(ORIGIN_XYZ))[::-1]


def nearest(marks: tuple[Candidate, ...], center: Kji) -> tuple[int, float]:
    distances = [float(np.linalg.norm(kji(mark) - np.array(center))) for mark in marks]
    rank = int(np.argmin(distances))
    return rank, distances[rank]


@pytest.mark.parametrize("diameter_mm", [4.0, 6.0, 10.0, 20.0, 30.0])
@pytest.mark.parametrize("center", [(43.3, 39.6, 47.2), (41.0, 40.5, 50.8)])
def test_a_solid_ball_is_the_first_mark_and_well_centred(diameter_mm: float, center: Kji) -> None:
    chest = Chest.empty().ball(center, diameter_mm)

    marks = chest.marks()

    rank, distance_mm = nearest(marks, center)
    assert rank == 0
    assert distance_mm < 1.5
    assert marks[0].probability >= 0.5
    assert marks[0].radius_mm == pytest.approx(diameter_mm / 2.0, rel=0.25)


@pytest.mark.parametrize("diameter_mm", [8.0, 12.0, 20.0])
def test_a_ground_glass_ball_is_the_first_mark_and_well_centred(diameter_mm: float) -> None:
    center = (42.4, 38.7, 49.1)
    chest = Chest.empty().ball(center, diameter_mm, hu=-600.0)

    marks = chest.marks()

    rank, distance_mm = nearest(marks, center)
    assert rank == 0
    assert distance_mm < 1.5
    assert marks[0].probability >= 0.5


@pytest.mark.parametrize("depth_mm", [1.0, 3.0])
def test_a_ball_on_the_wall_is_marked(depth_mm: float) -> None:
    center = (44.0, 6.0 + depth_mm, 47.0)  # the wall's edge is at j = 5.5
    chest = Chest.empty().ball(center, 9.0)

    marks = chest.marks()

    rank, distance_mm = nearest(marks, center)
    assert rank == 0
    assert distance_mm < 4.5  # within its radius: only the part in the lung is seen
    assert marks[0].probability >= 0.5


def test_a_ball_on_a_vessel_is_marked_before_the_vessel() -> None:
    center = (44.0, 40.0, 48.0)
    chest = Chest.empty().tube((20.0, 46.0, 30.0), (70.0, 38.0, 66.0), 3.0).ball(center, 9.0)

    marks = chest.marks()

    rank, distance_mm = nearest(marks, center)
    assert rank == 0
    assert distance_mm < 2.0


def test_vessels_and_forks_rank_below_a_ball_and_below_the_operating_point() -> None:
    center = (24.0, 24.0, 24.0)
    fork = (50.0, 50.0, 60.0)
    chest = Chest.empty().ball(center, 6.0).tube((10.0, 60.0, 30.0), (80.0, 60.0, 30.0), 5.0)
    chest.tube((20.0, 50.0, 60.0), fork, 5.0).tube(fork, (76.0, 36.0, 62.0), 4.0).tube(fork, (76.0, 62.0, 70.0), 4.0)

    marks = chest.marks()

    rank, distance_mm = nearest(marks, center)
    assert rank == 0
    assert distance_mm < 1.5
    assert [mark.probability >= 0.5 for mark in marks].count(True) == 1


def test_plain_lung_in_a_bright_wall_has_no_mark_at_the_operating_point() -> None:
    chest = Chest.empty()

    marks = chest.marks()

    assert not [mark for mark in marks if mark.probability >= 0.5]


def test_calcium_and_contrast_medium_do_not_outshine_a_soft_ball() -> None:
    bright, soft = (24.0, 40.0, 30.0), (60.0, 40.0, 66.0)
    chest = Chest.empty().ball(bright, 8.0, hu=900.0).ball(soft, 8.0, hu=20.0)

    marks = chest.marks()

    assert {nearest(marks, bright)[0], nearest(marks, soft)[0]} == {0, 1}
    assert marks[1].probability >= 0.5


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_mirrored_chest_has_mirrored_marks(axis: int) -> None:
    # the coarse grids start at the other end of a mirrored box; the tolerances are for that
    chest = Chest.empty().ball((30.0, 30.0, 30.0), 7.0).ball((58.0, 50.0, 66.0), 14.0).ball((60.0, 20.0, 30.0), 5.0)
    hu_kji = chest.hu_kji + ndimage.gaussian_filter(np.random.default_rng(3).normal(0.0, 60.0, SHAPE), 0.7)

    straight = ClassicalDetector().detect(*as_study(hu_kji, chest.lung_kji))
    mirrored = ClassicalDetector().detect(*as_study(np.flip(hu_kji, axis), np.flip(chest.lung_kji, axis)))

    assert len(straight) >= 3
    for mark in straight[:3]:
        expected = kji(mark)
        expected[axis] = SHAPE[axis] - 1 - expected[axis]
        closest = min(mirrored[:3], key=lambda other: float(np.linalg.norm(kji(other) - expected)))
        assert np.linalg.norm(kji(closest) - expected) < 1.0
        assert closest.probability == pytest.approx(mark.probability, abs=0.1)


def test_a_turned_chest_has_turned_marks() -> None:
    chest = Chest.empty().ball((30.0, 30.0, 30.0), 7.0).ball((58.0, 50.0, 66.0), 14.0)
    hu_kji = chest.hu_kji + ndimage.gaussian_filter(np.random.default_rng(3).normal(0.0, 60.0, SHAPE), 0.7)

    straight = ClassicalDetector().detect(*as_study(hu_kji, chest.lung_kji))
    turned = ClassicalDetector().detect(*as_study(hu_kji.transpose(2, 0, 1), chest.lung_kji.transpose(2, 0, 1)))

    for mark, other in zip(straight[:2], turned[:2], strict=True):
        assert np.linalg.norm(kji(mark)[[2, 0, 1]] - kji(other)) < 0.5


def test_one_place_is_marked_once() -> None:
    center = (43.3, 39.6, 47.2)
    chest = Chest.empty().ball(center, 24.0)

    marks = chest.marks()

    within = [mark for mark in marks if np.linalg.norm(kji(mark) - np.array(center)) < 12.0]
    assert len([mark for mark in within if mark.probability >= 0.5]) == 1


def test_a_ball_outside_the_lungs_is_no_candidate() -> None:
    chest = Chest.empty().ball((44.0, 40.0, 20.0), 8.0)
    chest.lung_kji[:, :, :32] = False

    marks = chest.marks()

    assert not [mark for mark in marks if kji(mark)[2] < 31.0]


def test_lung_that_reaches_the_edge_of_the_volume_is_searched_to_the_edge() -> None:
    center = (44.0, 40.0, 5.0)
    cut = Chest.empty()
    cut.lung_kji[:, :, :6] = cut.lung_kji[:, :, 6:7]
    cut.hu_kji[:, :, :6] = np.where(cut.lung_kji[:, :, :6], LUNG_HU, WALL_HU)
    cut.ball(center, 8.0)

    marks = cut.marks()

    rank, distance_mm = nearest(marks, center)
    assert rank == 0
    assert distance_mm < 1.5


def test_a_volume_that_is_all_one_value_has_no_marks() -> None:
    flat_kji = np.full((20, 24, 28), -400.0)

    marks = ClassicalDetector().detect(*as_study(flat_kji, np.ones(flat_kji.shape, dtype=np.bool_)))

    assert marks == ()


def test_what_was_never_scanned_is_not_searched() -> None:
    center = (44.0, 40.0, 60.0)
    chest = Chest.empty().ball(center, 8.0)
    volume, lungs = as_study(chest.hu_kji, chest.lung_kji)
    scanned_kji = np.ones(SHAPE, dtype=np.bool_)
    scanned_kji[:, :, 50:] = False

    marks = ClassicalDetector().detect(CtVolume(volume.grid, volume.values_kji, scanned_kji), lungs)

    assert not [mark for mark in marks if kji(mark)[2] > 51.0]
