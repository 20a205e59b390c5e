"""Laws of growth and matching: swapping turns every sign, order decides nothing, pairs are one to one."""

import math
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.lungct.compare.comparable import Conditions, why_not_times, why_not_volumes
from lianyi.lungct.compare.growth import LogRatio, changes_of, doubling_time, judge, share_of
from lianyi.lungct.compare.matching import Placed, match, reach_mm
from lianyi.lungct.compare.sizes import Sizes, sizes_of
from lianyi.lungct.domain.geometry import PatientPoint
from lianyi.lungct.domain.measurement import Measurement
from lianyi.lungct.domain.nodule import Density, Nodule
from report_outcome import FRAME, screened


@cache
def a_nodule() -> Nodule:
    return screened().nodules[0]


def placed(xyz: tuple[float, float, float], mm: float, density: Density = Density.SOLID) -> Placed:
    return Placed(
        nodule=replace(a_nodule(), mean_diameter_mm=mm, density=density),
        place=PatientPoint(x=xyz[0], y=xyz[1], z=xyz[2], frame=FRAME),
    )


def ball(mm: float, error_mm: float = 0.4, hu: float = 0.0) -> Sizes:
    volume = math.pi / 6 * mm**3
    error = 3 * error_mm / mm * volume
    return Sizes(
        mean_diameter=Measurement(value=mm, unit="mm", uncertainty=error_mm),
        volume=Measurement(value=volume, unit="mm3", uncertainty=error),
        mass=Measurement(value=volume * (1 + hu / 1000), unit="mg", uncertainty=error),
    )


DIAMETERS = st.floats(3.0, 30.0)
PLACES = st.tuples(*[st.floats(-30, 30)] * 3)
LISTS = st.lists(st.builds(placed, PLACES, DIAMETERS, st.sampled_from(Density)), max_size=6)


@given(DIAMETERS, DIAMETERS, st.integers(28, 2000), st.floats(0.1, 3.0))
def test_swapping_the_two_cts_turns_every_sign(one_mm: float, other_mm: float, days: int, error_mm: float) -> None:
    one, other = ball(one_mm, error_mm), ball(other_mm, error_mm)
    there, back = changes_of(other, one, days), changes_of(one, other, days)

    assert there.diameter.value == -back.diameter.value
    assert there.diameter.uncertainty == pytest.approx(back.diameter.uncertainty)
    assert there.volume.value == pytest.approx(-back.volume.value)
    assert (there.rules_met, there.rules_met_backwards) == (back.rules_met_backwards, back.rules_met)
    opposite = {"growing": "shrinking", "shrinking": "growing", "stable": "stable", "cannot be told": "cannot be told"}
    assert judge(there, has_volumes=True) == opposite[judge(back, has_volumes=True)]


@given(DIAMETERS, st.integers(28, 2000))
def test_an_unchanged_nodule_is_stable_and_has_no_doubling_time(mm: float, days: int) -> None:
    changes = changes_of(ball(mm), ball(mm), days)

    assert judge(changes, has_volumes=True) == "stable"
    assert share_of(changes.volume).value == 0
    assert doubling_time(changes.volume, days).days is None
    assert doubling_time(changes.volume, days).latest_days is None


def test_a_doubled_volume_doubles_in_the_days_between() -> None:
    time = doubling_time(LogRatio(value=math.log(2), uncertainty=0.2), 180)

    assert time.days == pytest.approx(180)
    assert time.earliest_days == pytest.approx(180 * math.log(2) / (math.log(2) + 0.2))
    assert time.latest_days == pytest.approx(180 * math.log(2) / (math.log(2) - 0.2))


def test_where_no_growth_lies_in_the_interval_the_latest_time_is_never() -> None:
    unsure = doubling_time(LogRatio(value=0.1, uncertainty=0.2), 180)
    shrinking = doubling_time(LogRatio(value=-0.5, uncertainty=0.2), 180)

    assert (unsure.earliest_days is not None, unsure.latest_days) == (True, None)
    assert shrinking.days is not None
    assert shrinking.days < 0
    assert (shrinking.earliest_days, shrinking.latest_days) == (None, None)


