"""A number with its unit and how far it may be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Calcification = Literal["none", "complete", "central", "popcorn", "ring", "eccentric", "stippled"]
Unit = Literal["mm", "mm3", "HU", "mg", "1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One measured quantity.

    Attributes:
        value: unrounded.
        unit: UCUM; "1" is a score or a share without unit.
        uncertainty: half the width of its 95 % interval, in the same unit.
    """

    value: float
    unit: Unit
    uncertainty: float

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval, not below zero but for Hounsfield units."""
        low = self.value - self.uncertainty
        return (low if self.unit == "HU" else max(low, 0.0)), self.value + self.uncertainty


@dataclass(frozen=True, slots=True, kw_only=True)
class SolidCore:
    """The solid part of a part-solid nodule.

    Attributes:
        mean_diameter: mm, of the same plane's long and short axis.
        volume: mm3.
    """

    mean_diameter: Measurement
    volume: Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """How irregular a nodule's surface is: two scores of 0 to 1, each with the numbers it was made from.

    Attributes:
        spiculation: how much it is like what readers call spiculated.
        lobulation: how much it is like what readers call lobulated.
        evidence: the numbers behind, by name.
    """

    spiculation: Measurement
    lobulation: Measurement
    evidence: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """What was measured of one nodule on the slices as they were acquired.

    Attributes:
        long_axis: mm, in the plane of measurement.
        short_axis: mm, longest perpendicular to it in the same plane.
        mean_diameter: mm, mean of the two.
        axial_long_axis: mm, in the axial slice where it is greatest; long_axis itself where that is the plane.
        axial_short_axis: mm, longest perpendicular to it in that slice.
        axial_mean_diameter: mm, mean of those two: what a reader measures who stays on axial slices.
        volume: mm3, partial-volume-aware; an enclosed cavity counts.
        equivalent_diameter: mm, of the ball of that volume.
        mean_density: HU.
        mass: mg, volume times (1 + HU / 1000).
        solid_core: of a part-solid nodule; None for others.
        surface: None where the nodule is too small or the slices too thick to tell.
        calcification_pattern: None where it cannot be told (thick slices, contrast).
        fat: None where it cannot be told.
        has_cavity: air enclosed in the nodule.
    """

    long_axis: Measurement
    short_axis: Measurement
    mean_diameter: Measurement
    axial_long_axis: Measurement
    axial_short_axis: Measurement
    axial_mean_diameter: Measurement
    volume: Measurement
    equivalent_diameter: Measurement
    mean_density: Measurement
    mass: Measurement
    solid_core: SolidCore | None
    surface: Surface | None
    calcification_pattern: Calcification | None
    fat: bool | None
    has_cavity: bool
