"""Values that may stay, rewritten from what was understood: never the bytes that came in.

Each function gives the value to write, or None where the value is not one and must go.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path

_OLDEST = 89
"""Ages above this are told as 90: HIPAA 45 CFR 164.514(b)(2)(i)(C)."""

_DATE = re.compile(r"(\d{4})[.\-/]?(\d{2})[.\-/]?(\d{2})", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3])(?:([0-5]\d)(?:([0-5]\d|60)(?:\.\d{1,6})?)?)?", re.ASCII)
_DATE_TIME = re.compile(r"(\d{8})([\d.]*)([+-](?:0\d|1[0-4])[0-5]\d)?", re.ASCII)
_AGE = re.compile(r"(\d{3})([YMWD])", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,10}", re.ASCII)


@cache
def _words() -> dict[str, re.Pattern[str]]:
    text = Path(__file__).with_name("kept.toml").read_text(encoding="utf-8")
    return {keyword: re.compile(words, re.ASCII) for keyword, words in tomllib.loads(text).items()}


def as_list(value: object) -> list[object]:
    """Give one value or several as a list."""
    if value is None or value == "":
        return []
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return list(value)
    return [value]


def kept_words(keyword: str, value: object) -> list[str] | None:
    """Give those words of a value that ``kept.toml`` lists for *keyword*."""
    pattern = _words().get(keyword)
    if pattern is None:
        return None
    words = [str(one).strip(" \0") for one in as_list(value)]
    return [word for word in words if pattern.fullmatch(word)] or None


def kept_numbers(value: object, *, whole: bool) -> list[str] | None:
    """Give a decimal or integer string's numbers as they were written, if all are numbers."""
    pattern = _INTEGER if whole else _DECIMAL
    texts = [str(getattr(one, "original_string", one)).strip(" \0") for one in as_list(value)]
    if not texts or not all(len(text) <= 16 and pattern.fullmatch(text) for text in texts):
        return None
    return texts


def kept_binary(value: object, *, most: int = 64) -> Sequence[int | float] | None:
    """Give binary numbers, at most *most* of them, finite; more is a table and could be anything."""
    numbers = [one for one in as_list(value) if isinstance(one, int | float) and math.isfinite(one)]
    return numbers if 0 < len(numbers) == len(as_list(value)) <= most else None


def shifted_date(text: str, days: int) -> str | None:
    """Give a date (YYYYMMDD, or with points as old devices write it) moved by *days*."""
    found = _DATE.fullmatch(text.strip(" \0"))
    if found is None:
        return None
    try:
        return f"{date(*map(int, found.groups())) + timedelta(days=days):%Y%m%d}".rjust(8, "0")
    except (ValueError, OverflowError):
        return None


def shifted_date_time(text: str, days: int) -> str | None:
    """Give a date and time moved by whole *days*; the time of day and the offset from UTC stay."""
    found = _DATE_TIME.fullmatch(text.strip(" \0"))
    day = shifted_date(found[1], days) if found else None
    if found is None or day is None or (found[2] and kept_time(found[2]) is None):
        return None
    return day + found[2] + (found[3] or "")


def kept_time(text: str) -> str | None:
    """Give a time of day that is one."""
    found = _TIME.fullmatch(text.strip(" \0"))
    return found[0] if found else None


def kept_age(text: str) -> str | None:
    """Give an age; above 89 years it is 090Y."""
    found = _AGE.fullmatch(text.strip(" \0"))
    if found is None:
        return None
    years = int(found[1]) / {"Y": 1, "M": 12, "W": 52.18, "D": 365.25}[found[2]]
    return "090Y" if years >= _OLDEST + 1 else found[0]
