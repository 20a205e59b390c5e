"""`lianyi evaluate froc`: files in, a table and three documents out; a wrong list is answered in two languages."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from froc_lists import chest, mark, mark_on, nodule
from lianyi.cli.app import app
from lianyi.cli.exits import Exit
from lianyi.evaluate import Mark
from lianyi.evaluate.writing import chests_csv, marks_csv, nodules_csv

RUNNER = CliRunner()
NODULES = [nodule("1.1"), nodule("1.2", diameter_mm=5.0)]
IGNORED = [nodule("1.2", (80.0, 80.0, 80.0), diameter_mm=None, readers=0)]
MARKS = [mark_on(NODULES[0], 0.9), mark_on(IGNORED[0], 0.8), mark("1.2", 0.4), mark_on(NODULES[1], 0.3)]


def evaluate(folder: Path, *words: str, marks: list[Mark] = MARKS) -> Result:
    (folder / "marks.csv").write_text(marks_csv(marks), encoding="utf-8")
    (folder / "nodules.csv").write_text(nodules_csv(NODULES), encoding="utf-8")
    (folder / "ignored.csv").write_text(nodules_csv(IGNORED), encoding="utf-8")
    (folder / "chests.csv").write_text(
        chests_csv([chest(f"1.{number}", 1.0) for number in range(1, 9)]), encoding="utf-8"
    )
    files = ["--marks", "marks.csv", "--nodules", "nodules.csv", "--out", "out"]
    placed = [str(folder / word) if not word.startswith("--") else word for word in files]
    return RUNNER.invoke(app, ["evaluate", "froc", *placed, *(word.replace("DIR", str(folder)) for word in words)])


def test_it_prints_a_table_and_writes_three_documents(tmp_path: Path) -> None:
    ended = evaluate(tmp_path, "--chests", "DIR/chests.csv", "--ignored", "DIR/ignored.csv", "--probability", "0.35")

    assert ended.exit_code == 0
    assert ended.stderr == ""
    [whole] = [line for line in ended.stdout.splitlines() if line.startswith("全部 all")]
    assert whole.split() == ["全部", "all", "8", "2", *["2/2"] * 1, *["2/2*"] * 6, "2.0/2"]
    assert "命中 hits 2" in ended.stdout
    assert "不计 ignored 1，假 false 1" in ended.stdout
    assert "概率 ≥ 0.35：检出 found 1/2，假标记 false marks 1（每例胸部 a chest 0.13）" in ended.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["froc.csv", "froc.json", "froc.svg"]
    assert (tmp_path / "out" / "froc.svg").read_text(encoding="utf-8").startswith("<svg")


def test_json_is_the_document_and_nothing_else(tmp_path: Path) -> None:
    ended = evaluate(tmp_path, "--json", "--chests", "DIR/chests.csv", "--resamples", "7", "--seed", "3")

    document = json.loads(ended.stdout)
    assert ended.stdout == (tmp_path / "out" / "froc.json").read_text(encoding="utf-8")
    assert document["schema"] == "lianyi.froc/1"
    assert document["resampling"] == {"resamples": 7, "seed": 3, "confidence": 0.95}
    assert document["marks"] == {"hit": 2, "repeated": 0, "ignored": 0, "false": 2}


def test_what_must_be_known_goes_to_stderr_and_into_the_document(tmp_path: Path) -> None:
    ended = evaluate(tmp_path)

    document = json.loads((tmp_path / "out" / "froc.json").read_text(encoding="utf-8"))
    assert ended.exit_code == 0
    assert "--chests" in ended.stderr
    assert [note["en"] in ended.stderr for note in document["notes"]] == [True]


def test_a_mark_of_no_listed_chest_ends_with_2_and_a_sentence_in_both_languages(tmp_path: Path) -> None:
    ended = evaluate(tmp_path, "--chests", "DIR/chests.csv", marks=[mark("1.99", 0.5)])

    assert ended.exit_code == Exit.USAGE
    assert "所属序列不在胸部列表中" in ended.stderr
    assert "not among the chests" in ended.stderr
    assert ended.stdout == ""
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way", encoding="utf-8")

    assert evaluate(tmp_path).exit_code == Exit.USAGE


@pytest.mark.parametrize("words", [["--help"], ["froc", "--help"]])
def test_help_is_in_both_languages(words: list[str]) -> None:
    ended = RUNNER.invoke(app, ["evaluate", *words])

    assert ended.exit_code == 0
    assert "LUNA16" in ended.stdout
