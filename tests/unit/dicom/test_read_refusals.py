from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dicom_series import SeriesSpec, as_bytes, instance, write_series, write_zip
from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.domain.errors import CautionCode, RefusalCode
from lianyi.lungct.domain.outcome import Refused
from lianyi.lungct.domain.study import CtSeries
from lianyi.lungct.report import write_documents
from report_outcome import record

SPEC = SeriesSpec()
LONG = SeriesSpec(slices=61)
NO_SLOPE = {"RescaleSlope": None}
NO_PLACE = {"ImagePositionPatient": None}
COLOUR = {"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3}
LOSSY = {"LossyImageCompression": "01"}
LOCALIZER = {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}


def refused(*paths: Path) -> Refused:
    outcome = read_chest_series(paths, requested=None)
    assert isinstance(outcome, Refused)
    return outcome


def with_bad(folder: Path, spec: SeriesSpec, attributes: dict[str, Any], *numbers: int) -> None:
    """Write a series in which the slices of these numbers (from 1) have other attributes."""
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(spec.slices):
        one = replace(spec, attributes={**spec.attributes, **attributes}) if n + 1 in numbers else spec
        (folder / f"IM{n + 1:04d}").write_bytes(as_bytes(instance(one, n)))


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        (NO_SLOPE, RefusalCode.UNKNOWN_RESCALE),
        (NO_PLACE, RefusalCode.MISSING_GEOMETRY),
        (COLOUR, RefusalCode.UNSUPPORTED_PIXELS),
        (LOSSY, RefusalCode.LOSSY_COMPRESSION),
    ],
)
def test_a_refusal_of_pixels_names_the_image_and_its_file(
    tmp_path: Path, attributes: dict[str, Any], code: RefusalCode
) -> None:
    with_bad(tmp_path, SPEC, attributes, 5)

    reason = refused(tmp_path).reason

    assert reason.code is code
    assert "图像号 5（文件 IM0005）" in reason.zh
    assert "Image number 5 (file IM0005)" in reason.en
    assert str(tmp_path) not in str(reason)


@pytest.mark.parametrize("attributes", [NO_SLOPE, NO_PLACE, COLOUR])
def test_a_few_images_that_must_not_be_used_are_left_out_and_named(tmp_path: Path, attributes: dict[str, Any]) -> None:
    with_bad(tmp_path, LONG, attributes, 1, 30, 61)

    series = read_chest_series([tmp_path], requested=None)

    assert isinstance(series, CtSeries)
    assert sorted(one.instance_number for one in series.slices) == [*range(2, 30), *range(31, 61)]
    assert len(series.files) == 58
    assert [caution.code for caution in series.cautions] == [CautionCode.UNREADABLE_FILES]
    for name in ("IM0001", "IM0030", "IM0061"):
        assert name in series.cautions[0].zh
        assert name in series.cautions[0].en


@pytest.mark.parametrize(
    ("slices", "bad"), [(60, (7, 8, 9)), (90, (7, 8, 9, 10)), (20, (7,))], ids=["share", "count", "share of one"]
)
def test_more_than_a_few_bad_images_refuse_the_series(tmp_path: Path, slices: int, bad: tuple[int, ...]) -> None:
    with_bad(tmp_path, replace(LONG, slices=slices), NO_SLOPE, *bad)

    assert refused(tmp_path).reason.code is RefusalCode.UNKNOWN_RESCALE


def test_one_lossy_image_refuses_even_a_long_series(tmp_path: Path) -> None:
    with_bad(tmp_path, LONG, LOSSY, 61)

    assert refused(tmp_path).reason.code is RefusalCode.LOSSY_COMPRESSION


def test_bad_images_are_not_left_out_where_others_are_damaged_too(tmp_path: Path) -> None:
    with_bad(tmp_path, LONG, NO_SLOPE, 30)
    damaged = tmp_path / "IM0040"
    damaged.write_bytes(damaged.read_bytes()[:-100])

    assert refused(tmp_path).reason.code is RefusalCode.UNKNOWN_RESCALE


@pytest.mark.parametrize("other", ["2.25.4711", None])
def test_images_of_several_frames_of_reference_are_refused(tmp_path: Path, other: str | None) -> None:
    with_bad(tmp_path, LONG, {"FrameOfReferenceUID": other}, 30)

    outcome = refused(tmp_path)

    assert outcome.reason.code is RefusalCode.MIXED_FRAMES
    assert "2 种坐标系" in outcome.reason.zh
    assert "2 frames of reference" in outcome.reason.en


