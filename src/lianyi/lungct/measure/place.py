"""Where in the lungs: side, third, and how far from the pleura.

Fissures are not seen by this version: a distance is to the outer border of the lung field (chest wall,
diaphragm, mediastinum), and a nodule on a fissure counts as lying inside the lung.
"""

from __future__ import annotations

from dataclasses import dataclass

import edt
import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.geometry import Grid
from lianyi.lungct.domain.image import Booleans, LungFields
from lianyi.lungct.domain.nodule import Side, Zone
from lianyi.lungct.measure.crop import Reals

Floats = npt.NDArray[np.float64]

_WINDOWS_MM = (15.0, 40.0, 120.0)
"""How far around a nodule its lung's border is sought, step by step: small windows are quick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Side, third and distance to the pleura (mm) of one nodule."""

    side: Side
    zone: Zone
    pleural_distance_mm: float


def find_place(lungs: LungFields, share_kji: Reals, box: Grid, center_xyz: Floats) -> Place:
    """Tell where a nodule lies.

    Side is the lung whose field is nearest to the centre.  Zone is a third of that lung's height, apex to base.
    Distance is from the nodule's surface to the nearest border of that lung's field, 0 when it touches.

    Args:
        lungs: both lung fields.
        share_kji: membership of the nodule on *box*.
        box: a box of the native grid.
        center_xyz: centre of the nodule, LPS mm.
    """
    left_mm = _distance_mm(lungs.left.values_kji, lungs.grid, center_xyz)
    right_mm = _distance_mm(lungs.right.values_kji, lungs.grid, center_xyz)
    side: Side = "left" if left_mm < right_mm else "right"
    lung_kji = lungs.left.values_kji if side == "left" else lungs.right.values_kji
    return Place(
        side=side,
        zone=_zone(lung_kji, lungs.grid, float(center_xyz[2])),
        pleural_distance_mm=_pleural_distance_mm(lung_kji, lungs.grid, share_kji, box),
    )


def _window(grid: Grid, low_xyz: Floats, high_xyz: Floats) -> tuple[slice, slice, slice] | None:
    """Give the part of *grid* that holds a box of the patient, or None when they do not meet."""
    ends = (low_xyz, high_xyz)
    corners = np.array([[a[0], b[1], c[2], 1.0] for a in ends for b in ends for c in ends])
    reached = (corners @ np.linalg.inv(grid.patient_from_voxel).T)[:, :3]
    first = np.maximum(np.floor(reached.min(axis=0)), 0).astype(int)
    stop = np.minimum(np.ceil(reached.max(axis=0)) + 1, grid.shape).astype(int)
    if np.any(first >= stop):
        return None
    return slice(int(first[0]), int(stop[0])), slice(int(first[1]), int(stop[1])), slice(int(first[2]), int(stop[2]))


def _distance_mm(lung_kji: Booleans, grid: Grid, center_xyz: Floats) -> float:
    """Distance from a point to the nearest voxel of a lung; infinite when there is no such lung."""
    for reach_mm in (*_WINDOWS_MM, 1000.0):
        window = _window(grid, center_xyz - reach_mm, center_xyz + reach_mm)
        if window is None:
            continue
        thin = 1 if reach_mm < 100 else 3
        voxels = np.argwhere(lung_kji[window][::thin, ::thin, ::thin]) * thin
        if len(voxels):
            first = [part.start for part in window]
            places = (voxels + first) @ grid.patient_from_voxel[:3, :3].T + grid.patient_from_voxel[:3, 3]
            return float(np.linalg.norm(places - center_xyz, axis=1).min())
    return float("inf")


def _zone(lung_kji: Booleans, grid: Grid, z_mm: float) -> Zone:
    """Upper, middle or lower third of the lung's height.

    Thirds of the height are an engineering choice: readers divide by landmarks (aortic arch, carina, inferior
    pulmonary veins), which this version does not find.
    """
    filled = np.flatnonzero(lung_kji[:, ::2, ::2].any(axis=(1, 2)))
    ends = grid.patient_from_voxel[2, 3] + grid.patient_from_voxel[2, 0] * np.array([filled[0], filled[-1]])
    share = (z_mm - ends.min()) / max(ends.max() - ends.min(), 1.0)
    return "upper" if share > 2 / 3 else "middle" if share > 1 / 3 else "lower"


def _pleural_distance_mm(lung_kji: Booleans, grid: Grid, share_kji: Reals, box: Grid) -> float:
    places = np.argwhere(share_kji > 0.5) @ box.patient_from_voxel[:3, :3].T + box.patient_from_voxel[:3, 3]
    voxel_from_patient = np.linalg.inv(grid.patient_from_voxel)
    voxels = np.rint(places @ voxel_from_patient[:3, :3].T + voxel_from_patient[:3, 3]).astype(int)
    if np.any(voxels < 0) or np.any(voxels >= grid.shape):
        return 0.0
    step_mm = grid.spacing.i_mm
    found_mm = 0.0
    for reach_mm in _WINDOWS_MM:
        window = _window(grid, places.min(axis=0) - reach_mm, places.max(axis=0) + reach_mm)
        if window is None:
            return 0.0
        thin = 1 if reach_mm < 100 else 3
        depth_mm = edt.edt(lung_kji[window][::thin, ::thin, ::thin]) * step_mm * thin
        here = (voxels - [part.start for part in window]) // thin
        # Voxel centres on both sides lie half a step inside their surfaces.
        found_mm = max(float(depth_mm[here[:, 0], here[:, 1], here[:, 2]].min()) - step_mm, 0.0)
        if np.isfinite(found_mm) and found_mm <= reach_mm:
            break
    return found_mm
