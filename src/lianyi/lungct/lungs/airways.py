"""The trachea and the main bronchi: air that is not lung, and that joins the two lungs at 2 mm.

The trachea is found as a stack of small round cross-sections of air inside the
body, then grown on the working grid into the bronchi for as long as the growth
stays the size of an airway tree ("explosion control").

Source: the growth and its control follow Mori et al., IEEE Int Conf Pattern
Recognition 1996, and Kiraly et al., Acad Radiol 2002;9:1153; the sizes are of
the adult trachea, 10 to 27 mm wide (Breatnach et al., AJR 1984;142:903).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cc3d
import edt
import numpy as np
import numpy.typing as npt
import scipy.ndimage as ndi

from lianyi.lungct.domain.image import Booleans, CtVolume, Hounsfields
from lianyi.lungct.lungs.coarse import (
    COARSE_MM,
    STEP,
    Box,
    CoarseChest,
    Distances,
    bounding_box,
    label,
    refine,
    refine_box,
)

_LUMEN_HU = -775
_SMALLEST_SECTION_MM2, _LARGEST_SECTION_MM2 = 40.0, 700.0
_SHORTEST_MM = 24.0
_WIDEST_MM = 120.0
"""Largest sideways extent of trachea and main bronchi together."""
_FARTHEST_OFF_MIDDLE_MM = 45.0
_LEAST_WALLED = 0.65

_GROWTH_HU = (-950, -900, -850)
_LARGEST_TREE_ML = 60.0
"""Beyond the trachea: main and lobar bronchi hold some 20 mL; a leak holds hundreds."""
_EXPLOSION = 1.8
_TRUNK_RADIUS_MM = 3.0
_WALL_MM = 1.5
_BELOW_MM, _BESIDE_MM, _ABOVE_MM = 70, 40, 10


@dataclass(frozen=True, slots=True, eq=False)
class Airways:
    """Trachea and main bronchi with their inner wall, as a box of the working grid.

    Attributes:
        box: where *values_kji* lies in the working grid.
        values_kji: True inside.
        coarse_kji: the same on the whole coarse grid, a voxel wider.
        trachea_i: mean working column of the trachea.
    """

    box: Box
    values_kji: Booleans
    coarse_kji: Booleans
    trachea_i: float


def find_airways(working: CtVolume, chest: CoarseChest) -> Airways | None:
    """Find the trachea and the main bronchi; None where no trachea is in the volume."""
    trachea_kji = _find_trachea(chest)
    if trachea_kji is None:
        return None
    coarse_box = _search_box(trachea_kji)
    box = refine_box(coarse_box, working.grid.shape)
    values_kji = working.values_kji[box]
    seed_kji = refine(trachea_kji[coarse_box], values_kji.shape)
    lumen_kji = _grow(values_kji, seed_kji)
    trunk_kji = _opened(lumen_kji, _TRUNK_RADIUS_MM) | (seed_kji & (values_kji < _LUMEN_HU))
    with_wall_kji = _distance_mm(~trunk_kji) <= _WALL_MM

    coarse_kji = np.zeros(chest.values_kji.shape, dtype=bool)
    where_kji = (np.argwhere(trunk_kji) + [axis.start for axis in box]) // STEP
    coarse_kji[tuple(where_kji.T)] = True
    coarse_kji = ndi.binary_dilation(coarse_kji, ndi.generate_binary_structure(3, 1))
    return Airways(box, with_wall_kji, coarse_kji, float(np.nonzero(trachea_kji)[2].mean()) * STEP)


def _find_trachea(chest: CoarseChest) -> Booleans | None:
    lumen_kji = (chest.values_kji < _LUMEN_HU) & chest.scanned_kji
    in_plane = np.zeros((3, 3, 3), dtype=int)
    in_plane[1] = ndi.generate_binary_structure(2, 1)
    sections_kji, _ = ndi.label(lumen_kji, in_plane)
    area_mm2 = np.bincount(sections_kji.ravel()) * COARSE_MM**2
    round_enough = (area_mm2 >= _SMALLEST_SECTION_MM2) & (area_mm2 <= _LARGEST_SECTION_MM2)
    round_enough[0] = False
    sections_kji[~round_enough[sections_kji]] = 0
    walled = _walled_share(sections_kji, chest.near_body_kji, area_mm2.size) >= _LEAST_WALLED
    stacks_kji, voxels = label(
        walled[sections_kji] & (sections_kji > 0), smallest=int(_SHORTEST_MM * _SMALLEST_SECTION_MM2 / COARSE_MM**3)
    )
    best: tuple[float, int] | None = None
    for number, box in enumerate(ndi.find_objects(stacks_kji), start=1):
        long_mm, *sideways_mm = [(axis.stop - axis.start) * COARSE_MM for axis in box]
        off_middle_mm = (
            abs(np.nonzero(stacks_kji[box] == number)[2].mean() + box[2].start - chest.midline_i) * COARSE_MM
        )
        if long_mm < _SHORTEST_MM or max(sideways_mm) > _WIDEST_MM or off_middle_mm > _FARTHEST_OFF_MIDDLE_MM:
            continue
        # Longest first; between equals the wider: an oesophagus full of gas is narrower than the trachea.
        width_mm = (voxels[number] * COARSE_MM**3 / long_mm) ** 0.5
        best = max(best or (0.0, 0), (long_mm * width_mm, number))
    return stacks_kji == best[1] if best else None


def _walled_share(sections_kji: npt.NDArray[np.int32], near_body_kji: Booleans, count: int) -> npt.NDArray[np.float64]:
    """Share of each section's outline that has the patient's tissue within 4 mm."""
    outline, walled = np.zeros(count), np.zeros(count)
    for axis in (1, 2):
        for here, there in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
            inside = tuple(here if number == axis else slice(None) for number in range(3))
            outside = tuple(there if number == axis else slice(None) for number in range(3))
            edge_kji = (sections_kji[inside] > 0) & (sections_kji[outside] == 0)
            numbers = sections_kji[inside][edge_kji]
            outline += np.bincount(numbers, minlength=count)
            walled += np.bincount(numbers, weights=near_body_kji[outside][edge_kji], minlength=count)
    return walled / np.maximum(outline, 1)


def _search_box(trachea_kji: Booleans) -> Box:
    k, j, i = bounding_box(trachea_kji)
    below, beside, above = (int(margin_mm / COARSE_MM) for margin_mm in (_BELOW_MM, _BESIDE_MM, _ABOVE_MM))
    return (
        slice(max(0, k.start - below), min(trachea_kji.shape[0], k.stop + above)),
        slice(max(0, j.start - beside), min(trachea_kji.shape[1], j.stop + beside)),
        slice(max(0, i.start - beside), min(trachea_kji.shape[2], i.stop + beside)),
    )


def _grow(values_kji: Hounsfields, seed_kji: Booleans) -> Booleans:
    """Raise the threshold until the connected air is no longer an airway tree; give the tree before that."""
    smooth_kji = ndi.uniform_filter(values_kji, 3)
    tree_kji = seed_kji & (values_kji < _GROWTH_HU[-1])
    least_ml = np.count_nonzero(tree_kji) / 1000
    grown_ml = 0.0
    for threshold_hu in _GROWTH_HU:
        air_kji = (smooth_kji < threshold_hu) | tree_kji
        labels_kji = cc3d.connected_components(air_kji, connectivity=6)
        reached = np.unique(labels_kji[tree_kji])
        connected_kji = np.isin(labels_kji, reached[reached > 0])
        volume_ml = np.count_nonzero(connected_kji) / 1000
        if volume_ml > least_ml + _LARGEST_TREE_ML or (grown_ml and volume_ml > _EXPLOSION * grown_ml):
            break
        tree_kji, grown_ml = connected_kji, volume_ml
    return tree_kji


def _opened(mask_kji: Booleans, radius_mm: float) -> Booleans:
    core_kji = edt.edt(mask_kji, parallel=2) > radius_mm
    return mask_kji & (_distance_mm(~core_kji) <= radius_mm + 1.0)


def _distance_mm(mask_kji: Booleans) -> Distances:
    return cast(Distances, edt.edt(np.ascontiguousarray(mask_kji), parallel=2))
