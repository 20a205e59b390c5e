"""The whole exam: the most suspicious nodule, category 0, the modifier S, an empty list, and what is provisional."""

from datetime import date
from typing import Any

import pytest

from lianyi.lungct.assess import GUIDELINES, assess_case
from lianyi.lungct.assess.guidelines import months_after
from lianyi.lungct.domain.assessment import Assessment
from lianyi.lungct.domain.case import Case, NoduleFacts
from lianyi.lungct.domain.context import Context
from lianyi.lungct.domain.nodule import Density

SCREENING = Context(indication="screening")


def solid(number: int, mm: float, **facts: Any) -> NoduleFacts:
    return NoduleFacts(
        id=number, density=Density.SOLID, mean_diameter_mm=mm, **{"status": "baseline", "margin": "lobulated", **facts}
    )


def exam(
    *nodules: NoduleFacts, context: Context = SCREENING, guideline: str = "lung-rads-2022", **case: Any
) -> Assessment:
    given = Case(**{"nodules": nodules, "nodule_count": len(nodules), "is_reviewed": True, **case})
    return assess_case(given, context, guidelines=(guideline,)).assessments[0]


def test_the_most_suspicious_nodule_decides_and_is_named() -> None:
    said = exam(solid(1, 5.0), solid(2, 9.0), solid(3, 7.0))

    assert (said.level, said.category, said.nodule_id) == ("exam", "4A", 2)
    assert said.trace[0].en == "most suspicious: nodule 2"
    assert said.trace[1].en == "mean diameter 9.0 mm, solid, baseline → 4A"


def test_a_nodule_that_cannot_matter_is_not_asked_about() -> None:
    unknown = NoduleFacts(id=1, density=Density.GROUND_GLASS, mean_diameter_mm=35.0, margin="lobulated")

    said = exam(unknown, solid(2, 9.0))

    assert said.category == "4A"
    assert said.missing == ()


def test_a_nodule_that_may_matter_makes_the_exam_conditional() -> None:
    unknown = NoduleFacts(id=1, density=Density.GROUND_GLASS, mean_diameter_mm=35.0, margin="lobulated")

    said = exam(unknown, solid(2, 5.0))

    assert said.category is None
    assert said.missing == ("nodule 1: status",)
    assert {(branch.facts, branch.category) for branch in said.conditional} == {
        ((("nodule 1: status", ("baseline", "new", "growing")),), "3"),
        ((("nodule 1: status", ("stable", "slow-growing")),), "2"),
    }
    assert said.conditional[0].condition.zh == "若结节 1 基线或新发或增大"


def test_a_fact_of_the_patient_is_asked_once_for_all_nodules() -> None:
    said = exam(solid(1, 7.0), solid(2, 5.0), context=Context(age_years=60, known_cancer=False, immunosuppressed=False, indication="incidental"), guideline="fleischner-2017")  # fmt: skip  # noqa: E501

    assert said.category is None
    assert said.missing == ("fleischner_high_risk",)
    assert [branch.category for branch in said.conditional] == ["solid-multiple-high-6-8", "solid-multiple-low-6-8"]


def test_an_unmeasured_nodule_leaves_the_exam_at_least_as_suspicious_as_the_others() -> None:
    unmeasured = NoduleFacts(id=2, density=Density.SOLID, status="baseline", margin="smooth")

    said = exam(solid(1, 9.0), unmeasured)

    assert said.category is None
    assert "at least 4A" in said.management.en
    assert said.missing == ("nodule 2: mean_diameter_mm",)


def test_a_thin_walled_cyst_leaves_nothing_open() -> None:
    said = exam(solid(1, 7.0), NoduleFacts(id=2, cystic="thin-walled", status="baseline"))

    assert (said.category, said.nodule_id) == ("3", 1)


@pytest.mark.parametrize(
    ("context", "management"),
    [
        (Context(indication="screening", prior_ct_pending=True), "classify after comparison with the prior CT"),
        (Context(indication="screening", lungs_not_evaluable=True), "additional imaging"),
        (Context(indication="screening", infection_suspected=True), "low-dose CT in 1-3 months"),
    ],
)
def test_category_0_is_of_the_exam_and_keeps_the_nodules_categories(context: Context, management: str) -> None:
    case = Case(nodules=(solid(1, 9.0),), nodule_count=1, is_reviewed=True)

    whole, nodule = assess_case(case, context, guidelines=("lung-rads-2022",)).assessments

    assert (whole.category, whole.management.en) == ("0", management)
    assert whole.trace[-1].en.endswith("→ 4A")
    assert nodule.category == "4A"


def test_category_0_is_of_screening_only() -> None:
    context = Context(indication="incidental", lungs_not_evaluable=True)

    assert exam(solid(1, 9.0), context=context).category is None
    assert exam(context=context).category is None


