"""A prior that breaks the program is told to the operator, with what to do, and never by its values."""

from pathlib import Path

import pytest

from lianyi.cli.screen import tell_prior_fault


def test_the_operator_is_told_where_the_record_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tell_prior_fault(ValueError("ZHANG^SAN"), tmp_path, "zh")

    told = capsys.readouterr()
    assert told.out == ""
    assert "没有与既往 CT 比较：程序出错（ValueError）。本次首看不受影响" in "".join(told.err.split("\n"))
    assert "ZHANG" not in told.err + (tmp_path / "fault.txt").read_text(encoding="utf-8")


def test_a_record_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tell_prior_fault(ValueError(), tmp_path / "not there", "en")

    assert "No record of it could be written" in " ".join(capsys.readouterr().err.split())
