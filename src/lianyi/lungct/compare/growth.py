"""How much a nodule grew, and how sure that is.

Diameters are compared by difference, volumes and masses by the logarithm of their ratio, so that swapping the two
CTs turns every sign and nothing else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from lianyi.lungct.compare.sizes import Sizes
from lianyi.lungct.domain.growth import DAYS_PER_MONTH, Change, DoublingTime, GrowthRule
from lianyi.lungct.domain.measurement import Measurement

# ACR Lung-RADS v2022: an increase of the mean diameter of more than 1.5 mm within 12 months.
_LUNG_RADS_MM, _LUNG_RADS_MONTHS = Decimal("1.5"), 12
# Fleischner 2017: 2 mm (Eur Radiol 2021;31:8302).
_FLEISCHNER_MM = Decimal(2)
# BTS, NELSON: a quarter more volume (Eur Radiol 2021;31:8302).
_VOLUME_RATIO = 1.25
_SMALLEST_MASS_MG = 1e-3
_WIDEST_MM = 2.5
"""Engineering choice: half a 95 % interval of the diameter's change beyond which "no change" says nothing, as it would
hide growth of half as much again as the definitions ask.  CTs made alike give 2.1 mm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRatio:
    """Natural logarithm of now by then, and half its 95 % interval."""

    value: float
    uncertainty: float

    @property
    def is_certain(self) -> bool:
        """Whether the interval excludes "no change"."""
        return abs(self.value) > self.uncertainty


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What changed between two sets of sizes."""

    diameter: Measurement
    volume: LogRatio
    mass: LogRatio | None
    rules_met: tuple[GrowthRule, ...]
    rules_met_backwards: tuple[GrowthRule, ...]


def changes_of(now: Sizes, then: Sizes, days: int | None) -> Changes:
    """Compare two sizes of one nodule; *rules_met_backwards* are those met were now then (shrinking)."""
    diameter = Measurement(
        value=now.mean_diameter.value - then.mean_diameter.value,
        unit="mm",
        uncertainty=math.hypot(now.mean_diameter.uncertainty, then.mean_diameter.uncertainty),
    )
    has_mass = min(now.mass.value, then.mass.value) > _SMALLEST_MASS_MG
    return Changes(
        diameter=diameter,
        volume=log_ratio(now.volume, then.volume),
        mass=log_ratio(now.mass, then.mass) if has_mass else None,
        rules_met=_rules_met(now, then, days),
        rules_met_backwards=_rules_met(then, now, days),
    )


def log_ratio(now: Measurement, then: Measurement) -> LogRatio:
    """Give the logarithm of a ratio with its propagated uncertainty.

    Raises:
        ValueError: a value is not positive.
    """
    return LogRatio(
        value=math.log(now.value / then.value),
        uncertainty=math.hypot(now.uncertainty / now.value, then.uncertainty / then.value),
    )


def share_of(ratio: LogRatio) -> Measurement:
    """Give a change as a share of what was, 0.25 is a quarter more; half the 95 % interval to first order."""
    grown = math.exp(ratio.value)
    return Measurement(value=grown - 1.0, unit="1", uncertainty=grown * ratio.uncertainty)


def doubling_time(ratio: LogRatio, days: int) -> DoublingTime:
    """Give t ln 2 / ln(ratio) and the same at either end of the ratio's interval (rules.md section 8)."""

    def time(log: float) -> float | None:
        return None if log == 0 else days * math.log(2) / log

    fastest, slowest = ratio.value + ratio.uncertainty, ratio.value - ratio.uncertainty
    return DoublingTime(
        days=time(ratio.value),
        earliest_days=time(fastest) if fastest > 0 else None,
        latest_days=time(slowest) if slowest > 0 else None,
    )


def judge(changes: Changes, *, has_volumes: bool) -> Change:
    """Call it growing or shrinking only where it is certain and a published definition is met.

    What is not proven is "stable" only where the diameters are certain enough to have shown growth; where the error
    of their change exceeds 2.5 mm it "cannot be told".
    """
    if not has_volumes:
        changes = replace(
            changes,
            rules_met=_by_diameter(changes.rules_met),
            rules_met_backwards=_by_diameter(changes.rules_met_backwards),
        )
    if _is_certain(changes, changes.rules_met, sign=1):
        return "growing"
    if _is_certain(changes, changes.rules_met_backwards, sign=-1):
        return "shrinking"
    return "cannot be told" if changes.diameter.uncertainty > _WIDEST_MM else "stable"


def _is_certain(changes: Changes, rules: tuple[GrowthRule, ...], *, sign: int) -> bool:
    by_diameter = sign * changes.diameter.value > changes.diameter.uncertainty and bool(_by_diameter(rules))
    by_volume = sign * changes.volume.value > changes.volume.uncertainty and "volume-25-percent" in rules
    return by_diameter or by_volume


def _by_diameter(rules: tuple[GrowthRule, ...]) -> tuple[GrowthRule, ...]:
    return tuple(rule for rule in rules if rule != "volume-25-percent")


def _rules_met(now: Sizes, then: Sizes, days: int | None) -> tuple[GrowthRule, ...]:
    """Name the definitions of growth that the bare numbers meet, rounded as each edition rounds."""
    met: list[GrowthRule] = []
    gain_mm = _rounded(now, Decimal("0.1")) - _rounded(then, Decimal("0.1"))
    if days is not None and gain_mm > _LUNG_RADS_MM:
        months = Decimal(days) / Decimal(DAYS_PER_MONTH)
        if gain_mm * _LUNG_RADS_MONTHS > _LUNG_RADS_MM * max(months, Decimal(_LUNG_RADS_MONTHS)):
            met.append("lung-rads-2022")
    if _rounded(now, Decimal(1)) - _rounded(then, Decimal(1)) >= _FLEISCHNER_MM:
        met.append("fleischner-2017")
    if now.volume.value >= _VOLUME_RATIO * then.volume.value:
        met.append("volume-25-percent")
    return tuple(met)


def _rounded(sizes: Sizes, step: Decimal) -> Decimal:
    return Decimal(repr(float(sizes.mean_diameter.value))).quantize(step, rounding=ROUND_HALF_UP)
