"""Nodules beside air darker than the parenchyma: a bulla, a hollow of emphysema."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from lianyi.lungct.domain.geometry import Grid, PatientFrame, PatientPoint
from lianyi.lungct.domain.image import CtVolume, LungFields, Mask
from lianyi.lungct.domain.nodule import Candidate, Nodule
from lianyi.lungct.domain.uids import FrameOfReferenceUID, InstanceUID, SeriesUID
from lianyi.lungct.measure import measure_nodule

Floats = npt.NDArray[np.float64]
Tissue = Callable[[Floats], Floats]

FRAME = PatientFrame(frame_of_reference_uid=FrameOfReferenceUID("1.2.3"), series_uid=SeriesUID("1.2.4"))
SIDE_MM = 40
LEANING = np.array([[0.05, 0.3, 0.53], [0.1, 0.73, -0.15], [0.98, -0.15, 0.05]])
"""Voxel steps (columns k, j, i) of about 1.0, 0.8 and 0.55 mm along none of the patient's axes."""


def chest(tissue: Tissue, *, seed: int = 0) -> tuple[CtVolume, LungFields]:
    """A block of lung around the origin, each voxel the mean of its box, slightly blurred and noisy."""
    shape = (39, 49, 71)
    patient_from_voxel = np.eye(4)
    patient_from_voxel[:3, :3] = LEANING
    patient_from_voxel[:3, 3] = -LEANING @ ((np.array(shape) - 1) / 2 + (0.3, -0.2, 0.1))
    grid = Grid(shape, patient_from_voxel, FRAME)
    index = np.indices(shape).reshape(3, -1).T
    parts = [np.array([k, j, i]) for k in (-0.4, -0.2, 0.0, 0.2, 0.4) for j in (-0.25, 0.25) for i in (-0.25, 0.25)]
    places = [(index + part) @ LEANING.T + patient_from_voxel[:3, 3] for part in parts]
    hu_kji = np.mean([tissue(place) for place in places], axis=0).reshape(shape)
    hu_kji = ndimage.gaussian_filter(hu_kji, (0.0, 0.5, 0.7))
    grain = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), (0.0, 0.6, 0.6))
    hu_kji += grain * (25.0 / grain.std())
    volume = CtVolume(
        grid, np.rint(hu_kji).astype(np.int16), None, tuple((InstanceUID(f"1.9.{k + 1}"), k + 1) for k in range(39))
    )
    even = np.array([[0, 0, 1, -SIDE_MM], [0, 1, 0, -SIDE_MM], [1, 0, 0, -SIDE_MM], [0, 0, 0, 1.0]])
    field = Grid((2 * SIDE_MM + 1,) * 3, even, FRAME)
    left_kji = np.ones(field.shape, dtype=np.bool_)
    lungs = LungFields(left=Mask(field, left_kji), right=Mask(field, np.zeros_like(left_kji)), missing_share={})
    return volume, lungs


def away(places: Floats) -> Floats:
    found: Floats = np.linalg.norm(places, axis=1)
    return found


def measured(tissue: Tissue, diameter_mm: float, *, seed: int = 0) -> Nodule:
    volume, lungs = chest(tissue, seed=seed)
    place = PatientPoint(x=0.5, y=-0.5, z=0.4, frame=FRAME)
    hint = Candidate(center=place, radius_mm=0.6 * diameter_mm, probability=0.7, evidence={})
    nodule = measure_nodule(volume, lungs, hint, id=1)
    assert nodule is not None
    return nodule


def ball_mm3(diameter_mm: float) -> float:
    return math.pi / 6 * diameter_mm**3


@pytest.mark.parametrize(("diameter_mm", "hollow_mm"), [(4.0, 6.0), (5.0, 5.0), (6.0, 8.0), (8.0, 8.0)])
def test_a_solid_ball_in_a_bulla_has_its_own_volume(diameter_mm: float, hollow_mm: float) -> None:
    def tissue(places: Floats) -> Floats:
        mm = away(places)
        return np.where(mm < diameter_mm / 2, 30.0, np.where(mm < hollow_mm, -1000.0, -800.0))

    assert measured(tissue, diameter_mm).volume_mm3 == pytest.approx(ball_mm3(diameter_mm), rel=0.15)


@pytest.mark.parametrize("hollow_mm", [6.0, 8.0])
def test_ground_glass_in_a_hollow_of_emphysema_has_its_own_volume(hollow_mm: float) -> None:
    def tissue(places: Floats) -> Floats:
        mm = away(places)
        return np.where(mm < 3.0, -620.0, np.where(mm < hollow_mm, -990.0, -820.0))

    assert measured(tissue, 6.0).volume_mm3 == pytest.approx(ball_mm3(6.0), rel=0.25)


@pytest.mark.parametrize(("hu", "within"), [(30.0, 0.15), (-620.0, 0.25)])
def test_a_nodule_half_in_parenchyma_and_half_at_a_bulla_has_its_own_volume(hu: float, within: float) -> None:
    def tissue(places: Floats) -> Floats:
        around = np.where(places @ [0.6, 0.8, 0.0] > 0, -990.0, -820.0)
        return np.where(away(places) < 4.0, hu, around)

    assert measured(tissue, 8.0).volume_mm3 == pytest.approx(ball_mm3(8.0), rel=within)


@pytest.mark.parametrize("diameter_mm", [4.0, 5.0])
def test_a_volume_is_at_least_half_of_its_mask_however_dark_the_surroundings(diameter_mm: float) -> None:
    def tissue(places: Floats) -> Floats:
        mm = away(places)
        return np.where(mm < diameter_mm / 2, -300.0, np.where(mm < diameter_mm / 2 + 1.5, -1020.0, -780.0))

    nodule = measured(tissue, diameter_mm)

    assert nodule.volume_mm3 >= 0.5 * np.count_nonzero(nodule.mask.values_kji) * nodule.mask.grid.voxel_mm3
