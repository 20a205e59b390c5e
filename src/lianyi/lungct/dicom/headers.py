"""Patient and series facts of one header, as it states them; what it does not state stays absent."""

from __future__ import annotations

import re
from datetime import date, datetime, time

from lianyi.lungct.dicom.attributes import Header
from lianyi.lungct.domain.study import Contrast, Patient, SeriesFacts
from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID, StudyUID

_PER_YEAR = {"Y": 1, "M": 12, "W": 52, "D": 365}
_OLDEST_YEARS = 150

_NO_CONTRAST = re.compile(
    r"(?i)\W*(none|no|n|nil|not? (given|used|administered|contrast)|no contrast.*|non[- ]?contrast.*|without.*"
    r"|无|否|未用|未使用.*|不用|平扫)\W*"
)


def read_date(value: str) -> date | None:
    """Read a DICOM date, "20000131" or the "2000.01.31" of old devices; None when it is neither."""
    found = re.fullmatch(r"(\d{4})[.\-/]?(\d{2})[.\-/]?(\d{2})", value.strip())
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def read_time(value: str) -> time | None:
    """Read a DICOM time, "HH[MM[SS[.F]]]" or with colons; None when it is neither."""
    found = re.fullmatch(r"(\d{2}):?(\d{2})?:?(\d{2})?(?:\.\d{1,6})?", value.strip())
    if found is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return time(hour, minute, min(second, 59))  # second 60 is a leap second (PS3.5 6.2)
    except ValueError:
        return None


def read_age_years(value: str) -> int | None:
    """Read an age string in whole years: "063Y" gives 63, "009M" gives 0; None when it is malformed."""
    found = re.fullmatch(r"(\d{1,3})([YMWD])", value.strip().upper())
    return None if found is None else int(found[1]) // _PER_YEAR[found[2]]


def _years_between(birth: date, day: date) -> int | None:
    years = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    return years if 0 <= years <= _OLDEST_YEARS else None


def read_patient(header: Header) -> Patient:
    """Read who was scanned."""
    birth = read_date(header.code("PatientBirthDate"))
    age = read_age_years(header.code("PatientAge"))
    if age is None and birth is not None:
        moments = (read_date(header.code(keyword)) for keyword in ("StudyDate", "AcquisitionDate", "SeriesDate"))
        day = next((moment for moment in moments if moment is not None), None)
        age = None if day is None else _years_between(birth, day)
    sex = header.code("PatientSex")
    return Patient(
        id=header.text("PatientID"),
        name=header.name("PatientName"),
        birth_date=birth,
        sex=sex if sex in ("M", "F", "O") else "",
        age_years=age,
    )


def _moments(header: Header) -> list[tuple[date | None, time | None]]:
    moments = []
    for value in (
        header.code("AcquisitionDateTime"),
        header.code("FrameAcquisitionDateTime", group="FrameContentSequence"),
    ):
        local = re.sub(r"[+-]\d{4}$", "", value)  # the clock on the device's wall, as the other attributes
        moments.append((read_date(local[:8]), read_time(local[8:])))
    moments += [
        (read_date(header.code(f"{what}Date")), read_time(header.code(f"{what}Time")))
        for what in ("Acquisition", "Series", "Study")
    ]
    return moments


def read_acquired(header: Header) -> datetime | None:
    """Read when the series was acquired, in the device's local time.

    The first of acquisition, series and study that states date *and* time; when none does, the first date,
    at midnight.
    """
    moments = [(day, clock) for day, clock in _moments(header) if day is not None]
    whole = next((datetime.combine(day, clock) for day, clock in moments if clock is not None), None)
    if whole is not None or not moments:
        return whole
    return datetime.combine(moments[0][0], time())


def read_contrast(header: Header) -> Contrast:
    """Read whether contrast was given: "unknown" unless the header says yes or no."""
    if agent := header.text("ContrastBolusAgent"):
        return "no" if _NO_CONTRAST.fullmatch(agent) else "yes"
    return "yes" if header.has_items("ContrastBolusAgentSequence") else "unknown"


def read_facts(header: Header) -> SeriesFacts:
    """Read what a report or a choice needs to know of a series."""
    kernels = header.text("ConvolutionKernel", group="CTReconstructionSequence")
    return SeriesFacts(
        study_uid=StudyUID(header.code("StudyInstanceUID")),
        series_uid=SeriesUID(header.code("SeriesInstanceUID")),
        frame_of_reference_uid=FrameOfReferenceUID(header.code("FrameOfReferenceUID")),
        accession_number=header.text("AccessionNumber"),
        study_id=header.text("StudyID"),
        study_description=header.text("StudyDescription"),
        series_description=header.text("SeriesDescription"),
        series_number=header.integer("SeriesNumber"),
        body_part=header.text("BodyPartExamined"),
        institution=header.text("InstitutionName"),
        acquired=read_acquired(header),
        modality=header.code("Modality"),
        kernel=" ".join(kernels.replace("\\", " ").split()),
        contrast=read_contrast(header),
        manufacturer=header.text("Manufacturer"),
        model_name=header.text("ManufacturerModelName"),
        kvp=header.number("KVP", group="CTXRayDetailsSequence"),
        patient_position=header.code("PatientPosition"),
        gantry_tilt_deg=header.number("GantryDetectorTilt", group="CTAcquisitionDetailsSequence"),
    )
