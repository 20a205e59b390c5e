"""Who and what was scanned: patient, study and series facts as the header states them.

Absent facts are None or "" and are printed as absent; nothing is defaulted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from lianyi.lungct.domain.errors import Caution
from lianyi.lungct.domain.image import CtSlice
from lianyi.lungct.domain.uids import FrameOfReferenceUID, InstanceUID, SeriesUID, StudyUID

Contrast = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """The patient as the header names them.

    Attributes:
        name: for people to read: ideographic form if present, otherwise alphabetic, "^" as space.
        birth_date: None when absent or unreadable.
        sex: "M", "F", "O" or "".
        age_years: from PatientAge, otherwise from birth and study date, otherwise None.
    """

    id: str
    name: str
    birth_date: date | None
    sex: str
    age_years: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFacts:
    """Study and series attributes that a report or a choice needs; geometry lives in the slices."""

    study_uid: StudyUID
    series_uid: SeriesUID
    frame_of_reference_uid: FrameOfReferenceUID
    accession_number: str
    study_id: str
    study_description: str
    series_description: str
    series_number: int | None
    body_part: str
    institution: str
    acquired: datetime | None
    modality: str
    kernel: str
    contrast: Contrast
    manufacturer: str
    model_name: str
    kvp: float | None
    patient_position: str
    gantry_tilt_deg: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceImage:
    """One instance of the study that an answer rests on, as far as an object that refers to it must know it.

    Attributes:
        sop_class_uid: what kind of object it is.
        is_multi_frame: whether a reference to one of its slices names a frame.
        rescale: slope and intercept of the stored values; None where the header has none or not one for all frames.
    """

    series_uid: SeriesUID
    sop_class_uid: str
    instance_uid: InstanceUID
    is_multi_frame: bool = False
    rescale: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyHeader:
    """Patient and study as the source states them, for objects that must state the same, byte for byte.

    Attributes:
        encoded: elements of the patient and study modules and their character set, as DICOM explicit VR little
            endian; opaque to every stage but those that read and write DICOM.
        images: of the series that was screened; without one, everything of the study that was read.
    """

    encoded: bytes
    images: tuple[SourceImage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """A file that went into the answer: path as given by the caller, SHA-256, size."""

    path: Path
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotChosen:
    """A series that was not screened, and why (one clause each language)."""

    series_uid: SeriesUID
    description: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CtSeries:
    """The chosen series, decoded: facts, patient, slices in no promised order, cautions met on the way.

    Attributes:
        header: None where the slices came from no DICOM file.
    """

    patient: Patient
    facts: SeriesFacts
    slices: tuple[CtSlice, ...]
    files: tuple[InputFile, ...]
    not_chosen: tuple[NotChosen, ...]
    cautions: tuple[Caution, ...]
    header: StudyHeader | None = None
