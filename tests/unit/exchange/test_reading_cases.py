"""Documents in: nodules by the names of findings.json, a context that guesses nothing, contradictions refused."""

import json
from datetime import date
from typing import Any

import pytest

from lianyi.lungct.domain.nodule import Density
from lianyi.lungct.exchange import NotAssessable, Reading, read_case, read_context

FINDINGS = {
    "schema": "lianyi.findings/1",
    "outcome": "screened",
    "patient": {"id": "1", "name": "A", "birth_date": "1960-06-15", "sex": "F"},
    "study": {"acquired": "2025-06-14T09:00:00", "contrast": "no", "slice_thickness_mm": 1.25, "study_uid": "1.2"},
    "nodules": [
        {
            "id": 1,
            "probability": 0.9,
            "center_lps_mm": [1, 2, 3],
            "long_axis_mm": 9.0,
            "short_axis_mm": 7.0,
            "mean_diameter_mm": 8.0,
            "density": "solid",
            "location": {"lobe": "right upper", "juxtapleural": False},
            "measurements": {"solid_core_mean_diameter": {"value": 3.0, "unit": "mm", "uncertainty": 0.5}},
            "growth": {"status": "stable"},
        }
    ],
}


def read(nodules: dict[str, Any], context: dict[str, Any] | None = None) -> Reading:
    return read_case(json.dumps(nodules).encode(), None if context is None else json.dumps(context).encode())


def one(**facts: Any) -> dict[str, Any]:
    return {"nodules": [facts]}


def test_a_findings_document_is_read_with_its_header_and_stays_provisional() -> None:
    reading = read(FINDINGS)

    (nodule,) = reading.case.nodules
    assert (nodule.density, nodule.mean_diameter_mm, nodule.lobe) == (Density.SOLID, 8.0, "right upper")
    assert (nodule.juxtapleural, nodule.status, nodule.solid_core_mean_diameter_mm) == (False, "stable", 3.0)
    assert (reading.context.age_years, reading.context.sex) == (64, "F")
    assert reading.context.study_date == date(2025, 6, 14)
    assert (reading.case.is_reviewed, reading.case.contrast, reading.case.slice_thickness_mm) == (False, "no", 1.25)
    assert [note.en for note in reading.notes] == ["taken from the images: study_date, age_years, sex"]


def test_the_context_goes_before_the_header() -> None:
    reading = read(FINDINGS, {"age_years": 70, "sex": "M"})

    assert (reading.context.age_years, reading.context.sex) == (70, "M")


def test_lungs_that_were_cut_off_are_not_all_evaluable() -> None:
    assert read({**FINDINGS, "outcome": "partly"}).context.lungs_not_evaluable is True
    assert read(FINDINGS).context.lungs_not_evaluable is None


@pytest.mark.parametrize("outcome", ["refused", "failed"])
def test_a_refused_study_has_no_nodules_to_assess(outcome: str) -> None:
    with pytest.raises(NotAssessable, match="screen first"):
        read({**FINDINGS, "outcome": outcome, "nodules": []})


def test_rejected_marks_are_left_out_and_not_counted() -> None:
    parts = [{"id": 1, "accepted": True}, {"id": 2, "accepted": False}, {"id": 3, "accepted": True}]

    case = read({**FINDINGS, "nodules": parts}).case

    assert [nodule.id for nodule in case.nodules] == [1, 3]
    assert (case.nodule_count, case.is_reviewed) == (2, True)


def test_marks_of_which_one_awaits_review_are_provisional() -> None:
    assert not read({**FINDINGS, "nodules": [{"accepted": True}, {}]}).case.is_reviewed


def test_a_list_that_a_person_wrote_is_confirmed_and_numbered() -> None:
    case = read({"nodules": [{}, {}], "nodule_count": 5}).case

    assert ([nodule.id for nodule in case.nodules], case.nodule_count, case.is_reviewed) == ([1, 2], 5, True)


def test_words_are_taken_with_spaces_hyphens_or_underscores() -> None:
    (nodule,) = read(
        one(density="Ground Glass", status="slow_growing", lobe="right_upper", calcification_pattern="Concentric ring")
    ).case.nodules

    assert (nodule.density, nodule.status, nodule.lobe) == (Density.GROUND_GLASS, "slow-growing", "right upper")
    assert nodule.calcification_pattern == "ring"


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ({"airway": True}, {"airway": "unknown level"}),
        ({"airway": False}, {"airway": "none"}),
        ({"airway": "proximal"}, {"airway": "segmental"}),
        ({"cystic": True}, {"cystic": "unknown kind"}),
        ({"cystic": "thick_walled"}, {"cystic": "thick-walled"}),
        ({"calcification_pattern": "unknown"}, {"calcification_pattern": None}),
        ({"spiculated": None}, {"spiculated": None}),
        ({"suspicious_features": ["nodes"]}, {"suspicious_features": ("nodes",)}),
    ],
)
def test_a_nodules_words_are_understood(given: dict[str, Any], known: dict[str, Any]) -> None:
    (nodule,) = read(one(**given)).case.nodules

    assert {name: getattr(nodule, name) for name in known} == known


