"""From a candidate to a nodule: its outline on the native grid, its size, density and place.

Nothing is measured on resampled pixels.  The even cube only decides *what* belongs to the nodule; lengths,
volume and HU are read from the slices as they were acquired.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lianyi.lungct.domain.geometry import Grid, PatientPoint
from lianyi.lungct.domain.image import Booleans, CtVolume, LungFields, Mask
from lianyi.lungct.domain.nodule import Candidate, Nodule
from lianyi.lungct.measure.crop import Reals, Sample, cut_native, even_grid, sample_cube
from lianyi.lungct.measure.density import classify, settle
from lianyi.lungct.measure.gather import Drawn, difficulty_of, gather, plane_of
from lianyi.lungct.measure.place import Place, find_place
from lianyi.lungct.measure.segment import Outline, draw_outline, membership
from lianyi.lungct.measure.size import longest_axes

__all__ = ["draw_nodule", "measure_nodule"]

_LARGEST_HALF_MM = 56.0
"""Room for a mass of 60 mm (issue 2) whose candidate lies off its middle."""

_MOST_LIKELY_HINT_MM = (2.0, 30.0)


def measure_nodule(volume: CtVolume, lungs: LungFields, candidate: Candidate, *, id: int) -> Nodule | None:  # noqa: A002 -- the field's name in findings.json
    """Outline and measure one candidate.

    Args:
        volume: the native grid: any spacing, orientation, tilt or direction.
        lungs: lung fields, on any grid of the same frame.
        candidate: where to look; its radius may be wrong by a factor of two, its centre by a few mm.
        id: rank of the candidate, 1 first.

    Returns:
        The nodule, lengths in mm and places in LPS mm; None when nothing there is denser than its surroundings
        and at least 2 mm across.

    Raises:
        FrameMismatch: candidate and volume belong to different frames.
    """
    found = draw_nodule(volume, lungs, candidate)
    if found is None:
        return None
    drawn, place = found.drawn, found.place
    difficulty = difficulty_of(drawn)
    plane = plane_of(drawn, difficulty)
    measurements = gather(drawn, difficulty, plane)
    instance_uid, instance_number = volume.instances[drawn.native.first_k + drawn.axial.k]
    return Nodule(
        id=id,
        probability=candidate.probability,
        center=found.center,
        instance_uid=instance_uid,
        instance_number=instance_number,
        long_axis_mm=plane.long_mm,
        short_axis_mm=plane.short_mm,
        mean_diameter_mm=plane.mean_mm,
        measurement_plane=plane.plane,
        volume_mm3=drawn.volume_mm3,
        mean_hu=measurements.mean_density.value,
        density=drawn.density,
        side=place.side,
        zone=place.zone,
        pleural_distance_mm=place.pleural_distance_mm,
        mask=Mask(drawn.native.grid, drawn.mask_kji),
        evidence=candidate.evidence,
        suspicion_rating=candidate.suspicion_rating,
        measurements=measurements,
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Found:
    """A candidate's outline and place, before anything but its axes and volume is measured."""

    drawn: Drawn
    center: PatientPoint
    place: Place


def draw_nodule(volume: CtVolume, lungs: LungFields, candidate: Candidate) -> Found | None:
    """Outline one candidate on the native grid; None as :func:`measure_nodule` says.

    Raises:
        FrameMismatch: candidate and volume belong to different frames.
    """
    volume.grid.locate(candidate.center)  # raises when the frames differ
    outlined = _outline(volume, lungs, candidate)
    if outlined is None:
        return None
    native, outline = outlined
    share_kji, collected_kji = membership(native, outline)
    mask_kji = share_kji > 0.5
    if not mask_kji.any():
        return None
    axes = longest_axes(share_kji, native.grid)
    center = _middle(share_kji, native.grid)
    place = find_place(lungs, share_kji, native.grid, center.xyz)
    drawn = Drawn(
        native=native,
        outline=outline,
        share_kji=share_kji,
        mask_kji=mask_kji,
        axial=axes,
        volume_mm3=_filled_voxels(collected_kji, mask_kji) * native.grid.voxel_mm3,
        density=settle(classify(native.hu_kji[mask_kji]), candidate.density),
        touches_pleura=place.pleural_distance_mm <= 0,
    )
    return Found(drawn=drawn, center=center, place=place)


def _middle(share_kji: Reals, grid: Grid) -> PatientPoint:
    """Give the centroid of the membership."""
    weight = share_kji / share_kji.sum()
    steps = np.ogrid[tuple(slice(0, n) for n in grid.shape)]
    k, j, i = (float((weight * step).sum()) for step in steps)
    return grid.voxel(k=k, j=j, i=i).to_patient()


def _filled_voxels(collected_kji: Reals, mask_kji: Booleans) -> float:
    """Give the volume in voxels: what was collected, and at least half of every voxel of the mask.

    Every voxel of the mask is half nodule or more, so no sum over darker surroundings may fall below that.
    """
    return max(float(collected_kji.sum()), 0.5 * float(np.count_nonzero(mask_kji)))


def _outline(volume: CtVolume, lungs: LungFields, candidate: Candidate) -> tuple[Sample, Outline] | None:
    """Draw the outline in a box that grows until the nodule fits, anew and nearer when it strays."""
    radius_mm = float(np.clip(candidate.radius_mm, *_MOST_LIKELY_HINT_MM))
    half_mm = min(2.0 * radius_mm + 8.0, _LARGEST_HALF_MM)
    reach_mm = 2.5 * radius_mm + 6.0
    while True:
        grid = even_grid(candidate.center.xyz, half_mm=half_mm, frame=volume.grid.frame)
        cube = sample_cube(volume, lungs, grid)
        step_mm = volume.grid.spacing.k_mm
        outline = draw_outline(cube, radius_mm=radius_mm, slice_step_mm=step_mm, reach_mm=reach_mm)
        if outline is not None and outline.strays(radius_mm):
            reach_mm = 1.5 * radius_mm + 2.0
            outline = draw_outline(cube, radius_mm=radius_mm, slice_step_mm=step_mm, reach_mm=reach_mm)
        if outline is None:
            return None
        if not outline.touches_border or half_mm >= _LARGEST_HALF_MM:
            break
        half_mm = min(1.6 * half_mm, _LARGEST_HALF_MM)
    native = cut_native(volume, lungs, outline.part)
    return None if native is None else (native, outline)
