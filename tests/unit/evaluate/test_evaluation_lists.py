"""Lists from files and back: LUNA16's tables, our documents, folders of screenings; and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

import report_outcome
from froc_lists import chest, mark, nodule
from lianyi.evaluate import Mark, NotMeasurable, TrueNodule
from lianyi.evaluate.gathering import gather
from lianyi.evaluate.lists import PlaceLps
from lianyi.evaluate.reading import MarkList, NoduleList, read_chests, read_ignored, read_marks, read_nodules
from lianyi.evaluate.writing import chests_csv, marks_csv, marks_json, nodules_csv, nodules_json
from lianyi.lungct.domain.nodule import Density
from lianyi.lungct.report.findings import findings_of

ODD: PlaceLps = (0.1, -100.56, 1e-17)
MARKS = [mark("1.2", 0.1 + 0.2, ODD), mark("1.2", 1.0, (3.0, 4.0, 5.0)), mark("1.3", 0.0)]
NODULES = [
    nodule("1.2", ODD, diameter_mm=5.651470635, readers=3, density=Density.PART_SOLID),
    nodule("1.3", diameter_mm=None, readers=1),
]
CHESTS = [chest("1.2", 1.25), chest("1.3"), chest("1.9 healthy", 2.5)]

LUNA16_MARKS = "seriesuid,coordX,coordY,coordZ,probability\n1.2,-128.7,-175.3,-298.4,0.97\n1.3,1,2,3,1e-3\n"
LUNA16_NODULES = "seriesuid,coordX,coordY,coordZ,diameter_mm\n1.2,-128.69,-175.31,-298.38,5.65\n"


class Write(Protocol):
    def __call__(self, text: str, name: str = "list.csv") -> Path: ...


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_text(text: str, name: str = "list.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_text


def test_a_submission_to_luna16_is_read(write: Write) -> None:
    listed = read_marks(write(LUNA16_MARKS))

    assert list(listed.marks) == [mark("1.2", 0.97, (-128.7, -175.3, -298.4)), mark("1.3", 0.001, (1.0, 2.0, 3.0))]
    assert [one.series_uid for one in listed.chests] == ["1.2", "1.3"]
    assert not listed.names_every_chest


def test_a_nodule_of_luna16_has_the_three_readers_its_list_asks_for(write: Write) -> None:
    [one] = read_nodules(write(LUNA16_NODULES)).nodules

    assert one == nodule("1.2", (-128.69, -175.31, -298.38), diameter_mm=5.65, readers=3)
    assert one.is_counted


def test_an_excluded_finding_of_luna16_is_ignored_measured_or_not(write: Write) -> None:
    ignored = read_ignored(write(LUNA16_NODULES + "1.2,0,0,0,-1.0\n"))

    assert [(one.diameter_mm, one.radius_mm, one.is_counted) for one in ignored] == [
        (5.65, 2.825, False),
        (None, 5.0, False),
    ]


def test_a_table_saved_by_a_spreadsheet_is_read(write: Write) -> None:
    text = (
        "\ufeff"
        + LUNA16_MARKS.replace("seriesuid,coordX", " seriesuid , coordX").replace("\n", "\r\n")
        + ",,,,\r\n\r\n"
    )

    assert read_marks(write(text)).marks == read_marks(write(LUNA16_MARKS, "plain.csv")).marks


def test_columns_may_stand_in_any_order_with_others_among_them(write: Write) -> None:
    [one] = read_marks(write("probability,id,coordZ,coordY,coordX,seriesuid\n0.5,7,3,2,1,1.2\n")).marks

    assert one == mark("1.2", 0.5, (1.0, 2.0, 3.0))


@pytest.mark.parametrize(
    "text", ["1.2\n1.3\n\n1.9\n", "seriesuid\n1.2\n1.3\n1.9\n", "seriesuid,slice_thickness_mm\n1.2,\n1.3,\n1.9,\n"]
)
def test_a_list_of_chests_may_have_a_heading_or_none(write: Write, text: str) -> None:
    assert list(read_chests(write(text))) == [chest("1.2"), chest("1.3"), chest("1.9")]


def test_what_is_written_is_read_back_to_the_last_digit(write: Write) -> None:
    marks_again = read_marks(write(marks_csv(MARKS), "marks.csv")).marks
    nodules_again = read_nodules(write(nodules_csv(NODULES), "nodules.csv")).nodules
    chests_again = read_chests(write(chests_csv(CHESTS), "chests.csv"))

    assert (list(marks_again), list(nodules_again), list(chests_again)) == (MARKS, NODULES, CHESTS)


def test_a_document_of_marks_names_the_chests_without_one(write: Write) -> None:
    path = write(marks_json(CHESTS, MARKS), "marks.json")

    listed = read_marks(path)

    assert (list(listed.marks), list(listed.chests), listed.names_every_chest) == (MARKS, CHESTS, True)
    assert list(read_chests(path)) == CHESTS


def test_a_document_of_nodules_names_the_chests_without_one(write: Write) -> None:
    path = write(nodules_json(CHESTS, NODULES), "nodules.json")

    listed = read_nodules(path)

    assert (list(listed.nodules), list(listed.chests), listed.names_every_chest) == (NODULES, CHESTS, True)
    assert list(read_chests(path)) == CHESTS


@pytest.mark.parametrize("text_of", [lambda: marks_json(CHESTS[:1], MARKS), lambda: nodules_json(CHESTS[1:], NODULES)])
def test_no_document_loses_what_is_of_no_listed_chest(text_of: Callable[[], str]) -> None:
    with pytest.raises(ValueError, match="not among the chests"):
        text_of()


def test_a_folder_of_screenings_gives_marks_chests_and_thicknesses(write: Write, tmp_path: Path) -> None:
    outcome = report_outcome.screened()
    findings = findings_of(outcome, record=report_outcome.record(), language="zh", timing_s={})
    write(findings.to_json(), "results/first/findings.json")
    refused = findings_of(report_outcome.refused(), record=report_outcome.record(), language="zh", timing_s={})
    write(refused.to_json(), "results/deeper/down/findings.json")

    listed = read_marks(tmp_path / "results")

    assert [(one.center_lps_mm, one.probability) for one in listed.marks] == [
        (tuple(one.center.xyz), one.probability) for one in outcome.nodules
    ]
    assert list(listed.chests) == [chest(outcome.series.facts.series_uid, outcome.slice_thickness_mm)]
    assert (listed.names_every_chest, listed.not_screened) == (True, 1)


def test_two_screenings_of_one_series_are_refused(write: Write, tmp_path: Path) -> None:
    text = findings_of(report_outcome.screened(), record=report_outcome.record(), language="zh", timing_s={}).to_json()
    write(text, "results/first/findings.json")
    write(text, "results/second/findings.json")

    with pytest.raises(NotMeasurable, match="more than one findings"):
        read_marks(tmp_path / "results")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "lacks seriesuid, coordX, coordY, coordZ, probability"),
        ("seriesuid,coordX,coordY,coordZ,class\n1.2,1,2,3,1\n", "lacks probability"),
        (LUNA16_MARKS + "1.3,1,2,3\n", "line 4, has 4 columns, not 5"),
        (LUNA16_MARKS + "1.3,1,2,3,high\n", "line 4: probability"),
        (LUNA16_MARKS + "\n1.3,1,2,3,nan\n", "line 5: probability"),
        (LUNA16_MARKS + "1.3,1,inf,3,0.5\n", "line 4: coordY"),
    ],
)
def test_a_table_that_is_none_is_refused_with_its_line(write: Write, text: str, sentence: str) -> None:
    with pytest.raises(NotMeasurable, match=sentence):
        read_marks(write(text))


@pytest.mark.parametrize(("column", "value"), [("density", "hazy"), ("readers", "four"), ("readers", "-1")])
def test_a_nodule_of_unknown_density_or_readers_is_refused(write: Write, column: str, value: str) -> None:
    text = f"seriesuid,coordX,coordY,coordZ,diameter_mm,{column}\n1.2,1,2,3,4,{value}\n"

    with pytest.raises(NotMeasurable, match=f"line 2: {column}"):
        read_nodules(write(text))


def test_a_table_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("seriesuid,备注\n1.2,胸部\n".encode("gb18030"))

    with pytest.raises(NotMeasurable, match="UTF-8"):
        read_chests(path)


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"schema": "lianyi.nodules/1", "chests": []}, "schema"),
        (
            {"chests": [{"series_uid": "1.2", "marks": [{"center_lps_mm": [1, 2], "probability": 0.5}]}]},
            "center_lps_mm",
        ),
        ({"chests": [{"series_uid": "1.2", "marks": [{"center_lps_mm": [1, 2, 3], "probability": 2}]}]}, "probability"),
        ({}, "chests"),
    ],
)
def test_a_document_that_is_none_is_refused_without_quoting_it(
    write: Write, document: dict[str, Any], where: str
) -> None:
    path = write(json.dumps({"schema": "lianyi.marks/1", "name": "ZHANG^SAN", **document}), "marks.json")

    with pytest.raises(NotMeasurable, match=where) as refused:
        read_marks(path)

    assert "ZHANG" not in str(refused.value)


def test_a_folder_without_screenings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotMeasurable, match="no findings"):
        read_marks(tmp_path)


def lists_of(write: Write, marks: list[Mark], nodules: list[TrueNodule]) -> tuple[MarkList, NoduleList]:
    return read_marks(write(marks_csv(marks), "marks.csv")), read_nodules(write(nodules_csv(nodules), "nodules.csv"))


def test_without_a_list_of_chests_those_named_are_measured_and_it_is_said(write: Write) -> None:
    gathered = gather(*lists_of(write, [mark("1.5", 0.5)], NODULES))

    assert [one.series_uid for one in gathered.chests] == ["1.5", "1.2", "1.3"]
    [note] = gathered.notes
    assert "--chests" in note.zh
    assert "--chests" in note.en


def test_a_list_of_chests_is_exactly_what_is_measured_on(write: Write) -> None:
    gathered = gather(
        *lists_of(write, MARKS[:1], NODULES), ignored=[nodule("1.4", readers=0)], chests=[chest("1.3"), chest("1.7")]
    )

    assert list(gathered.chests) == [chest("1.3"), chest("1.7")]
    assert list(gathered.nodules) == [NODULES[1]]
    assert list(gathered.marks) == MARKS[:1]  # which froc() refuses: a mark is never dropped in silence
    [note] = gathered.notes
    assert note.en.startswith("1 nodules are of series")


def test_thicknesses_are_gathered_from_any_list(write: Write) -> None:
    marks = read_marks(write(marks_json([chest("1.2", 1.25), chest("1.3")], []), "marks.json"))
    nodules = read_nodules(write(nodules_json([chest("1.3", 2.5)], []), "nodules.json"))

    gathered = gather(marks, nodules)

    assert list(gathered.chests) == [chest("1.2", 1.25), chest("1.3", 2.5)]
    assert gathered.notes == ()


def test_two_thicknesses_of_one_chest_are_refused(write: Write) -> None:
    marks = read_marks(write(marks_json([chest("1.2", 1.25)], []), "marks.json"))
    nodules = read_nodules(write(nodules_json([chest("1.2", 2.5)], []), "nodules.json"))

    with pytest.raises(NotMeasurable, match="slice thickness"):
        gather(marks, nodules)


def test_screenings_that_were_refused_are_said(write: Write, tmp_path: Path) -> None:
    refused = findings_of(report_outcome.refused(), record=report_outcome.record(), language="zh", timing_s={})
    write(refused.to_json(), "results/findings.json")

    gathered = gather(read_marks(tmp_path / "results"), read_nodules(write(nodules_csv(NODULES), "n.csv")))

    assert gathered.notes[0].en.startswith("1 findings.json say that nothing was screened")
