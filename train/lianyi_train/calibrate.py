"""From two logits to a probability that means what it says, for a population that is named.

A scene holds five planted nodules, a chest of LUNA16 holds 1186 / 888 = 1.34 (Setio et al., Med Image Anal 2017;42:1).
So hits are weighted to that many a chest; then "0.7" means: of such marks in such chests, seven in ten are nodules.
The calibration of one fold is fitted on the other fold's marks, so neither is judged by its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize

NODULES_A_CHEST = 1186 / 888
_RIDGE = 1e-3

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One mark of which it is known what it is.

    Attributes:
        propose_logit: the first network's.
        refine_logit: the second network's; None where there is none.
        is_nodule: whether it hit.
    """

    propose_logit: float
    refine_logit: float | None
    is_nodule: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """Log odds: propose * its logit + refine * its logit + constant."""

    propose: float
    refine: float
    constant: float

    def probability(self, propose_logit: float, refine_logit: float | None) -> float:
        """Give the probability of a mark."""
        odds = self.propose * propose_logit + self.refine * (refine_logit or 0.0) + self.constant
        return float(1.0 / (1.0 + np.exp(-odds)))


def weights_of(outcomes: Sequence[Outcome], *, chests: int, nodules: int) -> Floats:
    """Give each outcome's weight: hits count as if a chest held as many nodules as one of LUNA16's."""
    share = NODULES_A_CHEST * chests / nodules
    return np.array([share if one.is_nodule else 1.0 for one in outcomes])


def weigh(outcomes: Sequence[Outcome], weights: Floats) -> Weighing:
    """Fit by weighted logistic regression; neither network's logit may count against a nodule."""
    is_nodule = np.array([one.is_nodule for one in outcomes], dtype=float)
    columns = [[one.propose_logit, one.refine_logit or 0.0, 1.0] for one in outcomes]
    features = np.array(columns)
    has_refine = any(one.refine_logit is not None for one in outcomes)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        odds = features @ parameters
        entropy = np.logaddexp(0.0, odds) - is_nodule * odds
        slope = features.T @ (weights * (1.0 / (1.0 + np.exp(-odds)) - is_nodule))
        total = weights.sum()
        return (
            float((weights * entropy).sum() / total + _RIDGE * (parameters[:2] ** 2).sum()),
            slope / total + 2.0 * _RIDGE * parameters * [1.0, 1.0, 0.0],
        )

    bounds = [(1e-3, None), (0.0, None if has_refine else 0.0), (None, None)]
    found = optimize.minimize(loss, np.array([0.5, 0.5 * has_refine, 0.0]), jac=True, bounds=bounds, method="L-BFGS-B")
    propose, refine, constant = (float(n) for n in found.x)
    return Weighing(propose=round(propose, 4), refine=round(refine, 4), constant=round(constant, 4))
