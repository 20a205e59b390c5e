"""What is lung without being air: vessels, nodules at the pleura, consolidation between aerated parts.

Three repairs, each at 2 mm and for one lung alone, so that the mediastinum between the lungs cannot be closed over:

1. a closing with a small ball everywhere: vessels, small juxtapleural nodules, the rim of the hilum;
2. a closing with a large ball on the costal side only: masses on the chest wall up to about 30 mm wide, but
   for the outer shell: the ball dips into the mouth of the dent, 2 mm for a 14 mm mouth, 7 mm for a 26 mm mouth.
   On the mediastinal side the same ball would swallow the aorta;
3. holes: what is enclosed in at least two of the three planes, up to 45 mm across in the plane.  A dome of
   the diaphragm is enclosed in axial slices alone, so the liver stays outside.  Up to 25 mm across an axial
   hole suffices: hilar vessels and lobar bronchi; of a dome that is a cap 1 to 2 mm high.

What it cannot do: give back a lobe that is consolidated up to the pleura over more than the large ball
spans, or lung under an effusion.  These stay outside the field.
"""

from __future__ import annotations

import fill_voids
import numpy as np
import scipy.ndimage as ndi

from lianyi.lungct.domain.image import Booleans
from lianyi.lungct.lungs.coarse import COARSE_MM, Distances, bounding_box, distance_inside

_SMALL_BALL_MM = 7.0
_LARGE_BALL_MM = 16.0
_LARGEST_HOLE_MM2 = np.pi * 22.5**2
_LARGEST_AXIAL_HOLE_MM2 = np.pi * 12.5**2
_MEDIAL_REACH_MM = 12.0
_PAD = int(_LARGE_BALL_MM / COARSE_MM) + 2


def repair(aerated_kji: Booleans, other_kji: Booleans, airways_kji: Booleans | None) -> Booleans:
    """Fill what is lung but not air, in one lung.

    Args:
        aerated_kji: aerated part of the lung, coarse grid.
        other_kji: aerated part of the other lung; all False when there is none.
        airways_kji: trachea and main bronchi, which no closing may cover; enclosed by lung they count as lung.

    Returns:
        The whole lung, coarse grid; a superset of *aerated_kji*, disjoint from *other_kji*.
    """
    if not aerated_kji.any():
        return aerated_kji.copy()
    box = bounding_box(aerated_kji)
    padded_kji = np.pad(aerated_kji[box], _PAD)
    core = tuple(slice(_PAD, -_PAD) for _ in range(3))
    facing_kji = _faces_the_other(aerated_kji[box], other_kji[box[0], box[1]], from_column=box[2].start)

    away_mm = distance_inside(~padded_kji)
    closed_kji = _closed(away_mm, _SMALL_BALL_MM)
    bridged_kji = _closed(away_mm, _LARGE_BALL_MM)
    bridged_kji[core] &= ~facing_kji
    whole_kji = padded_kji | closed_kji | bridged_kji
    if airways_kji is not None:
        whole_kji[core] &= ~airways_kji[box]
    whole_kji = _fill_holes(whole_kji)

    result_kji = aerated_kji.copy()
    result_kji[box] |= whole_kji[core]
    return result_kji & ~other_kji


def _closed(away_mm: Distances, radius_mm: float) -> Booleans:
    return np.greater(distance_inside(away_mm <= radius_mm), radius_mm)


def _faces_the_other(aerated_kji: Booleans, other_kji: Booleans, *, from_column: int) -> Booleans:
    """True where the way along the row to the other lung meets none of this lung: the mediastinal side."""
    columns = np.flatnonzero(other_kji.any(axis=(0, 1)))
    other_is_left = columns.size > 0 and columns.mean() > from_column + aerated_kji.shape[2] / 2
    if columns.size == 0:
        return np.zeros(aerated_kji.shape, dtype=bool)
    ahead_kji = aerated_kji[:, :, ::-1] if other_is_left else aerated_kji
    met_kji = np.maximum.accumulate(ahead_kji, axis=2)
    facing_kji = ~(met_kji[:, :, ::-1] if other_is_left else met_kji)
    return distance_inside(~facing_kji) <= _MEDIAL_REACH_MM


def _fill_holes(mask_kji: Booleans) -> Booleans:
    filled_kji: Booleans = fill_voids.fill(mask_kji)
    votes_kji = np.zeros(mask_kji.shape, dtype=np.uint8)
    for axis in range(3):
        plane = np.zeros((3, 3, 3), dtype=int)
        plane[tuple(1 if number == axis else slice(None) for number in range(3))] = ndi.generate_binary_structure(2, 1)
        holes_kji, count = ndi.label(~filled_kji, plane)
        area_mm2 = np.bincount(holes_kji.ravel(), minlength=count + 1) * COARSE_MM**2
        area_mm2[0] = np.inf
        vote = (area_mm2 <= _LARGEST_HOLE_MM2).astype(np.uint8)
        if axis == 0:
            vote += area_mm2 <= _LARGEST_AXIAL_HOLE_MM2
        votes_kji += vote[holes_kji]
    filled_kji |= votes_kji >= 2
    return filled_kji
