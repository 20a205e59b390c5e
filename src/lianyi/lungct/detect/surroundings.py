"""The box the search runs in: lungs only, everything else made to look like plain lung.

Chest wall, heart and diaphragm are brighter than any nodule; beside them a blob response sees
nothing else.  Outside the lung fields the image is therefore replaced by the HU of the plain lung
near by, so that a nodule on the pleura stands alone, like any other.
"""

from __future__ import annotations

from dataclasses import dataclass

import edt
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lianyi.lungct.detect.blobs import Floats, Floats32, Level
from lianyi.lungct.domain.image import Booleans, CtVolume, LungFields

DARKEST_HU, BRIGHTEST_HU = -1000.0, 200.0
"""HU are clipped to air and soft tissue: calcium and contrast medium must not outshine the rest."""
PLAIN_LUNG_BELOW_HU = -600.0
"""Brighter voxels (vessels, walls, consolidation) do not count as plain lung."""
_DENSE_ABOVE_HU = -500.0
_MARGIN_MM = 4
_STEP_MM = 4
_PLAIN_SIGMA_MM = 10.0
CROWD_SIGMA_MM = 10.0
"""Spread of the Gaussian window in which dense lung is counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """The lungs' box on the 1 mm grid, and maps that tell where in the lung a place is.

    Attributes:
        first_kji: voxel of the working grid that is the box's first.
        finest: the box at 1 mm, outside replaced by plain lung.
        depth_mm: distance to the edge of the lung, on a 2 mm grid.
        crowd: share of lung within about 15 mm that is dense, on a 4 mm grid: near the hilum, in
            consolidation and beside atelectasis it is high.
    """

    first_kji: tuple[int, int, int]
    finest: Level
    depth_mm: Floats32
    crowd: Floats32

    def depth_at(self, place_kji_mm: Floats) -> float:
        """Distance from a place to the edge of the lung, mm."""
        return _at(self.depth_mm, place_kji_mm, 2)

    def crowd_at(self, place_kji_mm: Floats) -> float:
        """Share of the lung around a place that is dense."""
        return _at(self.crowd, place_kji_mm, _STEP_MM)


def surround(working: CtVolume, lungs: LungFields) -> Surroundings | None:
    """Cut the lungs out.

    Returns:
        None when there is no lung at all.
    """
    both = lungs.both_kji
    found = [np.flatnonzero(both.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    if not found[0].size:
        return None
    first = [max(int(where[0]) - _MARGIN_MM, 0) for where in found]
    last = [min(int(where[-1]) + _MARGIN_MM + 1, size) for where, size in zip(found, both.shape, strict=True)]
    box = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    inside = np.ascontiguousarray(both[box])
    if working.scanned_kji is not None:
        inside &= working.scanned_kji[box]
    hu = working.values_kji[box].astype(np.float32)
    np.clip(hu, DARKEST_HU, BRIGHTEST_HU, out=hu)
    _replace_outside(hu, inside)
    depth_mm: Floats32 = 2.0 * edt.edt(np.ascontiguousarray(inside[::2, ::2, ::2]), black_border=True)
    return Surroundings((first[0], first[1], first[2]), Level(1, 0.0, hu, inside), depth_mm, _crowd(hu, inside))


def _replace_outside(hu: Floats32, inside: Booleans) -> None:
    coarse_hu = hu[::_STEP_MM, ::_STEP_MM, ::_STEP_MM]
    plain = (inside[::_STEP_MM, ::_STEP_MM, ::_STEP_MM] & (coarse_hu < PLAIN_LUNG_BELOW_HU)).astype(np.float32)
    sigma = _PLAIN_SIGMA_MM / _STEP_MM
    # where no plain lung is near, that of the whole lung counts, by a weight too small to matter elsewhere
    typical = float(np.median(coarse_hu[plain > 0.0])) if plain.any() else float(np.median(hu[inside]))
    faint = np.float32(1e-3)
    plain_hu = (ndimage.gaussian_filter(plain * coarse_hu, sigma, mode="constant") + faint * typical) / (
        ndimage.gaussian_filter(plain, sigma, mode="constant") + faint
    )
    for k in range(hu.shape[0]):
        outside = ~inside[k]
        slab = plain_hu[min((k + _STEP_MM // 2) // _STEP_MM, plain_hu.shape[0] - 1)]
        wide = np.repeat(np.repeat(slab, _STEP_MM, axis=0), _STEP_MM, axis=1)[: hu.shape[1], : hu.shape[2]]
        hu[k][outside] = wide[outside]


def _crowd(hu: Floats32, inside: Booleans) -> Floats32:
    lung = inside[::_STEP_MM, ::_STEP_MM, ::_STEP_MM].astype(np.float32)
    dense = lung * (hu[::_STEP_MM, ::_STEP_MM, ::_STEP_MM] > _DENSE_ABOVE_HU)
    sigma = CROWD_SIGMA_MM / _STEP_MM
    share: Floats32 = ndimage.gaussian_filter(dense, sigma, mode="constant") / np.maximum(
        ndimage.gaussian_filter(lung, sigma, mode="constant"), np.float32(0.02)
    )
    return share


def _at(map_kji: npt.NDArray[np.float32], place_kji_mm: Floats, step_mm: int) -> float:
    nearest = np.minimum(np.rint(place_kji_mm / step_mm).astype(np.int64), np.array(map_kji.shape) - 1)
    return float(map_kji[tuple(nearest)])
