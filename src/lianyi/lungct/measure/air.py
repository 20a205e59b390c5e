"""How dark the air is around this nodule, place by place.

One HU for the whole neighbourhood is wrong beside a bulla or in patchy emphysema: the hollow is darker than the
parenchyma around it, and a sum of density over the nodule's surroundings would then subtract what no nodule
ever lost.  So the level is read where the nodule ends: next to it, outside its blur, leaving out whatever is dense.

Every constant here is an engineering choice, tried on phantoms.
"""

from __future__ import annotations

import edt
import numpy as np
from scipy import ndimage

from lianyi.lungct.domain.image import Booleans
from lianyi.lungct.measure.crop import Reals

_DENSE_CONTRAST_HU = 70.0
"""Denser than the parenchyma by this: a nodule, a vessel, a wall, or the foot of their blur."""

_BLUR_MM = 0.6
"""How far beyond that the rest of the blur is left out."""

_EVEN_MM = 0.3
"""Width (sigma) over which the air is averaged.  Narrow: the gap between a nodule and a hollow's wall may be 2 mm."""

_WIDE_MM = 1.5
"""Width (sigma) of the average against which noise is told."""

_THIN_STEPS = 5
"""Brighter air than its surroundings is taken for a nodule's blur up to this many steps of the cube across."""

_NOISE_SPAN = 3.0
"""Air is darker than the parenchyma only from this many standard deviations of its averaged noise: below that it is
the parenchyma, else every nodule would gain from the darker half of the noise."""


def local_air(smooth_kji: Reals, aerated_kji: Booleans, *, lung_hu: float, step_mm: float) -> Reals:
    """Give the HU of air expected at every voxel if the dense things were not there.

    Args:
        smooth_kji: HU, lightly smoothed.
        aerated_kji: where lung may be: the wall and what was not scanned are left out.
        lung_hu: the parenchyma's median, and the most this gives.
        step_mm: of the even cube.

    Returns:
        *lung_hu*, or less in and around a hollow darker than that.  Within dense tissue it is the nearest air's.
    """
    level_kji = np.full_like(smooth_kji, lung_hu)
    for _ in range(2):  # anew against the air found: beside a hollow the foot of a blur lies darker
        dense_kji = (smooth_kji > level_kji + _DENSE_CONTRAST_HU) | ~aerated_kji
        level_kji = _between(smooth_kji, edt.edt(~dense_kji) * step_mm > _BLUR_MM, lung_hu, step_mm)
        # Opened: the blur left around a nodule is a thin bright shell and goes, a hollow's own border stays.
        level_kji = ndimage.maximum_filter(ndimage.minimum_filter(level_kji, _THIN_STEPS), _THIN_STEPS)
    darkest_kji: Reals = ndimage.minimum_filter(level_kji, 3)
    return darkest_kji


def _between(smooth_kji: Reals, air_kji: Booleans, lung_hu: float, step_mm: float) -> Reals:
    """Average the air, and carry it into what is not air."""
    if not air_kji.any():
        return np.full_like(smooth_kji, lung_hu)
    sigma = _EVEN_MM / step_mm
    weight_kji = ndimage.gaussian_filter(air_kji.astype(np.float32), sigma)
    total_kji = ndimage.gaussian_filter(np.where(air_kji, smooth_kji - lung_hu, np.float32(0)), sigma)
    drop_kji = np.where(air_kji, -total_kji / np.maximum(weight_kji, np.float32(1e-3)), np.float32(0))
    # Noise is what a wider average would still take off; the median is blind to the few voxels at a hollow's border.
    wide_kji = ndimage.gaussian_filter(drop_kji, _WIDE_MM / step_mm)
    wide_kji /= np.maximum(ndimage.gaussian_filter(air_kji.astype(np.float32), _WIDE_MM / step_mm), np.float32(1e-3))
    noise_hu = 1.4826 * float(np.median(np.abs((drop_kji - wide_kji)[air_kji])))
    drop_kji *= np.clip(drop_kji / max(_NOISE_SPAN * noise_hu, 1.0) - 1.0, 0.0, 1.0)
    nearest = ndimage.distance_transform_edt(~air_kji, return_distances=False, return_indices=True)
    level_kji: Reals = (lung_hu - drop_kji[tuple(nearest)]).astype(np.float32)
    return level_kji