@pytest.mark.parametrize(("count", "category"), [(6, "2"), (7, "0")])
def test_more_than_six_new_nodules_suggest_inflammation(count: int, category: str) -> None:
    said = exam(*(solid(number, 3.0, status="new") for number in range(1, count + 1)))

    assert said.category == category


@pytest.mark.parametrize(
    ("nodule", "context", "offered"),
    [
        (solid(1, 8.0, status="new"), SCREENING, True),
        (solid(1, 7.9, status="new"), SCREENING, False),
        (solid(1, 5.0, status="new"), Context(indication="screening", immunosuppressed=True), True),
        (solid(1, 5.0), Context(indication="screening", immunosuppressed=True), False),
    ],
)
def test_category_0_is_offered_where_inflammation_is_possible(
    nodule: NoduleFacts, context: Context, *, offered: bool
) -> None:
    said = exam(nodule, context=context)

    assert ("infection_suspected" in said.missing) is offered
    assert ("0" in {branch.category for branch in said.conditional}) is offered
    assert said.category != "0"


def test_other_significant_findings_add_s_to_the_exam_only() -> None:
    context = Context(indication="screening", other_significant_findings=True)

    whole, nodule = assess_case(
        Case(nodules=(solid(1, 5.0),), nodule_count=1, is_reviewed=True), context, guidelines=("lung-rads-2022",)
    ).assessments

    assert (whole.category, whole.modifier) == ("2", "S")
    assert nodule.modifier == ""


def test_no_nodule_is_category_1_only_once_a_doctor_confirms_it() -> None:
    confirmed, unconfirmed = exam(), exam(is_reviewed=False)

    assert confirmed.category == "1"
    assert unconfirmed.category is None
    assert unconfirmed.missing == ("is_reviewed",)
    assert "正常" not in confirmed.management.zh + confirmed.trace[0].zh


@pytest.mark.parametrize("guideline", [name for name in GUIDELINES if name != "lung-rads-2022"])
def test_no_nodule_is_nothing_to_judge_elsewhere(guideline: str) -> None:
    assert exam(guideline=guideline).category is None


def test_the_first_look_at_several_nodules_says_what_holds_without_a_prior() -> None:
    nodules = [solid(number, 5.0 + number, status=None) for number in range(1, 6)]

    unknown = exam(*nodules)
    first = exam(*nodules, context=Context(indication="screening", has_prior=False))

    assert unknown.category is None
    assert unknown.missing[0] == "has_prior"
    assert [branch.category for branch in unknown.conditional if branch.facts == (("has_prior", ("false",)),)] == ["4A"]
    assert first.category == "4A"


def test_the_count_is_provisional_before_review_and_printed() -> None:
    context = Context(indication="incidental", fleischner_high_risk=False)

    before = exam(solid(1, 7.0), context=context, guideline="fleischner-2017", nodule_count=3, is_reviewed=False)
    after = exam(solid(1, 7.0), context=context, guideline="fleischner-2017", nodule_count=1)

    assert (before.category, before.is_provisional) == ("solid-multiple-low-6-8", True)
    assert before.trace[0].zh == "结节数 3；暂定，以医师确认这些结节为准"
    assert (after.category, after.is_provisional) == ("solid-single-low-6-8", False)
    assert after.trace[0].en == "1 nodule"


@pytest.mark.parametrize(("mm", "is_said"), [(2.5, False), (2.6, True), (None, False)])
def test_thick_slices_are_told(mm: float | None, *, is_said: bool) -> None:
    said = exam(solid(1, 9.0), slice_thickness_mm=mm)

    assert any("thicker than 2.5 mm" in step.en for step in said.trace) is is_said


def test_due_dates_count_from_the_current_ct() -> None:
    said = exam(solid(1, 7.0), context=Context(indication="screening", study_date=date(2025, 8, 31)))

    assert said.due is not None
    assert (said.due.from_months, said.due.to_months) == (6, 6)
    assert said.due.to_date == date(2026, 2, 28)
    assert exam(solid(1, 7.0)).due is not None


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2025, 1, 15), 12, date(2026, 1, 15)),
        (date(2025, 12, 1), 1, date(2026, 1, 1)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 10, 31), 6, date(2026, 4, 30)),
        (date(2025, 3, 3), 0, date(2025, 3, 3)),
    ],
)
def test_months_are_of_the_calendar(day: date, months: int, then: date) -> None:
    assert months_after(day, months) == then


def test_an_unknown_guideline_is_no_guideline() -> None:
    with pytest.raises(ValueError, match="no such guideline: lung-rads-2019"):
        exam(guideline="lung-rads-2019")
