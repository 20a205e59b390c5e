"""A fault is told to a person and kept for repair, without the patient in it."""

from pathlib import Path

import pytest

from lianyi.cli.fault import describe_fault, tell_fault, write_fault
from lianyi.lungct.domain.errors import Misconfigured

HEADER_VALUE = "ZHANG^SAN 19600101"


def fail_on_a_header() -> None:
    fields: dict[str, str] = {}
    try:
        fields[HEADER_VALUE]
    except KeyError as cause:
        raise ValueError(f"bad name {HEADER_VALUE}") from cause


def caught() -> Exception:
    try:
        fail_on_a_header()
    except ValueError as fault:
        return fault
    raise AssertionError


def test_a_record_names_the_code_and_the_kinds_and_never_the_values() -> None:
    said = describe_fault(caught())

    assert HEADER_VALUE not in said
    assert "builtins.KeyError" in said
    assert "builtins.ValueError" in said
    assert said.index("KeyError") < said.index("ValueError")
    assert "fail_on_a_header" in said


def test_our_own_sentences_are_kept() -> None:
    said = describe_fault(Misconfigured(zh="没有安装字体包", en="the font package is not installed"))

    assert "the font package is not installed" in said


def test_the_record_is_written_beside_the_documents(tmp_path: Path) -> None:
    path = write_fault(caught(), tmp_path)

    assert path == tmp_path / "fault.txt"
    assert HEADER_VALUE not in path.read_text(encoding="utf-8")


def test_a_record_that_cannot_be_written_is_said_and_does_not_fail(tmp_path: Path) -> None:
    path = write_fault(caught(), tmp_path / "absent")

    assert path is None
    assert "检查磁盘" in tell_fault(caught(), path, "zh")


@pytest.mark.parametrize(("language", "words"), [("zh", "没有任何初筛结果"), ("en", "Nothing was screened")])
def test_a_person_is_told_that_nothing_was_screened(tmp_path: Path, language: str, words: str) -> None:
    said = tell_fault(caught(), tmp_path / "fault.txt", "zh" if language == "zh" else "en")

    assert words in said
    assert "ValueError" in said
    assert HEADER_VALUE not in said


def test_a_full_disk_is_called_that() -> None:
    said = tell_fault(OSError(28, "No space left on device", "/patients/zhang"), None, "en")

    assert "No space left on device" in said
    assert "zhang" not in said
