"""The FROC against a second implementation that shares no idea with the first.

The first matches every mark once, keeps the best probability of each nodule and sorts.  This one does neither: for
each probability it throws the weaker marks away, asks every nodule whether any mark that is left lies on it and
every mark whether it lies on nothing, in exact fractions, and reads the curve from its definition in words.

Once, by hand, 382 random evaluations like those of the last test here (1 to 29 chests, ties, overlapping and
excluded findings) were also given to the LUNA16 challenge's evaluation code and to MONAI 1.6's
``compute_froc_curve_data``: at all seven rates the sensitivities differed from ours by at most 1.7e-16 and
1.1e-16.  (LUNA16's is then read at the rates themselves, not at the nearest left of 10,001 grid points as its
plot does; MONAI's leaves out the lowest probability, and is compared as far as it reaches.)
"""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from froc_lists import chest, mark, mark_on, nodule
from froc_strategies import Lists, evaluations, timeless
from lianyi.evaluate import RATES, Froc, Mark, TrueNodule, froc


def reaches(mark: Mark, finding: TrueNodule) -> bool:
    if mark.series_uid != finding.series_uid:
        return False
    square = sum(
        (Fraction(a) - Fraction(b)) ** 2 for a, b in zip(mark.center_lps_mm, finding.center_lps_mm, strict=True)
    )
    return square < (Fraction(finding.diameter_mm or 10) / 2) ** 2


def must_be_found(finding: TrueNodule) -> bool:
    return finding.readers >= 3 and (finding.diameter_mm or 0) >= 3


def counts_when_shown(lists: Lists, probability: float) -> tuple[int, int]:
    """Count false marks and found nodules when the marks of at least this probability are shown."""
    shown = [mark for mark in lists.marks if mark.probability >= probability]
    found = sum(any(reaches(mark, one) for mark in shown) for one in lists.nodules if must_be_found(one))
    false = sum(not any(reaches(mark, one) for one in lists.nodules) for mark in shown)
    return false, found


def sensitivities_by_definition(lists: Lists) -> list[float]:
    nodules = sum(map(must_be_found, lists.nodules))
    steps = [math.inf, *sorted({mark.probability for mark in lists.marks}, reverse=True)]
    points = [counts_when_shown(lists, step) for step in steps]
    return [float(_read(points, Fraction(rate) * len(lists.chests)) / nodules) for rate in RATES]


def _read(points: list[tuple[int, int]], allowed: Fraction) -> Fraction:
    """Read how many are found where so many false marks are allowed."""
    false, found = max(point for point in points if point[0] <= allowed)
    beyond = [point for point in points if point[0] > allowed]
    if not beyond:
        return Fraction(found)
    next_false, next_found = min(beyond)
    return found + (allowed - false) / (next_false - false) * (next_found - found)


def seven(measured: Froc) -> list[float]:
    return [measured.sensitivity_at(rate) for rate in RATES]


@settings(timeless, max_examples=200)
@given(evaluations())
def test_both_implementations_agree_on_lists_full_of_ties_and_overlaps(lists: Lists) -> None:
    measured = froc(lists.chests, lists.nodules, lists.marks, resamples=0)

    expected = sensitivities_by_definition(lists)

    assert seven(measured) == pytest.approx(expected, abs=1e-12)
    assert measured.cpm == pytest.approx(sum(expected) / 7, abs=1e-12)
    false, found = counts_when_shown(lists, 0.0)
    assert (measured.curve.false_marks[-1], measured.curve.found[-1]) == (false, found)


@pytest.mark.parametrize("decimals", [1, 2, 6])
def test_both_implementations_agree_on_thirty_chests(decimals: int) -> None:
    random = np.random.default_rng(decimals)
    lists = Lists(chests=[chest(f"{number}") for number in range(30)], nodules=[], marks=[])
    for one in lists.chests:
        for _ in range(random.poisson(0.8)):
            x, y, z = random.uniform(-150, 150, 3)
            lists.nodules.append(
                nodule(
                    one.series_uid,
                    (x, y, z),
                    diameter_mm=float(random.uniform(2, 20)),
                    readers=int(random.integers(1, 5)),
                )
            )
            for _ in range(random.integers(0, 3)):
                dx, dy, dz = random.normal(0, 2, 3)
                probability = round(float(random.beta(3, 2)), decimals)
                lists.marks.append(mark_on(lists.nodules[-1], probability, off_mm=(dx, dy, dz)))
        for _ in range(random.poisson(2)):
            x, y, z = random.uniform(-150, 150, 3)
            lists.marks.append(mark(one.series_uid, round(float(random.beta(1, 3)), decimals), (x, y, z)))

    measured = froc(lists.chests, lists.nodules, lists.marks, resamples=0)

    assert seven(measured) == pytest.approx(sensitivities_by_definition(lists), abs=1e-12)
    assert 0.1 < measured.cpm < 0.95
