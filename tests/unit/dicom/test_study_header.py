"""What objects of an answer copy and refer to, as the dicom stage reads it."""

import io
from pathlib import Path

import pydicom
import pytest
from pydicom.filereader import read_dataset

from dicom_series import SeriesSpec, enhanced, instance
from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.domain.outcome import Refused
from lianyi.lungct.domain.study import CtSeries, StudyHeader

NAME = "Ceshi^Yi=测试^乙".encode("gbk")


def write(folder: Path, spec: SeriesSpec) -> None:
    folder.mkdir(exist_ok=True)
    for n in range(spec.slices):
        instance(spec, n).save_as(folder / f"{spec.series_uid}-{n}.dcm")


def read(folder: Path) -> CtSeries | Refused:
    return read_chest_series([folder], requested=None)


def decoded(header: StudyHeader | None) -> pydicom.Dataset:
    assert header is not None
    return read_dataset(io.BytesIO(header.encoded), is_implicit_VR=False, is_little_endian=True)


def test_patient_and_study_are_carried_and_nothing_of_the_series(tmp_path: Path) -> None:
    write(tmp_path, SeriesSpec(slices=20))

    ds = decoded(read(tmp_path).header)

    assert (ds.PatientID, str(ds.PatientName), ds.StudyDate) == ("TEST-1", "Test^Patient", "20240102")
    assert "SeriesInstanceUID" not in ds
    assert "Modality" not in ds


def test_a_name_that_cannot_be_decoded_is_carried_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, SeriesSpec(slices=20, raw={"PatientName": NAME}))

    header = read(tmp_path).header

    assert header is not None
    assert NAME in header.encoded


def test_the_chosen_series_is_referred_to_and_no_other(tmp_path: Path) -> None:
    write(tmp_path, SeriesSpec(series_uid="2.25.20", slices=40))
    write(tmp_path, SeriesSpec(series_uid="2.25.21", slices=12, thickness_mm=5.0, step_mm=5.0))

    header = read(tmp_path).header

    assert header is not None
    assert {one.series_uid for one in header.images} == {"2.25.20"}
    assert len(header.images) == 40
    assert {one.rescale for one in header.images} == {(1.0, -1024.0)}
    assert not any(one.is_multi_frame for one in header.images)


def test_an_enhanced_ct_is_one_image_of_many_frames(tmp_path: Path) -> None:
    enhanced(SeriesSpec(slices=20)).save_as(tmp_path / "enhanced.dcm")

    header = read(tmp_path).header

    assert header is not None
    assert [(one.instance_uid, one.is_multi_frame, one.rescale) for one in header.images] == [
        ("2.25.20.1", True, (1.0, -1024.0))
    ]


def test_a_refusal_without_a_series_refers_to_all_that_was_read(tmp_path: Path) -> None:
    write(tmp_path, SeriesSpec(slices=4, attributes={"Modality": "MR"}))

    refused = read(tmp_path)

    assert isinstance(refused, Refused)
    assert refused.header is not None
    assert len(refused.header.images) == 4


@pytest.mark.parametrize("other", [{"PatientID": "TEST-2"}, {"StudyInstanceUID": "2.25.99"}])
def test_a_refusal_of_several_patients_or_studies_belongs_to_none(tmp_path: Path, other: dict[str, str]) -> None:
    write(tmp_path, SeriesSpec(slices=4, attributes={"Modality": "MR"}))
    write(tmp_path, SeriesSpec(series_uid="2.25.21", slices=4, attributes={"Modality": "MR", **other}))

    refused = read(tmp_path)

    assert isinstance(refused, Refused)
    assert refused.header is None
