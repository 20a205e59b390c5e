from __future__ import annotations

from datetime import date
from io import BytesIO

import pydicom
import pytest

from dicom_series import SeriesSpec, as_bytes, enhanced, instance
from lianyi.lungct.dicom.attributes import Header
from lianyi.lungct.dicom.headers import read_acquired, read_age_years, read_contrast, read_facts, read_patient


def header(raw: dict[str, bytes] | None = None, **attributes: object) -> Header:
    ds = instance(SeriesSpec(attributes=attributes, raw=raw or {}), 0)
    return Header(pydicom.dcmread(BytesIO(as_bytes(ds)), stop_before_pixels=True))


@pytest.mark.parametrize(
    ("stored", "years"),
    [
        ("063Y", 63),
        ("009M", 0),
        ("018M", 1),
        ("003W", 0),
        ("400D", 1),
        ("63Y", 63),
        ("63", None),
        ("", None),
        ("Y", None),
    ],
)
def test_an_age_is_whole_years(stored: str, years: int | None) -> None:
    assert read_age_years(stored) == years


def test_an_absent_age_follows_from_birth_and_study_date() -> None:
    assert read_patient(header(PatientBirthDate="19610203", StudyDate="20240202")).age_years == 62
    assert read_patient(header(PatientBirthDate="19610203", StudyDate="20240203")).age_years == 63


def test_a_stated_age_outranks_the_dates() -> None:
    assert read_patient(header(PatientAge="050Y", PatientBirthDate="19610203")).age_years == 50


@pytest.mark.parametrize("birth", ["", "20240203X", "19611301", "20250101", "18000101"])
def test_an_age_is_not_made_of_impossible_dates(birth: str) -> None:
    assert read_patient(header(raw={"PatientBirthDate": birth.encode()})).age_years is None


def test_a_birth_date_with_dots_is_read() -> None:
    assert read_patient(header(raw={"PatientBirthDate": b"1961.02.03"})).birth_date == date(1961, 2, 3)


@pytest.mark.parametrize(("stored", "shown"), [("F", "F"), ("M", "M"), ("O", "O"), ("W", ""), (None, "")])
def test_only_the_three_sexes_of_the_standard_are_stated(stored: str | None, shown: str) -> None:
    assert read_patient(header(PatientSex=stored)).sex == shown


def test_a_gbk_name_and_institution_without_character_set_are_read_and_noted() -> None:
    one = header(raw={"PatientName": "司马^相如".encode("gbk"), "InstitutionName": "某县人民医院".encode("gbk")})

    assert (read_patient(one).name, read_facts(one).institution) == ("司马相如", "某县人民医院")
    assert one.guessed == {"PatientName", "InstitutionName"}


def test_a_four_byte_gb18030_name_is_read_without_guessing() -> None:
    one = header(SpecificCharacterSet="GB18030", raw={"PatientName": "Tian^Ji=\U00020bb7田^吉".encode("gb18030")})

    assert read_patient(one).name == "\U00020bb7田吉"
    assert not one.guessed


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"AcquisitionDateTime": "20240102030405.678+0800"}, "2024-01-02T03:04:05"),
        ({"AcquisitionDate": "20240301", "AcquisitionTime": "0203"}, "2024-03-01T02:03:00"),
        ({"AcquisitionDate": "20240301"}, "2024-01-02T10:11:12"),
        ({"SeriesDate": "20240401", "SeriesTime": "235960"}, "2024-04-01T23:59:59"),
        ({}, "2024-01-02T10:11:12"),
        ({"StudyTime": None}, "2024-01-02T00:00:00"),
        ({"StudyDate": None}, None),
    ],
)
def test_the_moment_of_acquisition_is_the_first_stated_with_date_and_time(
    attributes: dict[str, str], expected: str | None
) -> None:
    acquired = read_acquired(header(**attributes))

    assert (acquired and acquired.isoformat()) == expected


@pytest.mark.parametrize(
    ("agent", "contrast"),
    [
        (None, "unknown"),
        ("", "unknown"),
        ("IV", "yes"),
        ("碘海醇 350", "yes"),
        ("NONE", "no"),
        ("No contrast", "no"),
        ("无", "no"),
        ("APPLIED", "yes"),
        ("Nonionic iohexol", "yes"),
    ],
)
def test_contrast_is_never_guessed(agent: str | None, contrast: str) -> None:
    one = header(SpecificCharacterSet="ISO_IR 192", ContrastBolusAgent=agent)

    assert read_contrast(one) == contrast


def test_malformed_numbers_are_absent() -> None:
    one = header(raw={"KVP": b"12O", "GantryDetectorTilt": b"nan", "SeriesNumber": b"1.5"})
    facts = read_facts(one)

    assert (facts.kvp, facts.gantry_tilt_deg, facts.series_number) == (None, None, None)


def test_facts_of_an_enhanced_object_come_from_its_functional_groups() -> None:
    ds = enhanced(SeriesSpec(slices=3, attributes={"StudyDate": None, "StudyTime": None}))
    facts = read_facts(Header(pydicom.dcmread(BytesIO(as_bytes(ds)), stop_before_pixels=True)))

    assert (facts.kernel, facts.kvp, facts.gantry_tilt_deg) == ("STANDARD", 110.0, -3.5)
    assert facts.acquired is not None
    assert facts.acquired.isoformat() == "2024-02-03T04:05:06"
