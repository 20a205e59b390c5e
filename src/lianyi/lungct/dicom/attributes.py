"""Attribute values of one header, taken straight from its bytes.

pydicom converts a value when it is first touched and then warns, raises or replaces characters.  Choosing a
series needs none of that: a value is there and well formed, or it is absent.  Bytes also keep names whole
whatever character set they claim.

For an Enhanced (multi-frame) object the value is looked for where PS3.3 C.7.6.16 puts it: at the top, then in
the shared functional groups, then in the first frame's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.tag import Tag

from lianyi.lungct.dicom.text import decode, person_name

_CHARACTER_SET = "SpecificCharacterSet"


def _raw(ds: Dataset, keyword: str) -> bytes:
    tag = tag_for_keyword(keyword)
    element: RawDataElement | DataElement | None = None if tag is None else ds.get_item(Tag(tag))
    if element is None:
        return b""
    if isinstance(element, RawDataElement):
        return element.value if isinstance(element.value, bytes) else b""
    value = element.value  # pydicom itself has converted it already (Specific Character Set, Transfer Syntax)
    values = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else [value]
    return "\\".join("" if one is None else str(one) for one in values).encode("utf-8", "replace")


def _items(ds: Dataset, keyword: str) -> tuple[Dataset, ...]:
    value = ds.get(keyword)
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        return ()
    return tuple(item for item in value if isinstance(item, Dataset))


class Header:
    """One instance's header.

    Attributes:
        guessed: keywords whose character set had to be guessed so far.
    """

    def __init__(self, ds: Dataset) -> None:
        self._ds = ds
        self.guessed: set[str] = set()
        self._declared = tuple(name.strip() for name in _raw(ds, _CHARACTER_SET).decode("ascii", "replace").split("\\"))
        if self._declared == ("",):
            self._declared = ()
        self._shared = _items(ds, "SharedFunctionalGroupsSequence")[:1]
        self.frames = _items(ds, "PerFrameFunctionalGroupsSequence")

    def _bytes(self, keyword: str, group: str | None) -> bytes:
        value = _raw(self._ds, keyword)
        if value.strip(b" \0") or group is None:
            return value
        for functional_groups in (*self._shared, *self.frames[:1]):
            for item in _items(functional_groups, group)[:1]:
                if value := _raw(item, keyword):
                    return value
        return b""

    def has_items(self, keyword: str) -> bool:
        """Whether a sequence at the top holds an item."""
        return bool(_items(self._ds, keyword))

    def code(self, keyword: str, *, group: str | None = None) -> str:
        """Give an ASCII value (a code string, a UID, a date) in upper case; several are joined by a backslash."""
        return self._bytes(keyword, group).decode("ascii", "replace").strip(" \0").upper()

    def text(self, keyword: str, *, group: str | None = None) -> str:
        """Give a text for people to read; "" when absent."""
        text = decode(self._bytes(keyword, group), self._declared)
        if text.guessed:
            self.guessed.add(keyword)
        return text.value

    def name(self, keyword: str) -> str:
        """Give a person name as people write it; "" when absent."""
        text = decode(self._bytes(keyword, None), self._declared, is_name=True)
        if text.guessed:
            self.guessed.add(keyword)
        return person_name(text.value)

    def numbers(self, keyword: str, count: int, *, group: str | None = None) -> tuple[float, ...] | None:
        """Give exactly *count* finite numbers of a decimal or integer string, or None."""
        return numbers(self._bytes(keyword, group), count)

    def number(self, keyword: str, *, group: str | None = None) -> float | None:
        """Give one finite number of a decimal or integer string, or None."""
        values = self.numbers(keyword, 1, group=group)
        return None if values is None else values[0]

    def integer(self, keyword: str) -> int | None:
        """Give one whole number of an integer string, or None."""
        value = self.number(keyword)
        return int(value) if value is not None and value.is_integer() else None

    def numbers_by_frame(self, group: str, keyword: str, count: int) -> tuple[tuple[float, ...] | None, ...]:
        """Give a value of each frame of a multi-frame object, None where it is absent."""
        return tuple(
            next((numbers(_raw(item, keyword), count) for item in _items(frame, group)[:1]), None)
            for frame in self.frames
        )


def numbers(raw: bytes, count: int) -> tuple[float, ...] | None:
    """Read exactly *count* finite numbers of a decimal or integer string, or None."""
    try:
        values = tuple(float(part.strip(b" \0")) for part in raw.split(b"\\"))
    except ValueError:
        return None
    if len(values) != count or not all(math.isfinite(value) for value in values):
        return None
    return values
