"""One instance as far as choosing a series needs it, and the series that instances form.

A header is read up to the pixels and no further; a folder of 400 files takes about a second.  Everything that
is ever asked of it is read at once, so that a damaged header shows itself here, where its file can be named.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import BinaryIO

import pydicom
from pydicom.uid import UID

from lianyi.lungct.dicom.archives import MAX_MEMBER_BYTES
from lianyi.lungct.dicom.attributes import Header
from lianyi.lungct.dicom.headers import read_facts, read_patient
from lianyi.lungct.dicom.sources import Source
from lianyi.lungct.dicom.study_header import encoded_header
from lianyi.lungct.domain.study import Patient, SeriesFacts, SourceImage
from lianyi.lungct.domain.uids import InstanceUID

CT_CLASSES = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.2",  # CT Image Storage
        "1.2.840.10008.5.1.4.1.1.2.1",  # Enhanced CT Image Storage
        "1.2.840.10008.5.1.4.1.1.2.2",  # Legacy Converted Enhanced CT Image Storage
    }
)
MULTI_FRAME_CLASSES = frozenset(
    {"1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"}  # the Enhanced two of the above
)
_DIRECTORY_CLASS = "1.2.840.10008.1.3.10"  # Media Storage Directory: DICOMDIR

_PREAMBLE_BYTES = 128
_META_BYTES = 4096  # the file meta group lies within
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_FIRST_GROUPS = (b"\x08\x00", b"\x02\x00", b"\x00\x08")  # of a file without preamble: little, meta, big endian
_CANNOT_OPEN = (OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError)
"""What opening a file or a damaged archive's member raises (RuntimeError: NotImplementedError and encryption)."""

_DICOM_SUFFIXES = (".dcm", ".dicom", ".ima")

_AXIAL_DEG = 35.0
"""A gantry tilts by at most 30 degrees; the rest is for an oblique patient."""

_GAP_SHARE = 1.2
_PRINTED_MM = 0.015
"""A step beyond this many thicknesses, and what headers round away, is refused when slices are assembled (R05)."""

_HOLE_SHARE = 1.5
"""Half a usual step more: no rounding or table wobble, a slice is missing."""


class NotDicom(Exception):
    """The file is something else; nothing is lost by leaving it alone."""


