"""HL7 v2 text: separators, escapes, names and the bytes of a character set."""

from __future__ import annotations

from datetime import datetime

from lianyi.station.destinations.package import NotDelivered

# MSH-18 (HL7 table 0211) to the codec by which the message is really encoded.
# GB 18030-2000 and Python's gb18030 (2005) give the same bytes but for a handful of private-use characters.
CODECS = {"UNICODE UTF-8": "utf-8", "GB 18030-2000": "gb18030", "8859/1": "latin-1"}
# Table 0078 of our own reading order: DICOM's component groups (PS3.5, section 6.2.1.2) in XPN-8 (table 4000).
_REPRESENTATIONS = ("A", "I", "P")

# HL7 v2.5.1, section 2.7: escape sequences of the separators that MSH-1 and MSH-2 name.
_ESCAPES = str.maketrans({"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"})


def escaped(text: str) -> str:
    """Give text that no parser takes apart: separators escaped, line ends and other controls turned to blanks."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable.translate(_ESCAPES)


def components(*parts: str) -> str:
    """Give components, each escaped, without empty ones at the end."""
    return "^".join(map(escaped, parts)).rstrip("^")


def segment(name: str, *fields: str) -> str:
    """Give a segment of ready fields, without empty ones at the end."""
    return "|".join((name, *fields)).rstrip("|")


def timestamp(moment: datetime | None) -> str:
    """Give a time with its zone where it has one; "" for none."""
    return "" if moment is None else moment.strftime("%Y%m%d%H%M%S%z")


def person(dicom_name: str, charset: str) -> str:
    """Give XPN repetitions of a DICOM person name, one for each way it is written that the character set has.

    DICOM orders family, given, middle, prefix, suffix; HL7 has suffix before prefix.

    Raises:
        NotDelivered: no way of writing it fits the character set; nothing is replaced by "?".
    """
    written = [
        (group.split("^"), representation)
        for group, representation in zip(dicom_name.split("="), _REPRESENTATIONS, strict=False)
        if group.strip("^ ")
    ]
    if len(written) == 1:  # one way only: a Chinese name without its Latin spelling must not be called alphabetic
        written = [(written[0][0], "A" if dicom_name.isascii() else "I")]
    fitting = [(parts, how) for parts, how in written if _fits("".join(parts), charset)]
    if written and not fitting:
        raise not_encodable(charset)
    return "~".join(_xpn(parts, how) for parts, how in fitting)


def _xpn(parts: list[str], representation: str) -> str:
    family, given, middle, prefix, suffix = (*(part.strip() for part in parts), "", "", "", "", "")[:5]
    return components(family, given, middle, suffix, prefix, "", "L", representation)


def provider(dicom_name: str, charset: str) -> str:
    """Give an XCN of a DICOM person name: no identifier, the first way of writing that fits; "" where none does."""
    for group in dicom_name.split("="):
        if group.strip("^ ") and _fits(group, charset):
            family, given, middle, prefix, suffix = (*group.split("^"), "", "", "", "", "")[:5]
            return components("", family, given, middle, suffix, prefix)
    return ""


def encoded(message: str, charset: str) -> bytes:
    """Give the bytes of a message.

    Raises:
        NotDelivered: it holds a character that the set lacks.
    """
    try:
        return message.encode(CODECS[charset])
    except UnicodeEncodeError:
        raise not_encodable(charset) from None


def not_encodable(charset: str) -> NotDelivered:
    """Tell that the character set has too few characters."""
    return NotDelivered(
        zh=f"字符集 {charset} 无法表示报文中的文字；请把该目的地的 charset 改为 UNICODE UTF-8 或 GB 18030-2000。",
        en=f"The character set {charset} lacks characters of this message: "
        "set charset of the destination to UNICODE UTF-8 or GB 18030-2000.",
        is_final=True,
    )


def _fits(text: str, charset: str) -> bool:
    try:
        text.encode(CODECS[charset])
    except UnicodeEncodeError:
        return False
    return True
