"""What became of a nodule between two CTs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from lianyi.lungct.domain.geometry import PatientPoint
from lianyi.lungct.domain.measurement import Measurement
from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.words import Sentence

Change = Literal["new", "growing", "stable", "shrinking", "gone", "cannot be told"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoublingTime:
    """Days in which volume or mass doubles at the rate seen.

    Attributes:
        days: negative where it shrinks; None where it neither grew nor shrank.
        earliest_days: lower end of the 95 % interval, as an ever faster growth would have it; None where open.
        latest_days: upper end; None where "never" lies within the interval.
    """

    days: float | None
    earliest_days: float | None
    latest_days: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """One nodule, then and now.

    Attributes:
        change: by the rules of measurement: a change within the measuring error is "stable".
        prior: the nodule as measured on the prior CT; None for a new one.
        prior_place: where it lies, or would lie, on the prior CT.
        days: between the two CTs.
        mean_diameter_change: mm, now minus then, with the uncertainty of both; None for a new one.
        volume_change: share of the prior volume, 0.25 is a quarter more; None where volumes cannot be compared.
        volume_doubling: None where volumes cannot be compared or the nodule is new.
        mass_doubling: likewise.
        not_compared: why volumes and doubling times are withheld; empty where they are given.
    """

    change: Change
    prior: Nodule | None
    prior_place: PatientPoint | None
    days: int | None
    mean_diameter_change: Measurement | None
    volume_change: Measurement | None
    volume_doubling: DoublingTime | None
    mass_doubling: DoublingTime | None
    not_compared: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two chests of one patient.

    Attributes:
        prior_date: of the prior CT; None where its header has none.
        days: between them; None where one has no date.
        growth: of each nodule of the current CT, by its id.
        gone: nodules of the prior CT that have no partner now.
        registration_mm: median distance between lung surfaces after registration.
        not_compared: why volumes of this pair cannot be compared at all; empty where they can.
    """

    prior_date: date | None
    days: int | None
    growth: dict[int, Growth]
    gone: tuple[Nodule, ...]
    registration_mm: float
    not_compared: tuple[Sentence, ...]
