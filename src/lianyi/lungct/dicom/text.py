"""Texts and patient names from their raw bytes, so that no character is lost.

Chinese devices write GB18030, GBK and GB2312, with the right declaration, with a wrong one or with none.
The declared character set is believed when the bytes fit it; otherwise the bytes are read as what they
evidently are, and the guess is reported, so that the report can carry a caution (W04).

GBK is read as GB18030, its superset, so rare characters of four bytes survive.
Source: DICOM PS3.3 C.12.1.1.2, PS3.5 6.1.2 and Annexes J and K.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from dataclasses import dataclass

from pydicom.charset import decode_bytes, python_encoding
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

_ESCAPE = b"\x1b"
_GB2312_TO_G1 = b"\x1b$)A"
_ASCII_NAMES = ("", "ISO_IR 6", "ISO 2022 IR 6")
_LATIN_NAMES = ("ISO_IR 100", "ISO 2022 IR 100")
_GB_NAMES = ("GB18030", "GBK", "GB2312", "ISO 2022 GBK")
_GB2312_NAMES = ("ISO 2022 IR 58", "ISO_IR 58", "ISO 2022 58")

# Python's codec follows GB18030-2000, where these characters had no code point yet and were parked in the
# private use area.  Source: GB 18030-2022, Annex D (first eight), and Unicode's mapping of the other six.
_PRIVATE_USE = str.maketrans(
    {
        0xE81E: 0x9FB4,
        0xE826: 0x9FB5,
        0xE82B: 0x9FB6,
        0xE82C: 0x9FB7,
        0xE832: 0x9FB8,
        0xE843: 0x9FB9,
        0xE854: 0x9FBA,
        0xE864: 0x9FBB,
        0xE816: 0x20087,
        0xE817: 0x20089,
        0xE818: 0x200CC,
        0xE831: 0x215D7,
        0xE83B: 0x2298F,
        0xE855: 0x241FE,
    }
)

_RUN_OF_TWO_PAIRS = re.compile(rb"(?:[\xa1-\xf7][\xa1-\xfe]){2,}")
_IS_CHINESE = re.compile(
    "[\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff\u00b7\u2014\u2018-\u201d]"
)
_IDEOGRAPH = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_TURNS_TEXT_ROUND = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Text:
    """A decoded text; *guessed* when the declared character set did not explain the bytes."""

    value: str
    guessed: bool


def printable(text: str) -> str:
    """Give *text* without what could harm a terminal, a page or a UTF-8 file.

    Control characters become spaces, marks that turn the direction of writing vanish, and bytes of a file
    name that are no text become "\ufffd".
    """
    whole = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(
        " " if unicodedata.category(character) == "Cc" else character
        for character in whole
        if character not in _TURNS_TEXT_ROUND
    )


def _from_gb(raw: bytes) -> str:
    return raw.decode("gb18030").translate(_PRIVATE_USE)


def _is_plain(raw: bytes) -> bool:
    return raw.isascii() and _ESCAPE not in raw


def _looks_chinese(raw: bytes, text: str) -> bool:
    """Tell Chinese bytes from accented Latin ones.

    Two neighbouring double-byte characters in a row are four accented letters in a row otherwise, which no
    language has.  Short of that, no ASCII letter may touch a Chinese character ("MÜLLER" in Latin-1 is valid
    GBK too), and every second byte must be a high one in at least one place.
    """
    if not all(character.isascii() or _IS_CHINESE.match(character) or _is_in("gbk", character) for character in text):
        return False
    if not _IDEOGRAPH.search(text):
        return False
    if _RUN_OF_TWO_PAIRS.search(raw):
        return True
    if re.search(r"[A-Za-z][^\x00-\x7f]|[^\x00-\x7f][A-Za-z]", text):
        return False
    return re.search(rb"[\x81-\xfe][\x80-\xfe]|[\x81-\xfe][0-9][\x81-\xfe][0-9]", raw) is not None


def _could_be_chinese_pairs(raw: bytes, utf8: str) -> bool:
    """Tell whether bytes that are UTF-8 may all the same be GBK: two-byte sequences are a valid pair in both.

    Accented Latin letters (below U+0250) stand among plain ones; Chinese pairs may stand alone.
    """
    beyond = [ord(character) for character in utf8 if not character.isascii()]
    return bool(beyond) and max(beyond) < 0x800 and (min(beyond) >= 0x250 or re.search(rb"[A-Za-z]", raw) is None)


def _is_utf8_called_gb(raw: bytes, as_gb: str) -> bool:
    """Tell UTF-8 under a GB declaration: read as GB it gives characters that nobody uses."""
    try:
        utf8 = raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return _is_in("gb2312", utf8) and not _is_in("gb2312", as_gb)


def _is_in(codec: str, text: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _evident(raw: bytes) -> str | None:
    """Read bytes that show by themselves that they are UTF-8 or Chinese; None when they do not."""
    try:
        utf8: str | None = raw.decode("utf-8")
    except UnicodeDecodeError:
        utf8 = None
    if utf8 is not None and not _could_be_chinese_pairs(raw, utf8):
        return utf8
    try:
        chinese = _from_gb(raw)
    except UnicodeDecodeError:
        return utf8
    return chinese if _looks_chinese(raw, chinese) else utf8


def guess_text(raw: bytes) -> str:
    """Read bytes of which nothing is declared: UTF-8, Chinese or, losing no byte, Latin-1."""
    text = _evident(raw)
    return raw.decode("latin-1") if text is None else text


def _iso_2022_58(raw: bytes) -> tuple[str, bool]:
    """Read ISO 2022 IR 58: GB2312 in the upper half once ESC $ ) A has called it.

    Many writers call it once and go on past a delimiter, where the standard wants it called again;
    and many put GBK characters there.  Both are read; bytes before any call are a guess.
    """
    parts = raw.split(_GB2312_TO_G1)
    rest = [re.sub(rb"\x1b[(\-][A-Z]", b"", part) for part in parts]
    guessed = not rest[0].isascii() or any(_ESCAPE in part for part in rest)
    return "".join(_from_gb(part) for part in rest), guessed


def _as_declared(raw: bytes, declared: tuple[str, ...], *, is_name: bool) -> tuple[str, bool]:
    """Decode by the declaration.

    Raises:
        UnicodeError, LookupError, Warning: the bytes do not fit the declaration.
    """
    if "ISO_IR 192" in declared:
        return raw.decode("utf-8"), False
    if any(name in _GB_NAMES for name in declared):
        text = _from_gb(raw)
        return (raw.decode("utf-8"), True) if _is_utf8_called_gb(raw, text) else (text, False)
    if any(name in _GB2312_NAMES for name in declared) or _GB2312_TO_G1 in raw:
        text, guessed = _iso_2022_58(raw)
        return text, guessed or not any(name in _GB2312_NAMES for name in declared)
    encodings = [python_encoding[name] for name in declared] or [python_encoding[""]]
    if _ESCAPE not in raw and declared[:1] and declared[0] in _ASCII_NAMES:
        return raw.decode("ascii"), False
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # pydicom warns where it would lose characters
        return decode_bytes(raw, encodings, PN_DELIMS if is_name else TEXT_VR_DELIMS), False


def decode(raw: bytes, declared: tuple[str, ...], *, is_name: bool = False) -> Text:
    """Decode one text value.

    Args:
        raw: the value's bytes, as stored.
        declared: the values of Specific Character Set; empty when absent.
        is_name: whether it is a person name, where "^" and "=" end a code extension.
    """
    raw = raw.rstrip(b"\x00 ")
    if _is_plain(raw):
        return Text(printable(raw.decode("ascii")).strip(), guessed=False)
    names = tuple(re.sub(r"^ISO-IR", "ISO_IR", name.strip().upper()) for name in declared)
    is_undeclared = not any(names) or all(name in _ASCII_NAMES for name in names)
    if _ESCAPE not in raw and (is_undeclared or all(name in (*_LATIN_NAMES, *_ASCII_NAMES) for name in names)):
        text = _evident(raw)
        if text is None:
            return Text(printable(raw.decode("latin-1")).strip(), guessed=is_undeclared)
        return Text(printable(text).strip(), guessed=True)
    try:
        text, guessed = _as_declared(raw, names, is_name=is_name)
    except (UnicodeError, LookupError, ValueError, Warning):
        text, guessed = guess_text(raw), True
    return Text(printable(text).strip(), guessed=guessed)


def person_name(text: str) -> str:
    """Give a person name as people write it.

    The ideographic group if there is one, otherwise the alphabetic, otherwise the phonetic (PS3.5 6.2.1.1).
    "^" vanishes from a Chinese name and becomes a space in any other.
    """
    groups = [*text.split("="), "", ""]
    chosen = next((group for group in (groups[1], groups[0], groups[2]) if group.strip(" ^")), "")
    joint = "" if _IDEOGRAPH.search(chosen) else " "
    return " ".join(joint.join(part.strip() for part in chosen.split("^") if part.strip()).split())
