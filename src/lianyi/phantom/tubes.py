"""Draw tubes on a grid: signed distance to the nearest tube wall, piece by piece."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lianyi.phantom.atlas import FAR_MM, Field
from lianyi.phantom.vessels import Tubes

Floats = npt.NDArray[np.float64]


def draw(tubes: Tubes, patient_from_voxel: Floats, shape: tuple[int, int, int], *, reach_mm: float) -> Field:
    """Give the signed distance (mm, positive inside) to the tubes at every voxel centre.

    Args:
        tubes: what to draw.
        patient_from_voxel: 4x4, maps (k, j, i, 1) to LPS mm.
        shape: of the grid.
        reach_mm: how far outside a tube the distance is still needed; beyond it stays far.
    """
    distance_kji = np.full(shape, FAR_MM, np.float32)
    if not len(tubes):
        return distance_kji
    voxel_from_patient = np.linalg.inv(patient_from_voxel)
    to_voxel, at = voxel_from_patient[:3, :3], voxel_from_patient[:3, 3]
    starts = tubes.starts_xyz @ to_voxel.T + at
    ends = tubes.ends_xyz @ to_voxel.T + at
    # How many voxels a ball of 1 mm reaches along each axis; right for a sheared grid too.
    reach = np.linalg.norm(to_voxel, axis=1)
    half = (tubes.radii_mm.max(axis=1)[:, None] + reach_mm) * reach
    lows = np.maximum(np.ceil(np.minimum(starts, ends) - half), 0).astype(int)
    highs = np.minimum(np.floor(np.maximum(starts, ends) + half) + 1, shape).astype(int)
    axes = patient_from_voxel[:3, :3].astype(np.float32)
    origin = patient_from_voxel[:3, 3]
    for piece in np.flatnonzero((highs > lows).all(axis=1)):
        low, high = lows[piece], highs[piece]
        start = (origin - tubes.starts_xyz[piece]).astype(np.float32)
        k = np.arange(low[0], high[0], dtype=np.float32)[:, None, None]
        j = np.arange(low[1], high[1], dtype=np.float32)[None, :, None]
        i = np.arange(low[2], high[2], dtype=np.float32)[None, None, :]
        x, y, z = (k * axes[a, 0] + (j * axes[a, 1] + start[a]) + i * axes[a, 2] for a in range(3))
        along = (tubes.ends_xyz[piece] - tubes.starts_xyz[piece]).astype(np.float32)
        length2 = max(float(along @ along), 1e-6)
        share = (x * along[0] + y * along[1] + z * along[2]) / np.float32(length2)
        np.clip(share, 0, 1, out=share)
        away = np.sqrt((x - share * along[0]) ** 2 + (y - share * along[1]) ** 2 + (z - share * along[2]) ** 2)
        first, last = tubes.radii_mm[piece]
        inside = np.float32(first) + share * np.float32(last - first) - away
        region = distance_kji[low[0] : high[0], low[1] : high[1], low[2] : high[2]]
        np.maximum(region, inside, out=region)
    return distance_kji