@pytest.mark.parametrize(
    "facts",
    [
        {"density": "subsolid"},
        {"status": "old"},
        {"mean_diameter_mm": 0},
        {"mean_diameter_mm": -3},
        {"mean_diameter_mm": "NaN"},
        {"long_axis_mm": 6, "short_axis_mm": 7},
        {"long_axis_mm": 8, "short_axis_mm": 6, "mean_diameter_mm": 7.2},
        {"long_axis_mm": 8, "mean_diameter_mm": 8.1},
        {"density": "part-solid", "mean_diameter_mm": 8, "solid_core_mean_diameter_mm": 9},
        {"spiculated": True, "margin": "smooth"},
        {"spiculated": False, "margin": "spiculated"},
    ],
    ids=str,
)
def test_what_contradicts_itself_or_is_no_word_is_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(NotAssessable) as refused:
        read(one(**facts))

    assert "nodules.0" in refused.value.zh
    assert "correct it" in refused.value.en


@pytest.mark.parametrize(
    "document",
    [
        {"nodules": [{"id": 1}, {"id": 1}]},
        {"nodules": [{}, {}], "nodule_count": 1},
        {"nodule_count": 1},
        {"nodules": [{"id": 0}]},
    ],
    ids=str,
)
def test_a_list_that_cannot_be_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(NotAssessable):
        read(document)


@pytest.mark.parametrize(
    "context",
    [
        {"known_caner": True},
        {"sex": "X"},
        {"age_years": 200},
        {"smoking": "never", "pack_years": 20},
        {"smoking": "current", "years_since_quit": 3},
        {"family_history_lung_cancer": True, "family_history_any_cancer": False},
        {"has_prior": False, "prior_category": "3"},
    ],
    ids=str,
)
def test_a_context_that_is_misspelt_or_contradicts_itself_is_refused(context: dict[str, Any]) -> None:
    with pytest.raises(NotAssessable, match=r"context\.json"):
        read(one(), context)


def test_no_value_of_a_document_enters_the_sentence() -> None:
    with pytest.raises(NotAssessable) as refused:
        read(one(lobe="ZHANG SAN"), {})

    assert "ZHANG" not in str(refused.value).upper()


def test_a_field_that_is_not_known_is_said_and_not_used() -> None:
    reading = read(one(spiculation=True, probability=0.5))

    assert [note.en for note in reading.notes] == ["fields not known, and not used: spiculation"]
    assert reading.case.nodules[0].spiculated is None


def test_a_file_that_is_no_json_is_refused() -> None:
    with pytest.raises(NotAssessable, match=r"NODULES\.json"):
        read_case(b"\xff\xfe", None)


def test_a_lobe_that_the_first_look_was_not_sure_of_is_not_known() -> None:
    unsure = {"lobe": "left upper", "lobe_probability": 0.6, "lingula": True, "perifissural": False}

    doubted = read(one(mean_diameter_mm=8.0, location=unsure)).case.nodules[0]
    sure = read(one(mean_diameter_mm=8.0, location={**unsure, "lobe_probability": 0.9})).case.nodules[0]

    assert (doubted.lobe, doubted.lingula, doubted.perifissural) == (None, None, False)
    assert (sure.lobe, sure.lingula) == ("left upper", True)


def test_a_nodule_that_the_comparison_calls_new_is_new() -> None:
    reading = read(one(mean_diameter_mm=8.0, growth={"change": "new", "prior_mean_diameter_mm": None}))

    assert reading.case.nodules[0].status == "new"


def test_marks_that_the_first_look_did_not_count_are_no_nodules_until_accepted() -> None:
    marks = [{"id": number, "mean_diameter_mm": 8.0} for number in (1, 2, 3)]
    document = {**FINDINGS, "nodules": marks, "counted": {"nodule_ids": [1]}}

    reading = read(document)
    marks[2]["accepted"] = True

    assert [nodule.id for nodule in reading.case.nodules] == [1]
    assert [nodule.id for nodule in read(document).case.nodules] == [1, 3]


def test_what_the_first_look_was_told_of_the_patient_still_holds_unless_told_anew() -> None:
    document = {**FINDINGS, "context": {"smoking": "former", "has_prior": False}}

    assert read(document).context.smoking == "former"
    assert read(document, {"indication": "screening"}).context.smoking is None


def test_a_context_alone_is_read_as_screening_reads_it() -> None:
    assert read_context(b'{"smoking": "never"}').smoking == "never"
    with pytest.raises(NotAssessable) as refused:
        read_context(b'{"smokes": true, "name": "Zhang"}')
    assert "Zhang" not in refused.value.zh + refused.value.en
