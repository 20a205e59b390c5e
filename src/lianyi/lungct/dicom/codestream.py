"""Headers of compressed frames: what a code-stream says about itself, read before a codec sees it.

Three questions are answered here and nowhere else.  Does the stream fit the image that the DICOM
header announces?  (A codec handed a foreign size returns another picture, or allocates gigabytes.)
Is it complete?  (Some codecs fill what is missing with grey.)  Is it *truly* lossless?  The names of
three transfer syntaxes leave that open, and the others can be misused:

=============  ==========================================================================
JPEG           lossless only in SOF3 (process 14) with point transform 0     ITU-T T.81
JPEG-LS        lossless only with NEAR = 0 and point transform 0             ITU-T T.87
JPEG 2000      lossless only with the reversible 5-3 wavelet                 ITU-T T.800
HTJ2K          the same header as JPEG 2000                                  ITU-T T.814
=============  ==========================================================================
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from lianyi.lungct.dicom.jpeg_lossless import LosslessScan, read_lossless_scan
from lianyi.lungct.dicom.unreadable import UnreadablePixels

_SOI: Final = 0xD8
_EOI: Final = 0xD9
_SOS: Final = 0xDA
_SOF_LOSSLESS: Final = 0xC3
_SOF_JPEG_LS: Final = 0xF7
_SOF: Final = frozenset({*range(0xC0, 0xD0), _SOF_JPEG_LS}) - {0xC4, 0xC8, 0xCC}  # those are DHT, JPG, DAC
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD8)})  # TEM, RSTm

_J2K_SOC_SIZ: Final = b"\xff\x4f\xff\x51"
_JP2_SIGNATURE: Final = b"\x00\x00\x00\x0cjP  "
_COD: Final = 0xFF52
_COC: Final = 0xFF53
_SOT: Final = 0xFF90
_SOD: Final = 0xFF93
_EOC: Final = 0xFFD9
_REVERSIBLE_5_3: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeStream:
    """One compressed frame and what its own header says.

    Attributes:
        data: the stream, from its first marker to its last.
        rows: number of lines.
        columns: samples per line.
        components: 1 for greyscale.
        precision: bits per sample.
        is_signed: None where the format cannot say (JPEG, JPEG-LS).
        lossy_because: why information was lost; empty when the stream is lossless.
        scan: of a JPEG lossless frame of one component, its checked parts.
    """

    data: bytes
    rows: int
    columns: int
    components: int
    precision: int
    is_signed: bool | None
    lossy_because: str
    scan: LosslessScan | None = None


def read_jpeg(data: bytes) -> CodeStream:
    """Read the header of a JPEG or JPEG-LS frame.

    A JPEG lossless stream is checked segment by segment (:mod:`~lianyi.lungct.dicom.jpeg_lossless`),
    because its codec trusts what it is given.

    Raises:
        UnreadablePixels: no such header, or the stream stops before its end marker.
    """
    data = _complete(data)
    if data[:2] != bytes((0xFF, _SOI)):
        raise UnreadablePixels("a compressed frame does not begin with a JPEG marker")
    segments: list[tuple[int, bytes]] = []
    at = 2
    try:
        while not segments or segments[-1][0] != _SOS:
            at, marker = _next_marker(data, at)
            (length,) = struct.unpack_from(">H", data, at)
            segments.append((marker, data[at + 2 : at + length]))
            at += length
        frames = [(marker, body) for marker, body in segments if marker in _SOF]
        if len(frames) != 1:
            raise UnreadablePixels(f"a JPEG stream has {len(frames)} frame headers")
        sof, frame = frames[0]
        precision, rows, columns, components = struct.unpack_from(">BHHB", frame)
        scan = segments[-1][1]
        selector, _, approximation = scan[1 + 2 * scan[0] :]
    except (IndexError, struct.error, ValueError) as error:
        raise UnreadablePixels("a JPEG header is damaged") from error
    lossy_because = _jpeg_loss(sof, selector, approximation & 0x0F)
    is_lossless_jpeg = sof == _SOF_LOSSLESS and components == 1 and not lossy_because
    return CodeStream(
        data=data,
        rows=rows,
        columns=columns,
        components=components,
        precision=precision,
        is_signed=None,
        lossy_because=lossy_because,
        scan=read_lossless_scan(segments, data[at:-2]) if is_lossless_jpeg else None,
    )


def _next_marker(data: bytes, at: int) -> tuple[int, int]:
    """Give where the length of the next segment stands, and its marker."""
    while True:
        if data[at] != 0xFF:
            raise UnreadablePixels("a JPEG header is damaged")
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte before a marker
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        else:
            return at + 2, marker


def _jpeg_loss(sof: int, selector: int, point_transform: int) -> str:
    if sof == _SOF_JPEG_LS and selector:
        return f"JPEG-LS NEAR = {selector}"
    if sof not in (_SOF_JPEG_LS, _SOF_LOSSLESS):
        return f"JPEG SOF{sof - 0xC0}"
    if point_transform:
        return f"JPEG point transform {point_transform}"
    return ""


def read_jpeg_2000(data: bytes) -> CodeStream:
    """Read the header of a JPEG 2000 or HTJ2K frame.

    A JP2 file wrapper is forbidden in DICOM (PS3.5 A.4.4) but met in the wild; it is taken off.

    A reversible stream whose last bit planes the encoder cut off to reach a size cannot be told from
    a whole one by its header; such an object must say so in LossyImageCompression, which is checked
    elsewhere.

    Raises:
        UnreadablePixels: no such header, or the stream stops before its end marker.
    """
    if data.startswith(_JP2_SIGNATURE):
        data = data[max(data.find(_J2K_SOC_SIZ), 0) :]
    data = _complete(data)
    if not data.startswith(_J2K_SOC_SIZ):
        raise UnreadablePixels("a compressed frame does not begin with a JPEG 2000 marker")
    try:
        x1, y1, x0, y0 = struct.unpack_from(">4I", data, 8)
        components, depth = struct.unpack_from(">HB", data, 40)
        wavelets = _wavelets(data, components)
    except (IndexError, struct.error) as error:
        raise UnreadablePixels("a JPEG 2000 header is damaged") from error
    if not wavelets:
        raise UnreadablePixels("a JPEG 2000 header names no wavelet")
    return CodeStream(
        data=data,
        rows=y1 - y0,
        columns=x1 - x0,
        components=components,
        precision=(depth & 0x7F) + 1,
        is_signed=bool(depth & 0x80),
        lossy_because="" if wavelets == {_REVERSIBLE_5_3} else "JPEG 2000 irreversible wavelet",
    )


def _wavelets(data: bytes, components: int) -> set[int]:
    """Transformation byte of every COD and COC, in the main header and in every tile-part header."""
    found: set[int] = set()
    at = 2
    tile_end = 0
    while True:
        (marker,) = struct.unpack_from(">H", data, at)
        if marker == _EOC:
            return found
        if marker == _SOD:
            if tile_end <= at:  # length 0: this tile part lasts to the end of the stream
                return found
            at = tile_end
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker == _SOT:
            (tile_length,) = struct.unpack_from(">I", data, at + 6)
            tile_end = at + tile_length if tile_length else 0
        elif marker == _COD:
            found.add(data[at + 13])
        elif marker == _COC:
            found.add(data[at + (10 if components < 257 else 11)])
        at += 2 + length


def _complete(data: bytes) -> bytes:
    """Take off the padding after the end marker, which must be there.

    The marker cannot occur inside compressed data (T.81 B.1.1.5, T.800 A.1.1).
    """
    data = data.rstrip(b"\x00")
    if not data.endswith(bytes((0xFF, _EOI))):
        raise UnreadablePixels("a compressed frame stops before its end marker: the file is truncated")
    return data
