"""Calcium, fat and air by where they lie, on balls drawn voxel by voxel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from lianyi.lungct.domain.geometry import Grid, PatientFrame
from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID
from lianyi.lungct.measure.composition import Body, calcification_pattern, has_cavity, has_fat

FRAME = PatientFrame(frame_of_reference_uid=FrameOfReferenceUID("1.2.3"), series_uid=SeriesUID("1.2.4"))
RADIUS_MM = 8.0
Floats = npt.NDArray[np.float64]


def ball(step_mm: float = 1.0) -> tuple[Body, Floats]:
    """A ball of 16 mm and 40 HU in lung, and every voxel's place from its middle (x, y, z mm)."""
    shape = (int(24 / step_mm) | 1, 35, 35)
    matrix = np.zeros((4, 4))
    matrix[2, 0], matrix[1, 1], matrix[0, 2], matrix[3, 3] = step_mm, 0.7, 0.7, 1.0
    grid = Grid(shape, matrix, FRAME)
    places = np.moveaxis(np.indices(shape), 0, -1) @ matrix[:3, :3].T
    places -= np.array([17 * 0.7, 17 * 0.7, (shape[0] // 2) * step_mm])
    mask_kji = np.linalg.norm(places, axis=-1) < RADIUS_MM
    noise = np.random.default_rng(3).normal(0, 12, shape)
    hu_kji = (np.where(mask_kji, 40.0, -850.0) + noise).astype(np.float32)
    return Body(grid=grid, hu_kji=hu_kji, mask_kji=mask_kji), places


def near(places: Floats, *center: float, radius_mm: float) -> npt.NDArray[np.bool_]:
    return np.linalg.norm(places - np.array(center), axis=-1) < radius_mm


def calcified(pattern: str) -> Body:
    body, places = ball()
    away = np.linalg.norm(places, axis=-1)
    where = {
        "none": np.zeros_like(body.mask_kji),
        "complete": away < RADIUS_MM,
        "central": away < 3.0,
        "ring": (away < 6.5) & (away > 4.5),
        "eccentric": near(places, 4.0, 2.0, 0.0, radius_mm=2.0),
        "stippled": np.any(
            [near(places, x, y, z, radius_mm=0.9) for x in (-4, 4) for y in (-3.0, 3.0) for z in (-2, 2)], axis=0
        ),
        "popcorn": np.any(
            [near(places, x, y, z, radius_mm=2.0) for x in (-3, 3) for y in (-3.0, 3.0) for z in (-3, 3)], axis=0
        ),
    }[pattern]
    body.hu_kji[where] = 500.0
    return body


@pytest.mark.parametrize("pattern", ["none", "complete", "central", "ring", "eccentric", "stippled", "popcorn"])
def test_a_pattern_of_calcium_is_named(pattern: str) -> None:
    assert calcification_pattern(calcified(pattern), mean_diameter_mm=2 * RADIUS_MM) == pattern


def test_a_pattern_is_not_named_on_thick_slices_nor_in_a_small_nodule() -> None:
    thick, places = ball(step_mm=5.0)
    thick.hu_kji[near(places, 0.0, 0.0, 0.0, radius_mm=3.0)] = 500.0

    assert calcification_pattern(thick, mean_diameter_mm=2 * RADIUS_MM) is None
    assert calcification_pattern(calcified("central"), mean_diameter_mm=5.0) is None


def test_fat_well_inside_is_seen() -> None:
    body, places = ball()
    inside = near(places, 0.0, 0.0, 0.0, radius_mm=4.0)
    body.hu_kji[inside] += -130.0  # -90 HU, with the noise it had

    assert has_fat(body, noise_hu=12.0) is True


def test_fat_and_complete_calcification_are_not_told_on_thick_slices() -> None:
    for change_hu, told in ((-130.0, "fat"), (600.0, "complete")):
        body, places = ball(step_mm=3.0)
        inside = near(places, 0.0, 0.0, 0.0, radius_mm=12.0) & body.mask_kji
        body.hu_kji[inside] += change_hu

        found = has_fat(body, noise_hu=12.0) if told == "fat" else calcification_pattern(body, mean_diameter_mm=20.0)

        assert found is None


def test_soft_tissue_and_its_blurred_border_are_no_fat() -> None:
    body, places = ball()
    away = np.linalg.norm(places, axis=-1)
    # A border that falls from 40 to -850 HU over 4 mm passes through fat's HU everywhere.
    fall = np.clip((away - 6.0) / 4.0, 0, 1)
    body.hu_kji[:] = 40.0 - 890.0 * fall

    assert has_fat(body, noise_hu=12.0) is False


def test_fat_is_not_told_in_a_nodule_of_a_few_voxels() -> None:
    body, places = ball()
    small = Body(grid=body.grid, hu_kji=body.hu_kji, mask_kji=near(places, 0.0, 0.0, 0.0, radius_mm=2.0))

    assert has_fat(small, noise_hu=12.0) is None


def test_air_inside_is_a_cavity_and_lung_at_the_border_is_none() -> None:
    body, places = ball()
    assert not has_cavity(body)

    body.hu_kji[near(places, 1.0, 0.0, 0.0, radius_mm=3.0)] = -950.0
    assert has_cavity(body)

    border, places = ball()
    border.hu_kji[np.linalg.norm(places, axis=-1) > RADIUS_MM - 0.8] = -950.0
    assert not has_cavity(border)
