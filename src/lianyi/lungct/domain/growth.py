"""What became of a nodule between two CTs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from lianyi.lungct.domain.geometry import PatientPoint
from lianyi.lungct.domain.measurement import Measurement
from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.words import Sentence

Change = Literal["new", "growing", "stable", "shrinking", "gone", "cannot be told"]
GrowthRule = Literal["lung-rads-2022", "fleischner-2017", "volume-25-percent"]

DAYS_PER_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True, kw_only=True)
class DoublingTime:
    """Days in which volume or mass doubles at the rate seen.

    Attributes:
        days: negative where it shrinks; None where it neither grew nor shrank.
        earliest_days: lower end of the 95 % interval, as an ever faster growth would have it; None where open
            (even the fastest rate within the interval is no growth).
        latest_days: upper end; None where "never" lies within the interval.
    """

    days: float | None
    earliest_days: float | None
    latest_days: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """One nodule, then and now.

    Attributes:
        change: by the rules of measurement: "growing" and "shrinking" only where the 95 % interval of the change
            excludes zero *and* a published definition of growth is met; "stable" where it is neither but would have
            been seen; "cannot be told" where the error, or what the other CT shows, leaves it open.
        prior: the nodule as measured on the prior CT; None for a new one.
        prior_place: where it lies, or would lie, on the prior CT.
        days: between the two CTs.
        mean_diameter_change: mm, now minus then, with the uncertainty of both (value plus or minus uncertainty;
            it may be below zero); None for a new one.
        volume_change: share of the prior volume, 0.25 is a quarter more; None where volumes cannot be compared.
        volume_doubling: None where volumes cannot be compared or the nodule is new.
        mass_doubling: likewise.
        not_compared: why volumes and doubling times are withheld; empty where they are given.
        rules_met: published definitions of growth that the bare numbers meet, whatever their uncertainty.
        prior_was_marked: False where the prior nodule was found only by looking again at its place.
        reasons: what a reader must know of how this was decided.
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
    rules_met: tuple[GrowthRule, ...] = ()
    prior_was_marked: bool = True
    reasons: tuple[Sentence, ...] = ()

    @property
    def status(self) -> Literal["new"] | None:
        """For ``NoduleFacts.status``: only "new" is told; the rest each guideline judges from the prior diameter."""
        return "new" if self.change == "new" else None

    @property
    def prior_mean_diameter_mm(self) -> float | None:
        """For ``NoduleFacts.prior_mean_diameter_mm``."""
        return None if self.prior is None else self.prior.mean_diameter_mm


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A nodule of the prior CT that no mark of the current CT matches.

    Attributes:
        prior: as measured then.
        place: where it lies, or would lie, on the current CT.
        current: what was found there by looking again; None where nothing was.
        growth: what became of it: "gone", "cannot be told", or of what was found.
    """

    prior: Nodule
    place: PatientPoint
    current: Nodule | None
    growth: Growth


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two chests of one patient.

    Attributes:
        prior_date: of the prior CT; None where its header has none.
        days: between them; None where one has no date.
        growth: of each nodule of the current CT, by its id.
        gone: nodules of the prior CT that have no partner now: looked for at their place and not found.
        registration_mm: median distance between lung surfaces after registration.
        not_compared: why volumes of this pair cannot be compared at all; empty where they can.
        unmarked: every nodule of the prior CT that no current mark matches: gone, still there below the
            operating point, or at a place that the current CT does not show.
        prior_slice_thickness_mm: of the prior CT; None where its header has none.
        cautions: what else a reader must know of this pair.
    """

    prior_date: date | None
    days: int | None
    growth: dict[int, Growth]
    gone: tuple[Nodule, ...]
    registration_mm: float
    not_compared: tuple[Sentence, ...]
    unmarked: tuple[Followed, ...] = ()
    prior_slice_thickness_mm: float | None = None
    cautions: tuple[Sentence, ...] = field(default=())

    @property
    def months(self) -> float | None:
        """For ``Context.months_since_prior``."""
        return None if self.days is None else self.days / DAYS_PER_MONTH
