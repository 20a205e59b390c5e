"""Where the line from ground-glass to solid is cut."""

from __future__ import annotations

import numpy as np
import pytest
from lianyi_train.densities import balanced_accuracy, choose_cuts, confusion

from lianyi.lungct.detect.learned.densities import Shares

GLASS, PART, SOLID = 0, 1, 2


def at(place: float) -> Shares:
    """Shares whose place on the line from 0 to 2 is given."""
    return (1.0 - place / 2.0, 0.0, place / 2.0)


def test_readers_stand_in_rows_and_ours_in_columns() -> None:
    table = confusion([GLASS, GLASS, PART, SOLID], [at(0.2), at(1.0), at(1.9), at(1.9)], (0.5, 1.5))

    assert table.tolist() == [[1, 1, 0], [0, 0, 1], [0, 0, 1]]


def test_every_class_counts_alike_however_rare() -> None:
    table = np.array([[1, 1, 0], [0, 0, 0], [0, 20, 80]])

    assert balanced_accuracy(table) == pytest.approx((0.5 + 0.8) / 2)


def test_the_cuts_lie_amid_the_gaps_between_classes() -> None:
    truths = [GLASS, GLASS, PART, PART, SOLID, SOLID]

    first, second = choose_cuts(truths, [at(n) for n in (0.1, 0.3, 0.7, 0.9, 1.5, 1.9)])

    assert first == pytest.approx(0.5, abs=0.06)
    assert second == pytest.approx(1.2, abs=0.06)


def test_the_best_cuts_cost_the_fewest_of_each_class() -> None:
    truths = [GLASS] * 3 + [PART] * 3 + [SOLID] * 3
    shares = [at(n) for n in (0.1, 0.2, 1.1, 0.8, 0.9, 1.0, 1.4, 1.6, 1.8)]

    cuts = choose_cuts(truths, shares)

    assert balanced_accuracy(confusion(truths, shares, cuts)) == pytest.approx(8 / 9)
