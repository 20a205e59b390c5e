"""Where the line from ground-glass to solid is cut, and how often the class is then the readers'."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lianyi.lungct.detect.learned.densities import IN_ORDER, Cuts, Shares, class_of

Counts = npt.NDArray[np.int64]

_STEPS = np.round(np.arange(0.05, 2.0, 0.05), 2)


def confusion(truths: Sequence[int], shares: Sequence[Shares], cuts: Cuts) -> Counts:
    """Count readers' classes (rows) against ours (columns)."""
    table = np.zeros((3, 3), dtype=np.int64)
    for truth, one in zip(truths, shares, strict=True):
        table[truth, IN_ORDER.index(class_of(one, cuts))] += 1
    return table


def balanced_accuracy(table: Counts) -> float:
    """Give the mean share that was told rightly, over the classes that occur."""
    totals = table.sum(axis=1)
    return float(np.mean([table[row, row] / totals[row] for row in range(3) if totals[row]]))


def choose_cuts(truths: Sequence[int], shares: Sequence[Shares]) -> Cuts:
    """Choose the cuts of the best balanced accuracy; of equally good ones, the middle of the plateau."""
    pairs = [(float(a), float(b)) for a in _STEPS for b in _STEPS if a < b]
    reached = np.array([balanced_accuracy(confusion(truths, shares, pair)) for pair in pairs])
    best = [pair for pair, one in zip(pairs, reached, strict=True) if one >= reached.max() - 1e-9]
    middle = np.mean(best, axis=0)
    first, second = min(best, key=lambda pair: float(np.hypot(pair[0] - middle[0], pair[1] - middle[1])))
    return first, second
