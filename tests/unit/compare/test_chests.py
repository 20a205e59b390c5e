"""Two phantom chests laid on each other: places carry over, what grew grew, what was not seen is not called new."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from lianyi.lungct.compare.again import elongation
from lianyi.lungct.compare.registration import register
from lianyi.lungct.domain.errors import CautionCode, Refusal, RefusalCode
from lianyi.lungct.domain.geometry import FrameMismatch
from lianyi.lungct.domain.growth import Compared
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.priors import compare_with_prior, with_prior
from lianyi.phantom import PlantedNodule
from report_outcome import refused
from then_and_now import CENTERS, DAYS, NOW, THEN, chest_of, screened

pytestmark = pytest.mark.slow

SMALL = {"matrix": (200, 236), "pixel_spacing_mm": (1.7, 1.6), "slice_step_mm": 2.5, "noise_hu": 10.0}
MOVED = {"turn_deg": 5.0, "shift_mm": (14.0, -9.0, 30.0), "scale": 1.03}


def small(diameters_mm: tuple[float | None, ...], acquired: datetime, **more: object) -> Screened:
    motion = {key: more.pop(key) for key in ("turn_deg", "shift_mm", "scale", "unmarked") if key in more}
    return screened(chest_of(diameters_mm, **{**SMALL, **more}), acquired, **motion)  # type: ignore[arg-type]


def then() -> Screened:
    return small((9.0, 10.0, None, 12.0), THEN, **MOVED)


def now() -> Screened:
    return small((13.0, 10.0, 9.0, None), NOW, noise_hu=11.0)


@pytest.fixture(scope="module")
def compared() -> Compared:
    return compare_with_prior(now(), then(), is_same_patient=False)


def test_places_carry_over_both_ways() -> None:
    registration = register(now(), then())

    for here, there in ((0, 0), (1, 1)):
        carried = registration.current_from_prior(then().nodules[there].center)
        assert carried.distance_mm(now().nodules[here].center) < 1.5
        back = registration.prior_from_current(carried)
        assert back.distance_mm(then().nodules[there].center) < 0.05
    assert registration.residual_mm < 1.5
    with pytest.raises(FrameMismatch):
        registration.current_from_prior(now().nodules[0].center)


def test_the_same_pair_registers_the_same_way_every_time() -> None:
    places = [register(now(), then()).current_from_prior(then().nodules[0].center).xyz for _ in range(2)]

    np.testing.assert_array_equal(*places)


def test_a_nodule_that_grew_by_much_is_growing(compared: Compared) -> None:
    growth = compared.growth[1]

    assert growth.change == "growing"
    assert growth.prior is not None
    assert growth.prior.center == then().nodules[0].center
    assert growth.days == compared.days == DAYS
    assert growth.mean_diameter_change is not None
    assert growth.mean_diameter_change.value == pytest.approx(13.0 - 9.0 * 1.03, abs=0.7)


def test_an_unchanged_nodule_is_stable(compared: Compared) -> None:
    assert compared.growth[2].change == "stable"


def test_a_nodule_where_the_prior_shows_plain_lung_is_new(compared: Compared) -> None:
    assert compared.growth[3].change == "new"
    assert compared.growth[3].status == "new"
    assert compared.growth[3].prior_place is not None


def test_a_nodule_of_which_nothing_is_left_is_gone(compared: Compared) -> None:
    assert [nodule.id for nodule in compared.gone] == [3]
    assert compared.unmarked[0].growth.change == "gone"


def test_a_nodule_below_the_operating_point_then_is_not_called_new() -> None:
    prior = small((9.0, 10.0, None, 12.0), THEN, unmarked=(0,), **MOVED)

    growth = compare_with_prior(now(), prior, is_same_patient=False).growth[1]

    assert growth.change == "growing"
    assert growth.prior_was_marked is False
    assert growth.prior is not None
    assert growth.prior.mean_diameter_mm == pytest.approx(9.0 * 1.03, abs=1.0)  # pixels of 1.7 mm
    assert "looking again" in growth.reasons[0].en


def test_a_nodule_below_the_operating_point_now_is_not_called_gone() -> None:
    current = small((13.0, 10.0, 9.0, None), NOW, noise_hu=11.0, unmarked=(0,))

    (followed, _) = compare_with_prior(current, then(), is_same_patient=False).unmarked

    assert followed.growth.change == "growing"
    assert followed.current is not None


def test_a_place_that_the_prior_never_covered_is_not_called_new() -> None:
    apex = (*chest_of((9.0, 10.0, None, None)).planted, PlantedNodule(center_lps_mm=APEX, diameter_mm=6.0))  # type: ignore[misc]
    prior = small((9.0, 10.0, None, None), THEN, apex_cut_share=0.1)
    current = small((None,) * 4, NOW, planted=apex)

    growth = compare_with_prior(current, prior, is_same_patient=False).growth[3]

    assert growth.change == "cannot be told"
    assert growth.status is None
    assert growth.reasons


def test_a_thick_prior_gives_diameters_and_no_volumes() -> None:
    prior = small((9.0, 10.0, None, 12.0), THEN, slice_step_mm=5.0)

    compared = compare_with_prior(now(), prior, is_same_patient=False)

    growth = compared.growth[1]
    assert "differ (then 5 mm, now 2.5 mm)" in compared.not_compared[0].en
    assert growth.not_compared == compared.not_compared
    assert growth.mean_diameter_change is not None
    assert (growth.volume_change, growth.volume_doubling, growth.mass_doubling) == (None, None, None)


def test_swapped_cts_and_one_study_twice_are_refused() -> None:
    for current, prior in ((then(), now()), (now(), now())):
        with pytest.raises(Refusal) as refusal:
            compare_with_prior(current, prior, is_same_patient=False)
        assert refusal.value.code is RefusalCode.NO_PRIOR


def test_another_patient_is_refused_unless_vouched_for() -> None:
    other = _renamed(then(), "P2")

    with pytest.raises(Refusal) as refusal:
        compare_with_prior(now(), other, is_same_patient=False)
    assert refusal.value.code is RefusalCode.OTHER_PATIENT
    assert "--same-patient" in compare_with_prior(now(), other, is_same_patient=True).cautions[0].en


def test_a_screening_stands_without_a_comparison_and_says_why() -> None:
    swapped = with_prior(then(), now(), is_same_patient=False)
    unread = with_prior(now(), refused(), is_same_patient=False)

    for outcome, code in ((swapped, "R25"), (unread, "R03")):
        assert outcome.compared is None
        assert outcome.cautions[-1].code is CautionCode.PRIOR_NOT_COMPARED
        assert code in outcome.cautions[-1].en


def test_a_vouched_for_patient_is_told_as_a_caution() -> None:
    outcome = with_prior(now(), _renamed(then(), ""), is_same_patient=True)

    assert outcome.compared is not None
    assert outcome.cautions[-1].code is CautionCode.PRIOR_CAUTION


def test_planted_balls_are_compact() -> None:
    assert all(elongation(nodule.mask) < 1.5 for nodule in (*now().nodules, *then().nodules))


PAIRS = (
    ((8.0, 10.0, 12.0, 6.0), (10.0, 10.0, 11.0, 8.0), 11),
    ((6.0, 9.0, 14.0, 10.0), (8.5, 10.0, 14.0, 13.0), 21),
    ((7.0, 12.0, 8.0, 16.0), (7.0, 15.0, 10.0, 14.0), 31),
)


@pytest.mark.parametrize(("then_mm", "now_mm", "seed"), PAIRS)
def test_the_true_doubling_time_lies_in_its_interval(
    then_mm: tuple[float, ...], now_mm: tuple[float, ...], seed: int
) -> None:
    prior = screened(chest_of(then_mm, seed=seed), THEN, turn_deg=-4.0, shift_mm=(-12.0, 8.0, 21.0))
    current = screened(chest_of(now_mm, seed=seed, margin_mm=20.0), NOW)

    compared = compare_with_prior(current, prior, is_same_patient=False)

    assert compared.not_compared == ()
    for number, (old_mm, new_mm) in enumerate(zip(then_mm, now_mm, strict=True), start=1):
        growth = compared.growth[number]
        assert growth.prior is prior.nodules[number - 1]
        time = growth.volume_doubling
        assert time is not None
        true_rate = 3 * np.log2(new_mm / old_mm) / DAYS
        fastest = np.inf if time.earliest_days is None else 1 / time.earliest_days
        slowest = -np.inf if time.latest_days is None else 1 / time.latest_days
        if time.earliest_days is None:
            fastest = 0.0
        assert slowest <= true_rate <= fastest, (old_mm, new_mm, time)


def test_a_chest_seen_again_with_other_noise_has_not_grown() -> None:
    sizes = (6.0, 9.0, 12.0, 15.0)
    prior = screened(chest_of(sizes), THEN)
    current = screened(chest_of(sizes, margin_mm=20.0), NOW)

    compared = compare_with_prior(current, prior, is_same_patient=False)

    assert compared.registration_mm < 0.8
    for growth in compared.growth.values():
        assert growth.change == "stable"
        assert growth.mean_diameter_change is not None
        assert abs(growth.mean_diameter_change.value) < 0.5
        assert growth.volume_change is not None
        assert abs(growth.volume_change.value) < 0.1


def test_swapping_the_dates_inverts_every_change() -> None:
    small_mm, large_mm = (8.0, 10.0, 12.0, 6.0), (11.0, 10.0, 10.0, 9.0)
    early, late = screened(chest_of(small_mm), THEN), screened(chest_of(large_mm, margin_mm=20.0), NOW)
    later = screened(chest_of(small_mm), NOW + timedelta(days=DAYS))

    there = compare_with_prior(late, early, is_same_patient=False)
    back = compare_with_prior(later, late, is_same_patient=False)

    for number in range(1, len(CENTERS) + 1):
        one, other = there.growth[number].mean_diameter_change, back.growth[number].mean_diameter_change
        assert one is not None
        assert other is not None
        assert one.value == pytest.approx(-other.value, abs=1e-9)


def _renamed(chest: Screened, patient_id: str) -> Screened:
    series = replace(chest.series, patient=replace(chest.series.patient, id=patient_id))
    return replace(chest, series=series)


APEX = (-34.0, 20.0, 122.0)
