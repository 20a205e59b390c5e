"""Laws of the coordinate types, for any position, orientation and spacing."""

import numpy as np
import pytest
from highdicom.spatial import create_affine_matrix_from_attributes
from hypothesis import given
from hypothesis import strategies as st

from lianyi.lungct.domain.geometry import FrameMismatch, Grid, PatientFrame, PatientPoint
from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID
from strategies import FRAME, Orientation, grids, orientations, positions_mm, spacings_mm, step_along_normal

index = st.floats(-10, 600)


@given(grids(), index, index, index)
def test_there_and_back(grid: Grid, k: float, j: float, i: float) -> None:
    back = grid.locate(grid.voxel(k=k, j=j, i=i).to_patient())

    assert (back.k, back.j, back.i) == pytest.approx((k, j, i), abs=1e-6)


@given(grids())
def test_one_step_along_an_axis_is_its_spacing(grid: Grid) -> None:
    origin = grid.voxel(k=0, j=0, i=0).to_patient()
    steps = [grid.voxel(k=k, j=j, i=i).to_patient() for k, j, i in np.eye(3)]

    distances_mm = [origin.distance_mm(step) for step in steps]

    assert distances_mm == pytest.approx([grid.spacing.k_mm, grid.spacing.j_mm, grid.spacing.i_mm])


@given(orientations(), st.tuples(spacings_mm, spacings_mm), spacings_mm, st.tuples(*[positions_mm] * 3))
def test_our_matrix_agrees_with_highdicom(
    orientation: Orientation, pixel_spacing: tuple[float, float], step_mm: float, position: tuple[float, float, float]
) -> None:
    ours = Grid.from_dicom(
        image_position=position,
        image_orientation=orientation,
        pixel_spacing=pixel_spacing,
        slice_step=step_along_normal(orientation, step_mm),
        shape=(9, 9, 9),
        frame=FRAME,
    )

    theirs = create_affine_matrix_from_attributes(
        image_position=position,
        image_orientation=orientation,
        pixel_spacing=pixel_spacing,
        spacing_between_slices=step_mm,
        index_convention=("D", "R"),
        slices_first=True,
        handedness="LEFT_HANDED",
    )

    np.testing.assert_allclose(ours.patient_from_voxel, theirs, atol=1e-9)


@given(grids(), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_a_crop_keeps_every_voxel_at_its_place(grid: Grid, k: int, j: int, i: int) -> None:
    crop = grid.crop(first_kji=(k, j, i), shape=(3, 3, 3))

    there = crop.voxel(k=1, j=2, i=0).to_patient()

    assert there.distance_mm(grid.voxel(k=k + 1, j=j + 2, i=i).to_patient()) == pytest.approx(0, abs=1e-6)


def test_non_square_pixels_keep_their_axes() -> None:
    grid = Grid.from_dicom(
        image_position=(0, 0, 0),
        image_orientation=(1, 0, 0, 0, 1, 0),
        pixel_spacing=(0.8, 0.5),
        slice_step=(0.0, 0.0, 1.0),
        shape=(4, 4, 4),
        frame=FRAME,
    )

    place = grid.voxel(k=0, j=0, i=10).to_patient()

    assert (grid.spacing.j_mm, grid.spacing.i_mm) == (0.8, 0.5)
    assert (place.x, place.y) == (5.0, 0.0)


def test_places_of_unregistered_series_do_not_mix() -> None:
    other = PatientFrame(frame_of_reference_uid=FrameOfReferenceUID("1.2.3"), series_uid=SeriesUID("9.9"))
    here = PatientPoint(x=0, y=0, z=0, frame=FRAME)

    with pytest.raises(FrameMismatch):
        here.distance_mm(PatientPoint(x=0, y=0, z=0, frame=other))


def test_a_tilted_stack_has_the_volume_of_its_parallelepiped() -> None:
    tilt = np.deg2rad(20.0)

    grid = Grid.from_dicom(
        image_position=(0, 0, 0),
        image_orientation=(1, 0, 0, 0, float(np.cos(tilt)), float(np.sin(tilt))),
        pixel_spacing=(0.8, 0.7),
        slice_step=(0.0, 0.0, 1.25),
        shape=(4, 4, 4),
        frame=FRAME,
    )

    assert grid.voxel_mm3 == pytest.approx(0.8 * 0.7 * 1.25 * np.cos(tilt))
