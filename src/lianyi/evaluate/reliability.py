"""Does a probability mean what it says?  Of the marks called 0.7, seven in ten should be nodules.

The probabilities are gathered in bins; in each, what was said (the mean probability) is held against what came
true (the share).  The expected calibration error is the distance between the two, averaged over all outcomes.
Bins of equal width show the whole range and leave some nearly empty; bins of equal mass hold nearly as many
outcomes each.  Neither is the truth, so both can be had.

Source:
    Naeini et al., Obtaining well calibrated probabilities using Bayesian binning, AAAI 2015 (equal width);
    Nixon et al., Measuring calibration in deep learning, CVPR Workshops 2019 (equal mass);
    Wilson, J Am Stat Assoc 1927;22:209-212 (interval of a share).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt

from lianyi.evaluate.errors import NotMeasurable
from lianyi.evaluate.resampling import Interval

Binning = Literal["equal width", "equal mass"]

# Standard normal quantile of a two-sided 95 % interval.
_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Outcomes whose probabilities lie close together.

    Attributes:
        outcomes: how many.
        true: how many of them came true.
        mean_probability: what was said of them.
    """

    outcomes: int
    true: int
    mean_probability: float

    @property
    def share(self) -> float:
        """What came true."""
        return self.true / self.outcomes

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval of the share."""
        n, share, z2 = self.outcomes, self.share, _Z95**2
        middle = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return Interval(low=max(0.0, middle - half), high=min(1.0, middle + half))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Bins with any outcome, from the lowest probability to the highest.

    Attributes:
        binning: how the bins were cut.
        bins: each holds at least one outcome.
    """

    binning: Binning
    bins: tuple[ReliabilityBin, ...]

    @property
    def outcomes(self) -> int:
        """How many outcomes in all."""
        return sum(one.outcomes for one in self.bins)

    @property
    def ece(self) -> float:
        """Expected calibration error: mean distance of what was said from what came true, 0 to 1."""
        return sum(one.outcomes * abs(one.share - one.mean_probability) for one in self.bins) / self.outcomes

    @property
    def greatest_error(self) -> float:
        """The distance in the worst bin."""
        return max(abs(one.share - one.mean_probability) for one in self.bins)


def reliability(
    probabilities: Sequence[float] | npt.NDArray[np.floating],
    outcomes: Sequence[bool] | npt.NDArray[np.bool_],
    bins: int = 10,
    *,
    binning: Binning = "equal width",
) -> Reliability:
    """Hold probabilities against what came true.

    Args:
        probabilities: 0 to 1.
        outcomes: for each, whether it came true.
        bins: how many at most.  Equal width: ``[0, 1/bins)`` and so on, 1 belonging to the last.  Equal mass:
            cut where the sorted list is divided evenly; equal probabilities are never parted, so there may be
            fewer bins, and the order of the list never matters.
        binning: how the bins are cut.

    Raises:
        NotMeasurable: no outcome, lists of different lengths, or a probability that is none.
        ValueError: fewer than one bin.
    """
    if bins < 1:
        raise ValueError(f"there must be at least one bin, got {bins}")
    said = np.asarray(probabilities, dtype=np.float64)
    came_true = np.asarray(outcomes, dtype=bool)
    if said.ndim != 1 or said.shape != came_true.shape or not len(said):
        raise NotMeasurable(
            zh=f"概率（{said.size} 个）与结果（{came_true.size} 个）应一一对应，且至少各有一个。",
            en=f"Probabilities ({said.size}) and outcomes ({came_true.size}) must be as many, and at least one.",
        )
    if not ((said >= 0.0) & (said <= 1.0)).all():  # false for NaN too
        raise NotMeasurable(zh="概率应在 0 与 1 之间。", en="A probability must lie between 0 and 1.")
    numbers = _equal_width(said, bins) if binning == "equal width" else _equal_mass(said, bins)
    return Reliability(
        binning=binning,
        bins=tuple(
            ReliabilityBin(
                outcomes=int((numbers == number).sum()),
                true=int(came_true[numbers == number].sum()),
                mean_probability=float(np.sort(said[numbers == number]).mean()),
            )
            for number in np.unique(numbers)
        ),
    )


def _equal_width(said: npt.NDArray[np.float64], bins: int) -> npt.NDArray[np.int64]:
    edges = np.arange(1, bins) / bins
    return np.asarray(np.searchsorted(edges, said, side="right"), dtype=np.int64)


def _equal_mass(said: npt.NDArray[np.float64], bins: int) -> npt.NDArray[np.int64]:
    in_order = np.sort(said)
    cuts = in_order[np.arange(1, bins) * len(said) // bins]
    return np.asarray(np.searchsorted(np.unique(cuts), said, side="right"), dtype=np.int64)
