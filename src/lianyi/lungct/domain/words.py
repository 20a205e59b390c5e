"""Words for people."""

from __future__ import annotations

from typing import NamedTuple


class Sentence(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str