class UnreadableHeader(Exception):
    """The file is or should be DICOM, and its header cannot be read."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Instance:
    """One DICOM object.

    Attributes:
        patient: as this header names them.
        facts: of the series, as this header states them.
        protocol: Protocol Name.
        texts_guessed: whether the character set of a text above had to be guessed.
        sop_class: SOP Class UID.
        image_type: values of Image Type, upper case.
        instance_number: None when absent.
        orientation: two unit vectors, or None.
        positions: of each frame that states one, LPS mm.
        thickness_mm: nominal, or None.
        frames: number of frames; 1 for a single-frame object.
        header: its patient and study modules, encoded.
        rescale: slope and intercept, or None.
    """

    source: Source
    patient: Patient
    facts: SeriesFacts
    protocol: str
    texts_guessed: bool
    instance_uid: InstanceUID
    sop_class: str
    image_type: tuple[str, ...]
    instance_number: int | None
    orientation: tuple[float, ...] | None
    positions: tuple[tuple[float, ...], ...]
    thickness_mm: float | None
    frames: int
    header: bytes
    rescale: tuple[float, float] | None

    @property
    def as_source(self) -> SourceImage:
        """What an object that refers to it must know."""
        return SourceImage(
            series_uid=self.facts.series_uid,
            sop_class_uid=self.sop_class,
            instance_uid=self.instance_uid,
            is_multi_frame=self.sop_class in MULTI_FRAME_CLASSES,
            rescale=self.rescale,
        )

    @property
    def series_key(self) -> tuple[str, str, str, bool, bool]:
        """What instances of one series share: patient, study, series and kind."""
        facts = self.facts
        return (self.patient.id, facts.study_uid, facts.series_uid, not self.is_ct, self.is_localizer)

    @property
    def is_ct(self) -> bool:
        """Whether it is a CT image by its SOP class (a secondary capture of one is not)."""
        return self.sop_class in CT_CLASSES and self.facts.modality in ("CT", "")

    @property
    def is_localizer(self) -> bool:
        """Whether it is a scout view."""
        return "LOCALIZER" in self.image_type


def _looks_like_dicom(start: bytes) -> bool:
    return _has_preamble(start) or (len(start) > 8 and start[:2] in _FIRST_GROUPS)


def _has_preamble(start: bytes) -> bool:
    return start[_PREAMBLE_BYTES:] == b"DICM"


def _is_another_kind(path: Path) -> bool:
    """Whether the name alone says so: a directory of a DICOM disc, or what macOS writes beside every file."""
    return path.name.upper() == "DICOMDIR" or path.name.startswith("._")


def read_instance(source: Source) -> Instance:
    """Read one file's header.

    Raises:
        NotDicom: it is another kind of file, or a DICOMDIR.
        UnreadableHeader: it should be DICOM, but it is damaged, empty, or does not say which series it belongs to.
    """
    if _is_another_kind(source.path):
        raise NotDicom
    try:
        with source.open() as stream:
            start = stream.read(_PREAMBLE_BYTES + 4)
    except _CANNOT_OPEN as fault:
        raise UnreadableHeader from fault
    suffix = source.path.suffix.lower()
    is_called_dicom = suffix in _DICOM_SUFFIXES or (not start and not suffix)
    if not _looks_like_dicom(start):
        raise UnreadableHeader if is_called_dicom else NotDicom
    try:
        return _instance(source, _parse(source))
    except NotDicom:
        raise
    except Exception as fault:  # a hostile header fails in any way pydicom can; the file is named in a caution
        raise (UnreadableHeader if is_called_dicom or _has_preamble(start) else NotDicom) from fault


def _parse(source: Source) -> pydicom.FileDataset:
    with source.open() as stream:
        _limit_inflation(stream)
        stream.seek(0)
        return pydicom.dcmread(stream, stop_before_pixels=True, force=True)


def _limit_inflation(stream: BinaryIO) -> None:
    """Refuse a deflated data set that grows past every limit, before pydicom inflates it in one piece."""
    start = stream.read(_META_BYTES)
    if _DEFLATED not in start:
        return
    # The meta group's length is the first element's value, and counts from behind it (PS3.10 7.1).
    begin = _PREAMBLE_BYTES + 16 + int.from_bytes(start[_PREAMBLE_BYTES + 12 : _PREAMBLE_BYTES + 16], "little")
    stream.seek(begin)
    inflate, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    while chunk := stream.read(_META_BYTES):
        while chunk:
            size += len(inflate.decompress(chunk, MAX_MEMBER_BYTES // 64))
            chunk = inflate.unconsumed_tail
            if size > MAX_MEMBER_BYTES:
                raise UnreadableHeader


def _instance(source: Source, ds: pydicom.FileDataset) -> Instance:
    header = Header(ds)
    meta_class = ds.file_meta.get("MediaStorageSOPClassUID", UID(""))
    sop_class = header.code("SOPClassUID") or str(meta_class or "")
    if sop_class == _DIRECTORY_CLASS:
        raise NotDicom
    patient, facts, protocol = read_patient(header), read_facts(header), header.text("ProtocolName")
    instance_uid = InstanceUID(header.code("SOPInstanceUID"))
    if not (sop_class and facts.study_uid and facts.series_uid and instance_uid):
        raise UnreadableHeader
    single = header.numbers("ImagePositionPatient", 3)
    by_frame = header.numbers_by_frame("PlanePositionSequence", "ImagePositionPatient", 3)
    image_type = header.code("ImageType") + "\\" + header.code("FrameType", group="CTImageFrameTypeSequence")
    return Instance(
        source=source,
        patient=patient,
        facts=facts,
        protocol=protocol,
        texts_guessed=bool(header.guessed),
        instance_uid=instance_uid,
        sop_class=sop_class,
        image_type=tuple(value.strip() for value in image_type.split("\\") if value.strip()),
        instance_number=header.integer("InstanceNumber"),
        orientation=header.numbers("ImageOrientationPatient", 6, group="PlaneOrientationSequence"),
        positions=(single,) if single else tuple(position for position in by_frame if position),
        thickness_mm=header.number("SliceThickness", group="PixelMeasuresSequence"),
        frames=max(1, len(by_frame)),
        header=encoded_header(ds),
        rescale=_rescale(header),
    )


def _rescale(header: Header) -> tuple[float, float] | None:
    """Give the rescale of an image, for those that show its stored values; of several frames, if it is one."""
    group = "PixelValueTransformationSequence"
    pairs = {
        (slope, intercept)
        for (slope,), (intercept,) in zip(
            (one or (None,) for one in header.numbers_by_frame(group, "RescaleSlope", 1)),
            (one or (None,) for one in header.numbers_by_frame(group, "RescaleIntercept", 1)),
            strict=True,
        )
        if slope is not None and intercept is not None
    }
    if len(pairs) > 1:
        return None
    slope, intercept = (header.number(keyword, group=group) for keyword in ("RescaleSlope", "RescaleIntercept"))
    return None if slope is None or intercept is None else (slope, intercept)


@dataclass(frozen=True, eq=False, kw_only=True)
class FoundSeries:
    """Instances that share study, series and kind, the lowest instance number first."""

    instances: tuple[Instance, ...]

    @cached_property
    def first(self) -> Instance:
        """The instance that speaks for the series: the first that has a place, or just the first.

        A screen save stored among the slices often comes before them all, and is no slice.
        """
        return next((one for one in self.instances if one.orientation and one.positions), self.instances[0])

    @property
    def facts(self) -> SeriesFacts:
        """Facts of the first instance."""
        return self.first.facts

    @cached_property
    def slices(self) -> int:
        """Number of different slices: a file given twice counts once."""
        return sum({instance.instance_uid: instance.frames for instance in self.instances}.values())

    @cached_property
    def _along_normal_mm(self) -> list[float]:
        orientation = self.first.orientation
        if orientation is None:
            return []
        normal = _normal(orientation)
        places = [
            round(sum(a * b for a, b in zip(normal, position, strict=True)), 2)
            for instance in self.instances
            for position in instance.positions
        ]
        return sorted(set(places))

    @cached_property
    def step_mm(self) -> float | None:
        """The usual distance between neighbouring slices, or None."""
        places = self._along_normal_mm
        return median(b - a for a, b in pairwise(places)) if len(places) > 1 else None

    @property
    def has_places(self) -> bool:
        """Whether the headers say where the slices are."""
        return bool(self._along_normal_mm)

    @property
    def extent_mm(self) -> float:
        """How far the slices reach along their normal; 0 when their places are unknown."""
        places = self._along_normal_mm
        return places[-1] - places[0] + (self.step_mm or 0.0) if places else 0.0

    @property
    def thickness_mm(self) -> float | None:
        """What one slice stands for: its thickness, or the step where that is wider."""
        known = [value for value in (self.first.thickness_mm, self.step_mm) if value is not None and value > 0]
        return max(known, default=None)

    @property
    def has_gaps(self) -> bool:
        """Whether tissue between the slices was never imaged."""
        thickness, step = self.first.thickness_mm, self.step_mm
        if thickness is None or step is None or thickness <= 0:
            return False
        return step > _GAP_SHARE * thickness + _PRINTED_MM

    @property
    def has_missing_slices(self) -> bool:
        """Whether some neighbouring slices lie much further apart than the usual ones."""
        places, step = self._along_normal_mm, self.step_mm
        return step is not None and max(b - a for a, b in pairwise(places)) > _HOLE_SHARE * step

    @property
    def tilt_from_axial_deg(self) -> float | None:
        """The angle between the slices' normal and the patient's long axis, median; None when unknown."""
        angles = [_from_z_deg(one.orientation) for one in self.instances if one.orientation is not None]
        return median(angles) if angles else None

    @property
    def is_axial(self) -> bool:
        """Whether the slices lie across the patient; True when the header does not say."""
        tilt = self.tilt_from_axial_deg
        return tilt is None or tilt <= _AXIAL_DEG


def _normal(orientation: tuple[float, ...]) -> tuple[float, float, float]:
    a, b, c, d, e, f = orientation
    return (b * f - c * e, c * d - a * f, a * e - b * d)


def _from_z_deg(orientation: tuple[float, ...]) -> float:
    normal = _normal(orientation)
    length = math.hypot(*normal)
    return math.degrees(math.acos(min(1.0, abs(normal[2]) / length))) if length else 90.0


def group_series(instances: Iterable[Instance]) -> tuple[FoundSeries, ...]:
    """Group instances by study, series and kind: a scout view inside a series of slices stands apart.

    So do two patients whose series an anonymiser gave the same UID.
    """
    groups: dict[tuple[str, str, str, bool, bool], list[Instance]] = {}
    for instance in instances:
        groups.setdefault(instance.series_key, []).append(instance)
    return tuple(
        FoundSeries(
            instances=tuple(
                sorted(
                    groups[key],
                    key=lambda one: (
                        one.instance_number is None,
                        one.instance_number or 0,
                        one.instance_uid,
                        str(one.source.path),
                    ),
                )
            )
        )
        for key in sorted(groups)
    )
