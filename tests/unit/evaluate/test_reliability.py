"""Does a probability mean what it says: bins, their shares, and the error between the two."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from froc_strategies import timeless
from lianyi.evaluate import Binning, NotMeasurable, ReliabilityBin, reliability

SAID = [0.05, 0.15, 0.15, 0.62, 0.68, 0.91, 1.0]
TRUE = [False, True, False, True, False, True, True]

outcomes = st.lists(st.tuples(st.integers(0, 10).map(lambda tenth: tenth / 10), st.booleans()), min_size=1)
binnings = st.sampled_from(["equal width", "equal mass"])


def test_bins_of_equal_width_by_hand() -> None:
    measured = reliability(SAID, TRUE, 10)

    assert [(one.outcomes, one.true) for one in measured.bins] == [(1, 0), (2, 1), (2, 1), (2, 2)]
    assert [one.mean_probability for one in measured.bins] == pytest.approx([0.05, 0.15, 0.65, 0.955])
    # |0 - 0.05| + 2 |0.5 - 0.15| + 2 |0.5 - 0.65| + 2 |1 - 0.955|, of seven
    assert measured.ece == pytest.approx((0.05 + 0.7 + 0.3 + 0.09) / 7)
    assert measured.greatest_error == pytest.approx(0.35)


def test_bins_of_equal_mass_by_hand() -> None:
    measured = reliability(SAID[:6], TRUE[:6], 3, binning="equal mass")

    # 0.05 | 0.15 0.15 0.62 | 0.68 0.91 would part the two 0.15; they stay together, with what follows
    assert [(one.outcomes, one.true) for one in measured.bins] == [(1, 0), (3, 2), (2, 1)]
    assert measured.ece == pytest.approx((0.05 + 3 * abs(2 / 3 - 0.92 / 3) + 2 * abs(0.5 - 0.795)) / 6)


def test_an_edge_belongs_to_the_bin_above_and_one_to_the_last() -> None:
    measured = reliability([0.0, 0.0999, 0.1, 0.3, 0.9, 1.0], [False] * 6, 10)

    assert [one.outcomes for one in measured.bins] == [2, 1, 1, 2]


def test_bins_of_equal_mass_hold_as_many_each_where_nothing_ties() -> None:
    said = np.random.default_rng(0).permutation(100) / 100

    measured = reliability(said, said > 0.5, 10, binning="equal mass")

    assert [one.outcomes for one in measured.bins] == [10] * 10


def test_probabilities_that_come_true_as_often_as_they_say_have_hardly_an_error() -> None:
    random = np.random.default_rng(3)
    said = random.uniform(size=200_000)

    measured = reliability(said, random.uniform(size=said.size) < said, 20)

    assert measured.ece < 0.01


def test_certainty_that_is_always_wrong_has_the_whole_error() -> None:
    assert reliability([1.0, 1.0], [False, False]).ece == 1.0


@pytest.mark.parametrize(
    ("true", "of", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)]
)
def test_the_interval_of_a_share_is_wilsons(true: int, of: int, low: float, high: float) -> None:
    # 81 of 263: Newcombe RG, Statistics in Medicine 1998;17:857-872, table I, method 3
    interval = ReliabilityBin(outcomes=of, true=true, mean_probability=0.5).interval

    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


@timeless
@given(outcomes, st.integers(1, 12), binnings, st.randoms(use_true_random=False))
def test_the_order_of_outcomes_changes_nothing(
    pairs: list[tuple[float, bool]], bins: int, binning: Binning, random: st.DataObject
) -> None:
    shuffled = pairs[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert reliability(*split(shuffled), bins, binning=binning) == reliability(*split(pairs), bins, binning=binning)


@timeless
@given(outcomes, st.integers(1, 12), binnings)
def test_every_outcome_is_in_one_bin_and_bins_do_not_overlap(
    pairs: list[tuple[float, bool]], bins: int, binning: Binning
) -> None:
    measured = reliability(*split(pairs), bins, binning=binning)

    means = [one.mean_probability for one in measured.bins]
    assert (measured.outcomes, sum(one.true for one in measured.bins)) == (len(pairs), sum(true for _, true in pairs))
    assert means == sorted(means)
    assert len(measured.bins) <= bins
    assert 0.0 <= measured.ece <= measured.greatest_error + 1e-12  # rounding: a mean of one and the same error
    assert measured.greatest_error <= 1.0


@timeless
@given(outcomes)
def test_a_single_bin_has_the_error_of_the_whole(pairs: list[tuple[float, bool]]) -> None:
    said, true = split(pairs)

    measured = reliability(said, true, 1)

    assert measured.ece == pytest.approx(abs(np.mean(said) - np.mean(true)))


@pytest.mark.parametrize(
    ("said", "true"),
    [([], []), ([0.5], []), ([0.5, math.nan], [True, False]), ([1.1], [True]), ([-0.1], [True]), ([[0.5]], [[True]])],
)
def test_outcomes_that_cannot_be_are_refused(said: Sequence[float], true: Sequence[bool]) -> None:
    with pytest.raises(NotMeasurable):
        reliability(said, true)


def test_no_bin_is_a_fault() -> None:
    with pytest.raises(ValueError, match="at least one bin"):
        reliability([0.5], [True], 0)


def split(pairs: list[tuple[float, bool]]) -> tuple[list[float], list[bool]]:
    return [said for said, _ in pairs], [true for _, true in pairs]
