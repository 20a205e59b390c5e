"""What became of a nodule, and of all of them, since the prior CT."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field

from lianyi.lungct.domain.growth import Change, Compared, DoublingTime, Growth, GrowthRule
from lianyi.lungct.domain.measurement import Measurement
from lianyi.lungct.report.parts.base import Length, Part
from lianyi.lungct.report.parts.measurement import MeasurementPart


class DoublingTimePart(Part):
    """Days, with the 95 % interval; negative where it shrinks, null where that end is open."""

    days: float | None
    earliest_days: float | None
    latest_days: float | None

    @classmethod
    def of(cls, doubling: DoublingTime | None) -> Self | None:
        """Write a doubling time, or null."""
        if doubling is None:
            return None
        return cls(days=doubling.days, earliest_days=doubling.earliest_days, latest_days=doubling.latest_days)


class GrowthPart(Part):
    """Then and now; *not_compared* says why volumes and doubling times are withheld.

    *rules_met* are the definitions of growth that the bare numbers meet, whatever their error; *prior_was_marked* is
    false where the prior nodule was found only by looking again at its place; *reasons* say how this was decided.
    """

    change: Change
    days: int | None
    prior_mean_diameter_mm: Length | None
    prior_volume_mm3: Length | None
    mean_diameter_change: MeasurementPart | None
    volume_change: MeasurementPart | None
    volume_doubling: DoublingTimePart | None
    mass_doubling: DoublingTimePart | None
    not_compared_zh: list[str]
    not_compared_en: list[str]
    rules_met: list[GrowthRule] = Field(default_factory=list)
    prior_was_marked: bool = True
    reasons_zh: list[str] = Field(default_factory=list)
    reasons_en: list[str] = Field(default_factory=list)

    @classmethod
    def of(cls, growth: Growth) -> Self:
        """Write one nodule's growth."""
        return cls(
            change=growth.change,
            days=growth.days,
            prior_mean_diameter_mm=growth.prior.mean_diameter_mm if growth.prior else None,
            prior_volume_mm3=growth.prior.volume_mm3 if growth.prior else None,
            mean_diameter_change=_or_null(growth.mean_diameter_change),
            volume_change=_or_null(growth.volume_change),
            volume_doubling=DoublingTimePart.of(growth.volume_doubling),
            mass_doubling=DoublingTimePart.of(growth.mass_doubling),
            not_compared_zh=[why.zh for why in growth.not_compared],
            not_compared_en=[why.en for why in growth.not_compared],
            rules_met=list(growth.rules_met),
            prior_was_marked=growth.prior_was_marked,
            reasons_zh=[why.zh for why in growth.reasons],
            reasons_en=[why.en for why in growth.reasons],
        )


class GonePart(Part):
    """A nodule of the prior CT that has no partner now."""

    prior_id: Annotated[int, Field(ge=1)]
    mean_diameter_mm: Length
    density: Literal["solid", "part-solid", "ground-glass", "calcified"]
    side: Literal["left", "right"]


class ComparedPart(Part):
    """The pair of CTs."""

    prior_date: date | None
    days: int | None
    registration_mm: Length
    gone: list[GonePart]
    not_compared_zh: list[str]
    not_compared_en: list[str]

    @classmethod
    def of(cls, compared: Compared) -> Self:
        """Write a comparison."""
        return cls(
            prior_date=compared.prior_date,
            days=compared.days,
            registration_mm=compared.registration_mm,
            gone=[
                GonePart(
                    prior_id=nodule.id,
                    mean_diameter_mm=nodule.mean_diameter_mm,
                    density=nodule.density.value,
                    side=nodule.side,
                )
                for nodule in compared.gone
            ],
            not_compared_zh=[why.zh for why in compared.not_compared],
            not_compared_en=[why.en for why in compared.not_compared],
        )


def _or_null(measurement: Measurement | None) -> MeasurementPart | None:
    return MeasurementPart.of(measurement) if measurement else None
