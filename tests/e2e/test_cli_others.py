"""`lianyi info`, `doctor`, `explain`, `phantom`, `--version`: what they print and how they end."""

import json
from pathlib import Path
from typing import Any

import pytest

from lianyi import __version__


def test_version_is_printed(lianyi: Any) -> None:
    ended = lianyi("--version")

    assert ended.returncode == 0
    assert ended.stdout.decode().strip() == f"lianyi {__version__}"


def test_info_as_json_names_detector_settings_and_transfer_syntaxes(lianyi: Any) -> None:
    ended = lianyi("info", "--json")

    facts = json.loads(ended.stdout)
    assert ended.returncode == 0
    assert facts["lianyi"] == __version__
    assert len(facts["detector"]["sha256"]) == 64
    assert facts["settings"]["max_marks"] == 20
    assert "1.2.840.10008.1.2.4.201" in facts["transfer_syntaxes"].values()
    assert facts["libraries"]["pydicom"]


def test_info_names_the_detector_that_ran(lianyi: Any, screened: Any) -> None:
    facts = json.loads(lianyi("info", "--json").stdout)

    findings = json.loads((screened.folder / "findings.json").read_text(encoding="utf-8"))

    assert facts["detector"] == findings["provenance"]["detector"]


def test_info_is_told_in_lines_for_people(lianyi: Any) -> None:
    ended = lianyi("info")

    assert ended.returncode == 0
    assert f"lianyi: {__version__}" in ended.stdout.decode()


def test_doctor_finds_this_machine_fit(lianyi: Any, tmp_path: Path) -> None:
    ended = lianyi("doctor", "--out", tmp_path)

    said = ended.stdout.decode()
    assert ended.returncode == 0, said
    assert "✗" not in said
    assert "htj2k" in said
    assert "This machine is fit to screen." in said


def test_explain_prints_the_page_of_a_code_in_either_case(lianyi: Any) -> None:
    ended = lianyi("explain", "r03")

    said = ended.stdout.decode()
    assert ended.returncode == 0
    assert said.startswith("### R03 ")
    assert "What to do." in said
    assert "### R04" not in said


def test_shell_completion_can_be_shown(lianyi: Any) -> None:
    ended = lianyi("--show-completion", SHELL="/bin/bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")

    assert ended.returncode == 0 or b"completion" in ended.stderr.lower()


def test_a_phantom_comes_with_its_truth(study: Path) -> None:
    truth = json.loads((study / "truth.json").read_text(encoding="utf-8"))

    assert len(truth["nodules"]) == 3
    assert len(list(study.glob("*.dcm"))) > 50


def test_a_phantom_is_not_written_among_other_files(study: Path, lianyi: Any) -> None:
    before = sorted(path.name for path in study.iterdir())

    ended = lianyi("phantom", study)

    assert ended.returncode == 2
    assert sorted(path.name for path in study.iterdir()) == before


@pytest.mark.parametrize(
    "words", [["--slice-mm", "0"], ["--nodules", "-1"], ["--tilt", "80"], ["--variant", "cat"]], ids=" ".join
)
def test_a_phantom_that_cannot_be_made_is_wrong_usage(words: list[str], lianyi: Any, tmp_path: Path) -> None:
    ended = lianyi("phantom", tmp_path / "new", *words)

    assert ended.returncode == 2
    assert not (tmp_path / "new").exists()
