"""The caliper rule alone, on shapes whose axes are known."""

from __future__ import annotations

import numpy as np
import pytest

from lianyi.lungct.domain.geometry import Grid, PatientFrame
from lianyi.lungct.domain.nodule import Density
from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID
from lianyi.lungct.measure.density import classify
from lianyi.lungct.measure.size import contour_segments, longest_axes, slice_axes

FRAME = PatientFrame(frame_of_reference_uid=FrameOfReferenceUID("1.2.3"), series_uid=SeriesUID("1.2.4"))


def oblique_grid(shape: tuple[int, int, int], *, j_mm: float = 0.9, i_mm: float = 0.6) -> Grid:
    matrix = np.eye(4)
    matrix[:3, 0] = np.array([0.3, 0.1, 0.9]) * 2.5
    matrix[:3, 1] = np.array([0.0, 0.8, 0.6]) * j_mm
    matrix[:3, 2] = np.array([1.0, 0.0, 0.0]) * i_mm
    return Grid(shape, matrix, FRAME)


def test_a_rectangle_of_pixels_has_its_edges_between_pixels() -> None:
    field_ji = np.zeros((12, 14), dtype=np.float32)
    field_ji[3:7, 2:12] = 1.0  # 4 rows of 0.9 mm, 10 columns of 0.6 mm

    long_mm, short_mm = slice_axes(field_ji, oblique_grid((1, 12, 14)))

    # Marching squares cuts the corners by half a pixel, so the diagonal is a little short.
    assert long_mm == pytest.approx(np.hypot(3.6, 6.0), rel=0.08)
    assert short_mm < long_mm


def test_a_single_pixel_is_not_nothing() -> None:
    field_ji = np.zeros((5, 5), dtype=np.float32)
    field_ji[2, 2] = 1.0

    long_mm, short_mm = slice_axes(field_ji, oblique_grid((1, 5, 5)))

    assert long_mm == pytest.approx(0.9)
    assert short_mm == pytest.approx(0.6)


def test_an_empty_slice_has_no_axes() -> None:
    assert slice_axes(np.zeros((5, 5), dtype=np.float32), oblique_grid((1, 5, 5))) == (0.0, 0.0)


def test_only_the_largest_patch_of_a_slice_is_measured() -> None:
    field_ji = np.zeros((20, 20), dtype=np.float32)
    field_ji[2:8, 2:8] = 1.0
    alone = slice_axes(field_ji, oblique_grid((1, 20, 20)))
    field_ji[17, 17] = 1.0

    assert slice_axes(field_ji, oblique_grid((1, 20, 20))) == alone


def test_the_border_moves_with_partial_volume_and_not_with_the_pixel_grid() -> None:
    field_ji = np.zeros((3, 9), dtype=np.float32)
    field_ji[1, 3:6] = 1.0
    field_ji[1, 6] = 0.75

    pieces = contour_segments(field_ji)

    # Half level between 0.75 at column 6 and 0 at column 7.
    assert pieces[..., 1].max() == pytest.approx(6 + 0.25 / 0.75)
    assert pieces[..., 1].min() == pytest.approx(2.5)


def test_the_slice_with_the_greatest_long_axis_is_chosen() -> None:
    field_kji = np.zeros((3, 12, 12), dtype=np.float32)
    field_kji[0, 5:7, 5:7] = 1.0
    field_kji[1, 3:9, 5:7] = 1.0
    field_kji[2, 4:7, 4:7] = 1.0

    assert longest_axes(field_kji, oblique_grid((3, 12, 12))).k == 1


@pytest.mark.parametrize(
    ("shares", "density"),
    [
        ({-650: 0.95, -100: 0.05}, Density.GROUND_GLASS),
        ({-650: 0.7, 0: 0.3}, Density.PART_SOLID),
        ({-400: 0.4, 30: 0.6}, Density.SOLID),
        ({30: 0.8, 600: 0.2}, Density.CALCIFIED),
    ],
)
def test_density_goes_by_shares_of_voxels(shares: dict[int, float], density: Density) -> None:
    hu = np.concatenate([np.full(round(share * 100), hu, dtype=np.float32) for hu, share in shares.items()])

    assert classify(hu) is density
