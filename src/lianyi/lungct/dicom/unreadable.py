"""The one way in which pixel data can fail without being refused: nobody can read them."""

from __future__ import annotations


class UnreadablePixels(Exception):
    """Pixel data are absent, truncated, damaged or contradict their header.

    Attributes:
        reason_en: one clause for a log or a report; never holds patient data.
    """

    def __init__(self, reason_en: str) -> None:
        super().__init__(reason_en)
        self.reason_en = reason_en
