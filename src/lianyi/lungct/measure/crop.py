"""A box of the native grid around a candidate, and the same place as an even cube of voxels.

Sizes are measured on the native grid, because resampling blurs.  Shape is judged on a cube of equal steps,
because an opening of so many millimetres has no meaning on a sheared or anisotropic grid.  Both are plain
:class:`Grid` objects; everything passes from one to the other through patient millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lianyi.lungct.domain.geometry import Grid, PatientFrame
from lianyi.lungct.domain.image import Booleans, CtVolume, LungFields

Reals = npt.NDArray[np.float32]

_CUBE_STEPS = 50
"""Engineering choice: a cube of about 50 steps a side costs some 50 ms to fill and to search."""

_FINEST_STEP_MM, _COARSEST_STEP_MM = 0.65, 1.25


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sample:
    """HU and the share of lung at every voxel of one grid.

    Attributes:
        grid: where the voxels are.
        hu_kji: Hounsfield units.
        lung_kji: 0 outside the lungs, 1 inside, between at their border.
        inside_kji: True where the native stack was scanned.
        first_k: the native slice that is our slice 0 (0 for a cube, which has no native slices).
    """

    grid: Grid
    hu_kji: Reals
    lung_kji: Reals
    inside_kji: Booleans
    first_k: int = 0


def resample(values_kji: npt.NDArray[np.generic], source: Grid, target: Grid, *, outside: float | None) -> Reals:
    """Give the values of *source* at the voxels of *target*, linearly interpolated.

    Beyond the border of *source* the answer is *outside*, or the nearest border value when that is None.
    """
    window = _reached(source, target)
    if window is None:
        return np.full(target.shape, outside or 0.0, dtype=np.float32)
    return _interpolate(values_kji[window], window, source, target, outside)


Window = tuple[slice, slice, slice]


def _reached(source: Grid, target: Grid) -> Window | None:
    """Give the part of *source* that *target* needs for interpolation; None when they do not meet."""
    corners = np.array([[k, j, i, 1.0] for k in (0, 1) for j in (0, 1) for i in (0, 1)])
    corners[:, :3] *= np.array(target.shape) - 1
    reached = (corners @ np.linalg.solve(source.patient_from_voxel, target.patient_from_voxel).T)[:, :3]
    first = np.maximum(np.floor(reached.min(axis=0)) - 1, 0).astype(int)
    stop = np.minimum(np.ceil(reached.max(axis=0)) + 2, source.shape).astype(int)
    if np.any(first >= stop):
        return None
    return slice(int(first[0]), int(stop[0])), slice(int(first[1]), int(stop[1])), slice(int(first[2]), int(stop[2]))


def _interpolate(
    part_kji: npt.NDArray[np.generic], window: Window, source: Grid, target: Grid, outside: float | None
) -> Reals:
    voxel_from_voxel = np.linalg.solve(source.patient_from_voxel, target.patient_from_voxel)
    sampled: Reals = ndimage.affine_transform(
        part_kji.astype(np.float32),
        voxel_from_voxel[:3, :3],
        offset=voxel_from_voxel[:3, 3] - [part.start for part in window],
        output_shape=target.shape,
        order=1,
        mode="nearest" if outside is None else "grid-constant",
        cval=0.0 if outside is None else outside,
    )
    return sampled


def _within(source: Grid, target: Grid) -> Booleans:
    """Tell which voxels of *target* lie in the stack of *source*, half a voxel of rim included."""
    matrix = np.linalg.solve(source.patient_from_voxel, target.patient_from_voxel)
    steps = np.ogrid[tuple(slice(0, n) for n in target.shape)]
    inside_kji = np.ones(target.shape, dtype=np.bool_)
    for axis, size in enumerate(source.shape):
        index = sum(matrix[axis, n] * steps[n] for n in range(3)) + matrix[axis, 3]
        inside_kji &= (index > -0.5) & (index < size - 0.5)
    return inside_kji


def even_grid(center_xyz: npt.NDArray[np.float64], *, half_mm: float, frame: PatientFrame) -> Grid:
    """Give a cube of equal steps along the patient axes, its middle voxel at *center_xyz* (LPS mm)."""
    step_mm = float(np.clip(2 * half_mm / _CUBE_STEPS, _FINEST_STEP_MM, _COARSEST_STEP_MM))
    arm = int(np.ceil(half_mm / step_mm))
    patient_from_voxel = np.eye(4)
    patient_from_voxel[:3, :3] = np.array([[0, 0, step_mm], [0, step_mm, 0], [step_mm, 0, 0]])
    patient_from_voxel[:3, 3] = center_xyz - arm * step_mm
    return Grid((2 * arm + 1,) * 3, patient_from_voxel, frame)


def sample_cube(volume: CtVolume, lungs: LungFields, cube: Grid) -> Sample:
    """Fill a cube with the HU of the native *volume* and the share of lung."""
    inside_kji = _within(volume.grid, cube)
    if volume.scanned_kji is not None:
        inside_kji &= resample(volume.scanned_kji, volume.grid, cube, outside=0.0) > 0.5
    return Sample(
        grid=cube,
        hu_kji=resample(volume.values_kji, volume.grid, cube, outside=None),
        lung_kji=_lung_share(lungs, cube),
        inside_kji=inside_kji,
    )


def cut_native(volume: CtVolume, lungs: LungFields, part: Grid) -> Sample | None:
    """Cut the box of the native grid that holds the whole of *part*; None when they do not meet."""
    window = _reached(volume.grid, part)
    if window is None:
        return None
    hu_kji = volume.values_kji[window].astype(np.float32)
    depth, rows, columns = hu_kji.shape
    first_k, first_j, first_i = (side.start for side in window)
    grid = volume.grid.crop(first_kji=(first_k, first_j, first_i), shape=(depth, rows, columns))
    scanned_kji = volume.scanned_kji
    return Sample(
        grid=grid,
        hu_kji=hu_kji,
        lung_kji=_lung_share(lungs, grid),
        inside_kji=np.ones(grid.shape, dtype=np.bool_) if scanned_kji is None else scanned_kji[window],
        first_k=first_k,
    )


def _lung_share(lungs: LungFields, target: Grid) -> Reals:
    window = _reached(lungs.grid, target)
    if window is None:
        return np.zeros(target.shape, dtype=np.float32)
    both_kji = lungs.left.values_kji[window] | lungs.right.values_kji[window]
    return _interpolate(both_kji, window, lungs.grid, target, 0.0)
