"""The free-response curve: nodules found against false marks, as the probability asked of a mark is lowered.

A point is a probability: every mark at or above it is shown.  Marks of equal probability appear together, so the
order of a list never matters.  Between two points the curve is the straight line; where only false marks appear
that line is level, where only hits appear it is upright, and it slants only where both share a probability.

*Sensitivity at a rate* is read as LUNA16 reads it:

- where the curve passes the rate, on the line between its neighbouring points;
- where the curve stands upright at exactly that rate, at its top;
- beyond its last point, level: showing every mark there is does not find more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# LUNA16: false marks a chest at which sensitivity is read; their mean is the competition performance metric (CPM).
RATES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AtProbability:
    """What is found, and at what price, when every mark of at least this probability is shown."""

    probability: float
    found: int
    nodules: int
    false_marks: int
    chests: int

    @property
    def sensitivity(self) -> float:
        """Share of the nodules found; NaN where there is none."""
        return self.found / self.nodules if self.nodules else float("nan")

    @property
    def false_marks_per_chest(self) -> float:
        """False marks a chest, over all chests, those without a nodule too."""
        return self.false_marks / self.chests


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Curve:
    """The whole curve, from no mark at all to every mark.

    Attributes:
        chests: how many were looked at.
        nodules: how many were to be found.
        probabilities: of each point, falling; the first is infinite, where nothing is shown.
        found: nodules found at each point.
        false_marks: false marks in all chests at each point.
    """

    chests: int
    nodules: int
    probabilities: Floats
    found: Floats
    false_marks: Floats

    def found_at(self, rate: float) -> float:
        """Give how many nodules are found at *rate* false marks a chest; between whole numbers only on a slant."""
        return float(read_found(self.found, self.false_marks, np.array([rate * self.chests]))[0])

    def sensitivity_at(self, rate: float) -> float:
        """Give the share of the nodules found at *rate* false marks a chest; NaN where there is no nodule."""
        return self.found_at(rate) / self.nodules if self.nodules else float("nan")

    @property
    def cpm(self) -> float:
        """Mean sensitivity at LUNA16's seven rates; NaN where there is no nodule."""
        return sum(self.sensitivity_at(rate) for rate in RATES) / len(RATES)

    @property
    def last_rate(self) -> float:
        """False marks a chest when every mark is shown; beyond it the curve only continues level."""
        return float(self.false_marks[-1]) / self.chests

    def at_probability(self, probability: float) -> AtProbability:
        """Give what is found, and the false marks, when every mark of at least *probability* is shown."""
        point = int(np.searchsorted(-self.probabilities, -probability, side="right")) - 1
        return AtProbability(
            probability=probability,
            found=int(self.found[point]),
            nodules=self.nodules,
            false_marks=int(self.false_marks[point]),
            chests=self.chests,
        )

    def probability_at(self, rate: float) -> float:
        """Give the lowest probability in the list at which there are at most *rate* false marks a chest.

        Infinite where even the most probable marks hold more false ones than that.
        """
        point = int(np.searchsorted(self.false_marks, rate * self.chests, side="right")) - 1
        return float(self.probabilities[point])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Levels:
    """The distinct probabilities of a set of marks, and which of them each mark has: sorted once, counted often.

    Attributes:
        probabilities: distinct, falling.
        of_nodule: for each nodule its level; the number of levels where it was not found.
        of_false: for each false mark its level.
    """

    probabilities: Floats
    of_nodule: npt.NDArray[np.int64]
    of_false: npt.NDArray[np.int64]

    @classmethod
    def among(cls, nodule_probability: Floats, false_probability: Floats) -> Levels:
        """Sort the probabilities of hits (-inf for a miss) and of false marks."""
        is_found = np.isfinite(nodule_probability)
        rising = np.unique(np.concatenate([nodule_probability[is_found], false_probability]))
        last = len(rising) - 1
        of_nodule = np.full(len(nodule_probability), len(rising), dtype=np.int64)
        of_nodule[is_found] = last - np.searchsorted(rising, nodule_probability[is_found])
        return cls(
            probabilities=rising[::-1],
            of_nodule=of_nodule,
            of_false=last - np.searchsorted(rising, false_probability),
        )

    def count_nodules(self, weights: Floats) -> Floats:
        """Give the weight of the nodules found at each level and above, nothing shown first."""
        return self._count(self.of_nodule, weights)

    def count_false(self, weights: Floats) -> Floats:
        """Give the weight of the false marks at each level and above, nothing shown first."""
        return self._count(self.of_false, weights)

    def _count(self, levels: npt.NDArray[np.int64], weights: Floats) -> Floats:
        size = len(self.probabilities)
        at_level = np.bincount(levels, weights=weights, minlength=size)[:size]
        return np.concatenate([[0.0], np.cumsum(at_level)])


def curve_of(levels: Levels, *, chests: int, is_of_part: npt.NDArray[np.bool_]) -> Curve:
    """Draw the curve of some of the nodules; the false marks are all those of *levels*."""
    return Curve(
        chests=chests,
        nodules=int(is_of_part.sum()),
        probabilities=np.concatenate([[np.inf], levels.probabilities]),
        found=levels.count_nodules(is_of_part.astype(np.float64)),
        false_marks=levels.count_false(np.ones(len(levels.of_false))),
    )


def read_found(found: Floats, false_marks: Floats, at: Floats | Sequence[float]) -> Floats:
    """Read *found* at counts of false marks, by the rules of this module."""
    at = np.asarray(at, dtype=np.float64)
    before = np.searchsorted(false_marks, at, side="right") - 1
    after = np.minimum(before + 1, len(found) - 1)
    run = false_marks[after] - false_marks[before]
    share = np.divide(at - false_marks[before], run, out=np.zeros_like(at), where=run > 0)
    return np.asarray(found[before] + share * (found[after] - found[before]))
