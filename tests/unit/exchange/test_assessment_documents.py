"""Documents out: what is printed satisfies the shipped schema, and the shipped schema is the one the code makes."""

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lianyi.lungct.assess import GUIDELINES, assess_case
from lianyi.lungct.exchange import assessments, context, nodules, read_case, write_assessments

SCHEMAS = {"assessment": assessments, "context": context, "nodules": nodules}


def shipped(name: str) -> Any:
    return json.loads((files("lianyi.lungct.exchange") / f"{name}.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_shipped_schema_is_the_one_the_code_makes(name: str) -> None:
    text = (files("lianyi.lungct.exchange") / f"{name}.schema.json").read_text(encoding="utf-8")

    Draft202012Validator.check_schema(json.loads(text))
    assert text == SCHEMAS[name].schema_text()


def test_a_document_satisfies_the_schema_and_holds_the_fields_of_the_contract() -> None:
    given = {"nodules": [{"density": "solid", "mean_diameter_mm": 7.0}, {"density": "part-solid"}]}
    reading = read_case(json.dumps(given).encode(), b'{"age_years": 60, "study_date": "2025-05-01"}')

    document = json.loads(
        write_assessments(
            assess_case(reading.case, reading.context),
            case=reading.case,
            context=reading.context,
            notes=reading.notes,
            software="lianyi",
            language="en",
        ).to_json()
    )

    Draft202012Validator(shipped("nodules")).validate(given)
    Draft202012Validator(shipped("assessment")).validate(document)
    assert list(dict.fromkeys(one["guideline"] for one in document["assessments"])) == list(GUIDELINES)
    assert {"guideline", "edition", "level", "nodule_id", "category", "management", "due", "trace", "missing", "conditional"} <= set(document["assessments"][0])  # fmt: skip  # noqa: E501
    assert {"model", "nodule_id", "probability", "inputs", "valid", "missing"} <= set(document["risks"][0])
    assert [risk["model"] for risk in document["risks"][:8]] == [
        "brock-1a", "brock-1b", "brock-2a", "brock-2b", "mayo", "pku", "va", "herder",
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_sentences_come_in_the_language_asked_for(language: Any) -> None:
    reading = read_case(b'{"nodules": [{"density": "solid", "mean_diameter_mm": 6.4, "status": "baseline"}]}', None)

    document = write_assessments(
        assess_case(reading.case, reading.context),
        case=reading.case,
        context=reading.context,
        notes=(),
        software="lianyi",
        language=language,
    )

    said = {"zh": "平均直径 6.4 mm，实性，基线 → 3", "en": "mean diameter 6.4 mm, solid, baseline → 3"}
    assert document.assessments[0].trace == [said[language]]
    assert (document.assessments[0].trace_zh, document.assessments[0].trace_en) == ([said["zh"]], [said["en"]])


def test_no_sentence_calls_anything_normal() -> None:
    from lianyi.lungct.report.wording import NEVER_PRINTED  # noqa: PLC0415 -- only here

    folder = files("lianyi.lungct.assess") / "tables"
    text = "".join(path.read_text(encoding="utf-8") for path in folder.iterdir() if path.name.endswith(".toml"))

    assert [word for word in NEVER_PRINTED if word in text] == []