def test_a_series_without_any_frame_of_reference_is_read(tmp_path: Path) -> None:
    write_series(tmp_path, replace(SPEC, attributes={"FrameOfReferenceUID": None}))

    series = read_chest_series([tmp_path], requested=None)

    assert isinstance(series, CtSeries)
    assert series.facts.frame_of_reference_uid == ""
    assert len(series.slices) == SPEC.slices


def test_an_image_left_out_does_not_mix_frames(tmp_path: Path) -> None:
    with_bad(tmp_path, LONG, {**NO_PLACE, "FrameOfReferenceUID": None}, 30)

    assert isinstance(read_chest_series([tmp_path], requested=None), CtSeries)


def written(outcome: Refused, folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]], str]:
    """findings.json, the inputs of provenance.json and report.html."""
    write_documents(outcome, folder, record=record(), language="zh")
    return (
        json.loads((folder / "findings.json").read_text("utf-8")),
        json.loads((folder / "provenance.json").read_text("utf-8"))["inputs"],
        (folder / "report.html").read_text("utf-8"),
    )


def test_a_refusal_of_pixels_tells_patient_study_series_and_files(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", replace(SPEC, attributes={**LOSSY, "AccessionNumber": "A77"}))
    outcome = refused(tmp_path / "ct")

    findings, inputs, page = written(outcome, tmp_path / "out")

    assert findings["patient"] == {"id": "TEST-1", "name": "Test Patient", "birth_date": "1961-02-03", "sex": "F"}
    assert findings["study"]["study_uid"] == SPEC.study_uid
    assert findings["study"]["series_uid"] == SPEC.series_uid
    assert findings["study"]["accession_number"] == "A77"
    assert {one["sha256"] for one in inputs} <= {
        hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "ct").iterdir()
    }
    assert inputs
    assert "Test Patient" in page
    assert "A77" in page


def test_a_series_of_damaged_files_tells_patient_and_files(tmp_path: Path) -> None:
    for path in write_series(tmp_path / "ct"):
        path.write_bytes(path.read_bytes()[:-100])

    findings, inputs, _ = written(refused(tmp_path / "ct"), tmp_path / "out")

    assert findings["patient"]["id"] == "TEST-1"
    assert len(inputs) == SPEC.slices


def test_a_study_without_a_series_to_screen_tells_patient_and_study_but_no_series(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", replace(SPEC, slices=2, attributes=LOCALIZER))
    write_series(tmp_path / "ct", replace(SPEC, slices=2, series_uid="2.25.77", attributes=LOCALIZER), prefix="SC")

    findings, _, page = written(refused(tmp_path / "ct"), tmp_path / "out")

    assert findings["refusals"][0]["code"] == "R21"
    assert findings["patient"]["name"] == "Test Patient"
    assert (findings["study"]["study_uid"], findings["study"]["series_uid"]) == (SPEC.study_uid, "")
    assert "Test Patient" in page


@pytest.mark.parametrize("other", [{"PatientID": "OTHER"}, {"PatientName": "Other^Patient"}])
def test_headers_that_disagree_on_the_patient_name_none(tmp_path: Path, other: dict[str, Any]) -> None:
    write_series(tmp_path / "ct", replace(SPEC, attributes=LOCALIZER))
    stranger = replace(SPEC, series_uid="2.25.77", attributes={**LOCALIZER, **other})
    write_series(tmp_path / "ct", stranger, prefix="SC")

    findings, _, page = written(refused(tmp_path / "ct"), tmp_path / "out")

    assert (findings["patient"], findings["study"]) == (None, None)
    assert "Patient" not in page


def test_an_archive_deep_in_a_folder_is_read(tmp_path: Path) -> None:
    files = write_series(tmp_path / "made")
    deep = tmp_path / "given" / "a" / "b"
    deep.mkdir(parents=True)
    write_zip(deep / "export.zip", [(path.name, path.read_bytes()) for path in files])

    series = read_chest_series([tmp_path / "given"], requested=None)

    assert isinstance(series, CtSeries)
    assert len(series.slices) == SPEC.slices
