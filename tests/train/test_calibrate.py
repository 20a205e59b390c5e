"""Two logits become a probability that means what it says, for as many nodules a chest as the module names."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from lianyi_train.calibrate import NODULES_A_CHEST, Outcome, Weighing, weigh, weights_of

TRUE = Weighing(propose=0.8, refine=1.1, constant=-0.7)


def outcomes(count: int = 8000, *, truth: Weighing = TRUE, with_refine: bool = True) -> list[Outcome]:
    """Marks that are nodules as often as *truth* says."""
    random = np.random.default_rng(11)
    made = []
    for propose, refine, draw in zip(
        random.normal(-1.0, 2.0, count), random.normal(0.0, 2.0, count), random.random(count), strict=True
    ):
        said = float(refine) if with_refine else None
        is_nodule = draw < truth.probability(float(propose), said)
        made.append(Outcome(propose_logit=float(propose), refine_logit=said, is_nodule=bool(is_nodule)))
    return made


def test_a_probability_is_the_logistic_of_the_weighed_sum() -> None:
    assert TRUE.probability(1.0, 2.0) == pytest.approx(1.0 / (1.0 + exp(-(0.8 + 2.2 - 0.7))))
    assert TRUE.probability(1.0, None) == pytest.approx(1.0 / (1.0 + exp(-(0.8 - 0.7))))


def test_the_weights_that_made_the_outcomes_are_found_again() -> None:
    found = weigh(outcomes(), np.ones(8000))

    assert found.propose == pytest.approx(TRUE.propose, abs=0.08)
    assert found.refine == pytest.approx(TRUE.refine, abs=0.08)
    assert found.constant == pytest.approx(TRUE.constant, abs=0.1)


def test_without_a_second_network_it_weighs_nothing() -> None:
    found = weigh(outcomes(with_refine=False), np.ones(8000))

    assert found.refine == 0.0
    assert found.propose == pytest.approx(TRUE.propose, abs=0.08)


def test_neither_network_counts_against_a_nodule() -> None:
    found = weigh(outcomes(truth=Weighing(propose=0.8, refine=-1.0, constant=0.0)), np.ones(8000))

    assert found.refine == 0.0
    assert found.propose > 0.0


def test_hits_are_weighted_to_as_many_nodules_a_chest_as_in_luna16() -> None:
    # Two chests with five planted nodules each, all of them found, among twenty marks.
    marks = [Outcome(propose_logit=0.0, refine_logit=None, is_nodule=number < 10) for number in range(20)]

    weights = weights_of(marks, chests=2, nodules=10)

    assert weights[:10].sum() / 2 == pytest.approx(1.34, abs=0.005)
    assert (weights[10:] == 1.0).all()


def test_fewer_nodules_a_chest_make_every_mark_less_probable() -> None:
    marks = outcomes()
    plain = weigh(marks, np.ones(len(marks)))

    rarer = weigh(marks, weights_of(marks, chests=1000, nodules=5000))

    # Odds fall as prevalence does; how the two networks are weighed against each other stays.
    assert rarer.constant - plain.constant == pytest.approx(np.log(NODULES_A_CHEST / 5.0), abs=0.15)
    assert rarer.propose / rarer.refine == pytest.approx(plain.propose / plain.refine, rel=0.1)
