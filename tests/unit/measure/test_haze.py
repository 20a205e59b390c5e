"""Haze around an outline: a missed rim of ground glass shows, clear lung, vessels and the wall do not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from lianyi.lungct.domain.geometry import Grid, PatientFrame
from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID
from lianyi.lungct.measure.crop import Sample
from lianyi.lungct.measure.haze import haze_share
from lianyi.lungct.measure.segment import Outline

Floats = npt.NDArray[np.float64]

FRAME = PatientFrame(frame_of_reference_uid=FrameOfReferenceUID("1.2.3"), series_uid=SeriesUID("1.2.4"))
STEP_MM, SIDE, CORE_MM = 0.8, 51, 5.0
PLACES = (np.indices((SIDE,) * 3) - SIDE // 2) * STEP_MM
AWAY_MM = np.linalg.norm(PLACES, axis=0)
VESSEL = np.hypot(PLACES[0], PLACES[1]) < 1.5


def outlined(hu_kji: Floats, *, lung_kji: Floats | None = None) -> Outline:
    """The core, 10 mm across, outlined in a blurred and noisy cube; what is as dense elsewhere is another thing."""
    grain = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=hu_kji.shape), 0.6)
    blurred_kji = ndimage.gaussian_filter(hu_kji, 0.6 / STEP_MM)
    noisy_kji = (blurred_kji + grain * (25.0 / grain.std())).astype(np.float32)
    patient_from_voxel = np.zeros((4, 4))
    patient_from_voxel[2, 0] = patient_from_voxel[1, 1] = patient_from_voxel[0, 2] = STEP_MM
    patient_from_voxel[3, 3] = 1.0
    all_lung_kji = np.ones(hu_kji.shape) if lung_kji is None else lung_kji
    cube = Sample(
        grid=Grid(hu_kji.shape, patient_from_voxel, FRAME),
        hu_kji=noisy_kji,
        lung_kji=all_lung_kji.astype(np.float32),
        inside_kji=np.ones(hu_kji.shape, np.bool_),
    )
    shape_kji = AWAY_MM < CORE_MM
    return Outline(
        cube=cube,
        shape_kji=shape_kji,
        other_kji=(blurred_kji > -400) & ~shape_kji & (all_lung_kji > 0.5),
        lung_kji=cube.lung_kji,
        depth_mm=CORE_MM,
        parenchyma_hu=-850.0,
        air_kji=np.full(hu_kji.shape, -850.0, np.float32),
        plateau_hu=30.0,
    )


def core_in(background: Callable[[], Floats]) -> Floats:
    return np.where(AWAY_MM < CORE_MM, 30.0, background())


def clear() -> Floats:
    return np.full(AWAY_MM.shape, -850.0)


def test_around_a_solid_nodule_in_clear_lung_is_hardly_any_haze() -> None:
    assert haze_share(outlined(core_in(clear))) < 0.1


@pytest.mark.parametrize("rim_hu", [-700.0, -620.0, -500.0])
def test_a_rim_of_ground_glass_outside_the_outline_is_haze(rim_hu: float) -> None:
    assert haze_share(outlined(core_in(lambda: np.where(AWAY_MM < 9.0, rim_hu, -850.0)))) > 0.9


def test_half_a_rim_is_about_half_the_haze() -> None:
    rim = (AWAY_MM < 9.0) & (PLACES[2] > 0)

    assert haze_share(outlined(core_in(lambda: np.where(rim, -600.0, -850.0)))) == pytest.approx(0.5, abs=0.12)


def test_a_vessel_running_in_is_no_haze() -> None:
    assert haze_share(outlined(core_in(lambda: np.where(VESSEL, 30.0, -850.0)))) < 0.15


def test_what_lies_outside_the_lung_is_no_haze() -> None:
    wall = PLACES[1] > CORE_MM + 1.0
    hu_kji = core_in(lambda: np.where(wall, -500.0, -850.0))

    assert haze_share(outlined(hu_kji, lung_kji=np.where(wall, 0.0, 1.0))) < 0.15


def test_without_lung_around_nothing_is_said() -> None:
    assert haze_share(outlined(core_in(clear), lung_kji=np.where(AWAY_MM < CORE_MM, 1.0, 0.0))) == 0.0
