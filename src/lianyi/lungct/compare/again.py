"""Looking again where a nodule should be: it may be there, only below the operating point.

Measuring belongs to another stage; the caller hands it in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lianyi.lungct.domain.geometry import PatientPoint
from lianyi.lungct.domain.image import Mask
from lianyi.lungct.domain.nodule import Candidate, Nodule
from lianyi.lungct.domain.outcome import Screened

Measure = Callable[[Screened, Candidate], Nodule | None]
"""Outline and measure what lies at a place of one CT; None where nothing does."""

_NEAR_MM = 4.0
_MOST_LARGER = 2.5
_LONGEST = 2.5
_LEAST_MM = 0.3
_FEWEST_VOXELS = 4
_LUNG_WITHIN_MM = 10.0
"""Engineering choices: what registration may be off by, how much a nodule may have changed, from what
elongation on it is a vessel, what stands for the depth of a single voxel, and how far from the lung field a nodule
at its edge may lie."""

_THIN_MM = 2.51
_UNKNOWN_MM = 5.0
_SLICES_TO_SHOW = 2.0
"""Engineering choices: slices up to 2.5 mm (as headers print it) show what is marked on other CTs; one whose
thickness no header gives may be as thick as routine chest CTs are; a nodule of fewer than two slices is mixed with
lung in each of them and may fade below what is marked or measured."""


def look_again(
    chest: Screened, place: PatientPoint, like: Nodule, taken: Sequence[Nodule], measure: Measure
) -> Nodule | None:
    """Find the nodule *like* at its registered place on the other CT.

    What is measured there counts only where its centre lies within 4 mm of the place, it is at most 2.5 times
    larger or smaller, it is compact (the spread of its voxels along the longest axis at most 2.5 times that along the
    shortest; longer things are vessels, which lie everywhere), and it is none of *taken*.
    """
    candidate = Candidate(center=place, radius_mm=like.mean_diameter_mm / 2, probability=0.0, evidence={})
    found = measure(chest, candidate)
    if found is None or found.volume_mm3 <= 0:
        return None
    ratio = found.mean_diameter_mm / like.mean_diameter_mm
    is_near = found.center.distance_mm(place) <= _NEAR_MM
    is_like = 1 / _MOST_LARGER <= ratio <= _MOST_LARGER and elongation(found.mask) <= _LONGEST
    is_free = not any(_meet(found, other) for other in taken)
    return found if is_near and is_like and is_free else None


def elongation(mask: Mask) -> float:
    """Give the spread of a mask's voxels along its longest principal axis, by that along its shortest."""
    places = np.argwhere(mask.values_kji) @ mask.grid.patient_from_voxel[:3, :3].T
    if len(places) < _FEWEST_VOXELS:
        return 1.0
    spread_mm = np.sqrt(np.maximum(np.linalg.eigvalsh(np.cov(places.T)), _LEAST_MM**2))
    return float(spread_mm[-1] / spread_mm[0])


def is_seen(chest: Screened, place: PatientPoint, like: Nodule) -> bool:
    """Tell whether a CT shows the place of a nodule: scanned all around it, and in or at a lung that was found."""
    margin_mm = like.mean_diameter_mm / 2
    grid = chest.volume.grid
    at, spacing = grid.locate(place), grid.spacing
    steps = ((at.k, spacing.k_mm, 0), (at.j, spacing.j_mm, 1), (at.i, spacing.i_mm, 2))
    if any(not margin_mm / mm <= n <= grid.shape[axis] - 1 - margin_mm / mm for n, mm, axis in steps):
        return False
    scanned_kji = chest.volume.scanned_kji
    if scanned_kji is not None and not scanned_kji[round(at.k), round(at.j), round(at.i)]:
        return False
    return _is_near_lung(chest, place, _LUNG_WITHIN_MM + margin_mm)


def may_hide(chest: Screened, like: Nodule) -> bool:
    """Tell whether the slices of a CT are so thick that a nodule may be there unseen.

    So where they are thicker than 2.5 mm, or of unknown thickness (taken as 5 mm), and the nodule's mean diameter is
    below twice their thickness.
    """
    thickness_mm = _UNKNOWN_MM if chest.slice_thickness_mm is None else chest.slice_thickness_mm
    return thickness_mm > _THIN_MM and like.mean_diameter_mm < _SLICES_TO_SHOW * thickness_mm


def _is_near_lung(chest: Screened, place: PatientPoint, within_mm: float) -> bool:
    lungs = chest.lungs
    at, spacing = lungs.grid.locate(place), lungs.grid.spacing
    low = np.array([at.k, at.j, at.i]) - within_mm / np.array([spacing.k_mm, spacing.j_mm, spacing.i_mm])
    high = 2 * np.array([at.k, at.j, at.i]) - low
    box = tuple(slice(max(0, round(a)), max(0, round(b) + 1)) for a, b in zip(low, high, strict=True))
    return bool(lungs.left.values_kji[box].any() or lungs.right.values_kji[box].any())


def _meet(one: Nodule, other: Nodule) -> bool:
    return one.center.distance_mm(other.center) < max(one.mean_diameter_mm, other.mean_diameter_mm) / 2
