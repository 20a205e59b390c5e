"""Which air is lung: told by what surrounds it and by what is in it, never by where it lies.

Air in a CT volume is room air, clothes, the hollow and the foam of the table,
airways, gas in oesophagus, stomach and bowel, and lung.  Two facts separate them:

================  =======================  =========================
air               bordered by the body     core nearly empty (-950)
================  =======================  =========================
lung              yes                      no: vessels, parenchyma
lung, emphysema   yes                      partly
bowel, stomach    yes                      yes
room, clothes     no                       yes
table foam        no                       no
================  =======================  =========================
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.image import Booleans
from lianyi.lungct.lungs.coarse import (
    AERATED_HU,
    COARSE_MM,
    CoarseChest,
    Labels,
    bounding_box,
    distance_inside,
    label,
    shrunk,
)

_NECK = 1
"""Regions joined by air no thicker than two such coarse voxels are told apart (stomach, oesophagus)."""

_SMALLEST_REGION_ML = 4.0
_LEAST_BORDERED = 0.5
_GAS_HU = -950
"""Below this a voxel counts as empty.  Source: emphysema threshold at full inspiration,
Gevenois et al., Am J Respir Crit Care Med 1996;154:187."""
_MOST_EMPTY = 0.9
_MAIN_SHARE = 0.2
_LEAST_ALONE_ML = 30.0
_LIGHTEST_HU, _DENSEST_HU = -900.0, -450.0
"""Median of a small region of lung; a bubble of bowel gas lies below, streaks in fat above."""
_REACH_MM = 14.0
"""How far a thin edge of lung may lie from the part that survives the cutting of necks."""


def find_aerated_lung(chest: CoarseChest, airways_kji: Booleans | None) -> Booleans:
    """Find aerated lung, both sides together, on the coarse grid.

    Args:
        chest: the coarse chest.
        airways_kji: trachea and main bronchi on the coarse grid, which are no lung; None when there are none.

    Returns:
        True in aerated lung: vessels, nodules and consolidation are holes still.  All False when there is none.
    """
    air_kji = (chest.values_kji < AERATED_HU) & chest.scanned_kji
    if airways_kji is not None:
        air_kji &= ~airways_kji
    cores_kji, voxels = label(shrunk(air_kji, _NECK), smallest=int(_SMALLEST_REGION_ML * 1000 / COARSE_MM**3))
    if voxels.size == 1:
        return np.zeros(air_kji.shape, dtype=bool)
    is_lung = _bordered_by_body(cores_kji, air_kji, chest.near_body_kji, voxels.size) >= _LEAST_BORDERED
    is_lung &= _empty_share(cores_kji, chest, voxels) <= _MOST_EMPTY
    is_lung[0] = False
    is_lung &= _main_or_like_lung(cores_kji, air_kji, chest, np.where(is_lung, voxels, 0))
    if not is_lung.any():
        return np.zeros(air_kji.shape, dtype=bool)
    return _with_edges(is_lung[cores_kji], cores_kji > 0, air_kji)


def _with_edges(lung_core_kji: Booleans, core_kji: Booleans, air_kji: Booleans) -> Booleans:
    """Give back the thin edges that the cutting of necks took, where they hang together with the lung."""
    box = bounding_box(lung_core_kji, margin=int(_REACH_MM / COARSE_MM) + 1)
    lung_kji, other_kji = lung_core_kji[box], core_kji[box] & ~lung_core_kji[box]
    from_lung_mm = distance_inside(~lung_kji)
    edges_kji = air_kji[box] & (from_lung_mm <= _REACH_MM)
    if other_kji.any():
        edges_kji &= from_lung_mm < distance_inside(~other_kji)
    labels_kji, _ = label(edges_kji)
    reached = np.unique(labels_kji[lung_kji])
    result_kji = np.zeros(air_kji.shape, dtype=bool)
    result_kji[box] = np.isin(labels_kji, reached[reached > 0])
    return result_kji


def _bordered_by_body(
    cores_kji: Labels, air_kji: Booleans, near_body_kji: Booleans, count: int
) -> npt.NDArray[np.float64]:
    """Share of each region's outline, of all that is not air, that is the patient's own tissue.

    The edge of the volume and what was never scanned count as outline too.
    """
    outline, bordered = np.zeros(count), np.zeros(count)
    # The core is thinner than its region by the neck: look one step beyond.
    step = _NECK + 1
    for axis in range(3):
        for here, there in ((slice(step, None), slice(None, -step)), (slice(None, -step), slice(step, None))):
            inside = tuple(here if number == axis else slice(None) for number in range(3))
            outside = tuple(there if number == axis else slice(None) for number in range(3))
            edge_kji = (cores_kji[inside] > 0) & ~air_kji[outside]
            numbers = cores_kji[inside][edge_kji]
            outline += np.bincount(numbers, minlength=count)
            bordered += np.bincount(numbers, weights=near_body_kji[outside][edge_kji], minlength=count)
            if axis > 0:
                rim = tuple(
                    (slice(None, step) if there.start is None else slice(-step, None))
                    if number == axis
                    else slice(None)
                    for number in range(3)
                )
                outline += np.bincount(cores_kji[rim].ravel(), minlength=count)
    return bordered / np.maximum(outline, 1)


def _main_or_like_lung(
    cores_kji: Labels, air_kji: Booleans, chest: CoarseChest, voxels: npt.NDArray[np.int64]
) -> Booleans:
    """Keep large regions; of the small, those whose median is lung's and that are not mere bubbles."""
    main: Booleans = voxels >= max(1.0, _MAIN_SHARE * voxels.max())
    pieces_kji, _ = label(air_kji)
    main_pieces = np.unique(pieces_kji[main[cores_kji]])
    keep: Booleans = main.copy()
    for number in np.flatnonzero((voxels > 0) & ~main):
        region_kji = cores_kji == number
        like_lung = _LIGHTEST_HU < float(np.median(chest.values_kji[region_kji])) < _DENSEST_HU
        large = voxels[number] * COARSE_MM**3 >= _LEAST_ALONE_ML * 1000
        keep[number] = like_lung and (large or bool(np.isin(pieces_kji[region_kji][0], main_pieces)))
    return keep


def _empty_share(cores_kji: Labels, chest: CoarseChest, voxels: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    empty = np.bincount(cores_kji[chest.values_kji < _GAS_HU], minlength=voxels.size)
    return empty / np.maximum(voxels, 1)
