"""Central or peripheral: how far a place lies on the way from the hilum to the pleura.

The inner third of that way is central.  Guidelines and trials define "central" in several ways; thirds from the
hilum are one of them, known to us from general knowledge and not verified: an engineering choice.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.image import Mask
from lianyi.lungct.domain.nodule import Side
from lianyi.lungct.locate.typical import Extent

Floats = npt.NDArray[np.float64]

_CENTRAL_SHARE = 1 / 3
_HILUM_HEIGHTS = (0.42, 0.60)
_HILUM_DEPTHS = (0.35, 0.65)
"""Where along the medial border the hilum is sought (shares of the lung's extent): about the sixth thoracic vertebra,
in the middle of the depth.  An engineering choice."""


def find_hilum(lung: Mask, side: Side, extent: Extent) -> Floats:
    """Estimate where bronchus and vessels enter a lung, LPS mm: the middle of its medial border at usual height."""
    matrix = lung.grid.patient_from_voxel
    low = extent.at(height=_HILUM_HEIGHTS[0], depth=_HILUM_DEPTHS[0])
    high = extent.at(height=_HILUM_HEIGHTS[1], depth=_HILUM_DEPTHS[1])
    first_k, last_k = ((z - matrix[2, 3]) / matrix[2, 0] for z in (low[2], high[2]))
    first_j, last_j = ((y - matrix[1, 3]) / matrix[1, 1] for y in (low[1], high[1]))
    part_kji = lung.values_kji[round(first_k) : round(last_k) + 1, round(first_j) : round(last_j) + 1]
    rows_kji = part_kji if side == "left" else part_kji[:, :, ::-1]
    filled = rows_kji.any(axis=2)
    middle = (low + high) / 2
    if not filled.any():
        return middle
    medial = float(np.median(rows_kji.argmax(axis=2)[filled]))
    column = medial if side == "left" else part_kji.shape[2] - 1 - medial
    return np.array([matrix[0, 3] + matrix[0, 2] * column, middle[1], middle[2]])


def tell_centrality(lung: Mask, hilum_xyz: Floats, point_xyz: Floats) -> Literal["central", "peripheral"]:
    """Tell whether a place lies in the inner third of the straight way from the hilum through it to the pleura."""
    depth_mm = float(np.linalg.norm(point_xyz - hilum_xyz))
    if depth_mm < 1.0:
        return "central"
    along_xyz = (point_xyz - hilum_xyz) / depth_mm
    steps_mm = np.arange(depth_mm, 400.0, 1.0)
    way_xyz = hilum_xyz + steps_mm[:, None] * along_xyz
    voxel_from_patient = np.linalg.inv(lung.grid.patient_from_voxel)
    way_kji = np.rint(way_xyz @ voxel_from_patient[:3, :3].T + voxel_from_patient[:3, 3]).astype(int)
    inside = np.all((way_kji >= 0) & (way_kji < lung.grid.shape), axis=1)
    in_lung = np.flatnonzero(lung.values_kji[tuple(way_kji[inside].T)])
    pleura_mm = steps_mm[inside][in_lung[-1]] if in_lung.size else depth_mm
    return "central" if depth_mm / pleura_mm < _CENTRAL_SHARE else "peripheral"
