"""The FROC of lists small enough to be worked out on paper; all seven rates are written down."""

import math

import pytest

from froc_lists import chest, mark, mark_on, nodule
from lianyi.evaluate import RATES, Froc, Mark, TrueNodule, froc
from lianyi.lungct.domain.nodule import Density

# Four chests, the last without nodule or mark; so 1/8 ... 8 a chest are 0.5, 1, 2, 4, 8, 16, 32 false marks.
FOUR_CHESTS = [chest("a"), chest("b"), chest("c"), chest("d")]
IN_A = nodule("a", (0.0, 1.0, 2.0), diameter_mm=10.0)
IN_B = nodule("b", (5.0, -3.0, 80.0), diameter_mm=6.0)
ALSO_IN_B = nodule("b", (-60.0, 12.0, 7.0), diameter_mm=4.0)
IN_C = nodule("c", (1.0, 1.0, -200.0), diameter_mm=20.0)


def seven(measured: Froc) -> list[float]:
    return [measured.sensitivity_at(rate) for rate in RATES]


def of_four_chests(marks: list[Mark], nodules: list[TrueNodule] | None = None) -> Froc:
    nodules = [IN_A, IN_B, ALSO_IN_B, IN_C] if nodules is None else nodules
    return froc(FOUR_CHESTS, nodules, marks, resamples=0)


def test_hits_and_false_marks_in_turn() -> None:
    marks = [
        mark_on(IN_A, 0.95),
        mark("a", 0.90),
        mark_on(IN_B, 0.80),
        mark("b", 0.70),
        mark("c", 0.60),
        mark_on(ALSO_IN_B, 0.50),
        mark("c", 0.40),
        mark("a", 0.35),
        mark_on(IN_C, 0.30),
    ]

    measured = of_four_chests(marks)

    # found after 0, 1, 2, 3, 4, 5 false marks: 1, 2, 2, 3, 3, 4
    assert seven(measured) == [1 / 4, 2 / 4, 2 / 4, 3 / 4, 1.0, 1.0, 1.0]
    assert measured.cpm == pytest.approx(5 / 7)
    assert measured.curve.found.tolist() == [0, 1, 1, 2, 2, 2, 3, 3, 3, 4]
    assert measured.curve.false_marks.tolist() == [0, 0, 1, 1, 2, 3, 3, 4, 5, 5]
    assert measured.curve.last_rate == 5 / 4


def test_where_hits_and_false_marks_share_a_probability_the_curve_slants() -> None:
    marks = [
        mark_on(IN_A, 0.9),
        *(mark(name, 0.5) for name in "abcd"),
        mark_on(IN_B, 0.5),
        mark_on(ALSO_IN_B, 0.5),
        mark("a", 0.2),
    ]

    measured = of_four_chests(marks)

    # from (0 false, 1 found) straight to (4 false, 3 found), then level to (5, 3); nodule IN_C is missed
    assert seven(measured) == [1.25 / 4, 1.5 / 4, 2 / 4, 3 / 4, 3 / 4, 3 / 4, 3 / 4]
    assert measured.curve.found_at(0.125) == 1.25


def test_at_exactly_its_rate_an_upright_piece_is_read_at_its_top() -> None:
    marks = [mark("a", 0.9), mark("b", 0.8), mark_on(IN_A, 0.7), mark_on(IN_B, 0.6), mark("c", 0.5)]

    measured = of_four_chests(marks)

    # nothing before 2 false marks (1/2 a chest), two nodules at exactly 2
    assert seven(measured) == [0.0, 0.0, 0.5, 0.5, 0.5, 0.5, 0.5]


def test_a_list_that_ends_early_goes_on_level() -> None:
    measured = of_four_chests([mark_on(IN_A, 0.9), mark("b", 0.8), mark_on(IN_C, 0.7)])

    assert seven(measured) == [0.25, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    assert measured.curve.last_rate == 0.25


def test_without_false_marks_every_rate_sees_every_hit() -> None:
    measured = of_four_chests([mark_on(IN_A, 0.9), mark_on(IN_C, 0.1)])

    assert seven(measured) == [0.5] * 7
    assert measured.cpm == 0.5


def test_without_marks_nothing_is_found() -> None:
    measured = of_four_chests([])

    assert seven(measured) == [0.0] * 7
    assert measured.curve.last_rate == 0.0


def test_without_nodules_there_is_no_sensitivity_but_false_marks_are_counted() -> None:
    measured = of_four_chests([mark("a", 0.9), mark("b", 0.4)], nodules=[])

    at = measured.at_probability(0.5)
    assert all(math.isnan(share) for share in [*seven(measured), measured.cpm, at.sensitivity])
    assert (at.false_marks, at.false_marks_per_chest) == (1, 0.25)


def test_a_chest_without_nodules_or_marks_lowers_the_false_marks_a_chest() -> None:
    marks = [mark("a", 0.9), mark_on(IN_A, 0.8)]

    alone = froc([chest("a")], [IN_A], marks, resamples=0)
    of_eight = froc([chest("a"), *(chest(f"healthy {n}") for n in range(7))], [IN_A], marks, resamples=0)

    assert seven(alone) == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]
    assert seven(of_eight) == [1.0] * 7


