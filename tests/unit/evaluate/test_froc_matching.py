"""Which mark is a hit, which is repeated, which is ignored, which is false; and which lists are refused."""

import math
from collections.abc import Sequence

import pytest

from froc_lists import Place, chest, mark, mark_on, nodule
from lianyi.evaluate import Chest, Mark, NotMeasurable, TrueNodule, Verdict, froc

HERE = nodule("a", (10.0, -20.0, 30.0), diameter_mm=10.0)


def verdicts(nodules: Sequence[TrueNodule], marks: Sequence[Mark]) -> list[str]:
    return [verdict.value for verdict in froc([chest("a"), chest("b")], nodules, marks, resamples=0).verdicts]


@pytest.mark.parametrize("off_mm", [(0.0, 0.0, 4.999), (3.0, 0.0, -3.9), (-2.8, 2.8, 2.8), (0.0, 0.0, 0.0)])
def test_a_mark_closer_than_the_radius_hits(off_mm: Place) -> None:
    assert verdicts([HERE], [mark_on(HERE, 0.5, off_mm=off_mm)]) == ["hit"]


@pytest.mark.parametrize("off_mm", [(0.0, 0.0, 5.0), (3.0, -4.0, 0.0), (-3.0, 3.0, 3.0), (0.0, 5.001, 0.0)])
def test_a_mark_on_the_surface_or_beyond_is_false(off_mm: Place) -> None:
    assert verdicts([HERE], [mark_on(HERE, 0.5, off_mm=off_mm)]) == ["false"]


def test_a_mark_at_the_same_place_of_another_chest_is_false() -> None:
    assert verdicts([HERE], [mark("b", 0.5, HERE.center_lps_mm)]) == ["false"]


def test_of_several_marks_on_a_nodule_the_most_probable_is_the_hit() -> None:
    marks = [mark_on(HERE, 0.4), mark_on(HERE, 0.8, off_mm=(4.0, 0.0, 0.0)), mark_on(HERE, 0.6)]

    measured = froc([chest("a")], [HERE], marks, resamples=0)

    assert list(measured.verdicts) == [Verdict.REPEATED, Verdict.HIT, Verdict.REPEATED]
    assert measured.at_probability(0.7).found == 1
    assert measured.at_probability(0.0).false_marks == 0


def test_of_equally_probable_marks_the_nearest_is_the_hit_whatever_their_order() -> None:
    far, near = mark_on(HERE, 0.5, off_mm=(4.0, 0.0, 0.0)), mark_on(HERE, 0.5, off_mm=(0.0, 1.0, 0.0))

    assert verdicts([HERE], [far, near]) == ["repeated", "hit"]
    assert verdicts([HERE], [near, far]) == ["hit", "repeated"]


def test_of_marks_equally_probable_and_near_it_is_always_the_same_one() -> None:
    left, right = mark_on(HERE, 0.5, off_mm=(1.0, 0.0, 0.0)), mark_on(HERE, 0.5, off_mm=(-1.0, 0.0, 0.0))

    assert verdicts([HERE], [left, right]) == ["hit", "repeated"]
    assert verdicts([HERE], [right, left]) == ["repeated", "hit"]


@pytest.mark.parametrize(
    "ignored",
    [
        nodule("a", readers=2),
        nodule("a", readers=0),
        nodule("a", diameter_mm=2.99),
        nodule("a", diameter_mm=None, readers=0),
    ],
)
def test_a_finding_of_few_readers_or_under_3_mm_neither_helps_nor_hurts(ignored: TrueNodule) -> None:
    counted = nodule("b")
    marks = [mark_on(ignored, 0.9, off_mm=(0.0, 1.0, 0.0)), mark_on(counted, 0.5)]

    with_it = froc([chest("a"), chest("b")], [counted, ignored], marks, resamples=0)
    without = froc([chest("a"), chest("b")], [counted], marks[1:], resamples=0)

    assert with_it.verdicts == (Verdict.IGNORED, Verdict.HIT)
    assert (with_it.nodules, with_it.ignored_findings, with_it.cpm) == (1, 1, without.cpm)
    assert with_it.curve.last_rate == 0.0