@pytest.mark.parametrize(
    ("then_mm", "now_mm", "days", "rules"),
    [
        (6.0, 7.5, 180, {"volume-25-percent", "fleischner-2017"}),  # 1.5 is not over 1.5; 7.5 rounds to 8
        (6.0, 7.4, 180, {"volume-25-percent"}),
        (6.2, 7.8, 180, {"lung-rads-2022", "fleischner-2017", "volume-25-percent"}),
        (20.0, 21.6, 180, {"lung-rads-2022", "fleischner-2017", "volume-25-percent"}),
        (20.4, 22.0, 1095, {"fleischner-2017", "volume-25-percent"}),  # 1.6 mm in three years is no 1.5 in one
        (8.0, 8.4, 180, set()),
        (8.0, 6.0, 180, set()),
    ],
)
def test_each_definition_of_growth_by_its_own_rule(then_mm: float, now_mm: float, days: int, rules: set[str]) -> None:
    assert set(changes_of(ball(now_mm), ball(then_mm), days).rules_met) == rules


def test_without_dates_lung_rads_growth_is_not_claimed() -> None:
    assert "lung-rads-2022" not in changes_of(ball(9.0), ball(6.0), None).rules_met


def test_a_change_within_the_measuring_error_is_stable_although_a_definition_is_met() -> None:
    changes = changes_of(ball(8.0, 1.6), ball(6.0, 1.6), 180)

    assert "fleischner-2017" in changes.rules_met
    assert judge(changes, has_volumes=True) == "stable"


@pytest.mark.parametrize("now_mm", [8.0, 6.0, 4.0])
def test_where_the_error_would_hide_growth_nothing_is_called_stable(now_mm: float) -> None:
    changes = changes_of(ball(now_mm, 2.0), ball(6.0, 2.0), 180)

    assert changes.diameter.uncertainty > 2.5
    assert judge(changes, has_volumes=True) == judge(changes, has_volumes=False) == "cannot be told"


def test_growth_beyond_a_large_error_is_still_growth() -> None:
    changes = changes_of(ball(16.0, 2.0), ball(6.0, 2.0), 180)

    assert judge(changes, has_volumes=False) == "growing"


def test_cts_made_alike_are_certain_enough_to_call_a_nodule_stable() -> None:
    sizes = sizes_of(a_nodule(), is_alike=True)

    assert judge(changes_of(sizes, sizes, 180), has_volumes=True) == "stable"


def test_a_volume_alone_never_makes_growth_where_volumes_are_withheld() -> None:
    changes = changes_of(ball(10.9, 0.1), ball(10.0, 0.1), 180)

    assert judge(changes, has_volumes=True) == "growing"
    assert judge(changes, has_volumes=False) == "stable"


def test_between_cts_made_alike_the_error_of_repeating_counts() -> None:
    sizes = sizes_of(a_nodule(), is_alike=True)

    assert sizes.mean_diameter.uncertainty == 1.5
    assert sizes.volume.uncertainty == pytest.approx(0.27 * sizes.volume.value)


def test_between_cts_made_differently_the_whole_error_counts() -> None:
    nodule = a_nodule()
    unsure = replace(nodule.measurements.mean_diameter, uncertainty=4.0)

    sizes = sizes_of(replace(nodule, measurements=replace(nodule.measurements, mean_diameter=unsure)), is_alike=False)

    assert sizes.mean_diameter.uncertainty == 4.0


