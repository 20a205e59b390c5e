"""The plane of measurement, the solid core, and the intervals, against shapes of known formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from lianyi.lungct.domain.geometry import Grid, PatientFrame
from lianyi.lungct.domain.nodule import Density
from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID
from lianyi.lungct.measure.core import measure_core
from lianyi.lungct.measure.planes import best_plane
from lianyi.lungct.measure.size import longest_axes
from lianyi.lungct.measure.uncertainty import TERMS, Difficulty, fitted, half_width

FRAME = PatientFrame(frame_of_reference_uid=FrameOfReferenceUID("1.2.3"), series_uid=SeriesUID("1.2.4"))
Floats = npt.NDArray[np.float64]


def egg(radii_xyz: tuple[float, float, float], *, step_mm: float = 1.0, turn_deg: float = 0.0) -> tuple[Floats, Grid]:
    """Membership of an ellipsoid along the patient's axes, on a stack turned about x."""
    turn = np.radians(turn_deg)
    steps = np.zeros((3, 3))
    steps[:, 0] = np.array([0, -np.sin(turn), np.cos(turn)]) * step_mm
    steps[:, 1] = np.array([0, np.cos(turn), np.sin(turn)]) * 0.7
    steps[:, 2] = np.array([0.7, 0, 0])
    shape = (int(36 / step_mm) | 1, 51, 51)
    matrix = np.eye(4)
    matrix[:3, :3] = steps
    matrix[:3, 3] = -steps @ (np.array(shape) // 2)
    places = np.moveaxis(np.indices(shape), 0, -1) @ steps.T + matrix[:3, 3]
    outside = (np.linalg.norm(places / np.array(radii_xyz), axis=-1) - 1) * min(radii_xyz)
    return np.clip(0.5 - outside / 0.9, 0, 1).astype(np.float32), Grid(shape, matrix, FRAME)


def plane_of(share: Floats, grid: Grid, error_mm: float = 1.0) -> tuple[str, float, float]:
    chosen = best_plane(share, grid, longest_axes(share, grid), error_mm=error_mm)
    return chosen.plane, chosen.long_mm, chosen.short_mm


def test_a_nodule_longest_from_head_to_foot_is_measured_in_the_plane_that_shows_it() -> None:
    plane, long_mm, short_mm = plane_of(*egg((5.0, 4.0, 10.0)))

    # A coronal cut shows x and z.
    assert plane == "coronal"
    assert long_mm == pytest.approx(20.0, abs=0.6)
    assert short_mm == pytest.approx(10.0, abs=0.6)


def test_the_sagittal_plane_is_taken_where_it_is_the_longest() -> None:
    _, grid = egg((4.0, 9.0, 9.0))
    matrix = grid.patient_from_voxel
    places = np.moveaxis(np.indices(grid.shape), 0, -1) @ matrix[:3, :3].T + matrix[:3, 3]
    # The body leans within the sagittal plane: z grows with y, so the cut's diagonal is longer than y alone.
    back = places - places[..., 1:2] * np.array([0.0, 0.0, 1.0])
    outside = (np.linalg.norm(back / np.array([4.0, 9.0, 9.0]), axis=-1) - 1) * 4.0
    share = np.clip(0.5 - outside / 0.9, 0, 1).astype(np.float32)

    assert plane_of(share, grid)[0] == "sagittal"


@pytest.mark.parametrize(
    ("why", "stack", "error_mm"),
    [
        ("a difference within the errors", {"radii_xyz": (5.0, 4.0, 5.4)}, 1.0),
        ("a larger error", {"radii_xyz": (5.0, 4.0, 7.0)}, 5.0),
        ("thick slices", {"radii_xyz": (5.0, 4.0, 10.0), "step_mm": 2.5}, 1.0),
        ("a turned stack", {"radii_xyz": (5.0, 4.0, 10.0), "turn_deg": 12.0}, 1.0),
    ],
)
def test_the_plane_stays_axial_for(why: str, stack: dict[str, object], error_mm: float) -> None:
    del why
    assert plane_of(*egg(**stack), error_mm=error_mm)[0] == "axial"  # type: ignore[arg-type]


def test_a_solid_core_is_measured_between_ground_glass_and_soft_tissue() -> None:
    whole, grid = egg((10.0, 10.0, 10.0))
    core, _ = egg((5.0, 5.0, 5.0))
    hu = (-850 + 250 * whole + 640 * core).astype(np.float32)  # -600 HU, the core 40 HU

    found = measure_core(hu, whole, whole > 0.5, grid)

    assert found is not None
    assert found.mean_diameter_mm == pytest.approx(10.0, abs=0.4)
    assert found.volume_mm3 == pytest.approx(np.pi / 6 * 10.0**3, rel=0.06)


def test_ground_glass_alone_has_no_core() -> None:
    whole, grid = egg((8.0, 8.0, 8.0))

    assert measure_core((-850 + 250 * whole).astype(np.float32), whole, whole > 0.5, grid) is None


EASY = Difficulty(
    diameter_mm=12.0,
    step_mm=1.0,
    pixel_mm=0.7,
    contrast_hu=880.0,
    noise_hu=20.0,
    density=Density.SOLID,
    touches_pleura=False,
    haze=0.0,
)


def test_the_fit_is_of_the_terms_in_use() -> None:
    assert tuple(fitted()["terms"]) == TERMS
    for model in fitted()["uncertainty"].values():
        assert len(model["weights"]) == len(TERMS)


def test_thick_slices_and_small_nodules_are_less_certain() -> None:
    easy = half_width("volume", EASY)

    assert half_width("volume", replace(EASY, step_mm=5.0)) > easy
    assert half_width("volume", replace(EASY, diameter_mm=5.0)) > easy


def test_a_hazy_surrounding_widens_the_interval_and_a_clear_one_leaves_a_solid_nodule_narrow() -> None:
    for quantity in ("mean_diameter", "volume"):
        assert half_width(quantity, replace(EASY, haze=0.8)) > 2 * half_width(quantity, EASY)

    assert half_width("mean_diameter", EASY) < 1.6
