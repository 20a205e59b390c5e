"""Solid, part-solid, ground-glass or calcified, by shares of voxels.

The words are those of the Fleischner Society glossary (Hansell 2008): ground glass is a hazy increase of
density in which vessels stay visible, part-solid holds both.  The glossary gives no HU, so the numbers here
are engineering choices, set on the same 180 LIDC slabs (two readers or more) on which they were measured:

====================================  ============  ==========  =====  =========
readers' mean rating                  ground-glass  part-solid  solid  calcified
====================================  ============  ==========  =====  =========
texture below 2 (ground glass)                  27           8      3          0
texture 2 to below 4 (part-solid)                7          11      3          0
texture 4 and more (solid)                       1          12     77          1
calcification 4 or less (calcified)              0           2      1         27
====================================  ============  ==========  =====  =========
"""

from __future__ import annotations

import numpy as np

from lianyi.lungct.domain.nodule import Density
from lianyi.lungct.measure.crop import Reals

_SOLID_HU = -300.0
"""Denser than this is solid tissue; ground glass with the blur of its vessels stays below."""

_GROUND_GLASS_BELOW, _SOLID_FROM = 0.10, 0.45
"""Share of solid tissue below which a nodule is ground glass, and from which it is solid.  Not one half: the
blurred border of a small solid nodule is a large part of it."""

_CALCIFIED_HU, _CALCIFIED_FROM = 200.0, 0.15
"""Share denser than this from which a nodule is calcified.  Right for a study without contrast medium only:
an enhancing vessel or metastasis can be as dense."""


def classify(hu: Reals) -> Density:
    """Name the density of the voxels *hu* of a segmentation (its half level, not eroded)."""
    if float(np.mean(hu > _CALCIFIED_HU)) >= _CALCIFIED_FROM:
        return Density.CALCIFIED
    solid_share = float(np.mean(hu > _SOLID_HU))
    if solid_share < _GROUND_GLASS_BELOW:
        return Density.GROUND_GLASS
    return Density.PART_SOLID if solid_share < _SOLID_FROM else Density.SOLID


def settle(measured: Density, proposed: Density | None) -> Density:
    """Give the one density that the report states: the detector's where it is sure of one, else the measured.

    A detector that learned from ratings of texture knows no calcified, which is solid to it, so calcified stays.
    """
    if proposed is None or (proposed == Density.SOLID and measured == Density.CALCIFIED):
        return measured
    return proposed
