"""Each ending of a run goes back as objects that say which it was."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import highdicom
import pydicom
import pytest

import report_outcome
from lianyi.lungct.objects.structured import texts_in
from object_answers import ENDINGS, answered, header, source, write

STATUS = {
    "screened": "111242",
    "nothing found": "111241",
    "partly": "111244",
    "partly, nothing found": "111243",
    "refused": "111245",
    "failed": "111245",
}
UNDECLARED = source("", "Ceshi=测试".encode("gbk"))
"""A name in Chinese bytes without a character set, as old devices send it."""


def need(tool: str) -> str:
    found = shutil.which(tool)
    if found is None:
        pytest.skip(f"{tool} is not installed (Debian: dcmtk, dicom3tools)")
    return found


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folders: dict[str, Path] = {}

    def of(ending: str) -> Path:
        if ending not in folders:
            folders[ending] = tmp_path_factory.mktemp("objects")
            write(ENDINGS[ending], folders[ending])
        return folders[ending]

    return of


def groups_of(report: pydicom.Dataset) -> list[pydicom.Dataset]:
    measured = next(one for one in report.ContentSequence if one.ConceptNameCodeSequence[0].CodeValue == "126010")
    return list(measured.ContentSequence)


@pytest.mark.parametrize("ending", ENDINGS)
def test_dciodvfy_finds_no_error_in_any_object(ending: str, written: Callable[[str], Path]) -> None:
    tool = need("dciodvfy")

    for file in sorted(written(ending).glob("*.dcm")):
        said = subprocess.run([tool, file], capture_output=True, check=False).stderr.decode("latin-1")

        assert [line for line in said.splitlines() if line.startswith("Error")] == [], file.name
        assert any(line.isascii() and len(line) > 3 for line in said.splitlines()), "it names the object it checked"


@pytest.mark.parametrize("ending", ENDINGS)
def test_dcmtk_reads_every_object_and_the_report_as_a_report(ending: str, written: Callable[[str], Path]) -> None:
    dump, tree = need("dcmdump"), need("dsrdump")

    for file in sorted(written(ending).glob("*.dcm")):
        subprocess.run([dump, "-q", file], capture_output=True, check=True)
    said = subprocess.run([tree, "-q", written(ending) / "sr.dcm"], capture_output=True, check=True).stdout

    assert b"Comprehensive 3D SR Document" in said
    assert STATUS[ending].encode() in said
    assert b"UNVERIFIED" in said


@pytest.mark.parametrize("ending", ENDINGS)
def test_dcmtk_shows_the_summary_as_a_picture(ending: str, written: Callable[[str], Path], tmp_path: Path) -> None:
    tool = need("dcmj2pnm")

    subprocess.run([tool, "-q", written(ending) / "sc-01.dcm", tmp_path / "seen.ppm"], capture_output=True, check=True)

    assert (tmp_path / "seen.ppm").read_bytes()[-3:] == bytes((10, 200, 90))


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_cad_status_tells_the_endings_apart(ending: str, written: Callable[[str], Path]) -> None:
    exam = groups_of(pydicom.dcmread(written(ending) / "sr.dcm"))[0]

    status = [one for one in exam.ContentSequence if one.ConceptNameCodeSequence[0].CodeValue == "111017"]

    assert [one.ConceptCodeSequence[0].CodeValue for one in status] == [STATUS[ending]]


@pytest.mark.parametrize(("ending", "said"), [("refused", "少了 9 层图像"), ("failed", "程序出错")])
def test_a_study_that_was_not_screened_says_why(ending: str, said: str, written: Callable[[str], Path]) -> None:
    report = pydicom.dcmread(written(ending) / "sr.dcm")

    assert any(said in text for text in texts_in(report.ContentSequence))
    assert len(groups_of(report)) == 1
    assert sorted(file.name for file in written(ending).iterdir()) == ["report-pdf.dcm", "sc-01.dcm", "sr.dcm"]


def test_a_refusal_is_coded(written: Callable[[str], Path]) -> None:
    exam = groups_of(pydicom.dcmread(written("refused") / "sr.dcm"))[0]

    codes = {one.ConceptCodeSequence[0].CodeValue for one in exam.ContentSequence if one.ValueType == "CODE"}

    assert "R03" in codes


def test_the_part_that_was_not_seen_is_said(written: Callable[[str], Path]) -> None:
    texts = texts_in(pydicom.dcmread(written("partly") / "sr.dcm").ContentSequence)

    assert any("部分初筛" in text for text in texts)
    assert any("肺尖约 3 % 未扫入" in text for text in texts)


def test_highdicom_reads_one_group_a_nodule_with_its_numbers(written: Callable[[str], Path]) -> None:
    report = highdicom.sr.srread(written("screened") / "sr.dcm")
    nodules = ENDINGS["screened"].nodules  # type: ignore[union-attr]

    groups = report.content.get_volumetric_roi_measurement_groups()

    assert [group.tracking_identifier for group in groups] == [f"Nodule {one.id}" for one in nodules]
    for group, nodule in zip(groups, nodules, strict=True):
        numbers = {one.name.meaning: one.value for one in group.get_measurements()}
        assert numbers["Long axis"] == pytest.approx(nodule.long_axis_mm, abs=0.005)
        assert numbers["Diameter"] == pytest.approx(nodule.mean_diameter_mm, abs=0.005)
        assert numbers["Volume"] == pytest.approx(nodule.volume_mm3, abs=0.005)
        assert numbers["Certainty of Finding"] == pytest.approx(100 * nodule.probability, abs=0.005)
        assert group.finding_type.value == "27925004"


def test_a_doubtful_lobe_is_told_as_the_lung(written: Callable[[str], Path]) -> None:
    groups = highdicom.sr.srread(written("screened") / "sr.dcm").content.get_volumetric_roi_measurement_groups()

    sites = [(group.finding_sites[0].value.value, group.finding_sites[0].laterality.value) for group in groups]

    assert sites[0] == ("90572001", "7771000")  # left lower
    assert sites[3] == ("39607008", "24028007")  # 60 % sure of its lobe: the right lung


def test_a_probability_of_cancer_always_names_its_model(written: Callable[[str], Path]) -> None:
    report = pydicom.dcmread(written("screened") / "sr.dcm")

    risks = [
        item
        for group in groups_of(report)
        for item in group.ContentSequence
        if item.ConceptNameCodeSequence[0].CodeValue == "111047"
    ]

    named = [{child.ConceptNameCodeSequence[0].CodeValue for child in item.ContentSequence} for item in risks]
    assert all({"111001", "111003"} <= one for one in named)


def test_what_became_of_each_nodule_since_the_prior_is_coded(tmp_path: Path) -> None:
    write(report_outcome.told(compared=True), tmp_path)

    report = pydicom.dcmread(tmp_path / "sr.dcm")

    changes = [
        item.ConceptCodeSequence[0].CodeValue
        for group in groups_of(report)
        for item in group.ContentSequence
        if item.ConceptNameCodeSequence[0].CodeValue == "CHANGE"
    ]
    assert changes == ["15454001", "129723006", "129723006", "129721008"]  # growing, stable, stable, new
    assert any("2098-06-12" in text for text in texts_in(report.ContentSequence))
    assert any("既往 1 处结节本次没有找到" in text for text in texts_in(report.ContentSequence))


def test_times_are_told_in_the_source_s_zone(tmp_path: Path) -> None:
    ds = source()
    ds.TimezoneOffsetFromUTC = "-0330"

    write(ENDINGS["failed"], tmp_path, answered(header(ds)))

    assert pydicom.dcmread(tmp_path / "sr.dcm").ContentTime == "204430"  # 08:14:30 at +08:00
    assert pydicom.dcmread(tmp_path / "sr.dcm").ContentDate == "20990309"


def test_a_zone_that_does_not_exist_is_copied_and_not_used(tmp_path: Path) -> None:
    ds = source()
    ds.TimezoneOffsetFromUTC = "+9999"

    write(ENDINGS["failed"], tmp_path, answered(header(ds)))

    report = pydicom.dcmread(tmp_path / "sr.dcm")
    assert (report.ContentTime, report.TimezoneOffsetFromUTC) == ("081430", "+9999")


def test_a_category_that_waits_for_a_fact_says_for_which(written: Callable[[str], Path]) -> None:
    texts = texts_in(pydicom.dcmread(written("screened") / "sr.dcm").ContentSequence)

    waiting = [text for text in texts if "待定，还缺" in text]
    assert any("Lung-RADS" in text for text in waiting)
    assert all(not text.rstrip().endswith(("：", ": ")) for text in waiting)


def test_categories_of_different_guidelines_never_share_a_code(written: Callable[[str], Path]) -> None:
    meanings: dict[str, set[str]] = {}
    for group in groups_of(pydicom.dcmread(written("screened") / "sr.dcm")):
        for item in group.ContentSequence:
            if item.ConceptNameCodeSequence[0].CodeValue == "111005":
                code = item.ConceptCodeSequence[0]
                value = code.get("CodeValue") or code.LongCodeValue
                meanings.setdefault(value, set()).add(code.CodeMeaning)

    assert meanings
    assert all(len(meaning) == 1 for meaning in meanings.values())


def test_all_objects_are_new_series_of_the_source_s_study(written: Callable[[str], Path]) -> None:
    objects = [pydicom.dcmread(file) for file in written("screened").glob("*.dcm")]

    assert {ds.StudyInstanceUID for ds in objects} == {"1.2.3.1"}
    assert len({ds.SeriesInstanceUID for ds in objects}) == len({ds.Modality for ds in objects}) == 5
    assert len({ds.SOPInstanceUID for ds in objects}) == len(objects)


def test_a_file_s_name_is_its_kind(written: Callable[[str], Path]) -> None:
    assert sorted(file.name for file in written("screened").iterdir()) == [
        "gsps.dcm", "report-pdf.dcm", "sc-01.dcm", "sc-02.dcm", "sc-03.dcm", "sc-04.dcm", "sc-05.dcm", "seg.dcm",
        "sr.dcm",
    ]  # fmt: skip


def test_objects_of_an_earlier_answer_are_removed_and_other_files_kept(tmp_path: Path) -> None:
    write(ENDINGS["screened"], tmp_path)
    (tmp_path / "notes.dcm").write_bytes(b"mine")

    write(ENDINGS["nothing found"], tmp_path)

    assert sorted(file.name for file in tmp_path.iterdir()) == ["notes.dcm", "report-pdf.dcm", "sc-01.dcm", "sr.dcm"]


def test_a_set_that_holds_no_chinese_gets_english_texts_and_keeps_the_name(tmp_path: Path) -> None:
    write(ENDINGS["refused"], tmp_path, answered(header(UNDECLARED)))

    report = pydicom.dcmread(tmp_path / "sr.dcm")

    assert all(text.isascii() for text in texts_in(report.ContentSequence))
    assert any("9 slices are missing" in text for text in texts_in(report.ContentSequence))


def test_the_pdf_comes_back_whole(written: Callable[[str], Path]) -> None:
    ds = pydicom.dcmread(written("screened") / "report-pdf.dcm")

    assert ds.EncapsulatedDocument[: ds.EncapsulatedDocumentLength] == b"%PDF-1.7 odd"
    assert ds.VerificationFlag == "UNVERIFIED"
