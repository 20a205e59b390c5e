"""What of an instance's header the station itself needs: where it belongs, and what a query answers."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID

from lianyi.lungct.domain.errors import LianyiError

# DICOM PS3.5 2024e, section 9.1: digits and dots, 64 characters at most.
_UID: Final = re.compile(r"[0-9]+(\.[0-9]+)*")
_UID_LENGTH: Final = 64

# DICOM PS3.18 2024e, tables 10.6.3-3 and 10.6.3-4: what a search answers of a study, and of a series.
STUDY_KEYWORDS: Final = (
    "SpecificCharacterSet",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyDescription",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "StudyID",
)
SERIES_KEYWORDS: Final = (
    "SpecificCharacterSet",
    "Modality",
    "SeriesDescription",
    "SeriesInstanceUID",
    "SeriesNumber",
    "BodyPartExamined",
)
_INSTANCE_KEYWORDS: Final = ("SOPClassUID", "SOPInstanceUID", "InstanceNumber")
_READ: Final[list[BaseTag | int]] = [
    Tag(keyword) for keyword in {*STUDY_KEYWORDS, *SERIES_KEYWORDS, *_INSTANCE_KEYWORDS}
]

_PIXELS: Final = 0x7FE00000  # the group of pixel data; nothing is read from here on
_LONGEST_TEXT: Final = 200  # an engineering choice
_MOST_INFLATED: Final = 16_000_000  # bytes; the same


class Malformed(LianyiError):
    """An instance that cannot be kept; says why without quoting it.

    Attributes:
        reason: a few words for the log and for counting.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            zh=f"收到的对象无法保存（{reason}），请在发送端检查该对象。",
            en=f"an instance cannot be kept ({reason}); look at it where it was sent from.",
        )
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Where an instance belongs; *study* and *series* are DICOM JSON (PS3.18 annex F)."""

    study_uid: str
    series_uid: str
    sop_uid: str
    sop_class_uid: str
    number: int | None
    study: dict[str, Any]
    series: dict[str, Any]


def read_heading(dataset: bytes, transfer_syntax: str) -> Heading:
    """Read a dataset's heading from its bytes, file header apart.

    Raises:
        Malformed: it cannot be read, or lacks one of its four UIDs.
    """
    syntax = UID(transfer_syntax)
    try:
        ds = _read(dataset, syntax)
        uids = [
            _uid(ds, keyword) for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")
        ]
        number = _whole_number(ds)
        study, series = _json(ds, STUDY_KEYWORDS), _json(ds, SERIES_KEYWORDS)
    except Malformed:
        raise
    except Exception as error:  # noqa: BLE001 -- damaged bytes: pydicom raises whatever it trips over
        raise Malformed(f"dataset unreadable: {type(error).__name__}") from None
    return Heading(
        study_uid=uids[0],
        series_uid=uids[1],
        sop_uid=uids[2],
        sop_class_uid=uids[3],
        number=number,
        study=study,
        series=series,
    )


def _read(dataset: bytes, syntax: UID) -> Dataset:
    if syntax.is_deflated:
        # Only the beginning is wanted; a small file may swell to any size.
        dataset = zlib.decompressobj(-zlib.MAX_WBITS).decompress(dataset, _MOST_INFLATED)
    return read_dataset(
        BytesIO(dataset),
        syntax.is_implicit_VR,
        syntax.is_little_endian,
        stop_when=lambda tag, _vr, _length: tag >= _PIXELS,
        specific_tags=_READ,
    )


def _uid(ds: Dataset, keyword: str) -> str:
    text = str(ds.get(keyword, "") or "").strip("\0 ")
    if not text:
        raise Malformed(f"{keyword} is absent")
    if len(text) > _UID_LENGTH or not _UID.fullmatch(text):
        raise Malformed(f"{keyword} is no UID")
    return text


def _whole_number(ds: Dataset) -> int | None:
    try:
        number = int(str(ds.get("InstanceNumber", "")))
    except ValueError:
        return None
    return number if -(2**31) <= number < 2**31 else None


def _json(ds: Dataset, keywords: tuple[str, ...]) -> dict[str, Any]:
    """Give the elements that can be told, in UTF-8; one that cannot is left out."""
    told: dict[str, Any] = {}
    for keyword in keywords:
        if keyword not in ds:
            continue
        part = Dataset()
        try:
            element = ds[keyword]
            if len(str(element.value)) > _LONGEST_TEXT or "\0" in str(element.value):  # PostgreSQL keeps no NUL
                continue
            part.add(element)
            told.update(part.to_json_dict())
        except Exception:  # noqa: BLE001, S112 -- a value that pydicom cannot make sense of: whatever it raises
            continue
    if Tag("SpecificCharacterSet").json_key in told:
        told[Tag("SpecificCharacterSet").json_key] = {"vr": "CS", "Value": ["ISO_IR 192"]}
    return told
