"""The place of each nodule: fissures once a lung, then nodule by nodule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.image import CtVolume, LungFields, Mask
from lianyi.lungct.domain.location import Location
from lianyi.lungct.domain.nodule import Nodule, Side
from lianyi.lungct.locate.depth import find_hilum, tell_centrality
from lianyi.lungct.locate.form import has_node_form
from lianyi.lungct.locate.lobes import Fissures, find_fissures, tell_lobe
from lianyi.lungct.locate.surface import Surface

Floats = npt.NDArray[np.float64]

_THICKEST_MM = 2.6
"""Fissures are hardly seen on thicker slices: an engineering choice, with 0.1 mm for printing."""
_SEEN_WITHIN_MM = 2.5
"""How well a fissure must be known at a nodule (standard deviation) for a distance to it: an engineering choice."""
_ON_FISSURE_MM = 1.5
_TOUCHES_MM = 0.5
_CLEARLY_AWAY = 3.0
"""Standard deviations beyond which a nodule is not on a fissure, even where that is not seen."""


def find_locations(
    working: CtVolume, lungs: LungFields, slice_thickness_mm: float | None, nodules: Sequence[Nodule]
) -> tuple[Location, ...]:
    """Tell where each nodule lies.

    Args:
        working: 1 mm isotropic, k to Superior, j to Posterior, i to Left.
        lungs: fields on the grid of *working*.
        slice_thickness_mm: nominal; None where the header has none, and then fissures are looked for.
        nodules: as measured, on any grid of the same frame.

    Returns:
        One location per nodule, in their order.

    Raises:
        ValueError: a nodule's side has no lung field.
    """
    are_visible = slice_thickness_mm is None or slice_thickness_mm <= _THICKEST_MM
    is_cut = any(share > 0 for what, share in lungs.missing_share.items() if what != "lung side")
    known: dict[Side, Fissures] = {}
    locations = []
    for nodule in nodules:
        lung = lungs.left if nodule.side == "left" else lungs.right
        if nodule.side not in known:
            if not lung.values_kji.any():
                raise ValueError(f"nodule {nodule.id} lies in the {nodule.side} lung, of which there is no field")
            known[nodule.side] = find_fissures(working, lung, nodule.side, are_visible=are_visible, is_cut=is_cut)
        locations.append(_locate(known[nodule.side], lung, nodule))
    return tuple(locations)


def _locate(fissures: Fissures, lung: Mask, nodule: Nodule) -> Location:
    center_xyz = nodule.center.xyz
    lobe = tell_lobe(fissures, center_xyz)
    hilum_xyz = find_hilum(lung, fissures.side, fissures.extent)
    fissure_distance_mm, perifissural = _beside_fissures(fissures, nodule)
    return Location(
        lobe=lobe.lobe,
        lobe_probability=lobe.probability,
        lobe_basis=lobe.basis,
        lingula=lobe.lingula,
        pleural_distance_mm=nodule.pleural_distance_mm,
        is_at_pleura=nodule.pleural_distance_mm <= _TOUCHES_MM,
        fissure_distance_mm=fissure_distance_mm,
        perifissural=perifissural,
        centrality=tell_centrality(lung, hilum_xyz, center_xyz),
    )


def _beside_fissures(fissures: Fissures, nodule: Nodule) -> tuple[float | None, bool | None]:
    """Distance from a nodule's surface to the nearest fissure that is known there, and whether it is perifissural."""
    places_xyz = _surface_points(nodule.mask)
    distances_mm: list[float] = []
    answers: list[bool | None] = []
    for surface in _bordering(fissures, nodule):
        signed_mm, spread_mm = surface.signed_mm(places_xyz)
        nearest_mm = 0.0 if signed_mm.min() < 0 < signed_mm.max() else float(np.abs(signed_mm).min())
        if float(spread_mm.min()) <= _SEEN_WITHIN_MM:
            gap_mm = max(nearest_mm - nodule.mask.grid.spacing.i_mm / 2, 0.0)
            distances_mm.append(gap_mm)
            answers.append(gap_mm <= _ON_FISSURE_MM and has_node_form(nodule, surface.plane.normal_xyz))
        else:
            is_away = nearest_mm > _CLEARLY_AWAY * float(spread_mm.max())
            answers.append(False if is_away or not has_node_form(nodule, surface.plane.normal_xyz) else None)
    perifissural = True if True in answers else None if None in answers else False
    return min(distances_mm, default=None), perifissural


def _bordering(fissures: Fissures, nodule: Nodule) -> tuple[Surface, ...]:
    """Give the fissures that can border a nodule: the horizontal one ends where it meets the oblique one."""
    if fissures.horizontal is None:
        return (fissures.oblique,)
    signed_mm, spread_mm = fissures.oblique.signed_mm(nodule.center.xyz[None])
    is_behind = signed_mm[0] < -2 * spread_mm[0]
    return (fissures.oblique,) if is_behind else (fissures.oblique, fissures.horizontal)


def _surface_points(mask: Mask) -> Floats:
    """Voxel centres of a mask in LPS mm, thinned where they are many."""
    voxels_kji = np.argwhere(mask.values_kji)
    voxels_kji = voxels_kji[:: max(1, len(voxels_kji) // 2000)]
    return voxels_kji @ mask.grid.patient_from_voxel[:3, :3].T + mask.grid.patient_from_voxel[:3, 3]
