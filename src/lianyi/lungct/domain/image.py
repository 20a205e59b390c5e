"""Pixels with a place: slices, HU volumes, masks and lung fields."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.geometry import FrameMismatch, Grid, VoxelPoint
from lianyi.lungct.domain.uids import InstanceUID

Hounsfields = npt.NDArray[np.int16]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CtSlice:
    """One decoded CT slice in HU, with the header facts that place it.

    Attributes:
        instance_uid: SOP Instance UID (for a multi-frame object, of the object).
        instance_number: Instance Number; for a multi-frame object, the frame number.
        image_position: ImagePositionPatient, LPS mm, centre of the first pixel.
        image_orientation: ImageOrientationPatient, two unit vectors.
        pixel_spacing: between rows, between columns, mm (DICOM's order).
        slice_thickness_mm: nominal thickness, or None when the header has none.
        hu_ji: rows x columns, Hounsfield units, clipped to the range of int16.
        padding_ji: True where the scanner stored no measurement, or None when there is no padding.
    """

    instance_uid: InstanceUID
    instance_number: int
    image_position: tuple[float, float, float]
    image_orientation: tuple[float, float, float, float, float, float]
    pixel_spacing: tuple[float, float]
    slice_thickness_mm: float | None
    hu_ji: Hounsfields
    padding_ji: Booleans | None = None


def _check(shape: tuple[int, ...], grid: Grid) -> None:
    if shape != grid.shape:
        raise ValueError(f"array of shape {shape} on a grid of shape {grid.shape}")


@dataclass(frozen=True, slots=True, eq=False)
class CtVolume:
    """Hounsfield units on a grid.

    Attributes:
        grid: where the voxels are.
        values_kji: int16 HU; voxels that were never scanned hold -1024.
        scanned_kji: False where nothing was scanned (padding, corners outside a
            resampled stack), or None when every voxel was scanned.
        instances: for a native grid, the SOP Instance UID and Instance Number of each
            slice k, in order; empty for a resampled grid.
        positions: for a native grid, ImagePositionPatient of each slice k as its header states it, LPS mm; the grid
            is fitted through them. Empty where the slices came from no DICOM file.
    """

    grid: Grid
    values_kji: Hounsfields
    scanned_kji: Booleans | None = None
    instances: tuple[tuple[InstanceUID, int], ...] = field(default=())
    positions: tuple[tuple[float, float, float], ...] = field(default=())

    def __post_init__(self) -> None:
        _check(self.values_kji.shape, self.grid)
        if self.scanned_kji is not None:
            _check(self.scanned_kji.shape, self.grid)
        if self.instances and len(self.instances) != self.grid.shape[0]:
            raise ValueError("one instance per slice")
        if self.positions and len(self.positions) != self.grid.shape[0]:
            raise ValueError("one position per slice")

    def __getitem__(self, point: VoxelPoint) -> int:
        """HU of the voxel nearest to a point of this very grid."""
        if point.grid is not self.grid:
            raise FrameMismatch("the point lies on another grid")
        return int(self.values_kji[round(point.k), round(point.j), round(point.i)])


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """A yes or no for every voxel of a grid."""

    grid: Grid
    values_kji: Booleans

    def __post_init__(self) -> None:
        _check(self.values_kji.shape, self.grid)

    @property
    def volume_ml(self) -> float:
        """Volume inside, in millilitres."""
        return float(np.count_nonzero(self.values_kji)) * self.grid.voxel_mm3 / 1000.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LungFields:
    """Both lungs on one grid, juxtapleural nodules and consolidations inside, trachea outside.

    Attributes:
        left: the patient's left lung; all False when there is none.
        right: the patient's right lung; all False when there is none.
        missing_share: estimated share of the lungs that lies outside the scan, by place
            ("lung apex", "lung base", "lung side"); empty when nothing is cut off.
    """

    left: Mask
    right: Mask
    missing_share: dict[str, float]

    def __post_init__(self) -> None:
        if self.left.grid is not self.right.grid:
            raise FrameMismatch("left and right lung lie on different grids")

    @property
    def grid(self) -> Grid:
        """The grid both masks share."""
        return self.left.grid

    @property
    def both_kji(self) -> Booleans:
        """True inside either lung."""
        return self.left.values_kji | self.right.values_kji
