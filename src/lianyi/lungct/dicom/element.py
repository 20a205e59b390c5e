"""Reading one header value: a number, or None when it is absent or malformed.

pydicom converts a value when it is first touched, so malformed bytes surface here as exceptions of
many kinds.  A caller wants one answer: no such number.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Final

import pydicom
from pydicom.errors import BytesLengthException

# What pydicom raises for bytes that are no value of their VR; found by fuzzing, see the tests.
MALFORMED: Final = (
    ValueError,
    TypeError,
    OverflowError,
    AttributeError,
    KeyError,
    NotImplementedError,
    OSError,
    struct.error,
    BytesLengthException,
)


def is_given(ds: pydicom.Dataset, keyword: str) -> bool:
    """Whether an attribute is there with a value, be it malformed."""
    try:
        return keyword in ds and ds[keyword].VM > 0
    except MALFORMED:
        return True


def read_numbers(ds: pydicom.Dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    """Give exactly *count* finite numbers, or None."""
    try:
        value = ds.get(keyword)
        values = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else [value]
        numbers = tuple(float(number) for number in values)
    except MALFORMED:
        return None
    if len(numbers) != count or not all(math.isfinite(number) for number in numbers):
        return None
    return numbers


def read_number(ds: pydicom.Dataset, keyword: str) -> float | None:
    """Give one finite number, or None."""
    numbers = read_numbers(ds, keyword, 1)
    return None if numbers is None else numbers[0]


def read_integer(ds: pydicom.Dataset, keyword: str) -> int | None:
    """Give one whole number, or None."""
    number = read_number(ds, keyword)
    return int(number) if number is not None and number.is_integer() else None


def read_text(ds: pydicom.Dataset, keyword: str) -> str:
    """Give one text without surrounding blanks; "" when absent or malformed."""
    try:
        value = ds.get(keyword)
    except MALFORMED:
        return ""
    return "" if value is None else str(value).strip()
