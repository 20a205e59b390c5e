"""How `lianyi screen` ends when the engine does not: faults, interruptions, and a terminal that is watched."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lianyi.cli.app import app
from lianyi.cli.exits import Exit
from lianyi.cli.terminal import progress_by_stage
from tiny_networks import write_weights

RUNNER = CliRunner()
PATIENT = "ZHANG^SAN"


def screen_with(monkeypatch: pytest.MonkeyPatch, out: Path, engine: Any, *words: str) -> Any:
    monkeypatch.setattr("lianyi.lungct.pipeline.first_read", engine)
    return RUNNER.invoke(app, ["screen", str(out.parent), "--out", str(out), *words])


def failing(_paths: Any, folder: Path, **_others: Any) -> None:
    (folder / "findings.json").write_text(json.dumps({"outcome": "failed"}), encoding="utf-8")
    raise RuntimeError(PATIENT)


def failing_without_a_word(*_: Any, **_others: Any) -> None:
    raise OSError(28, "No space left on device")


def interrupted(*_: Any, **_others: Any) -> None:
    raise KeyboardInterrupt


def test_a_fault_ends_with_4_and_keeps_the_patient_out_of_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ended = screen_with(monkeypatch, tmp_path / "out", failing)

    assert ended.exit_code == Exit.FAILED
    assert "未能完成" in ended.stderr
    assert PATIENT not in ended.output
    assert PATIENT not in (tmp_path / "out" / "fault.txt").read_text(encoding="utf-8")


def test_a_fault_prints_the_failed_findings_as_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ended = screen_with(monkeypatch, tmp_path / "out", failing, "--json")

    assert ended.exit_code == Exit.FAILED
    assert json.loads(ended.stdout) == {"outcome": "failed"}


def test_a_fault_before_any_document_prints_no_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "findings.json").write_text(json.dumps({"outcome": "screened"}), encoding="utf-8")

    ended = screen_with(monkeypatch, tmp_path / "out", failing_without_a_word, "--json")

    assert ended.exit_code == Exit.FAILED
    assert ended.stdout == ""


def test_an_interruption_ends_with_130_and_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ended = screen_with(monkeypatch, tmp_path / "out", interrupted, "--lang", "en")

    assert ended.exit_code == Exit.INTERRUPTED
    assert "Interrupted" in ended.stderr


def test_the_arguments_reach_the_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    def watching(paths: Any, folder: Path, **others: Any) -> None:
        seen.update(paths=paths, folder=folder, **others)
        raise KeyboardInterrupt

    screen_with(monkeypatch, tmp_path / "out", watching, "--series", "1.2.3", "--lang", "en")

    assert seen["paths"] == [tmp_path]
    assert seen["folder"] == tmp_path / "out"
    assert seen["requested"] == "1.2.3"
    assert seen["language"] == "en"
    assert seen["tell"] is None
    assert seen["kit"].operating_point.max_marks == 20


def kit_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *words: str) -> Any:
    seen: dict[str, Any] = {}

    def watching(*_: Any, **others: Any) -> None:
        seen.update(others)
        raise KeyboardInterrupt

    screen_with(monkeypatch, tmp_path / "out", watching, *words)
    return seen["kit"]


def test_detector_and_operating_point_reach_the_kit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ship_weights(monkeypatch, tmp_path)

    learned = kit_of(monkeypatch, tmp_path, "--operating-point", "sensitive")
    classical = kit_of(monkeypatch, tmp_path, "--detector", "classical", "--operating-point", "all")

    assert (learned.settings["detector"], learned.operating_point.name) == ("learned", "sensitive")
    assert (classical.settings["detector"], classical.operating_point.max_marks) == ("classical", 100)


def test_an_operating_point_named_on_the_command_line_comes_with_its_own_numbers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ship_weights(monkeypatch, tmp_path)
    monkeypatch.setenv("LIANYI_OPERATING_POINT_PROBABILITY", "0.9")
    monkeypatch.setenv("LIANYI_MAX_MARKS", "3")

    point = kit_of(monkeypatch, tmp_path, "--operating-point", "specific").operating_point

    assert (point.name, point.probability, point.max_marks) == ("specific", 0.8, 20)


def test_changed_weights_end_with_2_before_anything_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = ship_weights(monkeypatch, tmp_path)
    (folder / "propose.onnx").write_bytes(b"something else")
    out = tmp_path / "out"
    out.mkdir()
    (out / "findings.json").write_text("of another patient", encoding="utf-8")

    ended = screen_with(monkeypatch, out, failing, "--json")

    assert ended.exit_code == Exit.USAGE
    assert "propose.onnx 已被改动" in ended.stderr
    assert ended.stdout == ""
    assert list(out.iterdir()) == []


def test_a_point_that_the_detector_lacks_ends_with_2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ended = screen_with(
        monkeypatch, tmp_path / "out", failing, "--detector", "classical", "--operating-point", "specific"
    )

    assert ended.exit_code == Exit.USAGE
    assert "specific" in ended.stderr


def ship_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = write_weights(tmp_path / "models")
    monkeypatch.setattr("lianyi.lungct.models.weights.resources.files", lambda _package: folder)
    return folder


def test_progress_is_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")

    with progress_by_stage("zh") as tell:
        assert tell is not None
        tell("read", 0, 133)
        tell("read", 133, 133)
        tell("a new stage", 0, 1)

    shown = capsys.readouterr()
    assert shown.out == ""
    assert "读取影像" in shown.err
    assert "a new stage" in shown.err


def test_nothing_is_shown_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_by_stage("zh") as tell:
        assert tell is None

    assert capsys.readouterr().err == ""
