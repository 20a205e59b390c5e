"""Haze around an outline: what a missed rim of ground glass looks like, and a solid nodule in clear lung does not.

A part-solid nodule of which only the core was outlined is measured far too small, and nothing inside its outline
tells.  Around it the lung is denser than elsewhere, so the share of it that is says how far the size may be wrong.
"""

from __future__ import annotations

import edt
import numpy as np
from scipy import ndimage

from lianyi.lungct.measure.segment import Outline

_SHELL_MM = (1.5, 3.0)
"""Where haze is sought: beyond the blur of a solid border on thin slices, within the narrowest rim that matters.
Engineering choice, as the two below: of the shells and shares tried on the phantoms for building, the one whose
intervals were narrowest for what they hold.  Thick slices blur further; the terms for the slice step know it."""

_ABOVE_PARENCHYMA_HU = 60.0
"""Lung denser by this than the median around the nodule counts as haze."""

_FROM_VESSELS_MM = 1.0
"""Nearer than this to vessels and wall their blur is no haze."""

_ELSEWHERE_MM = (5.0, 9.0)
"""Where the lung around is as it is elsewhere: a patient's is never even, and only what is hazier counts."""

_LEAST_VOXELS = 30


def haze_share(outline: Outline) -> float:
    """Give the share, 0 to 1, of the lung 1.5 to 3 mm outside the outline that is hazy, beyond that of lung near by.

    Vessels and wall, as dense as the nodule's border, are left out.  0 where hardly any lung is left.
    """
    cube, step_mm = outline.cube, outline.cube.grid.spacing.k_mm
    outside_mm = edt.edt(~outline.shape_kji) * step_mm
    lung_kji = (outline.lung_kji > 0.5) & cube.inside_kji
    lung_kji &= edt.edt(~outline.other_kji) * step_mm > _FROM_VESSELS_MM
    smooth_kji = ndimage.gaussian_filter(cube.hu_kji, 0.5 / step_mm)
    hazy_kji = smooth_kji > outline.parenchyma_hu + _ABOVE_PARENCHYMA_HU

    def share(shell_mm: tuple[float, float]) -> float:
        shell_kji = lung_kji & (outside_mm > shell_mm[0]) & (outside_mm <= shell_mm[1])
        return float(np.mean(hazy_kji[shell_kji])) if np.count_nonzero(shell_kji) >= _LEAST_VOXELS else 0.0

    near, elsewhere = share(_SHELL_MM), share(_ELSEWHERE_MM)
    return max(near - elsewhere, 0.0)
