"""Intervals: chests drawn anew, worked out on paper and against lists that are really drawn."""

from dataclasses import replace

import numpy as np
import pytest

from froc_lists import chest, mark, mark_on, nodule
from lianyi.evaluate import RATES, Chest, Interval, Mark, TrueNodule, froc
from lianyi.evaluate.resampling import Resampling
from lianyi.lungct.domain.uids import SeriesUID


def three_unlike_chests() -> tuple[list[Chest], list[TrueNodule], list[Mark]]:
    chests = [chest("a", 1.0), chest("b", 1.0), chest("c", 1.0), chest("healthy", 1.0)]
    nodules = [
        nodule("a", (0.0, 0.0, 9.0), diameter_mm=5.0),
        nodule("a", (50.0, 0.0, 9.0), diameter_mm=7.0),
        nodule("b", (0.0, 40.0, 9.0), diameter_mm=5.0),
        nodule("c", (0.0, 40.0, 9.0), diameter_mm=9.0),
    ]
    marks = [
        mark_on(nodules[0], 0.9),
        mark("healthy", 0.8),
        mark("b", 0.7),
        mark_on(nodules[2], 0.7),
        mark_on(nodules[1], 0.6),
        mark("a", 0.5),
        mark("healthy", 0.4),
        mark_on(nodules[3], 0.3),
    ]
    return chests, nodules, marks


def test_two_chests_of_which_one_is_missed_may_be_anything() -> None:
    found, missed = nodule("a"), nodule("b")

    measured = froc([chest("a"), chest("b")], [found, missed], [mark_on(found, 0.9)])

    # one draw in four holds only the found nodule, one in four only the missed one
    assert measured.intervals == {rate: Interval(low=0.0, high=1.0) for rate in RATES}
    assert measured.cpm_interval == Interval(low=0.0, high=1.0)


def test_where_all_is_found_no_draw_finds_less() -> None:
    nodules = [nodule("a"), nodule("b"), nodule("c")]

    measured = froc([chest(name) for name in "abc"], nodules, [mark_on(one, 0.5) for one in nodules])

    assert set(measured.intervals.values()) == {Interval(low=1.0, high=1.0)}


def test_nodules_of_a_single_chest_have_no_interval() -> None:
    nodules = [nodule("a", (0.0, 0.0, 9.0)), nodule("a", (50.0, 0.0, 9.0), diameter_mm=5.0)]

    measured = froc([chest("a"), chest("healthy")], nodules, [mark_on(nodules[0], 0.5)])

    assert measured.intervals == {}
    assert measured.cpm_interval is None
    assert [part.intervals for part in measured.by_size.values()] == [{}, {}]


def test_no_draws_give_no_intervals() -> None:
    assert froc(*three_unlike_chests(), resamples=0).intervals == {}


def test_the_interval_is_that_of_lists_really_drawn() -> None:
    chests, nodules, marks = three_unlike_chests()
    resampling = Resampling(resamples=1000, seed=5)

    measured = froc(chests, nodules, marks, resamples=1000, seed=5)

    drawn = []
    for counts in resampling.draw(4):
        copies = [
            (one.series_uid, SeriesUID(f"{one.series_uid} {copy}"))
            for one, count in zip(chests, counts, strict=True)
            for copy in range(count)
        ]
        part = froc(
            [Chest(series_uid=new) for _, new in copies],
            [replace(one, series_uid=new) for old, new in copies for one in nodules if one.series_uid == old],
            [replace(one, series_uid=new) for old, new in copies for one in marks if one.series_uid == old],
            resamples=0,
        )
        if part.nodules:
            drawn.append([*(part.sensitivity_at(rate) for rate in RATES), part.cpm])
    lows, highs = np.quantile(drawn, [0.025, 0.975], axis=0)
    assert [one.low for one in measured.intervals.values()] == pytest.approx(lows[:7], abs=1e-12)
    assert [one.high for one in measured.intervals.values()] == pytest.approx(highs[:7], abs=1e-12)
    assert measured.cpm_interval is not None
    assert (measured.cpm_interval.low, measured.cpm_interval.high) == pytest.approx((lows[7], highs[7]), abs=1e-12)
    assert len(drawn) < 1000  # some draws hold the healthy chest alone, and are left out


def test_a_size_class_has_the_interval_of_its_own_nodules() -> None:
    chests, nodules, marks = three_unlike_chests()
    small = [one for one in nodules if one.diameter_mm == 5.0]

    # Marks on the other nodules are then in the way of nothing: let them be ignored.
    others = [replace(one, readers=1) for one in nodules if one.diameter_mm != 5.0]
    alone = froc(chests, [*small, *others], marks)

    assert froc(chests, nodules, marks).by_size["3-6 mm"].intervals == alone.intervals


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    lists = three_unlike_chests()

    first, again, other = (froc(*lists, resamples=50, seed=seed).cpm_interval for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_more_confidence_gives_a_wider_interval() -> None:
    lists = three_unlike_chests()

    half, most = (froc(*lists, confidence=confidence).cpm_interval for confidence in (0.5, 0.99))

    assert half is not None
    assert most is not None
    assert most.low < half.low < half.high < most.high


@pytest.mark.parametrize(("resamples", "confidence"), [(-1, 0.95), (10, 0.0), (10, 1.0)])
def test_a_resampling_that_is_none_is_a_fault(resamples: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="resamples"):
        froc([chest("a")], [], [], resamples=resamples, confidence=confidence)
