"""What becomes of one element: the table's action if it names the attribute, else a rule by its VR that fails closed.

======================  =====================================================================================
not in the table        rule
======================  =====================================================================================
unknown to PS3.6        removed; so are retired attributes, and a VR that the attribute does not have
UI                      remapped, unless registered in PS3.6
DA, DT, TM              as the date option says
IS, DS                  kept if every value is a number
US SS UL SL FL FD       kept if they are few
CS, and few of LO SH    the words that ``kept.toml`` lists stay
SQ                      item by item by the same rules; coded words only if PS3.16's dictionary has them
all other (text, bytes) removed
======================  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydicom.datadict import dictionary_has_tag, dictionary_is_retired, dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.tag import BaseTag

from lianyi.deidentify import values
from lianyi.deidentify.pseudonyms import Pseudonyms
from lianyi.deidentify.table import MODIFIED_DATES, Row, row_for

_PIXELS = 0x7FE00010
_TEXTS = frozenset({"PN", "LO", "SH", "LT", "ST", "UT", "UC"})
_BINARY = frozenset({"US", "SS", "UL", "SL", "FL", "FD"})

# Type 2 of the CT Image IOD (PS3.3 A.3 and the modules it names): empty where nothing may be said, but there.
TYPE_2 = frozenset(
    {
        0x00080020,  # Study Date
        0x00080030,  # Study Time
        0x00080050,  # Accession Number
        0x00080070,  # Manufacturer
        0x00080090,  # Referring Physician's Name
        0x00100010,  # Patient's Name
        0x00100020,  # Patient ID
        0x00100030,  # Patient's Birth Date
        0x00100040,  # Patient's Sex
        0x00200010,  # Study ID
        0x00200011,  # Series Number
        0x00200012,  # Acquisition Number
        0x00200013,  # Instance Number
        0x00201040,  # Position Reference Indicator
        0x00180050,  # Slice Thickness
        0x00180060,  # KVP
    }
)


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data set it is: the pseudonym, how far dates move, and what was chosen."""

    pseudonym: str
    days: int
    options: frozenset[str]
    names: Pseudonyms


Recurse = Callable[[DataElement, Person], DataElement | None]


def decide(element: DataElement, person: Person, recurse: Recurse) -> DataElement | None:
    """Give the element to write, or None where nothing of it is written.

    Args:
        element: as read.
        person: whose it is.
        recurse: gives a sequence's items by the same rules.
    """
    tag = element.tag
    if tag == _PIXELS or tag.group in (0x0000, 0x0002):
        return None  # pixels and file meta are made anew
    row = row_for(tag)
    known = dictionary_has_tag(tag) and not tag.is_private and not dictionary_is_retired(tag)
    if not known or element.VR not in dictionary_VR(tag).split(" or "):
        return None
    return _by_rule(element, person, recurse) if row is None else _by_table(element, row, person, recurse)


def empty(tag: int) -> DataElement:
    """Give the attribute without a value."""
    return DataElement(BaseTag(tag), dictionary_VR(tag), None)


def _by_table(element: DataElement, row: Row, person: Person, recurse: Recurse) -> DataElement | None:
    action = row.action(person.options)
    if action == "K":
        return _by_rule(element, person, recurse)
    if "U" in action or (action == "C" and row.options.get(MODIFIED_DATES) == "C"):
        kept = _by_rule(element, person, recurse)
        if kept is not None:
            return kept
    if action == "C":  # free text is not cleaned, and a moment that is none cannot be moved
        action = row.basic
    if action in ("Z", "Z/D") or element.tag in TYPE_2:
        return empty(element.tag)
    if action == "D" and element.VR in _TEXTS:
        return DataElement(element.tag, element.VR, "REMOVED")
    return None


def _by_rule(element: DataElement, person: Person, recurse: Recurse) -> DataElement | None:
    if element.VR == "SQ":
        return recurse(element, person)
    value = _kept_value(element, person)
    return None if value is None else DataElement(element.tag, element.VR, value)


def _kept_value(element: DataElement, person: Person) -> object:  # noqa: PLR0911 -- one a kind of value
    match element.VR:
        case "UI":
            return [person.names.uid(str(uid).strip(" \0")) for uid in values.as_list(element.value)] or None
        case "DA" | "DT" | "TM":
            return _moment(element.VR, element.value, person)
        case "IS" | "DS":
            return values.kept_numbers(element.value, whole=element.VR == "IS")
        case "AT":
            is_known = isinstance(element.value, int) and dictionary_has_tag(element.value)
            return element.value if is_known else None
        case "AS":
            return values.kept_age(str(element.value))
        case vr if vr in _BINARY:
            return values.kept_binary(element.value)
        case _:
            return values.kept_words(element.keyword, element.value)


def _moment(vr: str, value: object, person: Person) -> list[str] | None:
    if MODIFIED_DATES not in person.options:
        return None
    texts = [str(getattr(one, "original_string", one)) for one in values.as_list(value)]
    if vr == "TM":
        new = [values.kept_time(text) for text in texts]
    else:
        shift = values.shifted_date if vr == "DA" else values.shifted_date_time
        new = [shift(text, person.days) for text in texts]
    good = [text for text in new if text is not None]
    return good if good and len(good) == len(new) else None
