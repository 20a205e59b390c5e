"""From the numbers of a core to the probability that the mark is a nodule: nine terms, one line each.

The probability is logistic in the sum of the terms.  Nothing is learned when the product runs; the
weights below are constants, and :data:`TERMS` is the whole of the rule.

Where the numbers come from, honestly.  They were fitted once, by logistic regression (ridge 0.01),
on the candidates of nine public chests: LIDC-IDRI-0001, -0002 and -0003, LUNGx-CT003, R01-001,
CMB-CRC-MSB-01068, C3N-00247, 4DLung-HM10395 and LungFCP-01-0001.

* Nodules: the 7 real ones that are known in five of them, and 223 planted into all nine (252 were;
  no core stood for the other 29): outlines drawn by LIDC readers, 4 to 30 mm, a third of them on the
  pleura, blurred and added to the image.
* Not nodules: the 998 other candidates of the unchanged chests.  Nine that look like nodules
  although nobody marked them, and those at nodules that fewer than three readers marked, were left
  out; others may still be among them.

Nodules were weighted to 40 a chest, which makes 0.5 a point for finding rather than for being sure:
the probability ranks marks, and is calibrated for no population.  Fitting without a chest and
testing on it left every known nodule among that chest's first three marks; but the terms themselves
were chosen while looking at these chests, so none of them is an independent test.  Sensitivity on
planted nodules is not detection performance and is never quoted as such.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """One line of the rule.

    Attributes:
        name: of the number, as in the evidence.
        reason: why it tells nodules from other things.
        least: smaller values count as this one.
        most: larger values count as this one.
        shape: "linear", "log2" or "sqrt": what is taken of the value before weighting.
        zero: the value at which the term adds nothing.
        weight: what one unit (of the shaped value) adds to the log odds.
    """

    name: str
    reason: str
    least: float
    most: float
    shape: str
    zero: float
    weight: float

    def adds(self, value: float) -> float:
        """Give what this term adds to the log odds."""
        return self.weight * (self._shaped(min(max(value, self.least), self.most)) - self._shaped(self.zero))

    def _shaped(self, value: float) -> float:
        match self.shape:
            case "log2":
                return math.log2(value)
            case "sqrt":
                return math.sqrt(value)
            case _:
                return value


TERMS = (
    Term("diameter_mm", "vessels and their forks are mostly thin", 2.0, 30.0, "log2", 6.0, 0.69),
    Term("contrast_hu", "faint things are more often noise or blur", 0.0, 600.0, "linear", 0.0, 0.0066),
    Term("elongation", "longest over middle axis: a vessel is long", 1.0, 2.5, "linear", 1.0, -1.79),
    Term("flatness", "middle over shortest axis: fissures and pleura are flat", 1.0, 3.0, "linear", 1.0, -1.92),
    Term("compactness", "share of the volume that its largest inner ball fills", 0.02, 1.0, "log2", 1.0, 1.10),
    Term("touched_share", "share of the surface that bright things touch: a fork", 0.0, 0.3, "sqrt", 0.0, -9.6),
    Term("wall_share", "share of the surface outside the lung: a sliver of the wall", 0.4, 0.8, "linear", 0.4, -6.4),
    Term("crowd_share", "share of the lung around that is dense: hilum, atelectasis", 0.0, 0.6, "linear", 0.0, -6.2),
    Term("roundness", "curves alike in all directions: a ball, not a tube", -1.0, 1.0, "linear", 0.0, 1.1),
)
"""The rule.  Fitted; see the module's first lines for the data."""

INTERCEPT = 1.49
"""Log odds when every term adds nothing.  Fitted with the weights."""


def probability(numbers: Mapping[str, float]) -> float:
    """Give the probability, 0 to 1, that the mark is a nodule; never that it is malignant.

    Raises:
        KeyError: a number that a term asks for is missing.
    """
    log_odds = INTERCEPT + sum(term.adds(numbers[term.name]) for term in TERMS)
    return 1.0 / (1.0 + math.exp(-log_odds))
