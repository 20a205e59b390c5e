"""A place the detector proposes, and what measuring made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from lianyi.lungct.domain.geometry import PatientPoint
from lianyi.lungct.domain.image import Mask
from lianyi.lungct.domain.location import Location
from lianyi.lungct.domain.measurement import Measurements
from lianyi.lungct.domain.uids import InstanceUID

Side = Literal["left", "right"]
Zone = Literal["upper", "middle", "lower"]
Plane = Literal["axial", "coronal", "sagittal"]


class Density(StrEnum):
    """Density of a nodule (Fleischner Society glossary 2008), plus calcified."""

    SOLID = "solid"
    PART_SOLID = "part-solid"
    GROUND_GLASS = "ground-glass"
    CALCIFIED = "calcified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A place the detector proposes.

    Attributes:
        center: where.
        radius_mm: the detector's estimate; measuring does not depend on its accuracy.
        probability: that the mark is a nodule, 0 to 1; never that it is malignant.
        evidence: the numbers the probability was made from, by name, for the reader who asks why.
        density: the class where the detector is sure of one; None where it is not, or never says.
        suspicion_rating: how suspicious readers would call it, 1 to 5: their opinion, not pathology;
            None where the detector gives none.
        mask: the detector's own outline, on a box of the working grid; None where it draws none.
            Measuring draws its own; two candidates are equal whatever their masks.
    """

    center: PatientPoint
    radius_mm: float
    probability: float
    evidence: dict[str, float]
    density: Density | None = None
    suspicion_rating: float | None = None
    mask: Mask | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodule:
    """A measured candidate.  Lengths in mm, unrounded; rounding is done where a number is printed.

    Attributes:
        id: 1 is the first of the list as ranked.
        probability: that the mark is a nodule, 0 to 1; never that it is malignant.
        center: centroid of the segmentation.
        instance_uid: slice on which the axial long axis is greatest, whatever the plane of measurement.
        instance_number: of that slice.
        long_axis_mm: greatest extent in a slice of the native grid, or of another plane where that is clearly longer.
        short_axis_mm: greatest extent perpendicular to it in the same plane.
        mean_diameter_mm: mean of the two.
        measurement_plane: of the two axes: axial unless the nodule is longer elsewhere by more than errors explain.
        volume_mm3: partial-volume-aware.
        mean_hu: mean HU inside the segmentation.
        density: the detector's class where it is sure of one, otherwise by the HU inside the segmentation.
        pleural_distance_mm: from the segmentation's surface to the nearest edge of its lung; 0 when it touches.
        mask: the segmentation, on a box of the native grid.
        evidence: of the candidate.
        suspicion_rating: of the candidate, 1 to 5: readers' opinion, not pathology; None where not given.
        measurements: the same and more, each with its uncertainty; axial values where the plane is another.
        location: lobe and neighbourhood; None until it is placed.
    """

    id: int
    probability: float
    center: PatientPoint
    instance_uid: InstanceUID
    instance_number: int
    long_axis_mm: float
    short_axis_mm: float
    mean_diameter_mm: float
    measurement_plane: Plane
    volume_mm3: float
    mean_hu: float
    density: Density
    side: Side
    zone: Zone
    pleural_distance_mm: float
    mask: Mask
    evidence: dict[str, float]
    measurements: Measurements
    suspicion_rating: float | None = None
    location: Location | None = None
