"""What a nodule is made of, by the HU and where in it they lie: calcium, fat, air.

A pattern is named only where slices are thin and the nodule large enough to resolve it; measuring does not know
whether contrast medium was given, so whoever does must question a calcification.  The patterns and what they
mean: Fleischner Society glossary (Hansell 2008) and MacMahon 2017 (central, complete, laminated and popcorn are
the benign ones; here laminated is "ring").
"""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import edt
import fill_voids
import numpy as np
from scipy import ndimage

from lianyi.lungct.domain.geometry import Grid
from lianyi.lungct.domain.image import Booleans
from lianyi.lungct.domain.measurement import Calcification
from lianyi.lungct.measure.crop import Reals

_CALCIUM_HU = 200.0
"""Denser than soft tissue without contrast medium can be (MacMahon 2017 gives no HU; commonly used: 200)."""

_FAT_LOW_HU, _FAT_HIGH_HU = -120.0, -40.0
"""Fat in a nodule: Siegelman 1986 (hamartoma) and Fleischner 2017 use -40 to -120 HU."""

_AIR_HU = -800.0
"""Air in a cavity; engineering choice: darker than ground glass, and than most blurred thin walls."""

_THICKEST_MM = 2.5
_LEAST_PATTERN_MM = 6.0
"""Smaller, or on thicker slices, a pattern is no more than partial volume: engineering choices."""

_LEAST_FAT_VOXELS, _LEAST_FAT_MM3 = 8, 8.0
_LEAST_CAVITY_MM3 = 8.0
_STEPS = 5
"""Shells of equal depth from the middle to the surface."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The nodule on its native box.

    Attributes:
        grid: of the box.
        hu_kji: as acquired.
        mask_kji: True inside.
    """

    grid: Grid
    hu_kji: Reals
    mask_kji: Booleans

    @property
    def depth_mm(self) -> Reals:
        """Distance of every voxel of the mask from the surface, mm; 0 outside."""
        steps = self.grid.spacing
        depth: Reals = edt.edt(self.mask_kji, anisotropy=(steps.k_mm, steps.j_mm, steps.i_mm))
        return depth


def calcification_pattern(body: Body, *, mean_diameter_mm: float) -> Calcification | None:
    """Name the pattern of calcification; None where it cannot be told.

    "none" can be told on any nodule that fills a few voxels, "complete" on slices of 2.5 mm and less, the others
    there and at 6 mm and more.
    """
    calcium_kji = body.mask_kji & (body.hu_kji > _CALCIUM_HU)
    if not calcium_kji.any():
        return "none" if np.count_nonzero(body.mask_kji & (body.depth_mm > _edge_mm(body))) >= _STEPS else None
    depth_mm = body.depth_mm
    inner_kji = body.mask_kji & (depth_mm > _edge_mm(body))
    inner = np.count_nonzero(inner_kji)
    inner_share = np.count_nonzero(calcium_kji & inner_kji) / inner if inner else 0.0
    is_thick = body.grid.spacing.k_mm > _THICKEST_MM
    if inner >= _STEPS and inner_share > 0.9 and not is_thick:
        return "complete"
    if mean_diameter_mm < _LEAST_PATTERN_MM or is_thick or not inner:
        return None
    if np.count_nonzero(calcium_kji) * body.grid.voxel_mm3 < 1.0:  # noise, or a voxel of a vessel
        return "none"
    return _resolved(body, calcium_kji, depth_mm)


