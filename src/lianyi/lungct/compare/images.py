"""Coarse pictures of a chest for registration: HU and lungs on even, patient-aligned steps.

SimpleITK counts axes i, j, k; on these grids that is x, y, z, so its "physical space" is LPS mm and nothing turns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from lianyi.lungct.domain.geometry import Grid
from lianyi.lungct.domain.image import CtVolume, LungFields

_MARGIN_MM = 24.0
"""Around the lungs: room for the other lungs to be larger."""

_LEVELS_HU = (-950.0, -250.0)
"""What is compared: lung tissue, vessels and the edge of the lungs; bone and contrast medium count as soft tissue."""

_OUTSIDE_HU = -1024.0
_WHOLE = np.uint8(200)
"""What stands for 1 where shares are averaged in whole numbers."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Chest:
    """One chest as registration sees it; both images on one grid of even steps, origin and spacing in LPS mm.

    Attributes:
        grey: HU between two levels, as 0 to 1; lung tissue of either breath about equally dark.
        lungs: share of each voxel inside the lungs, 0 to 1.
        scanned: 1 where the stack has data.
    """

    grey: sitk.Image
    lungs: sitk.Image
    scanned: sitk.Image


def picture(volume: CtVolume, lungs: LungFields, *, step_mm: float) -> Chest:
    """Sample a chest around its lungs.

    Args:
        volume: the native grid, any orientation and tilt.
        lungs: on a patient-aligned grid of the same frame.
        step_mm: of the picture.
    """
    inside_kji = lungs.both_kji
    target = _box(lungs.grid, inside_kji, step_mm)
    share = _sampled(inside_kji.view(np.uint8) * _WHOLE, lungs.grid, target, 0.0) / float(_WHOLE)
    hu = _sampled(volume.values_kji, volume.grid, target, _OUTSIDE_HU)
    seen_kji = np.ones(volume.grid.shape, np.uint8) if volume.scanned_kji is None else volume.scanned_kji.view(np.uint8)
    scanned = _sampled(seen_kji * _WHOLE, volume.grid, target, 0.0) / float(_WHOLE)
    return Chest(grey=_grey(hu, share), lungs=share, scanned=scanned > 0.5)


def _box(grid: Grid, inside_kji: npt.NDArray[np.bool_], step_mm: float) -> sitk.Image:
    """Give an empty picture of the box around the lungs."""
    ends = [np.flatnonzero(inside_kji.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    low = (grid.patient_from_voxel @ [*(end[0] for end in ends), 1.0])[:3]
    high = (grid.patient_from_voxel @ [*(end[-1] for end in ends), 1.0])[:3]
    first_xyz = np.minimum(low, high) - _MARGIN_MM
    x, y, z = (int(n) for n in np.ceil((np.abs(high - low) + 2 * _MARGIN_MM) / step_mm) + 1)
    box = sitk.Image((x, y, z), sitk.sitkUInt8)
    box.SetOrigin(first_xyz.tolist())
    box.SetSpacing((step_mm,) * 3)
    return box


def _sampled(
    values_kji: npt.NDArray[np.int16] | npt.NDArray[np.uint8], grid: Grid, target: sitk.Image, outside: float
) -> sitk.Image:
    """Average over about a step, then interpolate."""
    spacing, step_mm = grid.spacing, target.GetSpacing()[0]
    shrink = [max(1, round(step_mm / mm)) for mm in (spacing.i_mm, spacing.j_mm, spacing.k_mm)]
    image = sitk.BinShrink(sitk.GetImageFromArray(values_kji), shrink)
    image.SetOrigin((0.0, 0.0, 0.0))
    image.SetSpacing((1.0, 1.0, 1.0))
    # A shrunk voxel n stands for the middle of `shrink` voxels: index shrink * n + (shrink - 1) / 2.
    shrunk_from_voxel = np.eye(4)
    for axis, factor in zip((2, 1, 0), shrink, strict=True):
        shrunk_from_voxel[axis, axis] = 1.0 / factor
        shrunk_from_voxel[axis, 3] = -(factor - 1) / 2 / factor
    index_from_patient = (shrunk_from_voxel @ np.linalg.inv(grid.patient_from_voxel))[2::-1]
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(index_from_patient[:, :3].ravel().tolist())
    transform.SetTranslation(index_from_patient[:, 3].tolist())
    return sitk.Resample(image, target, transform, sitk.sitkLinear, outside, sitk.sitkFloat32)


def _grey(hu: sitk.Image, share: sitk.Image) -> sitk.Image:
    """Shift lung tissue to one darkness, so that a deeper breath is no difference, and scale to 0 to 1."""
    hu_kji = sitk.GetArrayFromImage(hu)
    inside = sitk.GetArrayViewFromImage(share) > 0.99
    low, high = _LEVELS_HU
    usual = float(np.median(hu_kji[inside])) if inside.any() else low
    grey_kji = np.clip((hu_kji - usual) / (high - low), 0.0, 1.0).astype(np.float32)
    grey = sitk.GetImageFromArray(grey_kji)
    grey.CopyInformation(hu)
    return grey
