"""A new data set from an old one: only what the policy gives is in it."""

from __future__ import annotations

from datetime import date

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes

from lianyi.deidentify import values
from lianyi.deidentify.policy import TYPE_2, Person, decide, empty
from lianyi.deidentify.table import BASIC, EDITION, MODIFIED_DATES, PATIENT_CHARACTERISTICS

_DEEPEST = 16
"""Sequences nested deeper are removed: no CT has them, and a hostile file may have thousands."""

_BULK = ("PixelData", "LUTData")

# CID 7050 (PS3.16), as in shared/dicom/objects.md [P].
_MEANINGS = {
    BASIC: "Basic Application Confidentiality Profile",
    MODIFIED_DATES: "Retain Longitudinal Temporal Information Modified Dates Option",
    PATIENT_CHARACTERISTICS: "Retain Patient Characteristics Option",
}


def without_identity(old: Dataset, person: Person) -> Dataset:
    """Build the data set of *person*, without pixels, file meta, identity or private data."""
    new = _rebuilt(old, person, depth=0)
    for tag in TYPE_2:
        if tag not in new:
            new.add(empty(tag))
    new.PatientName = person.pseudonym
    new.PatientID = person.pseudonym
    if "PatientAge" not in new and (age := _age(old)):
        new.PatientAge = age
    new.SpecificCharacterSet = "ISO_IR 192"
    _state(new, person)
    return new


def _rebuilt(old: Dataset, person: Person, *, depth: int) -> Dataset:
    new = Dataset()

    def recurse(element: DataElement, whose: Person) -> DataElement | None:
        if depth >= _DEEPEST:
            return None
        items = [_rebuilt(item, whose, depth=depth + 1) for item in element.value]
        items = [item for item in items if len(item)]
        return DataElement(element.tag, "SQ", Sequence(items)) if items else None

    for tag in sorted(old.keys()):
        try:
            element = decide(old[tag], person, recurse)
        except (ValueError, TypeError, KeyError, NotImplementedError, AttributeError, OverflowError, RecursionError):
            element = None  # a value that cannot be read cannot be vouched for
        if element is not None:
            new.add(element)
    if depth and any(keyword in old and keyword not in new for keyword in _BULK):
        return Dataset()  # an icon without its pixels, a table without its entries
    _keep_known_code(old, new)
    return new


def _keep_known_code(old: Dataset, new: Dataset) -> None:
    """Put a code of the standard's own dictionary back, with the dictionary's meaning."""
    scheme, value = str(old.get("CodingSchemeDesignator", "")), str(old.get("CodeValue", ""))
    if scheme not in ("SCT", "DCM", "UCUM"):
        return
    try:
        keyword = _keywords(scheme)[value]
        meaning = getattr(getattr(codes, scheme), keyword).meaning
    except (KeyError, AttributeError):
        return
    new.CodeValue, new.CodingSchemeDesignator, new.CodeMeaning = value, scheme, meaning


_BY_VALUE: dict[str, dict[str, str]] = {}


def _keywords(scheme: str) -> dict[str, str]:
    if scheme not in _BY_VALUE:
        collection = getattr(codes, scheme)
        _BY_VALUE[scheme] = {getattr(collection, keyword).value: keyword for keyword in dir(collection)}
    return _BY_VALUE[scheme]


def _age(old: Dataset) -> str | None:
    """Give the age from the birth date where the header has none: risk models need it, and the date goes."""
    try:
        birth, day = (
            date.fromisoformat(str(values.shifted_date(str(old.get(keyword, "")), 0)))
            for keyword in ("PatientBirthDate", "StudyDate")
        )
    except ValueError:
        return None
    years = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    return values.kept_age(f"{years:03d}Y") if years >= 0 else None


def _state(new: Dataset, person: Person) -> None:
    """Say in the object what was done to it (PS3.15 E.1.1; PS3.3 C.7.1.1, C.12.1)."""
    new.PatientIdentityRemoved = "YES"
    new.DeidentificationMethod = f"PS3.15 Annex E {EDITION} by lianyi"
    chosen = [BASIC, *sorted(person.options)]
    items = []
    for code in chosen:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", _MEANINGS[code]
        items.append(item)
    new.DeidentificationMethodCodeSequence = Sequence(items)
    new.LongitudinalTemporalInformationModified = "MODIFIED" if MODIFIED_DATES in person.options else "REMOVED"
