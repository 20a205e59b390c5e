"""`lianyi assess` and `lianyi explain` of a rule: files in, lines or JSON out, wrong input ends with 2."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from lianyi.cli.app import app
from lianyi.cli.exits import Exit

RUNNER = CliRunner()
NODULE = {"density": "solid", "mean_diameter_mm": 6.4, "status": "baseline", "margin": "smooth"}


def assess(folder: Path, *words: str, nodules: Any = None, context: Any = None) -> Result:
    (folder / "nodules.json").write_text(json.dumps(nodules or {"nodules": [NODULE]}), encoding="utf-8")
    call = ["assess", str(folder / "nodules.json"), *words]
    if context is not None:
        (folder / "patient.json").write_text(json.dumps(context), encoding="utf-8")
        call += ["--context", str(folder / "patient.json")]
    return RUNNER.invoke(app, call)


def test_lines_for_people_give_the_category_the_reason_and_what_is_missing(tmp_path: Path) -> None:
    ended = assess(tmp_path, context={"indication": "screening"})

    assert ended.exit_code == 0
    assert "lung-rads-2022  全检查 exam: 3" in ended.stdout
    assert "平均直径 6.4 mm，实性，基线 → 3｜mean diameter 6.4 mm, solid, baseline → 3" in ended.stdout
    assert "不适用：本指南不用于筛查" in ended.stdout
    assert "缺少 missing: age_years" in ended.stdout
    assert "由医师判断" in ended.stdout


def test_json_is_the_document_and_nothing_else(tmp_path: Path) -> None:
    ended = assess(tmp_path, "--json", "--lang", "en", nodules={"nodules": [{**NODULE, "spiculation": True}]})

    document = json.loads(ended.stdout)
    assert ended.stderr == ""
    assert document["schema"] == "lianyi.assessment/1"
    assert document["assessments"][0]["category"] == "3"
    assert document["notes"] == ["fields not known, and not used: spiculation"]


def test_a_field_that_is_not_known_is_told_to_a_person(tmp_path: Path) -> None:
    ended = assess(tmp_path, nodules={"nodules": [{**NODULE, "spiculation": True}]})

    assert "不认识的字段" in ended.stderr


def test_unconfirmed_rules_appear_only_by_the_sites_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = json.loads(assess(tmp_path, "--json").stdout)
    monkeypatch.setenv("LIANYI_UNCONFIRMED_RULES", "true")
    shown = json.loads(assess(tmp_path, "--json").stdout)

    guidelines = {one["guideline"]: one["confirmed"] for one in shown["assessments"]}
    assert all(one["confirmed"] for one in without["assessments"])
    assert {name for name, confirmed in guidelines.items() if not confirmed} == {
        "china-ldct-2023",
        "china-consensus-2024",
    }
    assert "[未核对原文 unconfirmed]" in assess(tmp_path).stdout


@pytest.mark.parametrize(
    ("nodules", "context", "said"),
    [
        ({"nodules": [{"density": "cloudy"}]}, None, "nodules.0.density"),
        ({"nodules": [NODULE]}, {"age": 60}, "context.json"),
    ],
)
def test_wrong_input_ends_with_2_and_a_sentence_in_both_languages(
    tmp_path: Path, nodules: Any, context: Any, said: str
) -> None:
    ended = assess(tmp_path, nodules=nodules, context=context)

    assert ended.exit_code == Exit.USAGE
    assert said in ended.stderr
    assert "请按说明改正" in ended.stderr
    assert "correct it" in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("name", "said"),
    [("lung-rads-3", "### lung-rads-2022 · 3"), ("BROCK", "brock-2b: x = -6.7892"), ("R03", "### R03 ")],
)
def test_explain_prints_a_rule_or_a_code(name: str, said: str) -> None:
    ended = RUNNER.invoke(app, ["explain", name])

    assert ended.exit_code == 0
    assert said in ended.stdout


def test_explain_names_what_there_is_where_there_is_no_such_rule() -> None:
    ended = RUNNER.invoke(app, ["explain", "lung-rads-9"])

    assert ended.exit_code == Exit.USAGE
    assert "lung-rads-3" in ended.stderr.replace("\n", "").replace(" ", "").replace("│", "")
