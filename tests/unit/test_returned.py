"""From files to DICOM objects through the whole pipeline, whatever the ending; and what UIDs follow from."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pydicom
import pytest

import report_outcome
from lianyi.kit import build_kit
from lianyi.lungct import pipeline
from lianyi.lungct.domain.context import Context
from lianyi.lungct.objects.structured import texts_in
from lianyi.lungct.pipeline import first_read
from lianyi.lungct.returned import write_returned
from lianyi.phantom import PhantomSpec, write_phantom
from lianyi.settings import Settings
from object_answers import header

SMALL = PhantomSpec(
    seed=3, nodules=0, matrix=(96, 110), pixel_spacing_mm=(3.5, 3.3), slice_step_mm=2.5, noise_hu=0.0, juxtapleural=0
)
STARTED = datetime(2099, 3, 10, 8, 14, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    write_phantom(folder, SMALL)
    (folder / "truth.json").unlink()
    return folder


@pytest.fixture(scope="module")
def with_a_gap(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gap")
    for number, file in enumerate(sorted(study.glob("*.dcm"))):
        if number != 20:
            (folder / file.name).hardlink_to(file)
    return folder


def read(path: Path, folder: Path, **others: Any) -> Path:
    kit = build_kit(Settings(detector="classical"))
    first_read([path], folder / "documents", kit=kit, dicom_out=folder / "objects", started=STARTED, **others)
    return folder / "objects"


def report_in(folder: Path) -> pydicom.Dataset:
    return pydicom.dcmread(folder / "sr.dcm")


def failing(*_: Any, **_others: Any) -> Any:
    raise RuntimeError("CESHI^TIMO")


def test_a_refused_study_gets_a_report_and_a_picture_with_its_sentence(with_a_gap: Path, tmp_path: Path) -> None:
    objects = read(with_a_gap, tmp_path)

    report = report_in(objects)
    assert sorted(one.name for one in objects.iterdir()) == ["report-pdf.dcm", "sc-01.dcm", "sr.dcm"]
    assert any("拒绝初筛（R03）" in text for text in texts_in(report.ContentSequence))
    assert str(report.PatientName) == SMALL.patient_name
    assert report.AccessionNumber == "P000003"
    assert (report.ContentDate, report.ContentTime) == ("20990310", "081430")


def test_a_study_refused_before_its_pixels_gets_them_too(study: Path, tmp_path: Path) -> None:
    for file in sorted(study.glob("*.dcm"))[:3]:
        ds = pydicom.dcmread(file)
        ds.Modality, ds.SOPClassUID = "MR", "1.2.840.10008.5.1.4.1.1.4"
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
        (tmp_path / "mr").mkdir(exist_ok=True)
        ds.save_as(tmp_path / "mr" / file.name)

    objects = read(tmp_path / "mr", tmp_path)

    report = report_in(objects)
    listed = report.get("CurrentRequestedProcedureEvidenceSequence") or report.PertinentOtherEvidenceSequence
    assert any("R02" in text for text in texts_in(report.ContentSequence))
    assert len(listed[0].ReferencedSeriesSequence[0].ReferencedSOPSequence) == 3


def test_a_failed_study_gets_a_report_that_says_so(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "find_lungs", failing)

    with pytest.raises(RuntimeError):
        read(study, tmp_path)

    texts = texts_in(report_in(tmp_path / "objects").ContentSequence)
    assert any("程序出错" in text for text in texts)
    assert not any("CESHI" in text for text in texts)


def test_a_fault_in_writing_leaves_no_half_answer(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lianyi.lungct.objects.write.encapsulated_pdf", failing)

    with pytest.raises(RuntimeError):
        read(study, tmp_path)

    assert not list((tmp_path / "objects").iterdir())


def test_input_of_two_studies_is_returned_to_neither(study: Path, tmp_path: Path) -> None:
    first, second = sorted(study.glob("*.dcm"))[:2]
    folder = tmp_path / "two"
    folder.mkdir()
    for file, uid in ((first, "1.2.3.4.5"), (second, "1.2.3.4.6")):
        ds = pydicom.dcmread(file)
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.Modality = uid, f"{uid}.1", "MR"
        ds.save_as(folder / file.name)

    objects = read(folder, tmp_path)

    assert not objects.exists() or not list(objects.iterdir())


def test_an_earlier_answer_is_gone_even_where_there_is_none_now(with_a_gap: Path, tmp_path: Path) -> None:
    objects = read(with_a_gap, tmp_path)
    (tmp_path / "empty").mkdir()

    read(tmp_path / "empty", tmp_path)

    assert not list(objects.iterdir())


def uid_of(outcome: Any, folder: Path, **changes: Any) -> str:
    (folder / "report.pdf").write_bytes(b"%PDF")
    series = replace(outcome.series, header=header())
    write_returned(replace(outcome, series=series), folder, documents=folder, record=report_outcome.record(**changes))
    return str(report_in(folder).SOPInstanceUID)


CHANGES = {
    "operating point": {"operating_point": report_outcome.OperatingPoint(name="b", probability=0.4, max_marks=20)},
    "detector": {"detector": report_outcome.DetectorIdentity(name="classical-blobs", version="2", sha256="ab" * 32)},
    "patient's facts": {"context": Context(age_years=64, study_date=date(2099, 3, 10))},
    "cautions": {"cautions": report_outcome.partly().cautions},
    "prior": {"compared": report_outcome.told(compared=True).compared},
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_may_change_the_answer_changes_its_uid(change: str, tmp_path: Path) -> None:
    plain = report_outcome.told()

    assert uid_of(replace(plain, **CHANGES[change]), tmp_path) != uid_of(plain, tmp_path)  # type: ignore[arg-type]


def test_time_and_threads_leave_the_uid_alone(tmp_path: Path) -> None:
    plain = report_outcome.told()

    later = uid_of(plain, tmp_path, started=STARTED, settings={"max_marks": 20, "threads": 8}, timing_s={"total": 1.0})

    assert later == uid_of(plain, tmp_path)


@pytest.mark.parametrize("change", [{"software": "lianyi 9"}, {"settings": {"max_marks": 20, "language": "en"}}])
def test_version_and_language_change_the_uid(change: dict[str, Any], tmp_path: Path) -> None:
    plain = report_outcome.told()

    assert uid_of(plain, tmp_path, **change) != uid_of(plain, tmp_path)
