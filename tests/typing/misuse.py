"""What must not type-check: each mix-up of coordinates, with the error that catches it.

mypy runs over this file with ``warn_unused_ignores``: on the day one of these begins to type-check,
its ignore becomes unused and the build fails.  Nothing here is ever executed.
"""

from __future__ import annotations

from lianyi.lungct.domain.geometry import Floats, Grid, PatientFrame, PatientPoint, Spacing, VoxelPoint
from lianyi.lungct.domain.image import CtVolume, Hounsfields, Mask
from lianyi.lungct.domain.nodule import Candidate
from lianyi.lungct.domain.uids import FrameOfReferenceUID, InstanceUID, SeriesUID, StudyUID


def mix_up_spaces(grid: Grid, place: PatientPoint, peak: VoxelPoint) -> None:
    """A voxel is no place, and a place is no voxel."""
    place.distance_mm(peak)  # type: ignore[arg-type]
    grid.locate(peak)  # type: ignore[arg-type]
    place.to_patient()  # type: ignore[attr-defined]
    _ = place - peak  # type: ignore[operator]
    _ = peak.x  # type: ignore[attr-defined]
    _ = place.k  # type: ignore[attr-defined]


def mix_up_order(grid: Grid, frame: PatientFrame) -> None:
    """The order of coordinates is always written down."""
    grid.voxel(1, 2, 3)  # type: ignore[call-arg]
    grid.voxel(x=1, y=2, z=3)  # type: ignore[call-arg]
    Spacing(1.0, 0.7, 0.7)  # type: ignore[call-arg]
    PatientPoint(1.0, 2.0, 3.0, frame)  # type: ignore[call-arg]
    PatientPoint(k=1, j=2, i=3, frame=frame)  # type: ignore[call-arg]
    VoxelPoint(k=1, j=2, i=3)  # type: ignore[call-arg]


def mix_up_frames(series: SeriesUID, reference: FrameOfReferenceUID) -> None:
    """A frame is more than one UID, and a UID is not just any string."""
    PatientPoint(x=1, y=2, z=3, frame="1.2.3")  # type: ignore[arg-type]
    PatientPoint(x=1, y=2, z=3, frame=reference)  # type: ignore[arg-type]
    PatientFrame(frame_of_reference_uid=series, series_uid=reference)  # type: ignore[arg-type]
    PatientFrame(frame_of_reference_uid=reference, series_uid="1.2.3")  # type: ignore[arg-type]


def mix_up_levels(study: StudyUID, instance: InstanceUID) -> None:
    """Study, series and instance are three levels."""
    _series: SeriesUID = study  # type: ignore[assignment]
    _other: StudyUID = instance  # type: ignore[assignment]


def mix_up_arrays(volume: CtVolume, mask: Mask, hu_kji: Hounsfields, matrix: Floats) -> None:
    """HU, masks and matrices are different things on a grid."""
    Mask(volume.grid, hu_kji)  # type: ignore[arg-type]
    CtVolume(mask.grid, mask.values_kji)  # type: ignore[arg-type]
    CtVolume(mask.grid, matrix)  # type: ignore[arg-type]
    _ = volume[1, 2, 3]  # type: ignore[index]


def mix_up_a_candidate(peak: VoxelPoint) -> None:
    """A candidate lies in the patient, not on a grid."""
    Candidate(center=peak, radius_mm=4.0, probability=0.5, evidence={})  # type: ignore[arg-type]


def change_a_place(place: PatientPoint, grid: Grid) -> None:
    """Places and grids are values; nobody moves them."""
    place.x = 4.0  # type: ignore[misc]
    grid.shape = (1, 2, 3)  # type: ignore[misc]
