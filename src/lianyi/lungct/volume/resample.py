"""The working grid: 1 mm cubes whose axes follow the patient, for every acquisition alike.

Oblique, tilted, prone, feet-first: after this step they are all the same to
the stages that look for lungs and candidates.  Measuring does not use it; it
goes back to the native grid.
"""

from __future__ import annotations

import itertools
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from lianyi.lungct.domain.geometry import Floats, Grid
from lianyi.lungct.domain.image import CtVolume

Voxel = TypeVar("Voxel", np.int16, np.uint8)

WORKING_MM = 1.0
_UNSCANNED_HU = -1024
_ALIGNED = 1e-6


def to_working_grid(volume: CtVolume) -> CtVolume:
    """Resample a volume to 1 mm cubes: k to Superior, j to Posterior, i to Left.

    Returns:
        Linear interpolation of the HU over the box that encloses all voxel
        centres; ``scanned_kji`` is False, and HU -1024, where the stack has no data.
    """
    grid = _enclosing_grid(volume.grid)
    native_from_working = np.linalg.inv(volume.grid.patient_from_voxel) @ grid.patient_from_voxel
    values_kji = _resample(volume.values_kji, native_from_working, grid.shape, sitk.sitkLinear, _UNSCANNED_HU)
    if volume.scanned_kji is None and _is_aligned(native_from_working):
        return CtVolume(grid, values_kji)
    scanned_kji = volume.scanned_kji if volume.scanned_kji is not None else np.ones(volume.grid.shape, bool)
    scanned_kji = _resample(
        scanned_kji.view(np.uint8), native_from_working, grid.shape, sitk.sitkNearestNeighbor, 0
    ).view(bool)
    values_kji[~scanned_kji] = _UNSCANNED_HU
    return CtVolume(grid, values_kji, scanned_kji=scanned_kji)


def _enclosing_grid(native: Grid) -> Grid:
    corners = itertools.product(*((0, n - 1) for n in native.shape))
    corners_xyz = np.array([(native.patient_from_voxel @ [*corner, 1.0])[:3] for corner in corners])
    low_xyz, high_xyz = corners_xyz.min(axis=0), corners_xyz.max(axis=0)
    # A voxel on the far face may round to just outside; the tolerance keeps it.
    i, j, k = (int(n) for n in np.floor((high_xyz - low_xyz) / WORKING_MM + _ALIGNED) + 1)
    patient_from_voxel = np.eye(4)
    patient_from_voxel[:3, :3] = WORKING_MM * np.eye(3)[:, ::-1]  # columns k, j, i step along z, y, x
    patient_from_voxel[:3, 3] = low_xyz
    return Grid((k, j, i), patient_from_voxel, native.frame)


def _is_aligned(native_from_working: Floats) -> bool:
    """Whether every native axis runs along a working axis, so that the enclosing box is filled."""
    return bool((np.count_nonzero(np.abs(native_from_working[:3, :3]) > _ALIGNED, axis=0) == 1).all())


def _resample(
    array_kji: npt.NDArray[Voxel],
    native_from_working: Floats,
    shape: tuple[int, int, int],
    interpolator: int,
    outside: int,
) -> npt.NDArray[Voxel]:
    """Sample an array in index space; SimpleITK counts its axes i, j, k."""
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(native_from_working[2::-1, 2::-1].ravel().tolist())
    transform.SetTranslation(native_from_working[2::-1, 3].tolist())
    image = sitk.Resample(
        sitk.GetImageFromArray(array_kji),
        [shape[2], shape[1], shape[0]],
        transform,
        interpolator,
        [0.0, 0.0, 0.0],
        [1.0, 1.0, 1.0],
        [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        float(outside),
    )
    return sitk.GetArrayFromImage(image)
