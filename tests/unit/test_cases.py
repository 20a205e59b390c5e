"""From measured marks to a case: what is known passes through, what is not stays None."""

from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest

from lianyi.lungct.cases import case_of, context_of
from lianyi.lungct.domain.case import NoduleFacts
from lianyi.lungct.domain.context import Context
from lianyi.lungct.domain.errors import Caution
from lianyi.lungct.domain.measurement import Measurements
from lianyi.lungct.domain.outcome import NotAnalysed, OperatingPoint, Screened
from report_outcome import comparison, located, measured, quantity, screened, told, twenty

TOLD_BY_PLAIN_MARKS = {
    "id", "density", "mean_diameter_mm", "long_axis_mm", "short_axis_mm", "volume_mm3",
}  # fmt: skip
NEVER_TOLD_BY_IMAGES = {
    "solid_core_status", "prior_category", "margin", "shape", "juxtapleural", "airway", "cystic", "cyst_change",
    "suspicious_features", "proven_benign", "model_probability",
}  # fmt: skip


def facts_of(outcome: Screened, context: Context | None = None) -> NoduleFacts:
    """The first nodule as a guideline sees it."""
    return case_of(outcome, context_of(context or Context(), outcome)).nodules[0]


def with_first(outcome: Screened, **changes: Any) -> Screened:
    first, *others = outcome.nodules
    return replace(outcome, nodules=(replace(first, **changes), *others))


def test_a_mark_without_measurements_place_or_prior_tells_its_size_and_density_and_nothing_else() -> None:
    facts = facts_of(screened())

    told_of = {one.name for one in fields(facts) if getattr(facts, one.name) is not None}
    assert told_of == TOLD_BY_PLAIN_MARKS


def test_what_only_a_doctor_can_tell_stays_unknown_however_much_was_measured() -> None:
    facts = facts_of(told(compared=True))

    assert {name for name in NEVER_TOLD_BY_IMAGES if getattr(facts, name) is not None} == set()


def test_sizes_pass_unrounded_as_findings_hold_them() -> None:
    outcome = screened()
    nodule = outcome.nodules[0]

    facts = facts_of(outcome)

    assert (facts.mean_diameter_mm, facts.long_axis_mm, facts.short_axis_mm, facts.volume_mm3) == (
        nodule.mean_diameter_mm,
        nodule.long_axis_mm,
        nodule.short_axis_mm,
        nodule.volume_mm3,
    )


def test_touching_the_pleura_is_not_juxtapleural() -> None:
    location = replace(located("left lower"), is_at_pleura=True, pleural_distance_mm=0.0)

    assert facts_of(with_first(screened(), location=location, pleural_distance_mm=0.0)).juxtapleural is None


@pytest.mark.parametrize(("lobe_probability", "lobe"), [(0.95, "left upper"), (0.8, "left upper"), (0.79, None)])
def test_a_lobe_that_is_not_sure_is_not_known(lobe_probability: float, lobe: str | None) -> None:
    facts = facts_of(with_first(screened(), location=located("left upper", lobe_probability=lobe_probability)))

    assert facts.lobe == lobe
    assert facts.lingula is (None if lobe is None else False)


@pytest.mark.parametrize(
    ("score", "uncertainty", "spiculated"),
    [(0.9, 0.2, True), (0.1, 0.2, False), (0.6, 0.2, None), (0.4, 0.2, None), (0.5, 0.0, None)],
)
def test_spiculation_is_said_only_where_the_whole_interval_says_it(
    score: float, uncertainty: float, spiculated: Any
) -> None:
    plain = screened()
    every = measured(plain.nodules[0])
    assert every.surface is not None
    surface = replace(every.surface, spiculation=quantity(score, "1", uncertainty))

    assert facts_of(with_first(plain, measurements=replace(every, surface=surface))).spiculated is spiculated


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"surface": None}, "spiculated", None),
        ({"calcification_pattern": None}, "calcification_pattern", None),
        ({"calcification_pattern": "popcorn"}, "calcification_pattern", "popcorn"),
        ({"fat": None}, "fat", None),
        ({"fat": True}, "fat", True),
        ({"solid_core": None}, "solid_core_mean_diameter_mm", None),
    ],
)
def test_what_could_not_be_told_of_a_nodule_stays_unknown(changes: dict[str, Any], field: str, value: object) -> None:
    plain = screened()
    measurements: Measurements = replace(measured(plain.nodules[0]), **changes)

    assert getattr(facts_of(with_first(plain, measurements=measurements)), field) == value


def test_the_solid_core_is_judged_by_its_mean_diameter() -> None:
    plain = screened()

    facts = facts_of(with_first(plain, measurements=measured(plain.nodules[0], core_mm=6.3)))

    assert facts.solid_core_mean_diameter_mm == 6.3