def test_a_probability_tells_what_is_found_and_what_it_costs() -> None:
    marks = [mark_on(IN_A, 0.9), mark("b", 0.5), mark_on(IN_B, 0.5), mark("c", 0.2)]

    measured = of_four_chests(marks)

    at = measured.at_probability(0.5)
    assert (at.found, at.nodules, at.false_marks, at.chests) == (2, 4, 1, 4)
    assert (at.sensitivity, at.false_marks_per_chest) == (0.5, 0.25)
    above = measured.at_probability(math.nextafter(0.5, 1))
    assert (above.found, above.false_marks) == (1, 0)
    assert measured.at_probability(1.0).found == 0
    assert measured.at_probability(0.0).false_marks == 2


def test_the_probability_for_a_rate_is_the_lowest_that_keeps_to_it() -> None:
    marks = [mark_on(IN_A, 0.9), mark("b", 0.5), mark_on(IN_B, 0.4), mark("c", 0.2), mark("c", 0.2)]

    curve = of_four_chests(marks).curve

    assert curve.probability_at(0.125) == 0.9
    assert curve.probability_at(0.25) == 0.4
    assert curve.probability_at(0.5) == 0.4  # at 0.2 two more appear together: three, which is 3/4 a chest
    assert curve.probability_at(0.75) == 0.2
    assert of_four_chests([mark("a", 0.9)] * 2).curve.probability_at(0.25) == math.inf


def test_sizes_share_the_false_marks_of_all_chests() -> None:
    marks = [mark_on(ALSO_IN_B, 0.9), mark("d", 0.8), mark_on(IN_B, 0.7), mark_on(IN_C, 0.6), mark("d", 0.5)]

    measured = of_four_chests(marks)

    # 4 mm, 6 mm (the lower bound belongs to the class), 10 mm missed, 20 mm
    assert {name: (part.nodules, part.chests) for name, part in measured.by_size.items()} == {
        "3-6 mm": (1, 4),
        "6-8 mm": (1, 4),
        "8-15 mm": (1, 4),
        "15 mm+": (1, 4),
    }
    assert [part.sensitivity_at(0.125) for part in measured.by_size.values()] == [1.0, 0.0, 0.0, 0.0]
    assert [part.sensitivity_at(0.25) for part in measured.by_size.values()] == [1.0, 1.0, 0.0, 1.0]
    assert {part.curve.last_rate for part in measured.by_size.values()} == {0.5}


@pytest.mark.parametrize(
    ("diameter_mm", "name"),
    [(3.0, "3-6 mm"), (5.999, "3-6 mm"), (6.0, "6-8 mm"), (8.0, "8-15 mm"), (14.999, "8-15 mm"), (15.0, "15 mm+")],
)
def test_a_lower_bound_belongs_to_its_size_class(diameter_mm: float, name: str) -> None:
    measured = froc([chest("a")], [nodule("a", diameter_mm=diameter_mm)], [], resamples=0)

    assert list(measured.by_size) == [name]


def test_densities_are_told_apart_and_unknown_is_one_of_them() -> None:
    solid = nodule("a", (0.0, 0.0, 9.0), density=Density.SOLID)
    ground_glass = nodule("a", (50.0, 0.0, 9.0), density=Density.GROUND_GLASS)
    undescribed = nodule("b", (0.0, 50.0, 9.0))
    marks = [mark_on(solid, 0.9), mark("b", 0.8), mark_on(undescribed, 0.7)]

    measured = froc([chest("a"), chest("b")], [undescribed, solid, ground_glass], marks, resamples=0)

    assert [(name, part.nodules, part.cpm) for name, part in measured.by_density.items()] == [
        ("ground-glass", 1, 0.0),
        ("solid", 1, 1.0),
        ("unknown", 1, pytest.approx(5 / 7)),
    ]


def test_each_slice_thickness_is_measured_on_its_own_chests() -> None:
    chests = [chest("thin", 1.5), chest("middle", 2.5), chest("thick", 2.51), chest("healthy", 3.0), chest("untold")]
    thin, middle, thick = nodule("thin"), nodule("middle"), nodule("thick")
    marks = [
        *(mark("middle", 0.9) for _ in range(4)),
        mark_on(thin, 0.8),
        mark_on(middle, 0.7),
        mark("thick", 0.6),
        mark_on(thick, 0.5),
    ]

    measured = froc(chests, [thin, middle, thick], marks, resamples=0)

    parts = measured.by_thickness
    assert {name: (part.chests, part.nodules, part.curve.last_rate) for name, part in parts.items()} == {
        "<=1.5 mm": (1, 1, 0.0),
        "1.5-2.5 mm": (1, 1, 4.0),
        ">2.5 mm": (2, 1, 0.5),
        "unknown": (1, 0, 0.0),
    }
    assert [parts["<=1.5 mm"].sensitivity_at(rate) for rate in RATES] == [1.0] * 7
    assert [parts["1.5-2.5 mm"].sensitivity_at(rate) for rate in RATES] == [0.0] * 5 + [1.0] * 2
    assert [parts[">2.5 mm"].sensitivity_at(rate) for rate in RATES] == [0.0] * 2 + [1.0] * 5
    assert math.isnan(parts["unknown"].cpm)
