"""Our own words in the source's character set.

A data set has one Specific Character Set, and it is the source's, because patient and study are copied byte for byte.
Where it can hold Chinese, sentences are written Chinese first and English after it; where it cannot, in English only.
Pictures and the PDF carry Chinese always.
"""

from __future__ import annotations

from dataclasses import dataclass
from warnings import catch_warnings, simplefilter

from pydicom.charset import convert_encodings, encode_string

_HOLD_CHINESE = frozenset({"ISO_IR 192", "GB18030", "GBK", "ISO 2022 IR 58"})
_IN_ASCII = str.maketrans(
    {
        "≤": "<=", "≥": ">=", "–": "-", "—": "-", "×": "x", "²": "2", "³": "3", "·": "-", "±": "+/-", "→": "->",
        "’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "µ": "u", "°": " deg",
        "\u2002": " ", "\u2009": " ", "\u202f": " ", "\u00a0": " ",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwnWords:
    """Writes sentences for one data set.

    Attributes:
        character_sets: values of its Specific Character Set; empty when absent.
    """

    character_sets: tuple[str, ...]

    def both(self, zh: str, en: str) -> str:
        """Give a sentence in both languages if the character set can hold it, otherwise in English."""
        text = f"{zh}\n{en}"
        return text if self._can_hold(text) else in_ascii(en)

    def plain(self, text: str) -> str:
        """Give a text as it is if the character set can hold it, otherwise in ASCII."""
        return text if self._can_hold(text) else in_ascii(text)

    def _can_hold(self, text: str) -> bool:
        if text.isascii():
            return True
        if not any(name in _HOLD_CHINESE for name in self.character_sets):
            return False
        try:
            with catch_warnings():
                simplefilter("error")  # pydicom warns where it would lose characters
                encode_string(text, convert_encodings(list(self.character_sets)))
        except (UnicodeError, LookupError, ValueError, Warning):
            return False
        return True


def in_ascii(text: str) -> str:
    """Give English text in ASCII: signs by their usual stand-ins, anything else as "?".

    >>> in_ascii("≥ 0.5, 6–8 mm³")
    '>= 0.5, 6-8 mm3'
    """
    return text.translate(_IN_ASCII).encode("ascii", "replace").decode("ascii")
