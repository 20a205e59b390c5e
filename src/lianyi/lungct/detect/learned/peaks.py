"""From the first network's cells to places worth a second look: local maxima in the lungs, one for each thing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lianyi.lungct.detect.learned.image import CELL_MM, Box
from lianyi.lungct.detect.learned.runtime import Floats
from lianyi.lungct.domain.image import Booleans

Places = npt.NDArray[np.float64]

_LEAST_LOGIT = math.log(0.01 / 0.99)
"""A cell that gives a nodule less than one chance in a hundred is passed over."""

_MOST_OFF_MM = 6.0
"""A centre further than this from its cell is another cell's: it is drawn back along its own direction."""

_SIZE_UNIT_MM = 8.0
_DIAMETERS_MM = (2.0, 80.0)
_BEYOND_LUNG_MM = 4.0
"""The lung fields include what lies on the pleura; this is for the outline's error and the centre's."""

_LEAST_APART_MM = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """A place that may be a nodule's centre.

    Attributes:
        place_kji: on the working grid, in its voxels (of 1 mm).
        logit: the first network's.
        diameter_mm: the first network's.
    """

    place_kji: tuple[float, float, float]
    logit: float
    diameter_mm: float


def find_peaks(cells: Floats, box: Box, inside_kji: Booleans, *, most: int) -> list[Peak]:
    """Give the places of a box that may hold a nodule, best first.

    Args:
        cells: (5, k, j, i): logit, offsets along k, j, i in mm, log(diameter / 8 mm).
        box: what the cells cover.
        inside_kji: lungs, on the whole working grid.
        most: at most so many.
    """
    logit_kji = cells[0]
    is_peak = (logit_kji >= _LEAST_LOGIT) & (logit_kji == ndimage.maximum_filter(logit_kji, size=3, mode="nearest"))
    where = np.argwhere(is_peak)
    k, j, i = where.T
    logits = logit_kji[k, j, i].astype(np.float64)
    off = cells[1:4, k, j, i].T.astype(np.float64)
    length = np.linalg.norm(off, axis=1, keepdims=True)
    off *= np.minimum(1.0, _MOST_OFF_MM / np.maximum(length, 1e-6))
    places = where * CELL_MM + (CELL_MM - 1) / 2.0 + off + np.array(box.first_kji)
    diameters_mm = np.clip(_SIZE_UNIT_MM * np.exp(np.clip(cells[4, k, j, i].astype(np.float64), -9, 9)), *_DIAMETERS_MM)
    found: list[Peak] = []
    for row in np.argsort(-logits, kind="stable"):
        peak = Peak(
            place_kji=(float(places[row, 0]), float(places[row, 1]), float(places[row, 2])),
            logit=float(logits[row]),
            diameter_mm=float(diameters_mm[row]),
        )
        if _is_near_lung(inside_kji, peak.place_kji) and is_apart(peak, found):
            found.append(peak)
            if len(found) == most:
                break
    return found


def is_apart(peak: Peak, better: Sequence[Peak]) -> bool:
    """Whether this is another thing than each of the better ones: neither's centre lies within the other's radius."""
    return all(
        math.dist(peak.place_kji, other.place_kji)
        > max(0.5 * peak.diameter_mm, 0.5 * other.diameter_mm, _LEAST_APART_MM)
        for other in better
    )


def _is_near_lung(inside_kji: Booleans, place_kji: tuple[float, float, float]) -> bool:
    """Whether lung lies within a few mm of the place."""
    reach = math.ceil(_BEYOND_LUNG_MM)
    low = [max(round(a) - reach, 0) for a in place_kji]
    high = [round(a) + reach + 1 for a in place_kji]
    if min(high) <= 0:
        return False
    near = np.argwhere(inside_kji[low[0] : high[0], low[1] : high[1], low[2] : high[2]]) + low - np.array(place_kji)
    return bool(near.size) and float(np.square(near).sum(axis=1).min()) <= _BEYOND_LUNG_MM**2
