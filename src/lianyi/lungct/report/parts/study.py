"""Who and what was scanned, with what, and what was said on the way."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lianyi.lungct.report.parts.base import Length, Part, Share


class Message(Part):
    """A refusal or a warning; *message* is in the language of the report."""

    code: Annotated[str, Field(pattern=r"^[RW]\d{2}$")]
    message: str
    message_zh: str
    message_en: str


class NotAnalysedPart(Part):
    """A part of the lungs, or a task, that was not looked at."""

    what: str
    share: Share | None
    why: str


class PatientPart(Part):
    """Who, as the header says."""

    id: str
    name: str
    birth_date: str
    sex: str


class StudyPart(Part):
    """What was scanned; geometry is null when no volume could be assembled."""

    study_uid: str
    accession_number: str
    study_id: str
    acquired: str
    series_uid: str
    frame_of_reference_uid: str
    slices: int
    slice_step_mm: Length | None
    slice_thickness_mm: Length | None
    pixel_spacing_mm: tuple[Length, Length] | None
    kernel: str
    contrast: Literal["yes", "no", "unknown"]
    manufacturer: str


class SeriesNotChosen(Part):
    """A series that was not screened, and why."""

    series_uid: str
    why: str
    description: str


class LungsPart(Part):
    """Volumes of the lung fields."""

    volume_ml: Length
    left_ml: Length
    right_ml: Length


class OperatingPointPart(Part):
    """The threshold in use."""

    name: str
    probability: Share
    max_marks: Annotated[int, Field(ge=1)]


class DetectorPart(Part):
    """Which detector ran."""

    name: str
    version: str
    sha256: str


class ProvenancePart(Part):
    """What made this document; ``provenance.json`` has the whole of it."""

    software: str
    detector: DetectorPart | None
    started: str
