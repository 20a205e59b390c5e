"""Solid, part-solid, ground-glass or calcified, by shares of voxels.

The words are those of the Fleischner Society glossary (Hansell 2008): ground glass is a hazy increase of
density in which vessels stay visible, part-solid holds both.  The glossary gives no HU, so the numbers here
are engineering choices, tried on LIDC readers' texture and calcification ratings.
"""

from __future__ import annotations

import numpy as np

from lianyi.lungct.domain.nodule import Density
from lianyi.lungct.measure.crop import Reals

_SOLID_HU = -300.0
_CALCIFIED_HU = 200.0


def classify(hu: Reals, weight: Reals) -> Density:
    """Name the density of the voxels *hu*, border voxels weighing less.

    Args:
        hu: HU of the segmentation's voxels.
        weight: how much each counts, 0 to 1.
    """
    total = float(weight.sum())
    solid_share = float(weight[hu > _SOLID_HU].sum()) / total
    calcified_share = float(weight[hu > _CALCIFIED_HU].sum()) / total
    if calcified_share > 0.25:
        return Density.CALCIFIED
    if solid_share < 0.1:
        return Density.GROUND_GLASS
    return Density.PART_SOLID if solid_share < 0.5 else Density.SOLID