@settings(deadline=None)
@given(LISTS, LISTS, st.randoms(use_true_random=False))
def test_matching_is_one_to_one_within_reach_and_blind_to_order(now, then, random) -> None:  # noqa: ANN001
    pairs = match(now, then)

    assert len({row for row, _ in pairs}) == len(pairs) == len({column for _, column in pairs})
    for row, column in pairs:
        assert now[row].place.distance_mm(then[column].place) <= reach_mm(now[row].nodule, then[column].nodule)
    shuffled_now, shuffled_then = random.sample(now, len(now)), random.sample(then, len(then))
    again = match(shuffled_now, shuffled_then)
    assert _distances(now, then, pairs) == pytest.approx(_distances(shuffled_now, shuffled_then, again))


def _distances(now: list[Placed], then: list[Placed], pairs: tuple[tuple[int, int], ...]) -> list[float]:
    return sorted(now[row].place.distance_mm(then[column].place) for row, column in pairs)


def test_of_two_near_nodules_each_finds_its_own() -> None:
    now = [placed((0, 0, 0), 6.0), placed((7, 0, 0), 12.0)]
    then = [placed((6, 0, 0), 11.0), placed((1, 0, 0), 6.0)]

    assert set(match(now, then)) == {(0, 1), (1, 0)}


def test_a_nodule_far_away_is_no_partner() -> None:
    assert match([placed((0, 0, 0), 6.0)], [placed((0, 0, 12.0), 6.0)]) == ()


PLAIN = Conditions(slice_thickness_mm=1.0, kernel="STANDARD", contrast="unknown", lungs_ml=4000.0)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"slice_thickness_mm": 5.0}, "differ (then 5 mm, now 1 mm)"),
        ({"slice_thickness_mm": 1.25}, "differ"),
        ({"slice_thickness_mm": None}, "not given"),
        ({"kernel": "BONE"}, "kernels differ"),
        ({"kernel": "Q9"}, "kernels differ"),
        ({"kernel": ""}, "kernel is not given"),
        ({"contrast": "yes"}, "contrast medium in one"),
        ({"lungs_ml": 3100.0}, "depth of breath"),
    ],
)
def test_what_makes_volumes_incomparable_is_said(changes: dict[str, object], word: str) -> None:
    (reason,) = why_not_volumes(PLAIN, replace(PLAIN, **changes))  # type: ignore[arg-type]

    assert word in reason.en
    assert reason.zh


def test_two_thick_cts_are_refused_though_alike() -> None:
    thick = replace(PLAIN, slice_thickness_mm=5.0)

    (reason,) = why_not_volumes(thick, thick)

    assert "exceed 2.5 mm" in reason.en


@pytest.mark.parametrize("then", [{}, {"kernel": "B30f"}, {"lungs_ml": 3300.0}, {"contrast": "no"}])
def test_alike_cts_may_be_compared(then: dict[str, object]) -> None:
    assert why_not_volumes(PLAIN, replace(PLAIN, **then)) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(("days", "is_given"), [(None, False), (0, False), (27, False), (28, True)])
def test_a_doubling_time_needs_dates_and_weeks(days: int | None, is_given: bool) -> None:  # noqa: FBT001
    assert (why_not_times(days) == ()) is is_given


@pytest.mark.parametrize(
    ("now", "then", "is_alike"),
    [
        ("STANDARD", "B30f", True),
        ("LUNG", "Bl57", True),
        ("Br49", "Bl57", False),
        ("LUNG", "B80f", False),  # sharp, and sharper still
        ("FC30", "FC08", False),  # Canon's bone kernel and one of its body kernels
        ("Q9", "q9 ", True),
        ("Q9", "Q8", False),  # nobody knows either
        ("Q9", "STANDARD", False),
    ],
)
def test_kernels_are_alike_by_how_sharp_they_are(now: str, then: str, is_alike: bool) -> None:  # noqa: FBT001
    for one, other in ((now, then), (then, now)):
        why = why_not_volumes(replace(PLAIN, kernel=one), replace(PLAIN, kernel=other))
        assert (why == ()) is is_alike
