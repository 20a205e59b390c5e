"""findings.json keeps its contract."""

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from lianyi.lungct.domain.outcome import Outcome
from lianyi.lungct.report.findings import Findings, findings_of, findings_of_failure, schema_text
from report_outcome import partly, record, refused, screened

TIMES = {"read": 1.0, "lungs": 1.0, "detect": 1.0, "measure": 1.0, "report": 1.0, "total": 5.0}

CONTRACT = {
    "schema", "outcome", "refusals", "warnings", "not_analysed", "patient", "study", "series_not_chosen", "lungs",
    "operating_point", "nodules", "provenance", "timing_s",
}  # fmt: skip
STUDY = {
    "study_uid", "accession_number", "study_id", "acquired", "series_uid", "frame_of_reference_uid", "slices",
    "slice_step_mm", "slice_thickness_mm", "pixel_spacing_mm", "kernel", "contrast", "manufacturer",
}  # fmt: skip
NODULE = {
    "id", "probability", "center_lps_mm", "instance_uid", "instance_number", "long_axis_mm", "short_axis_mm",
    "mean_diameter_mm", "measurement_plane", "volume_mm3", "mean_hu", "density", "side", "zone", "pleural_distance_mm",
}  # fmt: skip


def document(outcome: Outcome, language: Any = "zh") -> dict[str, Any]:
    findings = findings_of(outcome, record=record(), language=language, timing_s=TIMES)
    value: dict[str, Any] = json.loads(findings.to_json())
    return value


def shipped_schema() -> dict[str, Any]:
    text = (files("lianyi.lungct.report") / "findings.schema.json").read_text(encoding="utf-8")
    value: dict[str, Any] = json.loads(text)
    return value


def test_the_shipped_schema_is_current() -> None:
    assert (files("lianyi.lungct.report") / "findings.schema.json").read_text(encoding="utf-8") == schema_text()


def test_every_field_of_the_contract_is_there() -> None:
    found = document(screened())

    assert found["schema"] == "lianyi.findings/1"
    assert set(found) >= CONTRACT
    assert set(found["study"]) >= STUDY
    assert set(found["nodules"][0]) >= NODULE
    assert found["timing_s"] == TIMES
    assert found["provenance"]["detector"]["sha256"] == "ab" * 32


@pytest.mark.parametrize("make", [screened, lambda: screened(()), partly, refused, lambda: refused(with_slices=False)])
def test_every_outcome_fits_the_schema(make: Any) -> None:
    jsonschema.Draft202012Validator(shipped_schema()).validate(document(make()))


def test_a_failure_fits_the_schema_and_claims_nothing() -> None:
    found = json.loads(findings_of_failure(record=record(), timing_s={}).to_json())

    jsonschema.Draft202012Validator(shipped_schema()).validate(found)
    assert found["outcome"] == "failed"
    assert found["nodules"] == []
    assert found["lungs"] is None


def test_numbers_are_not_rounded_on_the_way() -> None:
    outcome = screened()

    first = document(outcome)["nodules"][0]

    assert first["mean_diameter_mm"] == outcome.nodules[0].mean_diameter_mm
    assert first["volume_mm3"] == outcome.nodules[0].volume_mm3


def test_spacing_and_step_come_from_the_grid() -> None:
    study = document(screened())["study"]

    assert study["pixel_spacing_mm"] == pytest.approx([2.9, 2.7])
    assert study["slice_step_mm"] == pytest.approx(4.0)
    assert study["slices"] == 60


def test_a_missing_lung_share_makes_it_partly() -> None:
    found = document(partly())

    assert found["outcome"] == "partly"
    assert found["not_analysed"][0] == {"what": "lung apex", "share": 0.03, "why": "肺尖约 3 % 未扫入"}
    assert found["warnings"][0]["code"] == "W02"


def test_what_is_never_looked_for_is_listed_without_a_share() -> None:
    found = document(screened(), "en")

    assert {part["what"] for part in found["not_analysed"]} >= {"other lung disease", "malignancy"}
    assert all(part["share"] is None for part in found["not_analysed"])


def test_a_refusal_speaks_the_language_asked_for() -> None:
    zh, en = document(refused()), document(refused(), "en")

    assert zh["refusals"][0]["code"] == "R03"
    assert "少了 9 层" in zh["refusals"][0]["message"]
    assert "9 slices are missing" in en["refusals"][0]["message"]
    assert zh["study"]["slices"] == 51
    assert zh["study"]["slice_step_mm"] is None


def test_absent_facts_are_absent() -> None:
    outcome = screened()
    patient = replace(outcome.series.patient, birth_date=None, sex="", name="")
    facts = replace(outcome.series.facts, acquired=None)
    outcome = replace(outcome, series=replace(outcome.series, patient=patient, facts=facts))

    found = document(outcome)

    assert found["patient"]["birth_date"] == ""
    assert found["study"]["acquired"] == ""


def test_a_number_that_is_none_is_refused() -> None:
    outcome = screened()
    broken = replace(outcome.nodules[0], volume_mm3=float("nan"))

    with pytest.raises(ValidationError):
        document(replace(outcome, nodules=(broken,)))


def test_the_document_reads_back_and_a_later_field_does_no_harm() -> None:
    found = document(screened())

    assert Findings.model_validate(found | {"later": 1}).nodules[3].density == "ground-glass"
