"""Whether a nodule on a fissure has the form of an intrapulmonary lymph node.

Such nodes are solid, at most 10 mm long, smooth, oval, lentiform or triangular, and lie flat on the fissure (de Hoop
et al., Radiology 2012;265:611, from general knowledge, not verified).  The numbers below are engineering choices.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.nodule import Density, Nodule

Floats = npt.NDArray[np.float64]

_LONGEST_MM = 10.0
_FLATTEST = 0.8
"""Extent across the fissure over the longest extent: a ball has 1."""
_LEAST_FULL = 0.75
"""Volume over that of the ellipsoid with the same second moments: 1 for an ellipsoid, less with spikes."""
_MOST_SPICULATED = 0.5


def has_node_form(nodule: Nodule, normal_xyz: Floats) -> bool:
    """Tell whether a nodule's form is that of an intrapulmonary lymph node flat on a fissure with this normal."""
    if nodule.density != Density.SOLID or nodule.long_axis_mm > _LONGEST_MM:
        return False
    surface = nodule.measurements.surface
    if surface is not None and surface.spiculation.value > _MOST_SPICULATED:
        return False
    steps = nodule.mask.grid.patient_from_voxel[:3, :3]
    voxels_xyz = np.argwhere(nodule.mask.values_kji) @ steps.T
    # A voxel is a body, not a point: its own second moment keeps single slices from being flat.
    moments = np.atleast_2d(np.cov(voxels_xyz.T, bias=True)) + steps @ steps.T / 12
    across_mm = float(np.sqrt(normal_xyz @ moments @ normal_xyz))
    widths_mm = np.sqrt(np.linalg.eigvalsh(moments))
    ellipsoid_mm3 = 4 / 3 * np.pi * 5**1.5 * float(np.prod(widths_mm))
    fullness = len(voxels_xyz) * nodule.mask.grid.voxel_mm3 / ellipsoid_mm3
    return across_mm / float(widths_mm[-1]) <= _FLATTEST and fullness >= _LEAST_FULL
