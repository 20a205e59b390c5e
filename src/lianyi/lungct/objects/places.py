"""Where nodules lie on the source's images: boxes on the native grid, slice by slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lianyi.lungct.domain.image import Booleans, CtVolume
from lianyi.lungct.domain.nodule import Nodule


@dataclass(frozen=True, slots=True, kw_only=True)
class OnSlice:
    """A nodule on one slice of the native grid.

    Attributes:
        k: the slice.
        first_j: row of the box's first voxel.
        first_i: column of the box's first voxel.
        inside_ji: the segmentation in the box; some voxel is True.
    """

    k: int
    first_j: int
    first_i: int
    inside_ji: Booleans


def slices_of(volume: CtVolume, nodule: Nodule) -> list[OnSlice]:
    """Give the slices on which a nodule's segmentation lies, in the order of the grid."""
    start = volume.grid.locate(nodule.mask.grid.voxel(k=0, j=0, i=0).to_patient())
    first_k, first_j, first_i = round(start.k), round(start.j), round(start.i)
    inside_kji = nodule.mask.values_kji
    return [
        OnSlice(k=first_k + int(k), first_j=first_j, first_i=first_i, inside_ji=inside_kji[k])
        for k in np.nonzero(inside_kji.any(axis=(1, 2)))[0]
    ]


def position_of(volume: CtVolume, k: int) -> tuple[float, float, float]:
    """Give ImagePositionPatient of a slice as its header states it; without one, as the grid has it."""
    if volume.positions:
        return volume.positions[k]
    place = volume.grid.voxel(k=k, j=0, i=0).to_patient()
    return place.x, place.y, place.z


def orientation_of(volume: CtVolume) -> list[float]:
    """Give ImageOrientationPatient: directions of a row and of a column."""
    spacing, patient_from_voxel = volume.grid.spacing, volume.grid.patient_from_voxel
    row, column = patient_from_voxel[:3, 2] / spacing.i_mm, patient_from_voxel[:3, 1] / spacing.j_mm
    return [float(cosine) for cosine in (*row, *column)]
