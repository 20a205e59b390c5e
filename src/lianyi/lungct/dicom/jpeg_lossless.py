"""JPEG lossless streams, checked and stripped before the codec sees them.

GDCM, whose libjpeg decodes this format, ends the whole process at some malformed headers (a JFIF segment
of an odd version is enough) and fills what is missing with invented pixels, telling only the terminal.
So it gets a stream made of a few checked segments and data in which no marker stands; and what comes
back is put to the proof: the pixels are coded again, in bits only, and must need all the bits that
there were.

Sources: ITU-T T.81 B.2 (segments), H.1.2 (prediction, categories 0 to 16), B.1.1.5 (markers in data).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lianyi.lungct.dicom.unreadable import UnreadablePixels

_SOI: Final = b"\xff\xd8"
_EOI: Final = b"\xff\xd9"
_SOF3: Final = 0xC3
_DHT: Final = 0xC4
_SOS: Final = 0xDA
_DRI: Final = 0xDD

_TABLES: Final = 4
_CATEGORIES: Final = 16  # difference categories of a 16-bit sample run from 0 to 16
_PRECISIONS: Final = range(8, 17)  # the standard has 2 to 16; below 8 GDCM ends the process, and no CT is so coarse
_NEVER: Final = 1 << 40  # bits for a category that the table cannot code
_SPARE_BITS: Final = 16  # up to 7 fill the last byte; one byte more is met

_Samples = npt.NDArray[np.int32]

# T.81 table H.1, of the samples at the left (a), above (b) and above left (c).
_PREDICT: Final[dict[int, Callable[[_Samples, _Samples, _Samples], _Samples]]] = {
    1: lambda a, _b, _c: a,
    2: lambda _a, b, _c: b,
    3: lambda _a, _b, c: c,
    4: lambda a, b, c: a + b - c,
    5: lambda a, b, c: a + ((b - c) >> 1),
    6: lambda a, b, c: b + ((a - c) >> 1),
    7: lambda a, b, _c: (a + b) >> 1,
}

# Inside the data of a scan 0xFF is followed by 0x00 or by a restart marker.
_STRAY_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7]")


@dataclass(frozen=True, slots=True, kw_only=True)
class LosslessScan:
    """The one scan of a JPEG lossless frame of one component, checked.

    Attributes:
        precision: bits per sample, 8 to 16.
        rows: number of lines.
        columns: samples per line.
        predictor: 1 to 7.
        table: the Huffman table: 16 counts of codes by length, then the categories in code order.
        restart_interval: samples between restart markers; 0 for none.
        data: the coded bits, with stuffed zero bytes.
    """

    precision: int
    rows: int
    columns: int
    predictor: int
    table: bytes
    restart_interval: int
    data: bytes

    @property
    def stream(self) -> bytes:
        """The scan as a stream of its own, with nothing in it that decoding does not need."""
        frame = struct.pack(">BHHBBBB", self.precision, self.rows, self.columns, 1, 1, 0x11, 0)
        restart = _segment(_DRI, struct.pack(">H", self.restart_interval)) if self.restart_interval else b""
        scan = struct.pack(">6B", 1, 1, 0, self.predictor, 0, 0)
        head = _SOI + _segment(_DHT, b"\x00" + self.table) + _segment(_SOF3, frame)
        return head + restart + _segment(_SOS, scan) + self.data + _EOI

    def accounts_for(self, samples_ji: npt.NDArray[np.uint16]) -> bool:
        """Whether coding *samples_ji* takes just as many bits as the data have.

        Not asked of a scan with restart markers, each of which may be preceded by unused bits.
        """
        if self.restart_interval:
            return True
        available = 8 * (len(self.data) - self.data.count(b"\xff\x00"))
        taken = int(self._bits_of_difference()[self._differences(samples_ji)].sum())
        return available - _SPARE_BITS < taken <= available

    def _bits_of_difference(self) -> npt.NDArray[np.int64]:
        """Bits that each difference takes, code and value, by its 16-bit word."""
        lengths = [length for length, count in enumerate(self.table[:16], start=1) for _ in range(count)]
        by_category = np.full(_CATEGORIES + 1, _NEVER)
        by_category[list(self.table[16:])] = lengths
        by_category[:_CATEGORIES] += np.arange(_CATEGORIES)  # category 16, of 32768 alone, has no value bits
        distance = np.minimum(np.arange(1 << 16), (1 << 16) - np.arange(1 << 16))
        category: npt.NDArray[np.int64] = np.frexp(distance)[1]  # the number of binary digits
        return by_category[category]

    def _differences(self, samples_ji: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
        samples = samples_ji.astype(np.int32)
        predicted = np.empty_like(samples)
        predicted[0, 0] = 1 << (self.precision - 1)
        predicted[0, 1:] = samples[0, :-1]
        predicted[1:, 0] = samples[:-1, 0]
        left, above, corner = samples[1:, :-1], samples[:-1, 1:], samples[:-1, :-1]
        predicted[1:, 1:] = _PREDICT[self.predictor](left, above, corner)
        return (samples - predicted).astype(np.uint16)  # modulo 2**16


def read_lossless_scan(segments: Sequence[tuple[int, bytes]], data: bytes) -> LosslessScan:
    """Check what a codec would trust.

    Args:
        segments: marker and content of each segment up to and with the first scan header; one frame
            header, of one component.
        data: what follows, without the end marker.

    Raises:
        UnreadablePixels: a segment is malformed, or a marker stands inside the data.
    """
    if _STRAY_MARKER.search(data) or data.endswith(b"\xff"):
        raise UnreadablePixels("a JPEG stream is damaged: a marker stands inside its data")
    tables: dict[int, bytes] = {}
    restart_interval = 0
    last: dict[int, bytes] = {}
    try:
        for marker, body in segments:
            if marker == _DHT:
                tables |= _huffman_tables(body)
            elif marker == _DRI:
                (restart_interval,) = struct.unpack(">H", body)
            else:
                last[marker] = body
        precision, rows, columns, _, component, _, _ = struct.unpack(">BHHBBBB", last[_SOF3])
        scanned, scanned_component, selectors, predictor, _, _ = struct.unpack(">6B", last[_SOS])
        table = tables[selectors >> 4]
    except (struct.error, KeyError, IndexError) as error:
        raise UnreadablePixels("a JPEG header is damaged") from error
    is_sound = scanned == 1 and scanned_component == component and predictor in _PREDICT and min(rows, columns) > 0
    if not is_sound:
        raise UnreadablePixels("a JPEG header is damaged")
    if precision not in _PRECISIONS:
        raise UnreadablePixels(f"a JPEG lossless frame has {precision} bits per sample, 8 to 16 are read")
    return LosslessScan(
        precision=precision,
        rows=rows,
        columns=columns,
        predictor=predictor,
        table=table,
        restart_interval=restart_interval,
        data=data,
    )


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
        at += 17 + len(values)
        if len(counts) < 16 or len(values) < sum(counts):
            raise UnreadablePixels("a JPEG Huffman table is damaged")
        if number >> 4:  # for the other processes; some writers put one beside ours
            continue
        codes = sum(count << (16 - length) for length, count in enumerate(counts, start=1))
        # The code of all ones is not used (T.81 C.2), hence ">=".
        if number >= _TABLES or not values or codes >= 1 << 16 or max(values) > _CATEGORIES or _repeats(values):
            raise UnreadablePixels("a JPEG Huffman table is damaged")
        tables[number] = counts + values
    return tables


def _repeats(values: bytes) -> bool:
    return len(set(values)) < len(values)
