"""Left lung, right lung: told apart even where they touch, and even when there is only one.

The lungs touch at the anterior and posterior junction lines.  The contact is a
sheet, thin compared with the lungs, so an erosion breaks it; every voxel then
goes to the nearer of the two cores, which puts the border in the middle of the
sheet.
"""

from __future__ import annotations

import fill_voids
import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.image import Booleans
from lianyi.lungct.lungs.coarse import COARSE_MM, CoarseChest, Distances, Labels, bounding_box, distance_inside, label

_LEAST_LUNG = 0.12
"""A part with less than this share of all is no second lung that an erosion laid free."""
_LEAST_APART = 50.0 / COARSE_MM
"""Lungs' centres lie 130 to 190 mm apart; those of lobes of one lung, side by side, hardly 40."""
_LEAST_ACROSS = 0.12
"""A single part with less than this on the other side of the middle is one lung that bulges over it."""
_SMALLEST_REMNANT = 0.005
_DEEPEST_EROSION_MM = 26.0


def tell_sides_apart(lung_kji: Booleans, chest: CoarseChest) -> tuple[Booleans, Booleans]:
    """Split aerated lung into the patient's left and right.

    Args:
        lung_kji: aerated lung on the coarse grid, both sides together.
        chest: the coarse chest; the middle of the body decides the side of a single lung.

    Returns:
        Left and right; one is all False when only the other is aerated.
    """
    left_kji, right_kji = np.zeros_like(lung_kji), np.zeros_like(lung_kji)
    if not lung_kji.any():
        return left_kji, right_kji
    box = bounding_box(lung_kji)
    middle_i = chest.midline_i - box[2].start
    left_kji[box], right_kji[box] = _split(lung_kji[box], middle_i)
    return left_kji, right_kji


def _split(lung_kji: Booleans, middle_i: float) -> tuple[Booleans, Booleans]:
    left_core_kji, right_core_kji = _cores(lung_kji, middle_i)
    if not left_core_kji.any() or not right_core_kji.any():
        return lung_kji & left_core_kji.any(), lung_kji & right_core_kji.any()
    if np.array_equal(left_core_kji | right_core_kji, lung_kji):
        return left_core_kji, right_core_kji
    nearer_left_kji = distance_inside(~left_core_kji) < distance_inside(~right_core_kji)
    return lung_kji & nearer_left_kji, lung_kji & ~nearer_left_kji


def _cores(lung_kji: Booleans, middle_i: float) -> tuple[Booleans, Booleans]:
    """Give a sure part of each lung: all of it where they are apart, an eroded part where they touch."""
    depth_mm: Distances | None = None
    for erosion_mm in np.arange(0.0, _DEEPEST_EROSION_MM, COARSE_MM):
        if erosion_mm > 0 and depth_mm is None:
            depth_mm = distance_inside(fill_voids.fill(lung_kji))
        parts_kji, voxels = label(lung_kji if depth_mm is None else depth_mm > erosion_mm)
        column, left_share = _columns(parts_kji, middle_i, voxels.size)
        share = voxels / max(1, int(voxels[1:].sum()))
        share[0] = 0.0
        order = np.argsort(-share)
        first, second = int(order[0]), int(order[1])
        if share[second] >= _LEAST_LUNG and abs(column[first] - column[second]) >= _LEAST_APART:
            between = (column[first] + column[second]) / 2
            # Apart already: every part has its side.  Laid free by erosion: only what is sure; the rest follows.
            large = share >= (_LEAST_LUNG if erosion_mm > 0 else 1e-9)
            return (large & (column > between))[parts_kji], (large & (column < between))[parts_kji]
        if not _LEAST_ACROSS < left_share[first] < 1 - _LEAST_ACROSS:
            break
    else:
        # One lung that bulges over the middle: nothing to tell apart.
        is_left = np.count_nonzero(lung_kji[:, :, int(middle_i) :]) > lung_kji.sum() / 2
        return (lung_kji, np.zeros_like(lung_kji)) if is_left else (np.zeros_like(lung_kji), lung_kji)
    own_side = share >= _SMALLEST_REMNANT
    return (own_side & (left_share > 0.5))[parts_kji], (own_side & (left_share <= 0.5))[parts_kji]


def _columns(parts_kji: Labels, middle_i: float, count: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Mean column of each part, and the share of it left of the middle."""
    where_i = np.broadcast_to(np.arange(parts_kji.shape[2], dtype=np.float64), parts_kji.shape)
    voxels = np.maximum(np.bincount(parts_kji.ravel(), minlength=count), 1)
    column = np.bincount(parts_kji.ravel(), weights=where_i.ravel(), minlength=count) / voxels
    left_i = parts_kji[:, :, max(0, round(middle_i)) :]
    return column, np.bincount(left_i.ravel(), minlength=count) / voxels
