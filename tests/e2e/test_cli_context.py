"""`lianyi screen --context`: what is known of the patient goes in, judgements come out, nothing is made up."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lianyi.lungct.report.findings import schema_text

CONTEXT = {
    "indication": "screening",
    "has_prior": False,
    "smoking": "current",
    "family_history_lung_cancer": False,
    "emphysema": False,
    "extrathoracic_cancer_over_5_years_ago": False,
}


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("context") / "patient.json"
    path.write_text(json.dumps(CONTEXT), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run(screening: Any, study: Path, context: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return screening(study, "--context", context, out=tmp_path_factory.mktemp("told"))


def findings_of(run: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((run.folder / "findings.json").read_text(encoding="utf-8"))
    return document


def test_a_screening_with_a_context_judges_every_counted_mark(run: Any) -> None:
    found = findings_of(run)

    assert run.status == 0, run.stderr
    jsonschema.Draft202012Validator(json.loads(schema_text())).validate(found)
    marks = [nodule["id"] for nodule in found["nodules"]]
    assert marks
    assert found["counted"]["nodule_ids"] == marks
    for guideline in ("lung-rads-2022", "fleischner-2017", "c-lung-rads", "china-ldct-2025"):
        judged = [one for one in found["assessments"] if one["guideline"] == guideline]
        assert [one["level"] for one in judged] == ["exam"] + ["nodule"] * len(marks)
    for one in found["assessments"]:
        if one["guideline"] == "fleischner-2017":
            assert one["category"] is None
    assert {risk["nodule_id"] for risk in found["risks"]} == set(marks)


def test_what_was_told_is_what_was_judged_with_and_the_rest_is_null(run: Any) -> None:
    told = {name: value for name, value in findings_of(run)["context"].items() if value is not None}

    from_header = {"age_years", "study_date", "sex"}
    assert {name: value for name, value in told.items() if name not in from_header} == CONTEXT
    assert {"age_years", "study_date"} <= set(told)


def test_sizes_in_the_reasons_are_the_measured_ones(run: Any) -> None:
    found = findings_of(run)
    sizes = {nodule["id"]: nodule["mean_diameter_mm"] for nodule in found["nodules"]}

    seen = 0
    for one in found["assessments"]:
        for step in one["trace"] if one["level"] == "nodule" else ():
            for number in re.findall(r"平均直径 ([\d.]+) mm", step):
                step_mm = 0.1 if "." in number else 1.0
                assert abs(float(number) - sizes[one["nodule_id"]]) <= step_mm / 2 + 1e-6
                seen += 1
    assert seen >= len(sizes)


def test_assessing_the_findings_again_gives_the_same_answers(run: Any, lianyi: Any) -> None:
    again = lianyi("assess", run.folder / "findings.json", "--json")

    assert again.returncode == 0, again.stderr.decode()
    document = json.loads(again.stdout)
    found = findings_of(run)
    assert document["assessments"] == found["assessments"]
    assert document["risks"] == found["risks"]


def test_without_a_context_nothing_of_the_patient_is_assumed(screened: Any) -> None:
    found = findings_of(screened)

    told = {name for name, value in found["context"].items() if value is not None}
    assert told <= {"age_years", "sex", "study_date"}
    assert all(nodule["growth"] is None for nodule in found["nodules"])
    lung_rads = [one for one in found["assessments"] if one["guideline"] == "lung-rads-2022"]
    assert all("status" in one["missing"] or one["category"] for one in lung_rads if one["level"] == "nodule")


@pytest.mark.parametrize("text", ['{"smokes": true}', "not json", '{"smoking": "never", "pack_years": 20}'])
def test_a_context_that_cannot_be_used_is_said_before_anything_is_screened(
    text: str, screening: Any, study: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "patient.json"
    bad.write_text(text, encoding="utf-8")

    run = screening(study, "--context", bad, out=tmp_path / "out")

    assert run.status == 2
    assert "context.json 不能用" in run.stderr
    assert "cannot be used" in run.stderr
    assert not (tmp_path / "out").exists()
