"""The working grid puts every acquisition into the same patient axes."""

import numpy as np
import pytest

from ct_slices import OBLIQUE
from lianyi.lungct.domain.geometry import Grid
from lianyi.lungct.domain.image import CtVolume
from lianyi.lungct.volume import to_working_grid
from strategies import FRAME, Orientation, step_along_normal

PRONE: Orientation = (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0)


def ramp(orientation: Orientation, step_xyz: tuple[float, float, float]) -> CtVolume:
    """A volume whose HU is 2x - 3y + z + 100 at every patient point: linear, so sampling it is exact."""
    grid = Grid.from_dicom(
        image_position=(-11.0, 7.0, -20.0),
        image_orientation=orientation,
        pixel_spacing=(0.9, 0.6),
        slice_step=step_xyz,
        shape=(14, 40, 50),
        frame=FRAME,
    )
    kji1 = np.concatenate([np.indices(grid.shape, dtype=float), np.ones((1, *grid.shape))])
    x, y, z, _ = np.tensordot(grid.patient_from_voxel, kji1, axes=1)
    return CtVolume(grid, np.round(2 * x - 3 * y + z + 100).astype(np.int16))


@pytest.mark.parametrize(
    ("orientation", "step_xyz"),
    [
        (OBLIQUE, step_along_normal(OBLIQUE, 1.7)),
        (PRONE, (0.0, 0.0, -1.7)),
        ((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (0.0, 0.6, 1.7)),
    ],
    ids=["oblique", "prone, feet first", "tilted gantry"],
)
def test_working_voxels_hold_what_lies_at_their_place(
    orientation: Orientation, step_xyz: tuple[float, float, float]
) -> None:
    working = to_working_grid(ramp(orientation, step_xyz))

    scanned_kji = np.ones(working.grid.shape, bool) if working.scanned_kji is None else working.scanned_kji
    scanned = np.argwhere(scanned_kji)
    for k, j, i in scanned[:: max(1, len(scanned) // 200)]:
        place = working.grid.voxel(k=k, j=j, i=i).to_patient()
        here = working.values_kji[k, j, i]
        if here != -1024:
            assert here == pytest.approx(2 * place.x - 3 * place.y + place.z + 100, abs=4)
    assert scanned_kji.mean() > 0.3


def test_the_working_axes_are_the_patients() -> None:
    working = to_working_grid(ramp(OBLIQUE, step_along_normal(OBLIQUE, 1.7)))

    np.testing.assert_allclose(working.grid.patient_from_voxel[:3, :3], np.eye(3)[:, ::-1])


def test_corners_outside_an_oblique_stack_are_not_scanned() -> None:
    working = to_working_grid(ramp(OBLIQUE, step_along_normal(OBLIQUE, 1.7)))

    assert working.scanned_kji is not None
    assert not working.scanned_kji[0, 0, 0]
    assert (working.values_kji[~working.scanned_kji] == -1024).all()


def test_an_aligned_stack_fills_its_box() -> None:
    working = to_working_grid(ramp(PRONE, (0.0, 0.0, -1.7)))

    assert working.scanned_kji is None
    assert (working.values_kji != -1024).all()


def test_padding_stays_unscanned() -> None:
    volume = ramp(PRONE, (0.0, 0.0, -1.7))
    scanned_kji = np.ones(volume.grid.shape, bool)
    scanned_kji[:, :10] = False

    working = to_working_grid(CtVolume(volume.grid, volume.values_kji, scanned_kji=scanned_kji))

    assert working.scanned_kji is not None
    assert 0.2 < (~working.scanned_kji).mean() < 0.3
