"""How far a number may be from the truth: chests drawn anew, with replacement.

Nodules and false marks of one chest belong together, so whole chests are drawn, as LUNA16 does.  The interval
runs between percentiles of the sensitivities so obtained.  A draw without any nodule of the class has no
sensitivity and is left out.  Where fewer than two chests hold such nodules there is no interval: drawing one chest
again and again says nothing about others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lianyi.evaluate.curve import RATES, Levels, read_found
from lianyi.evaluate.matching import Matching

Floats = npt.NDArray[np.float64]

BAND_RATES = tuple(2.0 ** (eighth / 8) for eighth in range(-24, 25))
"""False marks a chest at which the band of a plot is drawn: eight to the octave, LUNA16's seven among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """From *low* to *high*; shares of the nodules, 0 to 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampling:
    """How intervals are made.

    Attributes:
        resamples: how many times the chests are drawn; 0 gives no intervals.
        seed: the same seed draws the same chests.
        confidence: share of the draws within the interval.
    """

    resamples: int = 1000
    seed: int = 0
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if self.resamples < 0 or not 0.0 < self.confidence < 1.0:
            raise ValueError(f"resamples must not be negative and 0 < confidence < 1, got {self}")

    def draw(self, chests: int) -> npt.NDArray[np.int64]:
        """Give how often each chest (columns) is drawn in each draw (rows)."""
        random = np.random.default_rng(self.seed)
        draws = random.integers(chests, size=(self.resamples, chests))
        return np.array([np.bincount(draw, minlength=chests) for draw in draws], dtype=np.int64).reshape(-1, chests)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Spread:
    """Intervals of one class of nodules.

    Attributes:
        band: at each of :data:`BAND_RATES`.
        cpm: of the mean over LUNA16's seven rates.
    """

    band: dict[float, Interval]
    cpm: Interval


def spread_of(
    matching: Matching, levels: Levels, parts: Sequence[npt.NDArray[np.bool_]], resampling: Resampling
) -> list[Spread | None]:
    """Give the intervals of several classes of nodules, from the same draws of the same chests.

    Args:
        matching: nodules and false marks, by chest.
        levels: of their probabilities.
        parts: for each class, which nodules are of it.
        resampling: how many draws, and from which seed.
    """
    has_spread = [len(np.unique(matching.nodule_chest[is_of_part])) > 1 for is_of_part in parts]
    if not resampling.resamples or not any(has_spread):
        return [None] * len(parts)
    chests = len(matching.chests)
    sensitivities = np.full((len(parts), resampling.resamples, len(BAND_RATES)), np.nan)
    at = np.array(BAND_RATES) * chests
    for number, drawn in enumerate(resampling.draw(chests).astype(np.float64)):
        of_nodule = drawn[matching.nodule_chest]
        false_marks = levels.count_false(drawn[matching.false_chest])
        for part, is_of_part in enumerate(parts):
            weights = of_nodule * is_of_part
            if has_spread[part] and (nodules := weights.sum()):
                sensitivities[part, number] = read_found(levels.count_nodules(weights), false_marks, at) / nodules
    return [
        _spread(values, resampling.confidence) if has else None
        for values, has in zip(sensitivities, has_spread, strict=True)
    ]


def _spread(sensitivities: Floats, confidence: float) -> Spread | None:
    drawn = sensitivities[~np.isnan(sensitivities).any(axis=1)]
    if not len(drawn):
        return None
    tail = (1.0 - confidence) / 2.0
    lows, highs = np.quantile(drawn, [tail, 1.0 - tail], axis=0)
    seven = [BAND_RATES.index(rate) for rate in RATES]
    low, high = np.quantile(drawn[:, seven].mean(axis=1), [tail, 1.0 - tail])
    return Spread(
        band={
            rate: Interval(low=float(lows[place]), high=float(highs[place])) for place, rate in enumerate(BAND_RATES)
        },
        cpm=Interval(low=float(low), high=float(high)),
    )
