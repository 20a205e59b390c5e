"""JPEG lossless streams, checked and stripped before the codec sees them.

GDCM, whose libjpeg decodes this format, ends the whole process at some malformed headers (a JFIF segment
of an odd version is enough) and fills what is missing with invented pixels, telling only the terminal.
So it gets a stream made of four checked segments and data in which no marker stands.

Sources: ITU-T T.81 B.2 (segments), H.1.2 (categories 0 to 16), B.1.1.5 (markers in data).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from typing import Final

from lianyi.lungct.dicom.unreadable import UnreadablePixels

_SOI: Final = b"\xff\xd8"
_EOI: Final = b"\xff\xd9"
_SOF3: Final = 0xC3
_DHT: Final = 0xC4
_SOS: Final = 0xDA
_DRI: Final = 0xDD

_TABLES: Final = 4
_CATEGORIES: Final = 16  # difference categories of a 16-bit sample run from 0 to 16
_PREDICTORS: Final = range(1, 8)

# Inside the data of a scan 0xFF is followed by 0x00 or by a restart marker.
_STRAY_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7]")


def strip_jpeg_lossless(segments: Sequence[tuple[int, bytes]], scan_data: bytes) -> bytes:
    """Write the stream anew from what decoding needs.

    Args:
        segments: marker and content of each segment up to and with the first scan header; one frame
            header, of one component.
        scan_data: what follows, without the end marker.

    Raises:
        UnreadablePixels: a segment is malformed, or a marker stands inside the data.
    """
    if _STRAY_MARKER.search(scan_data) or scan_data.endswith(b"\xff"):
        raise UnreadablePixels("a JPEG stream is damaged: a marker stands inside its data")
    tables: dict[int, bytes] = {}
    restart = b""
    frame = scan = b""
    try:
        for marker, body in segments:
            if marker == _DHT:
                tables |= _huffman_tables(body)
            elif marker == _DRI:
                (interval,) = struct.unpack(">H", body)
                restart = _segment(_DRI, body) if interval else b""
            elif marker == _SOF3:
                precision, rows, columns, components, name, _, _ = struct.unpack(">BHHBBBB", body)
                frame = struct.pack(">BHHBBBB", precision, rows, columns, components, name, 0x11, 0)
            elif marker == _SOS:
                components, of, selectors, predictor, last, approximation = struct.unpack(">6B", body)
                scan = struct.pack(">6B", components, of, selectors & 0xF0, predictor, 0, 0)
        if (
            not 2 <= precision <= 16
            or min(rows, columns) < 1
            or components != 1
            or of != name
            or predictor not in _PREDICTORS
            or last
            or approximation
        ):
            raise UnreadablePixels("a JPEG header is damaged")
        table = tables[selectors >> 4]
    except (struct.error, KeyError, IndexError) as error:
        raise UnreadablePixels("a JPEG header is damaged") from error
    head = _SOI + _segment(_DHT, bytes([selectors >> 4]) + table) + _segment(_SOF3, frame)
    return head + restart + _segment(_SOS, scan) + scan_data + _EOI


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(body)) + body


def _huffman_tables(body: bytes) -> dict[int, bytes]:
    """Read every table of a DHT segment, by its number.

    Raises:
        UnreadablePixels: a table that is none: codes that run out of bits, or categories above 16.
    """
    tables = {}
    at = 0
    while at < len(body):
        number, counts = body[at], body[at + 1 : at + 17]
        values = body[at + 17 : at + 17 + sum(counts)]
        codes = sum(count << (16 - length) for length, count in enumerate(counts, start=1))
        # The code of all ones is not used (T.81 C.2), hence "<".
        is_whole = len(counts) == 16 and len(values) == sum(counts) and values and codes < 1 << 16
        if number >= _TABLES or not is_whole or max(values) > _CATEGORIES or len(set(values)) < len(values):
            raise UnreadablePixels("a JPEG Huffman table is damaged")
        tables[number] = counts + values
        at += 17 + len(values)
    return tables
