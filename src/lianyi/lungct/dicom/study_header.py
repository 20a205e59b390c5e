"""The patient and study modules of one header, lifted out byte for byte.

An object that answers a study must name patient and study exactly as the source does, whatever its character set,
and even where that is wrong or not declared: a PACS files by these bytes.  So values are copied and never decoded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from pydicom import Dataset
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.tag import BaseTag, Tag

# DICOM PS3.3 2024e: C.7.1.1 Patient, C.7.1.3 Clinical Trial Subject, C.7.2.1 General Study, C.7.2.2 Patient Study,
# C.7.2.3 Clinical Trial Study; of C.12.1 SOP Common what the texts and times of these are read by.  Not all of them:
# those that results need or that people search by.
COPIED = (
    "SpecificCharacterSet",
    "TimezoneOffsetFromUTC",
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "IssuerOfPatientIDQualifiersSequence",
    "TypeOfPatientID",
    "OtherPatientIDs",
    "OtherPatientIDsSequence",
    "OtherPatientNames",
    "PatientBirthDate",
    "PatientBirthTime",
    "PatientSex",
    "EthnicGroup",
    "PatientComments",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "IssuerOfAccessionNumberSequence",
    "ReferringPhysicianName",
    "ReferringPhysicianIdentificationSequence",
    "ConsultingPhysicianName",
    "PhysiciansOfRecord",
    "NameOfPhysiciansReadingStudy",
    "RequestingService",
    "StudyDescription",
    "ProcedureCodeSequence",
    "ReasonForPerformedProcedureCodeSequence",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "AdmittingDiagnosesDescription",
    "AdmissionID",
    "IssuerOfAdmissionIDSequence",
    "Occupation",
    "AdditionalPatientHistory",
    "ClinicalTrialSponsorName",
    "ClinicalTrialProtocolID",
    "ClinicalTrialProtocolName",
    "ClinicalTrialSiteID",
    "ClinicalTrialSiteName",
    "ClinicalTrialSubjectID",
    "ClinicalTrialSubjectReadingID",
    "ClinicalTrialTimePointID",
)

_LONG_LENGTH = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
"""Value representations whose length takes four bytes (PS3.5 2024e, 7.1.2)."""

_BINARY = frozenset({"AT", "FD", "FL", "OD", "OF", "OL", "OV", "OW", "SL", "SS", "SV", "UL", "US", "UV"})
"""Those whose bytes depend on the byte order; among what is copied they occur only inside sequences."""

_ITEM = b"\xfe\xff\x00\xe0"
_DEEPEST = 4


def encoded_header(ds: Dataset) -> bytes:
    """Give what is copied of a header as explicit VR little endian; absent attributes stay absent."""
    tags = sorted(tag for tag in map(tag_for_keyword, COPIED) if tag is not None and tag in ds)
    return b"".join(_elements(ds, map(Tag, tags), depth=0))


def _elements(ds: Dataset, tags: Iterable[BaseTag], *, depth: int) -> Iterable[bytes]:
    for tag in tags:
        element: DataElement | RawDataElement | None = ds.get_item(tag)
        if element is not None and (value := _value(ds, element, depth)) is not None:
            yield _encoded(tag, _vr(element), value)


def _vr(element: DataElement | RawDataElement) -> str:
    """Give the value representation; implicit VR, and UN of a known attribute, take it from the dictionary."""
    if element.VR not in {None, "UN"}:
        return str(element.VR)
    try:
        return dictionary_VR(element.tag).split(" ")[0]
    except KeyError:
        return "UN"


def _value(ds: Dataset, element: DataElement | RawDataElement, depth: int) -> bytes | None:
    vr = _vr(element)
    if vr == "SQ":
        return _items(ds[element.tag].value, depth + 1) if depth < _DEEPEST else None
    if isinstance(element, RawDataElement):
        swapped = vr in _BINARY and not element.is_little_endian
        return None if swapped or not isinstance(element.value, bytes) else element.value
    # pydicom converts Specific Character Set as it reads; its values are ASCII.
    value = element.value
    values = value if isinstance(value, list | tuple) or hasattr(value, "append") else [value]
    return "\\".join("" if one is None else str(one) for one in values).encode("ascii", "replace")


def _items(items: Iterable[Dataset], depth: int) -> bytes:
    encoded = []
    for item in items:
        body = b"".join(_elements(item, sorted(item.keys()), depth=depth))
        encoded.append(_ITEM + struct.pack("<I", len(body)) + body)
    return b"".join(encoded)


def _encoded(tag: BaseTag, vr: str, value: bytes) -> bytes:
    if len(value) % 2:
        value += b"\0" if vr in {"UI", "OB", "UN"} else b" "
    head = struct.pack("<HH", tag.group, tag.element) + vr.encode("ascii")
    length = struct.pack("<xxI", len(value)) if vr in _LONG_LENGTH else struct.pack("<H", len(value))
    return head + length + value
