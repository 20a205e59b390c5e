"""The solid part of a part-solid nodule, by the half level between ground glass and soft tissue.

The core's mean diameter decides what guidelines do with a part-solid nodule, so it is measured as the whole is: a
membership of 0 to 1 between the HU of the ground glass around it and of soft tissue, its half level the border.
"""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import edt
import numpy as np

from lianyi.lungct.domain.geometry import Grid
from lianyi.lungct.domain.image import Booleans
from lianyi.lungct.measure.crop import Reals
from lianyi.lungct.measure.size import longest_axes

_SOFT_TISSUE_HU = 40.0
_SOLID_HU = -300.0
"""Denser than this is solid (see density.py); at most as dense as this is what the ground glass is read from."""

_LEAST_GROUND_GLASS_HU = -800.0
_LEAST_CORE_MM = 1.0
"""A core whose long axis is shorter than this is a crossing vessel or noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """The solid core: mean diameter in mm, volume in mm3."""

    mean_diameter_mm: float
    volume_mm3: float


def measure_core(hu_kji: Reals, share_kji: Reals, mask_kji: Booleans, grid: Grid) -> Core | None:
    """Measure the largest solid part; None when nothing solid is inside.

    Args:
        hu_kji: as acquired.
        share_kji: membership of the whole nodule.
        mask_kji: the whole nodule.
        grid: of the box, native: the axes are those of the acquired slices.
    """
    dark = hu_kji[mask_kji & (hu_kji < _SOLID_HU) & (hu_kji > _LEAST_GROUND_GLASS_HU)]
    ground_hu = float(np.median(dark)) if dark.size else -600.0
    soft_hu = _plateau(hu_kji, mask_kji, ground_hu, grid)
    inside_kji = np.where(share_kji > 0.5, np.float32(1), 2 * share_kji)
    core_kji = np.clip((hu_kji - ground_hu) / (soft_hu - ground_hu), 0, 1) * inside_kji
    labels, count = cc3d.connected_components(core_kji > 0.5, connectivity=26, return_N=True)
    if not count:
        return None
    largest_kji = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    steps = grid.spacing
    near_kji = edt.edt(~largest_kji, anisotropy=(min(steps.k_mm, 1.0), steps.j_mm, steps.i_mm)) <= 1.5
    own_kji = np.where(near_kji & ((labels == 0) | largest_kji), core_kji, 0).astype(np.float32)
    axes = longest_axes(own_kji, grid)
    if axes.long_mm < _LEAST_CORE_MM:
        return None
    return Core(mean_diameter_mm=axes.mean_mm, volume_mm3=float(own_kji.sum()) * grid.voxel_mm3)


def _plateau(hu_kji: Reals, mask_kji: Booleans, ground_hu: float, grid: Grid) -> float:
    """Read the HU of the core from its own middle where it has one, else take soft tissue's."""
    solid_kji = mask_kji & (hu_kji > (ground_hu + _SOFT_TISSUE_HU) / 2)
    steps = grid.spacing
    depth_mm = edt.edt(solid_kji, anisotropy=(steps.k_mm, steps.j_mm, steps.i_mm))
    middle = hu_kji[depth_mm > max(1.5, 0.6 * float(depth_mm.max()))]
    if middle.size < 4:
        return _SOFT_TISSUE_HU
    return float(np.clip(np.median(middle), _SOLID_HU + 200.0, _SOFT_TISSUE_HU + 40.0))
