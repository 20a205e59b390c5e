"""``comparison.json``, version 1: two CTs of one patient, nodule by nodule.

Fields are added, never renamed; numbers are unrounded; an absent value is null.  ``comparison.schema.json`` beside
this file is :func:`comparison_schema_text`, and a test keeps it so.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from lianyi.lungct.domain.geometry import PatientPoint
from lianyi.lungct.domain.growth import Compared, DoublingTime, Growth
from lianyi.lungct.domain.measurement import Measurement
from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.domain.words import Sentence

Xyz = tuple[float, float, float]
Refuser = Literal["prior", "current", "pair"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, frozen=True)


class SentencePart(_Part):
    """The same in both languages."""

    zh: str
    en: str


class MeasuredPart(_Part):
    """A value with half its 95 % interval."""

    value: float
    unit: str
    uncertainty: Annotated[float, Field(ge=0.0)]


class DoublingPart(_Part):
    """Days; negative where it shrinks; null ends are open (see ``docs/howto/compare-with-a-prior.md``)."""

    days: float | None
    earliest_days: float | None
    latest_days: float | None


class SeenPart(_Part):
    """A nodule as measured on one of the CTs."""

    center_lps_mm: Xyz
    instance_uid: str
    instance_number: int
    mean_diameter_mm: float
    long_axis_mm: float
    short_axis_mm: float
    volume_mm3: float
    mean_hu: float
    density: str
    side: str


class GrowthPart(_Part):
    """What became of one nodule; *id* is of the current CT's mark, null where it has none."""

    id: int | None
    prior_id: int | None
    change: Literal["new", "growing", "stable", "shrinking", "gone", "cannot be told"]
    now: SeenPart | None
    then: SeenPart | None
    place_then_lps_mm: Xyz | None
    prior_was_marked: bool
    mean_diameter_change: MeasuredPart | None
    volume_change: MeasuredPart | None
    volume_doubling: DoublingPart | None
    mass_doubling: DoublingPart | None
    rules_met: list[str]
    not_compared: list[SentencePart]
    reasons: list[SentencePart]


class CtPart(_Part):
    """Which CT."""

    study_uid: str
    series_uid: str
    patient_id: str
    acquired: str
    slice_thickness_mm: float | None
    kernel: str
    contrast: str
    lungs_ml: float


class RefusalPart(_Part):
    """Why nothing was compared; *of* is whose input was refused, or the pair."""

    of: Refuser
    code: str
    message: SentencePart


class Comparison(_Part):
    """The whole document."""

    schema_: Literal["lianyi.comparison/1"] = Field(default="lianyi.comparison/1", alias="schema")
    outcome: Literal["compared", "refused"]
    refusal: RefusalPart | None
    prior: CtPart | None
    current: CtPart | None
    days: int | None
    registration_mm: float | None
    not_compared: list[SentencePart]
    cautions: list[SentencePart]
    nodules: list[GrowthPart]
    unmarked: list[GrowthPart]
    software: str
    started: str
    timing_s: dict[str, float]

    model_config = ConfigDict(
        extra="ignore", allow_inf_nan=False, frozen=True, validate_by_name=True, validate_by_alias=True
    )

    def to_json(self) -> str:
        """Give the document as it is written."""
        return self.model_dump_json(by_alias=True, indent=2, ensure_ascii=False) + "\n"


def comparison_schema_text() -> str:
    """Give the JSON Schema of the document, as shipped."""
    schema = Comparison.model_json_schema(mode="serialization")
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def growth_parts(current: Screened, prior: Screened, compared: Compared) -> tuple[list[GrowthPart], list[GrowthPart]]:
    """Give the marks of the current CT, and the prior's nodules that none of them matches."""
    ids = {id(nodule): nodule.id for nodule in prior.nodules}
    marked = [_growth(nodule.id, ids, nodule, compared.growth[nodule.id]) for nodule in current.nodules]
    return marked, [_growth(None, ids, one.current, one.growth) for one in compared.unmarked]


def ct_part(chest: Screened) -> CtPart:
    """Say which CT."""
    facts = chest.series.facts
    return CtPart(
        study_uid=facts.study_uid,
        series_uid=facts.series_uid,
        patient_id=chest.series.patient.id,
        acquired=facts.acquired.isoformat() if facts.acquired else "",
        slice_thickness_mm=chest.slice_thickness_mm,
        kernel=facts.kernel,
        contrast=facts.contrast,
        lungs_ml=chest.lungs.left.volume_ml + chest.lungs.right.volume_ml,
    )


def sentences(said: tuple[Sentence, ...]) -> list[SentencePart]:
    """Give sentences as JSON parts."""
    return [SentencePart(zh=one.zh, en=one.en) for one in said]


def _growth(number: int | None, prior_ids: dict[int, int], now: Nodule | None, growth: Growth) -> GrowthPart:
    return GrowthPart(
        id=number,
        prior_id=prior_ids.get(id(growth.prior)),
        change=growth.change,
        now=_seen(now),
        then=_seen(growth.prior),
        place_then_lps_mm=_xyz(growth.prior_place),
        prior_was_marked=growth.prior_was_marked,
        mean_diameter_change=_measured(growth.mean_diameter_change),
        volume_change=_measured(growth.volume_change),
        volume_doubling=_doubling(growth.volume_doubling),
        mass_doubling=_doubling(growth.mass_doubling),
        rules_met=list(growth.rules_met),
        not_compared=sentences(growth.not_compared),
        reasons=sentences(growth.reasons),
    )


def _seen(nodule: Nodule | None) -> SeenPart | None:
    if nodule is None:
        return None
    return SeenPart(
        center_lps_mm=(nodule.center.x, nodule.center.y, nodule.center.z),
        instance_uid=nodule.instance_uid,
        instance_number=nodule.instance_number,
        mean_diameter_mm=nodule.mean_diameter_mm,
        long_axis_mm=nodule.long_axis_mm,
        short_axis_mm=nodule.short_axis_mm,
        volume_mm3=nodule.volume_mm3,
        mean_hu=nodule.mean_hu,
        density=nodule.density.value,
        side=nodule.side,
    )


def _xyz(point: PatientPoint | None) -> Xyz | None:
    return None if point is None else (point.x, point.y, point.z)


def _measured(value: Measurement | None) -> MeasuredPart | None:
    return None if value is None else MeasuredPart(value=value.value, unit=value.unit, uncertainty=value.uncertainty)


def _doubling(time: DoublingTime | None) -> DoublingPart | None:
    if time is None:
        return None
    return DoublingPart(days=time.days, earliest_days=time.earliest_days, latest_days=time.latest_days)
