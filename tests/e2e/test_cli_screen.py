"""`lianyi screen` as a script meets it: exit status, stdout, stderr, files."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

DOCUMENTS = {"findings.json", "report.html", "report.pdf", "provenance.json"}


def findings_in(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    return read


def test_a_screened_study_ends_with_0_and_every_document(screened: Any) -> None:
    written = {path.name for path in screened.folder.iterdir()}

    assert screened.status == 0, screened.stderr
    assert written >= DOCUMENTS
    assert "fault.txt" not in written
    assert findings_in(screened.folder)["outcome"] == "screened"


def test_the_summary_names_marks_report_and_time(screened: Any) -> None:
    marks = len(findings_in(screened.folder)["nodules"])

    assert "已完成初筛" in screened.stdout
    assert f"标出 {marks} 处" in screened.stdout or (marks == 0 and "没有标出结节" in screened.stdout)
    assert str(screened.folder / "report.html") in screened.stdout.splitlines()[-2]
    assert re.search(r"用时：\d+\.\d 秒", screened.stdout)
    assert "未见异常" not in screened.stdout


def test_a_piped_screening_is_quiet_on_stderr(screened: Any) -> None:
    assert screened.stderr == ""


def test_each_mark_has_its_key_image(screened: Any) -> None:
    marks = len(findings_in(screened.folder)["nodules"])

    images = sorted((screened.folder / "key-images").glob("*.png"))

    assert len(images) == marks


def test_json_prints_findings_json_and_nothing_else(screened_as_json: Any) -> None:
    printed = json.loads(screened_as_json.stdout)

    assert screened_as_json.status == 0
    assert screened_as_json.stderr == ""
    assert printed["schema"] == "lianyi.findings/1"
    assert screened_as_json.stdout == (screened_as_json.folder / "findings.json").read_text(encoding="utf-8")


def test_the_language_changes_words_and_no_number(screened: Any, screened_as_json: Any) -> None:
    zh, en = findings_in(screened.folder), findings_in(screened_as_json.folder)

    assert "lung" in (screened_as_json.folder / "report.html").read_text(encoding="utf-8")
    assert 'lang="zh' in (screened.folder / "report.html").read_text(encoding="utf-8")
    assert zh["nodules"] == en["nodules"]
    assert zh["lungs"] == en["lungs"]


def test_a_study_with_a_gap_is_refused_with_3_and_says_what_to_do(refused: Any) -> None:
    findings = findings_in(refused.folder)

    assert refused.status == 3
    assert {path.name for path in refused.folder.iterdir()} >= DOCUMENTS
    assert findings["outcome"] == "refused"
    assert findings["refusals"][0]["code"] == "R03"
    assert findings["nodules"] == []
    assert "R03" in refused.stdout
    assert findings["refusals"][0]["message"] in refused.stdout
    assert "lianyi explain R03" in refused.stdout


def test_a_refusal_marks_nothing_and_never_counts_marks(refused: Any) -> None:
    assert "标出" not in refused.stdout


def test_a_folder_without_dicom_is_refused_with_3(tmp_path: Path, lianyi: Any) -> None:
    (tmp_path / "notes.txt").write_text("no images here", encoding="utf-8")

    ended = lianyi("screen", tmp_path, "--out", tmp_path / "out", "--json")

    assert ended.returncode == 3
    assert json.loads(ended.stdout)["refusals"][0]["code"] == "R01"


@pytest.mark.parametrize(
    "words",
    [
        ["screen"],
        ["screen", "there-is-no-such-folder", "--out", "out"],
        ["screen", "."],
        ["screen", ".", "--out", "out", "--lang", "fr"],
        ["screen", ".", "--out", "out", "--no-such-option"],
        ["no-such-command"],
        ["explain", "R99"],
        ["phantom"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_complains_on_stderr(words: list[str], lianyi: Any, tmp_path: Path) -> None:
    words = [str(tmp_path / "out") if word == "out" else word for word in words]

    ended = lianyi(*words)

    assert ended.returncode == 2
    assert ended.stdout == b""
    assert ended.stderr != b""


def test_an_output_folder_that_is_a_file_is_wrong_usage(study: Path, lianyi: Any, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")

    ended = lianyi("screen", study, "--out", tmp_path / "taken" / "below")

    assert ended.returncode == 2
    assert b"Traceback" not in ended.stderr


def test_a_wrong_setting_ends_with_2_and_names_it(study: Path, lianyi: Any, tmp_path: Path) -> None:
    ended = lianyi("screen", study, "--out", tmp_path, LIANYI_MAX_MARKS="many")

    assert ended.returncode == 2
    assert b"LIANYI_MAX_MARKS" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_operating_point_of_one_marks_nothing_and_does_not_call_it_normal(
    study: Path, lianyi: Any, tmp_path: Path
) -> None:
    ended = lianyi("screen", study, "--out", tmp_path, LIANYI_OPERATING_POINT_PROBABILITY="1.0", LIANYI_LANGUAGE="en")

    said = ended.stdout.decode()
    assert ended.returncode == 0
    assert findings_in(tmp_path)["operating_point"]["probability"] == 1.0
    assert "no nodule marked at this operating point" in said
    assert "normal" not in said


def test_an_ascii_terminal_gets_its_summary_all_the_same(study: Path, tmp_path: Path, lianyi: Any) -> None:
    gap = tmp_path / "gap"
    gap.mkdir()
    for path in sorted(study.glob("*.dcm"))[:5]:
        (gap / path.name).hardlink_to(path)

    ended: subprocess.CompletedProcess[bytes] = lianyi(
        "screen", gap, "--out", tmp_path / "out", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii:strict"
    )

    assert ended.returncode == 3
    assert b"lianyi explain R17" in ended.stdout


def test_documents_of_an_earlier_run_never_outlive_a_fault(tmp_path: Path, lianyi: Any) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("no images here", encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    for name in (*DOCUMENTS, "fault.txt"):
        (out / name).write_text("of another patient", encoding="utf-8")
    (out / "kept.txt").write_text("not ours", encoding="utf-8")

    lianyi("screen", tmp_path / "in", "--out", out)

    assert [path.name for path in out.iterdir() if "another patient" in path.read_text("utf-8", "ignore")] == []
    assert not (out / "fault.txt").exists()
    assert (out / "kept.txt").exists()


def test_dicom_objects_are_written_where_asked(study: Path, screening: Any, tmp_path: Path) -> None:
    ended = screening(study, "--dicom-out", tmp_path / "objects", out=tmp_path / "documents")

    names = {path.name for path in (tmp_path / "objects").iterdir()}
    assert ended.status == 0, ended.stderr
    assert ended.stderr == ""
    assert {"sr.dcm", "sc-01.dcm", "report-pdf.dcm"} <= names
    assert f"DICOM 对象：{tmp_path / 'objects'}（{len(names)} 个）" in ended.stdout
    assert ("seg.dcm" in names) == bool(findings_in(tmp_path / "documents")["nodules"])


def test_input_of_no_study_is_said_to_give_no_dicom_object(screening: Any, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "readme.txt").write_text("no image", encoding="utf-8")

    ended = screening(tmp_path / "notes", "--dicom-out", tmp_path / "objects", out=tmp_path / "documents")

    assert ended.status == 3
    assert "没有写 DICOM 对象" in ended.stdout
    assert not list((tmp_path / "objects").iterdir())


def test_without_asking_no_dicom_object_is_written(screened: Any) -> None:
    assert not list(screened.folder.rglob("*.dcm"))
