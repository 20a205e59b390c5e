"""A place the detector proposes, and what measuring made of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from lianyi.lungct.domain.geometry import PatientPoint
from lianyi.lungct.domain.image import Mask
from lianyi.lungct.domain.uids import InstanceUID

Side = Literal["left", "right"]
Zone = Literal["upper", "middle", "lower"]
Plane = Literal["axial"]


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
    """

    center: PatientPoint
    radius_mm: float
    probability: float
    evidence: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodule:
    """A measured candidate.  Lengths in mm, unrounded; rounding is done where a number is printed.

    Attributes:
        id: 1 is the first of the list as ranked.
        probability: that the mark is a nodule, 0 to 1; never that it is malignant.
        center: centroid of the segmentation.
        instance_uid: slice on which the long axis was measured.
        instance_number: of that slice.
        long_axis_mm: greatest extent in an axial slice of the native grid.
        short_axis_mm: greatest extent perpendicular to it in the same slice.
        mean_diameter_mm: mean of the two.
        volume_mm3: partial-volume-aware.
        mean_hu: mean HU inside the segmentation.
        pleural_distance_mm: from the segmentation's surface to the nearest edge of its lung; 0 when it touches.
        mask: the segmentation, on a box of the native grid.
        evidence: of the candidate.
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
