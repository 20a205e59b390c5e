"""How irregular a nodule's surface is: numbers from its shape, and two scores made of them.

The scores say how much the numbers are like those of nodules that LIDC's readers called spiculated or lobulated
(rating 3 to 5 of 5); weights and how well that separates them on patients left out: docs/validation/measurement.md.
"""

from __future__ import annotations

import math

import cc3d
import edt
import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from lianyi.lungct.measure.segment import Outline

FEATURES = ("diameter_mm", "solidity", "radius_spread", "area_excess", "strands", "strand_share", "edge_sharpness")
"""Names of the evidence, in the order in which the weights are kept."""

_LEAST_MM, _THICKEST_MM = 6.0, 2.6
"""Smaller, or on slices further apart, a spicule is no wider than the blur: engineering choices."""

_SHELL_MM = (1.5, 3.5)
"""Where strands are counted: outside the blur of the border, inside what still belongs to the nodule."""


def surface_evidence(outline: Outline, *, mean_diameter_mm: float, slice_step_mm: float) -> dict[str, float] | None:
    """Give the numbers behind the scores, by name; None where the nodule is too small or the slices too thick.

    solidity is the nodule's share of its convex hull; radius_spread the radii's standard deviation over their
    mean; area_excess its surface over that of a ball of its volume, less 1; strands how many dense
    pieces cross the shell 1.5 to 3.5 mm outside, wall and vessels among them; strand_share their share of that
    shell; edge_sharpness the fall of HU across the border over the nodule's contrast, per mm.
    """
    if mean_diameter_mm < _LEAST_MM or slice_step_mm > _THICKEST_MM:
        return None
    step_mm = outline.cube.grid.spacing.k_mm
    shape_kji = outline.shape_kji
    smooth_kji = ndimage.gaussian_filter(outline.cube.hu_kji, 0.4 / step_mm)
    outside_mm = edt.edt(~shape_kji) * step_mm
    inside_mm = edt.edt(shape_kji) * step_mm
    edge = np.argwhere(shape_kji & (inside_mm <= 1.01 * step_mm)) * step_mm
    if len(edge) < 10:  # a handful of voxels has no surface to speak of
        return None
    try:
        hull_mm3 = float(ConvexHull(edge).volume)
    except QhullError:
        return None
    inner_mm3 = float(np.count_nonzero(shape_kji)) * step_mm**3 - 0.5 * len(edge) * step_mm**3
    radii = np.linalg.norm(edge - edge.mean(axis=0), axis=1)
    volume_mm3 = float(np.count_nonzero(shape_kji)) * step_mm**3
    lung_kji = (outline.lung_kji > 0.5) & (outside_mm > _SHELL_MM[0]) & (outside_mm < _SHELL_MM[1])
    half_hu = (outline.parenchyma_hu + outline.plateau_hu) / 2
    dense_kji = lung_kji & (smooth_kji > half_hu)
    labels, count = cc3d.connected_components(dense_kji, connectivity=26, return_N=True)
    through = {
        int(label) for label in np.unique(labels[dense_kji & (outside_mm < _SHELL_MM[0] + 2 * step_mm)]) if label
    }
    slope = np.linalg.norm(np.stack(np.gradient(smooth_kji, step_mm)), axis=0)
    border_kji = (outside_mm <= 1.01 * step_mm) & ~shape_kji & (outline.lung_kji > 0.5)
    contrast_hu = max(outline.plateau_hu - outline.parenchyma_hu, 90.0)
    # Surface of a voxelled ball is 1.5 times its formula's; faces counted, so the ratio is of like with like.
    faces = sum(np.count_nonzero(np.diff(shape_kji.astype(np.int8), axis=axis)) for axis in range(3))
    ball_mm2 = math.pi ** (1 / 3) * (6 * volume_mm3) ** (2 / 3)
    return {
        "diameter_mm": mean_diameter_mm,
        "solidity": min(inner_mm3 / max(hull_mm3, 1e-6), 1.0),
        "radius_spread": float(radii.std() / max(radii.mean(), 1e-6)),
        "area_excess": faces * step_mm**2 / 1.5 / ball_mm2 - 1.0,
        "strands": float(min(len(through), count)),
        "strand_share": float(np.count_nonzero(dense_kji) / max(int(np.count_nonzero(lung_kji)), 1)),
        "edge_sharpness": float(np.median(slope[border_kji]) / contrast_hu) if border_kji.any() else 0.0,
    }