@pytest.mark.parametrize(("has_prior", "status"), [(False, "baseline"), (True, None), (None, None)])
def test_baseline_is_said_only_where_somebody_knows_that_there_is_no_prior(has_prior: Any, status: str | None) -> None:
    assert facts_of(screened(), Context(has_prior=has_prior)).status == status


def test_growth_gives_the_prior_diameter_and_leaves_the_verdict_to_each_guideline() -> None:
    outcome = told(compared=True)
    case = case_of(outcome, context_of(Context(), outcome))

    grown, *_, new = case.nodules

    assert grown.prior_mean_diameter_mm == pytest.approx(outcome.nodules[0].mean_diameter_mm - 3.6)
    assert grown.status is None
    assert (new.status, new.prior_mean_diameter_mm) == ("new", None)


@pytest.mark.parametrize("changes", [{"prior_was_marked": False}, {"change": "cannot be told"}])
def test_a_prior_that_may_be_another_thing_gives_no_diameter_to_judge_by(changes: dict[str, Any]) -> None:
    outcome = told(compared=True)
    assert outcome.compared is not None
    first = outcome.nodules[0].id
    doubted = {**outcome.compared.growth, first: replace(outcome.compared.growth[first], **changes)}

    facts = facts_of(replace(outcome, compared=replace(outcome.compared, growth=doubted)))

    assert (facts.status, facts.prior_mean_diameter_mm) == (None, None)


@pytest.mark.parametrize(("placed", "known"), [(True, None), (False, False), (None, None)])
def test_the_form_of_a_lymph_node_spares_no_follow_up_before_a_doctor_saw_it(
    placed: bool | None,  # noqa: FBT001 -- parametrized
    known: bool | None,  # noqa: FBT001 -- parametrized
) -> None:
    outcome = told()
    location = outcome.nodules[0].location
    assert location is not None

    facts = facts_of(with_first(outcome, location=replace(location, perifissural=placed)))

    assert facts.perifissural is known


@pytest.mark.parametrize(
    ("run", "ids"),
    [
        (OperatingPoint(name="balanced", probability=0.7, max_marks=20), list(range(1, 13))),
        (OperatingPoint(name="balanced", probability=0.7, max_marks=5), [1, 2, 3, 4, 5]),
        (OperatingPoint(name="balanced", probability=0.0, max_marks=20), list(range(1, 21))),
    ],
)
def test_only_marks_of_the_balanced_point_count_as_nodules(run: OperatingPoint, ids: list[int]) -> None:
    outcome = replace(screened(twenty()), counted_at=run)

    case = case_of(outcome, Context())

    assert [nodule.id for nodule in case.nodules] == ids
    assert case.nodule_count == len(ids)
    assert not case.is_reviewed


def test_contrast_and_thickness_come_from_the_series() -> None:
    case = case_of(screened(), Context())

    assert (case.contrast, case.slice_thickness_mm) == ("yes", 4.0)


def test_the_header_gives_age_sex_and_date_and_nothing_more() -> None:
    known = context_of(Context(), screened())

    assert {one.name: getattr(known, one.name) for one in fields(known) if getattr(known, one.name) is not None} == {
        "age_years": 63,
        "sex": "M",
        "study_date": date(2099, 3, 10),
    }


def test_what_was_given_of_the_patient_stands_before_the_header() -> None:
    given = Context(age_years=70.0, sex="F", study_date=date(2099, 3, 11))

    assert context_of(given, screened()) == given


@pytest.mark.parametrize("sex", ["", "O"])
def test_a_sex_that_no_model_knows_is_not_known(sex: str) -> None:
    outcome = screened()
    patient = replace(outcome.series.patient, sex=sex, age_years=None)
    outcome = replace(outcome, series=replace(outcome.series, patient=patient))

    known = context_of(Context(), outcome)

    assert known.sex is None
    assert known.age_years is None


def test_an_age_that_nobody_reaches_is_not_known() -> None:
    outcome = screened()
    patient = replace(outcome.series.patient, age_years=999)

    known = context_of(Context(), replace(outcome, series=replace(outcome.series, patient=patient)))

    assert known.age_years is None


def test_lungs_that_were_not_all_seen_are_not_all_evaluable() -> None:
    apex = NotAnalysed(what="lung apex", share=0.03, zh="肺尖约 3 % 未扫入", en="cut off", is_lung=True)
    cautions: tuple[Caution, ...] = ()

    partly = replace(screened(), not_analysed=(apex,), cautions=cautions)

    assert context_of(Context(), partly).lungs_not_evaluable is True
    assert context_of(Context(lungs_not_evaluable=False), partly).lungs_not_evaluable is False
    assert context_of(Context(), screened()).lungs_not_evaluable is None


def test_a_comparison_tells_that_there_is_a_prior_and_how_long_ago() -> None:
    plain = told()
    outcome = replace(plain, compared=comparison(plain.nodules))

    known = context_of(Context(has_prior=False, months_since_prior=30.0), outcome)

    assert known.has_prior is True
    assert known.months_since_prior == pytest.approx(8.9, abs=0.01)
