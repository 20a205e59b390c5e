"""One nodule: what was measured of it, where it lies, and what became of it since the prior CT."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field

from lianyi.lungct.domain.growth import Growth
from lianyi.lungct.domain.location import Location
from lianyi.lungct.domain.measurement import Calcification, Measurement, Measurements
from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.report.parts.base import Length, Part, Share
from lianyi.lungct.report.parts.growth import GrowthPart
from lianyi.lungct.report.parts.measurement import MeasurementPart


class LocationPart(Part):
    """Where it lies; *lobe_probability* says how sure the lobe is, *lobe_basis* what it was told from."""

    lobe: Literal["right upper", "right middle", "right lower", "left upper", "left lower"]
    lobe_probability: Share
    lobe_basis: Literal["fissures", "typical anatomy", "doctor"]
    lingula: bool | None
    pleural_distance_mm: Length
    at_pleura: bool
    fissure_distance_mm: Length | None
    perifissural: bool | None
    centrality: Literal["central", "peripheral"]

    @classmethod
    def of(cls, location: Location) -> Self:
        """Write a place."""
        return cls(
            lobe=location.lobe,
            lobe_probability=location.lobe_probability,
            lobe_basis=location.lobe_basis,
            lingula=location.lingula,
            pleural_distance_mm=location.pleural_distance_mm,
            at_pleura=location.is_at_pleura,
            fissure_distance_mm=location.fissure_distance_mm,
            perifissural=location.perifissural,
            centrality=location.centrality,
        )


class MeasurementsPart(Part):
    """What was measured, each with its unit and half of its 95 % interval; null what this nodule does not have."""

    long_axis: MeasurementPart
    short_axis: MeasurementPart
    mean_diameter: MeasurementPart
    volume: MeasurementPart
    equivalent_diameter: MeasurementPart
    mean_density: MeasurementPart
    mass: MeasurementPart
    solid_core_mean_diameter: MeasurementPart | None
    solid_core_volume: MeasurementPart | None
    spiculation: MeasurementPart | None
    lobulation: MeasurementPart | None
    has_cavity: bool

    @classmethod
    def of(cls, measured: Measurements) -> Self:
        """Write all of them."""
        core, surface = measured.solid_core, measured.surface
        return cls(
            long_axis=MeasurementPart.of(measured.long_axis),
            short_axis=MeasurementPart.of(measured.short_axis),
            mean_diameter=MeasurementPart.of(measured.mean_diameter),
            volume=MeasurementPart.of(measured.volume),
            equivalent_diameter=MeasurementPart.of(measured.equivalent_diameter),
            mean_density=MeasurementPart.of(measured.mean_density),
            mass=MeasurementPart.of(measured.mass),
            solid_core_mean_diameter=_or_null(core.mean_diameter if core else None),
            solid_core_volume=_or_null(core.volume if core else None),
            spiculation=_or_null(surface.spiculation if surface else None),
            lobulation=_or_null(surface.lobulation if surface else None),
            has_cavity=measured.has_cavity,
        )


def _or_null(measurement: Measurement | None) -> MeasurementPart | None:
    return MeasurementPart.of(measurement) if measurement else None


class NodulePart(Part):
    """A measured mark; *probability* is that it is a nodule, never that it is malignant.

    *suspicion_rating* is how suspicious readers would call it, 1 to 5: opinion, not pathology; null where the
    detector gives none.  *key_image* is "" for a mark without picture.  *location*, *measurements* and *growth* are
    null where a nodule was not placed, measured with uncertainties, or compared; *calcification_pattern*, *fat* and
    *spiculated* where it cannot be told.
    """

    id: Annotated[int, Field(ge=1)]
    probability: Share
    center_lps_mm: tuple[float, float, float]
    instance_uid: str
    instance_number: int
    long_axis_mm: Length
    short_axis_mm: Length
    mean_diameter_mm: Length
    measurement_plane: Literal["axial", "coronal", "sagittal"]
    volume_mm3: Length
    mean_hu: float
    density: Literal["solid", "part-solid", "ground-glass", "calcified"]
    side: Literal["left", "right"]
    zone: Literal["upper", "middle", "lower"]
    pleural_distance_mm: Length
    key_image: str
    suspicion_rating: Annotated[float, Field(ge=1.0, le=5.0)] | None = None
    location: LocationPart | None = None
    measurements: MeasurementsPart | None = None
    calcification_pattern: Calcification | None = None
    fat: bool | None = None
    spiculated: bool | None = None
    growth: GrowthPart | None = None

    @classmethod
    def of(cls, nodule: Nodule, *, key_image: str, spiculated: bool | None, growth: Growth | None) -> Self:
        """Write a nodule; *spiculated* as it was judged."""
        measured, location = nodule.measurements, nodule.location
        return cls(
            id=nodule.id,
            probability=nodule.probability,
            center_lps_mm=(nodule.center.x, nodule.center.y, nodule.center.z),
            instance_uid=nodule.instance_uid,
            instance_number=nodule.instance_number,
            long_axis_mm=nodule.long_axis_mm,
            short_axis_mm=nodule.short_axis_mm,
            mean_diameter_mm=nodule.mean_diameter_mm,
            measurement_plane=nodule.measurement_plane,
            volume_mm3=nodule.volume_mm3,
            mean_hu=nodule.mean_hu,
            density=nodule.density.value,
            side=nodule.side,
            zone=nodule.zone,
            pleural_distance_mm=nodule.pleural_distance_mm,
            key_image=key_image,
            suspicion_rating=nodule.suspicion_rating,
            location=LocationPart.of(location) if location else None,
            measurements=MeasurementsPart.of(measured),
            calcification_pattern=measured.calcification_pattern,
            fat=measured.fat,
            spiculated=spiculated,
            growth=GrowthPart.of(growth) if growth else None,
        )