@pytest.mark.parametrize(("readers", "diameter_mm"), [(3, 3.0), (4, 30.0)])
def test_three_readers_and_3_mm_suffice(readers: int, diameter_mm: float) -> None:
    assert nodule("a", readers=readers, diameter_mm=diameter_mm).is_counted


def test_an_ignored_finding_that_nobody_measured_reaches_5_mm() -> None:
    unmeasured = nodule("a", diameter_mm=None, readers=0)

    on_it, beside = (
        mark_on(unmeasured, 0.9, off_mm=(0.0, 0.0, 4.99)),
        mark_on(unmeasured, 0.9, off_mm=(0.0, 0.0, 5.0)),
    )

    assert verdicts([unmeasured], [on_it, beside]) == ["ignored", "false"]


def test_a_mark_on_a_counted_nodule_and_on_an_ignored_one_is_a_hit() -> None:
    ignored = nodule("a", (12.0, -20.0, 30.0), readers=1, diameter_mm=20.0)

    for nodules in ([HERE, ignored], [ignored, HERE]):
        assert verdicts(nodules, [mark_on(HERE, 0.5)]) == ["hit"]


def test_one_mark_may_hit_two_nodules() -> None:
    neighbour = nodule("a", (16.0, -20.0, 30.0), diameter_mm=10.0)

    measured = froc([chest("a")], [HERE, neighbour], [mark_on(HERE, 0.7, off_mm=(3.0, 0.0, 0.0))], resamples=0)

    assert measured.curve.found[-1] == 2
    assert measured.verdicts == (Verdict.HIT,)


def test_a_mark_that_is_best_on_one_nodule_and_second_on_another_is_a_hit() -> None:
    neighbour = nodule("a", (16.0, -20.0, 30.0), diameter_mm=10.0)
    between, on_neighbour = mark_on(HERE, 0.5, off_mm=(3.0, 0.0, 0.0)), mark_on(neighbour, 0.9)

    assert verdicts([HERE, neighbour], [between, on_neighbour]) == ["hit", "hit"]


def test_two_false_marks_at_one_place_are_two() -> None:
    assert froc([chest("a")], [HERE], [mark("a", 0.5), mark("a", 0.5)], resamples=0).curve.last_rate == 2.0


@pytest.mark.parametrize(
    ("chests", "nodules", "marks", "sentence"),
    [
        ([], [], [], "no chest"),
        ([chest("a"), chest("a")], [], [], "listed more than once"),
        ([chest("a")], [HERE, HERE], [], "listed more than once"),
        ([chest("b")], [HERE], [], "not among the chests"),
        ([chest("b")], [], [mark("b", 0.1), mark("a", 0.5), mark("a", 0.4)], "2 of 3 marks, the first being number 2"),
        ([chest("a")], [], [mark("a", math.nan)], "between 0 and 1"),
        ([chest("a")], [], [mark("a", 1.001)], "between 0 and 1"),
        ([chest("a")], [], [mark("a", -0.001)], "between 0 and 1"),
        ([chest("a")], [], [mark("a", 0.5), mark("a", 0.5, (0.0, math.nan, 0.0))], "mark number 2"),
        ([chest("a")], [nodule("a", (0.0, 0.0, math.inf))], [], "nodule number 1"),
        ([chest("a")], [nodule("a", diameter_mm=math.nan)], [], "must be positive"),
        ([chest("a")], [nodule("a", diameter_mm=0.0, readers=1)], [], "must be positive"),
        ([chest("a")], [nodule("a", diameter_mm=None, readers=3)], [], "no diameter"),
        ([chest("a", 0.0)], [], [], "slice thickness"),
    ],
)
def test_lists_that_no_number_may_be_made_of_are_refused(
    chests: list[Chest], nodules: list[TrueNodule], marks: list[Mark], sentence: str
) -> None:
    with pytest.raises(NotMeasurable, match=sentence) as refused:
        froc(chests, nodules, marks)

    assert refused.value.zh
    assert refused.value.en in str(refused.value)


def test_a_finding_that_is_ignored_twice_changes_nothing() -> None:
    ignored = nodule("a", readers=1)

    assert verdicts([ignored, ignored], [mark_on(ignored, 0.5)]) == ["ignored"]
