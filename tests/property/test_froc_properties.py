"""Laws of the FROC, for lists in which marks overlap, probabilities tie and chests are empty."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from froc_lists import mark_on
from froc_strategies import Lists, evaluations, evaluations_with_each_verdict, probabilities, timeless
from lianyi.evaluate import RATES, Chest, Froc, Mark, TrueNodule, Verdict, froc
from lianyi.evaluate.resampling import BAND_RATES
from lianyi.lungct.domain.uids import SeriesUID

# Reading between two points adds and divides; nothing here differs by less than a thousandth of a nodule.
ROUNDING = 1e-12

on_counted = {Verdict.HIT, Verdict.REPEATED}


def measured(lists: Lists, **changes: Any) -> Froc:
    lists = replace(lists, **changes)
    return froc(lists.chests, lists.nodules, lists.marks, resamples=0)


def sensitivities(lists: Lists, **changes: Any) -> list[float]:
    one = measured(lists, **changes)
    return [one.sensitivity_at(rate) for rate in BAND_RATES]


def never_less(better: list[float], worse: list[float]) -> bool:
    return all(b >= w - ROUNDING for b, w in zip(better, worse, strict=True))


def everything_of(one: Froc) -> dict[str, Any]:
    parts = {"all": one, **one.by_size, **one.by_density, **{f"t {k}": v for k, v in one.by_thickness.items()}}
    return {
        name: (
            part.chests,
            part.curve.probabilities.tolist(),
            part.curve.found.tolist(),
            part.curve.false_marks.tolist(),
            part.intervals,
            part.cpm_interval,
        )
        for name, part in parts.items()
    }


@timeless
@given(evaluations(), st.randoms(use_true_random=False))
def test_the_order_of_the_lists_changes_nothing_the_intervals_included(lists: Lists, random: Any) -> None:
    shuffled = Lists(chests=lists.chests[:], nodules=lists.nodules[:], marks=lists.marks[:])
    for one in (shuffled.chests, shuffled.nodules, shuffled.marks):
        random.shuffle(one)

    first = froc(lists.chests, lists.nodules, lists.marks, resamples=20)
    second = froc(shuffled.chests, shuffled.nodules, shuffled.marks, resamples=20)

    assert everything_of(first) == everything_of(second)


@timeless
@given(evaluations(), st.randoms(use_true_random=False))
def test_each_mark_keeps_its_verdict_in_any_order(lists: Lists, random: Any) -> None:
    distinct = list(dict.fromkeys(lists.marks))
    shuffled = distinct[:]
    random.shuffle(shuffled)

    first, second = measured(lists, marks=distinct), measured(lists, marks=shuffled)

    verdict_of = dict(zip(shuffled, second.verdicts, strict=True))
    assert list(first.verdicts) == [verdict_of[mark] for mark in distinct]


@timeless
@given(evaluations())
def test_more_false_marks_allowed_never_find_less(lists: Lists) -> None:
    shares = sensitivities(lists)

    assert never_less(shares[1:], shares[:-1])
    assert all(0.0 <= share <= 1.0 for share in shares)


@timeless
@given(evaluations_with_each_verdict(), st.data())
def test_dropping_a_false_mark_never_scores_less(lists: Lists, data: st.DataObject) -> None:
    number = _one_of(lists, {Verdict.FALSE}, data)

    better = sensitivities(lists, marks=lists.marks[:number] + lists.marks[number + 1 :])

    assert never_less(better, sensitivities(lists))


@timeless
@given(evaluations_with_each_verdict(), probabilities, st.data())
def test_less_certainty_in_a_false_mark_never_scores_less(lists: Lists, other: float, data: st.DataObject) -> None:
    number = _one_of(lists, {Verdict.FALSE}, data)
    lower = min(other, lists.marks[number].probability)

    better = sensitivities(lists, marks=_with_probability(lists.marks, number, lower))

    assert never_less(better, sensitivities(lists))


@timeless
@given(evaluations_with_each_verdict(), probabilities, st.data())
def test_more_certainty_in_a_hit_never_scores_less(lists: Lists, other: float, data: st.DataObject) -> None:
    number = _one_of(lists, on_counted, data)
    higher = max(other, lists.marks[number].probability)

    better = sensitivities(lists, marks=_with_probability(lists.marks, number, higher))

    assert never_less(better, sensitivities(lists))


@timeless
@given(evaluations(), probabilities, st.data())
def test_one_hit_more_never_scores_less(lists: Lists, probability: float, data: st.DataObject) -> None:
    target = data.draw(st.sampled_from([nodule for nodule in lists.nodules if nodule.is_counted]))

    better = sensitivities(lists, marks=[*lists.marks, mark_on(target, probability)])

    assert never_less(better, sensitivities(lists))


@timeless
@given(evaluations_with_each_verdict(), probabilities, st.data())
def test_a_less_probable_mark_at_the_place_of_a_hit_changes_nothing(
    lists: Lists, other: float, data: st.DataObject
) -> None:
    number = _one_of(lists, on_counted, data)
    again = replace(lists.marks[number], probability=min(other, lists.marks[number].probability))

    first, second = measured(lists), measured(lists, marks=[again, *lists.marks])

    assert sensitivities(lists) == [second.sensitivity_at(rate) for rate in BAND_RATES]
    assert first.curve.last_rate == second.curve.last_rate


@timeless
@given(evaluations_with_each_verdict(), st.data())
def test_a_mark_on_an_ignored_finding_alone_changes_nothing(lists: Lists, data: st.DataObject) -> None:
    number = _one_of(lists, {Verdict.IGNORED}, data)

    without = measured(lists, marks=lists.marks[:number] + lists.marks[number + 1 :])

    assert sensitivities(lists) == [without.sensitivity_at(rate) for rate in BAND_RATES]
    assert measured(lists).curve.last_rate == without.curve.last_rate


@timeless
@given(evaluations())
def test_only_the_order_of_the_probabilities_matters(lists: Lists) -> None:
    squeezed = [replace(mark, probability=0.25 + mark.probability**3 / 2) for mark in lists.marks]

    assert sensitivities(lists, marks=squeezed) == sensitivities(lists)


@timeless
@given(evaluations())
def test_every_chest_twice_is_the_same_sensitivity(lists: Lists) -> None:
    def again(one: Any) -> Any:
        return replace(one, series_uid=SeriesUID(f"{one.series_uid} again"))

    chests: list[Chest] = [*lists.chests, *map(again, lists.chests)]
    nodules: list[TrueNodule] = [*lists.nodules, *map(again, lists.nodules)]
    marks: list[Mark] = [*lists.marks, *map(again, lists.marks)]

    twice = sensitivities(lists, chests=chests, nodules=nodules, marks=marks)

    assert never_less(twice, sensitivities(lists))
    assert never_less(sensitivities(lists), twice)


@timeless
@given(evaluations())
def test_the_classes_hold_every_nodule_once_and_thicknesses_every_false_mark_once(lists: Lists) -> None:
    whole = measured(lists)

    for classes in (whole.by_size, whole.by_density, whole.by_thickness):
        assert sum(part.nodules for part in classes.values()) == whole.nodules
        assert sum(part.curve.found[-1] for part in classes.values()) == whole.curve.found[-1]
    assert sum(part.chests for part in whole.by_thickness.values()) == whole.chests
    assert sum(part.curve.false_marks[-1] for part in whole.by_thickness.values()) == whole.curve.false_marks[-1]


@timeless
@given(evaluations())
def test_the_interval_holds_within_the_possible_and_low_is_below_high(lists: Lists) -> None:
    one = froc(lists.chests, lists.nodules, lists.marks, resamples=20)

    intervals = [*one.intervals.values(), *([one.cpm_interval] if one.cpm_interval else [])]

    assert all(0.0 <= interval.low <= interval.high <= 1.0 + ROUNDING for interval in intervals)
    assert list(one.intervals) in ([], list(RATES))


def _one_of(lists: Lists, wanted: set[Verdict], data: st.DataObject) -> int:
    numbers = [number for number, verdict in enumerate(measured(lists).verdicts) if verdict in wanted]
    return data.draw(st.sampled_from(numbers))


def _with_probability(marks: list[Mark], number: int, probability: float) -> list[Mark]:
    return [*marks[:number], replace(marks[number], probability=probability), *marks[number + 1 :]]