def _resolved(body: Body, calcium_kji: Booleans, depth_mm: Reals) -> Calcification:
    """Tell the patterns apart by where the calcium lies and in how many pieces it comes."""
    deepest = float(depth_mm.max())
    relative = depth_mm[calcium_kji] / deepest  # 1 in the middle, 0 at the surface
    labels, count = cc3d.connected_components(calcium_kji, connectivity=26, return_N=True)
    sizes = np.sort(np.bincount(labels.ravel())[1:])[::-1] * body.grid.voxel_mm3
    size_share = float(sizes.sum()) / (np.count_nonzero(body.mask_kji) * body.grid.voxel_mm3)
    steps = np.array([body.grid.spacing.k_mm, body.grid.spacing.j_mm, body.grid.spacing.i_mm])
    apart = (np.argwhere(calcium_kji).mean(axis=0) - np.argwhere(body.mask_kji).mean(axis=0)) * steps
    off = float(np.linalg.norm(apart)) / deepest
    middle_is_calcified = bool(calcium_kji[depth_mm > 0.8 * deepest].mean() > 0.5)
    if count >= 3 and sizes[0] < 0.5 * sizes.sum():
        return "stippled" if size_share < 0.1 else "popcorn"
    if not middle_is_calcified and _encloses(calcium_kji):
        return "ring"
    if off > 0.35:
        return "eccentric"
    if middle_is_calcified and float(np.median(relative)) > 0.3:
        return "central"
    return "popcorn" if size_share >= 0.1 else "stippled"


def _encloses(calcium_kji: Booleans) -> bool:
    """Whether calcium runs around something in at least one slice, small gaps closed."""
    closed_kji = ndimage.binary_closing(calcium_kji, structure=np.ones((1, 3, 3)))
    return any(np.count_nonzero(fill_voids.fill(part)) > np.count_nonzero(part) for part in closed_kji if part.any())


def _edge_mm(body: Body) -> float:
    """How deep partial volume reaches: a pixel and a half in the slice, and something of a thick slice."""
    steps = body.grid.spacing
    return max(1.5 * steps.j_mm, 1.5 * steps.i_mm, 0.75 * steps.k_mm)


def has_fat(body: Body, *, noise_hu: float) -> bool | None:
    """Tell whether fat lies well inside; None where the nodule is too small, or the slices too thick, to tell.

    Fat is a coherent region whose mean is between -120 and -40 HU, deeper than partial volume reaches and not beside
    air: a smoothed HU in that range next to darker voxels is the blur of a border.
    """
    inner_kji = body.mask_kji & (body.depth_mm > _edge_mm(body))
    if np.count_nonzero(inner_kji) < _LEAST_FAT_VOXELS or inner_kji.sum() * body.grid.voxel_mm3 < _LEAST_FAT_MM3:
        return None
    smooth_kji = ndimage.uniform_filter(body.hu_kji, (1, 3, 3))
    darkest_kji = ndimage.minimum_filter(smooth_kji, 3)
    margin_hu = 2.0 * noise_hu / 3.0
    fat_kji = inner_kji & (smooth_kji > _FAT_LOW_HU) & (smooth_kji < _FAT_HIGH_HU - margin_hu)
    fat_kji &= darkest_kji > _FAT_LOW_HU - 30.0 - margin_hu
    labels, count = cc3d.connected_components(fat_kji, connectivity=6, return_N=True)
    if not count:
        return False
    largest = int(np.bincount(labels.ravel())[1:].max())
    is_fat = largest >= _LEAST_FAT_VOXELS and largest * body.grid.voxel_mm3 >= _LEAST_FAT_MM3
    return None if is_fat and body.grid.spacing.k_mm > _THICKEST_MM else is_fat


def has_cavity(body: Body) -> bool:
    """Tell whether air is enclosed in the nodule: dark voxels well inside the outline, enough of them."""
    air_kji = body.mask_kji & (body.hu_kji < _AIR_HU)
    if not air_kji.any():
        return False
    labels, count = cc3d.connected_components(air_kji, connectivity=6, return_N=True)
    deep_kji = body.depth_mm > _edge_mm(body)
    for label in range(1, count + 1):
        part_kji = labels == label
        if part_kji.sum() * body.grid.voxel_mm3 >= _LEAST_CAVITY_MM3 and deep_kji[part_kji].mean() > 0.5:
            return True
    return False
