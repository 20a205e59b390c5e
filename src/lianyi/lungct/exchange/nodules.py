"""``nodules.json``: the nodules of one chest, by the names of ``findings.json``; that document itself is read too.

Absent and null are the same: not known.  Words are taken with spaces, hyphens or underscores alike.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from lianyi.lungct.domain.case import (
    Airway,
    CystChange,
    Cystic,
    Margin,
    NoduleFacts,
    Shape,
    Status,
)
from lianyi.lungct.domain.context import LungRadsCategory
from lianyi.lungct.domain.location import SURE_OF_LOBE, Lobe
from lianyi.lungct.domain.measurement import Calcification
from lianyi.lungct.domain.nodule import Density
from lianyi.lungct.domain.study import Contrast
from lianyi.lungct.exchange.context import ContextDocument
from lianyi.lungct.exchange.schemas import schema_of

Length = Annotated[float, Field(gt=0.0, le=500.0)]
Volume = Annotated[float, Field(gt=0.0)]

_MEAN_TOLERANCE_MM = Decimal("0.1")
"""A mean may differ from that of its axes by the rounding of one decimal, not by more."""


def _hyphens(value: Any) -> Any:  # noqa: ANN401 -- whatever the JSON holds
    return value.strip().lower().replace(" ", "-").replace("_", "-") if isinstance(value, str) else value


def _lobe(value: Any) -> Any:  # noqa: ANN401 -- as above
    return _hyphens(value).replace("-", " ") if isinstance(value, str) else value


def _calcification(value: Any) -> Any:  # noqa: ANN401 -- as above
    said = _hyphens(value)
    return {"unknown": None, "concentric-ring": "ring", "concentric": "ring", "laminated": "ring"}.get(said, said)


def _airway(value: Any) -> Any:  # noqa: ANN401 -- as above
    if isinstance(value, bool):
        return "unknown level" if value else "none"
    said = _hyphens(value)
    return {
        "unknown-level": "unknown level",
        "proximal": "segmental",
        "segmental-or-proximal": "segmental",
        "lobar": "segmental",
    }.get(said, said)


def _cystic(value: Any) -> Any:  # noqa: ANN401 -- as above
    if isinstance(value, bool):
        return "unknown kind" if value else "none"
    said = _hyphens(value)
    return "unknown kind" if said == "unknown-kind" else said


Hyphened = BeforeValidator(_hyphens)


class NodulePart(BaseModel):
    """One nodule.  Lengths in mm, volumes in mm³, unrounded."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False, frozen=True)

    id: Annotated[int, Field(ge=1)] | None = None
    accepted: bool | None = None
    density: Annotated[Density, Hyphened] | None = None
    mean_diameter_mm: Length | None = None
    long_axis_mm: Length | None = None
    short_axis_mm: Length | None = None
    volume_mm3: Volume | None = None
    solid_core_mean_diameter_mm: Annotated[float, Field(ge=0.0, le=500.0)] | None = None
    solid_core_status: Annotated[Status, Hyphened] | None = None
    status: Annotated[Status, Hyphened] | None = None
    prior_mean_diameter_mm: Length | None = None
    prior_category: LungRadsCategory | None = None
    lobe: Annotated[Lobe, BeforeValidator(_lobe)] | None = None
    lingula: bool | None = None
    spiculated: bool | None = None
    margin: Annotated[Margin, Hyphened] | None = None
    shape: Annotated[Shape, Hyphened] | None = None
    calcification_pattern: Annotated[Calcification | None, BeforeValidator(_calcification)] = None
    fat: bool | None = None
    juxtapleural: bool | None = None
    perifissural: bool | None = None
    airway: Annotated[Airway | None, BeforeValidator(_airway)] = None
    cystic: Annotated[Cystic | None, BeforeValidator(_cystic)] = None
    cyst_change: Annotated[CystChange, Hyphened] | None = None
    suspicious_features: list[str] | None = None
    proven_benign: bool | None = None
    model_probability: Annotated[float, Field(ge=0.0, le=1.0)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _flattened(cls, given: Any) -> Any:  # noqa: ANN401 -- whatever the JSON holds
        """Take what findings.json groups: ``location``, ``growth``, and ``measurements`` with value and unit."""
        if not isinstance(given, dict):
            return given
        flat: dict[str, Any] = {}
        for group in ("location", "growth"):
            if isinstance(given.get(group), dict):
                flat |= {name: value for name, value in given[group].items() if name in cls.model_fields}
        if (sure := given.get("location")) and not _is_sure(sure):
            flat.pop("lobe", None)
            flat.pop("lingula", None)
        if isinstance(given.get("growth"), dict) and given["growth"].get("change") == "new":
            flat["status"] = "new"
        if isinstance(given.get("measurements"), dict):
            flat |= _measured(given["measurements"], set(cls.model_fields))
        return {**flat, **{name: value for name, value in given.items() if value is not None or name not in flat}}

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        mean, long, short = self.mean_diameter_mm, self.long_axis_mm, self.short_axis_mm
        if long is not None and short is not None:
            if short > long:
                raise ValueError("the short axis is longer than the long axis")
            between = (Decimal(str(long)) + Decimal(str(short))) / 2
            if mean is not None and abs(Decimal(str(mean)) - between) > _MEAN_TOLERANCE_MM:
                raise ValueError("mean_diameter_mm is not the mean of both axes")
        if mean is not None and long is not None and mean > long:
            raise ValueError("mean_diameter_mm is longer than the long axis")
        core = self.solid_core_mean_diameter_mm
        if core is not None and mean is not None and core > mean:
            raise ValueError("the solid part is larger than the nodule")
        if self.spiculated is not None and self.margin is not None and self.spiculated != (self.margin == "spiculated"):
            raise ValueError("spiculated and margin contradict each other")
        return self

    def to_domain(self, number: int) -> NoduleFacts:
        """Give the same as a word of the domain; *number* is its id where the document gives none."""
        names = set(type(self).model_fields) - {"id", "accepted", "suspicious_features"}
        features = None if self.suspicious_features is None else tuple(self.suspicious_features)
        return NoduleFacts(
            id=self.id or number, suspicious_features=features, **{name: getattr(self, name) for name in names}
        )


def _is_sure(location: Any) -> bool:  # noqa: ANN401 -- whatever the JSON holds
    """Tell whether a lobe of findings.json is sure; one that a person wrote without a probability is."""
    given = location.get("lobe_probability") if isinstance(location, dict) else None
    return not isinstance(given, float | int) or given >= SURE_OF_LOBE


def _measured(measurements: dict[str, Any], fields: set[str]) -> dict[str, Any]:
    """Give measurements by field, where the unit is the field's own."""
    units = {"mm": "_mm", "mm3": "_mm3", "mm³": "_mm3"}
    flat: dict[str, Any] = {}
    for name, measured in measurements.items():
        if not isinstance(measured, dict) or measured.get("unit") not in units:
            continue
        suffix = units[measured["unit"]]
        field = name if name.endswith(suffix) else f"{name}{suffix}"
        if field in fields:
            flat[field] = measured.get("value")
    return flat


class PatientPart(BaseModel):
    """Of ``findings.json``: what the header says of the patient."""

    birth_date: str = ""
    sex: str = ""


class StudyPart(BaseModel):
    """Of ``findings.json``: when, and whether contrast was given."""

    acquired: str = ""
    contrast: Contrast = "unknown"
    slice_thickness_mm: Length | None = None


class CountedPart(BaseModel):
    """Of ``findings.json``: which marks the first look counted as nodules."""

    nodule_ids: list[int] = Field(default_factory=list)


class NodulesDocument(BaseModel):
    """The document."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False, frozen=True, validate_by_alias=True)

    schema_: str | None = Field(default=None, alias="schema")
    outcome: str | None = None
    nodules: list[NodulePart]
    nodule_count: Annotated[int, Field(ge=0)] | None = None
    contrast: Contrast | None = None
    slice_thickness_mm: Length | None = None
    patient: PatientPart | None = None
    study: StudyPart | None = None
    counted: CountedPart | None = None
    context: ContextDocument | None = None


def schema_text() -> str:
    """Give the JSON Schema of ``nodules.json``, as shipped in ``nodules.schema.json``."""
    return schema_of(NodulesDocument, mode="validation")
