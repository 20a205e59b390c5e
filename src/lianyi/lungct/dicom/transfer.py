"""Transfer syntaxes: which are read, and which are refused by name.

Only lossless pixels are measured: a lossy code smooths the very texture that tells ground glass from
noise.  Frames come out as the 16-bit words the writer stored; what they mean is settled elsewhere
(:mod:`~lianyi.lungct.dicom.hounsfield`), in one place for all syntaxes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pydicom
from pydicom import uid
from pydicom.encaps import generate_frames

from lianyi.lungct.dicom.codecs import decode_jpeg_2000, decode_jpeg_lossless, decode_jpeg_ls, decode_rle
from lianyi.lungct.dicom.codestream import CodeStream, read_jpeg, read_jpeg_2000
from lianyi.lungct.dicom.element import MALFORMED, read_text
from lianyi.lungct.dicom.hounsfield import Words
from lianyi.lungct.dicom.layout import PixelLayout
from lianyi.lungct.dicom.unreadable import UnreadablePixels
from lianyi.lungct.domain.errors import Refusal, RefusalCode

_NATIVE: Final[dict[str, str]] = {
    uid.ImplicitVRLittleEndian: "<u2",
    uid.ExplicitVRLittleEndian: "<u2",
    uid.DeflatedExplicitVRLittleEndian: "<u2",
    uid.ExplicitVRBigEndian: ">u2",
}

# Header reader and codec of each compressed syntax.  Three of these names promise nothing (JPEG-LS
# near-lossless, JPEG 2000, HTJ2K): there, as everywhere, the code-stream decides.
_CODED: Final = {
    uid.JPEGLossless: (read_jpeg, decode_jpeg_lossless),
    uid.JPEGLosslessSV1: (read_jpeg, decode_jpeg_lossless),
    uid.JPEGLSLossless: (read_jpeg, decode_jpeg_ls),
    uid.JPEGLSNearLossless: (read_jpeg, decode_jpeg_ls),
    uid.JPEG2000Lossless: (read_jpeg_2000, decode_jpeg_2000),
    uid.JPEG2000: (read_jpeg_2000, decode_jpeg_2000),
    uid.HTJ2KLossless: (read_jpeg_2000, decode_jpeg_2000),
    uid.HTJ2KLosslessRPCL: (read_jpeg_2000, decode_jpeg_2000),
    uid.HTJ2K: (read_jpeg_2000, decode_jpeg_2000),
}

# Syntaxes that cannot be lossless (PS3.5 2024e, section 10, and PS3.6 table A-1, retired ones included).
_LOSSY: Final[dict[str, str]] = {
    "1.2.840.10008.1.2.4.50": "JPEG Baseline",
    "1.2.840.10008.1.2.4.51": "JPEG Extended",
    "1.2.840.10008.1.2.4.52": "JPEG Extended (Process 3 & 5)",
    "1.2.840.10008.1.2.4.53": "JPEG Spectral Selection (Process 6 & 8)",
    "1.2.840.10008.1.2.4.54": "JPEG Spectral Selection (Process 7 & 9)",
    "1.2.840.10008.1.2.4.55": "JPEG Full Progression (Process 10 & 12)",
    "1.2.840.10008.1.2.4.56": "JPEG Full Progression (Process 11 & 13)",
    "1.2.840.10008.1.2.4.59": "JPEG Extended Hierarchical (Process 16 & 18)",
    "1.2.840.10008.1.2.4.60": "JPEG Extended Hierarchical (Process 17 & 19)",
    "1.2.840.10008.1.2.4.61": "JPEG Spectral Selection Hierarchical (Process 20 & 22)",
    "1.2.840.10008.1.2.4.62": "JPEG Spectral Selection Hierarchical (Process 21 & 23)",
    "1.2.840.10008.1.2.4.63": "JPEG Full Progression Hierarchical (Process 24 & 26)",
    "1.2.840.10008.1.2.4.64": "JPEG Full Progression Hierarchical (Process 25 & 27)",
    "1.2.840.10008.1.2.4.100": "MPEG-2 Main Profile",
    "1.2.840.10008.1.2.4.100.1": "MPEG-2 Main Profile (fragmentable)",
    "1.2.840.10008.1.2.4.101": "MPEG-2 High Profile",
    "1.2.840.10008.1.2.4.101.1": "MPEG-2 High Profile (fragmentable)",
    "1.2.840.10008.1.2.4.102": "MPEG-4 AVC/H.264 High Profile",
    "1.2.840.10008.1.2.4.102.1": "MPEG-4 AVC/H.264 High Profile (fragmentable)",
    "1.2.840.10008.1.2.4.103": "MPEG-4 AVC/H.264 BD-compatible",
    "1.2.840.10008.1.2.4.103.1": "MPEG-4 AVC/H.264 BD-compatible (fragmentable)",
    "1.2.840.10008.1.2.4.104": "MPEG-4 AVC/H.264 for 2D video",
    "1.2.840.10008.1.2.4.104.1": "MPEG-4 AVC/H.264 for 2D video (fragmentable)",
    "1.2.840.10008.1.2.4.105": "MPEG-4 AVC/H.264 for 3D video",
    "1.2.840.10008.1.2.4.105.1": "MPEG-4 AVC/H.264 for 3D video (fragmentable)",
    "1.2.840.10008.1.2.4.106": "MPEG-4 AVC/H.264 Stereo",
    "1.2.840.10008.1.2.4.106.1": "MPEG-4 AVC/H.264 Stereo (fragmentable)",
    "1.2.840.10008.1.2.4.107": "HEVC/H.265 Main Profile",
    "1.2.840.10008.1.2.4.108": "HEVC/H.265 Main 10 Profile",
    "1.2.840.10008.1.2.4.111": "JPEG XL JPEG Recompression",
}


def require_lossless_header(ds: pydicom.Dataset) -> None:
    """Check what the header alone says about compression, before anything is decoded.

    Raises:
        Refusal: R10, a lossy transfer syntax, or images that were compressed with loss at any time;
            R19, a transfer syntax we cannot read.
        UnreadablePixels: the file does not say its transfer syntax.
    """
    syntax = _transfer_syntax(ds)
    if syntax in _LOSSY:
        raise _lossy(_LOSSY[syntax])
    # PS3.3 2024e, C.7.6.1.1.5: once "01", always "01", whatever the syntax is now.
    flag = read_text(ds, "LossyImageCompression")
    if flag == "01" or (flag != "00" and read_text(ds, "LossyImageCompressionMethod")):
        raise _lossy(f"LossyImageCompression (0028,2110) = {flag or '?'}, {_name(syntax)}")
    if syntax not in _NATIVE and syntax not in _CODED and syntax != uid.RLELossless:
        name = _name(syntax)
        raise Refusal(
            RefusalCode.UNSUPPORTED_PIXELS,
            zh=f"传输语法 {name} 不受支持；请以未压缩或 JPEG 2000 无损格式重新导出。",
            en=f"transfer syntax {name} is not supported; export again uncompressed or as JPEG 2000 lossless.",
        )


def decode_frames(ds: pydicom.Dataset, layout: PixelLayout) -> Iterator[Words]:
    """Yield every frame, in stored order, as the 16-bit words that the writer stored.

    Raises:
        Refusal: R10, the code-stream itself is lossy; R19, its bits contradict the header.
        UnreadablePixels: pixel data are absent, truncated or damaged.
    """
    syntax = _transfer_syntax(ds)
    try:
        element = ds["PixelData"]
    except MALFORMED as error:  # KeyError when absent
        raise UnreadablePixels("there are no pixel data") from error
    data = element.value
    if not isinstance(data, bytes) or not data:
        raise UnreadablePixels("there are no pixel data")
    if syntax in _NATIVE:
        if element.is_undefined_length:
            raise UnreadablePixels("pixel data are compressed, but the transfer syntax is not")
        yield from _native_frames(data, layout, _NATIVE[syntax])
        return
    for frame in _encapsulated_frames(ds, data, layout.frames):
        if syntax == uid.RLELossless:
            yield decode_rle(frame, layout)
            continue
        read_header, decode = _CODED[uid.UID(syntax)]
        stream = read_header(frame)
        _require_fit(stream, layout, syntax)
        words_ji = decode(stream)
        _require_same_sign(words_ji, stream, layout)
        yield words_ji


def _native_frames(data: bytes, layout: PixelLayout, word: str) -> Iterator[Words]:
    frame_bytes = 2 * layout.pixels
    expected = frame_bytes * layout.frames
    if len(data) < expected:
        raise UnreadablePixels(f"pixel data are truncated: {len(data)} of {expected} bytes")
    if len(data) >= expected + frame_bytes:  # less is a writer's padding
        raise UnreadablePixels(f"there are more pixel data than the header announces: {len(data)} for {expected} bytes")
    for frame in range(layout.frames):
        words = np.frombuffer(data, dtype=word, count=layout.pixels, offset=frame * frame_bytes)
        yield words.reshape(layout.rows, layout.columns).astype(np.uint16, copy=False)


def _encapsulated_frames(ds: pydicom.Dataset, data: bytes, frames: int) -> list[bytes]:
    offsets = None
    if "ExtendedOffsetTable" in ds and "ExtendedOffsetTableLengths" in ds:
        offsets = (ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths)
    try:
        found = list(generate_frames(data, number_of_frames=frames, extended_offsets=offsets))
    except Exception as error:  # damaged bytes: pydicom's parser raises whatever it trips over
        raise UnreadablePixels("the container of the compressed frames is damaged") from error
    if len(found) != frames:
        raise UnreadablePixels(f"there are {len(found)} compressed frames, the header announces {frames}")
    return found


def _require_fit(stream: CodeStream, layout: PixelLayout, syntax: str) -> None:
    if stream.lossy_because:
        raise _lossy(f"{_name(syntax)}, {stream.lossy_because}")
    if (stream.rows, stream.columns, stream.components) != (layout.rows, layout.columns, 1) or stream.precision > 16:
        raise UnreadablePixels(
            f"a compressed frame has {stream.rows} x {stream.columns} pixels of {stream.components} x "
            f"{stream.precision} bits, the header announces {layout.rows} x {layout.columns}"
        )
    if layout.high_bit != layout.bits_stored - 1:
        raise _contradiction()


def _require_same_sign(words_ji: Words, stream: CodeStream, layout: PixelLayout) -> None:
    """Refuse negative values that only one of two headers knows.

    Where stream and header store the same number of bits, or the stream more, the header decides about
    the sign, as everywhere in DICOM.  Where the stream stores fewer, its top bit is a sign to one
    reader and a value to another; without that bit both read the same.
    """
    if stream.precision >= layout.bits_stored or bool(stream.is_signed) == layout.is_signed:
        return
    if bool((words_ji >= 1 << (stream.precision - 1)).any()):
        raise _contradiction()


def _contradiction() -> Refusal:
    return Refusal(
        RefusalCode.UNSUPPORTED_PIXELS,
        zh="压缩数据的位数或符号与文件头不一致，无法确定 CT 值；请以未压缩格式重新导出。",
        en=(
            "bits or sign of the compressed data contradict the header, so HU are uncertain; export again uncompressed."
        ),
    )


def _lossy(what: str) -> Refusal:
    return Refusal(
        RefusalCode.LOSSY_COMPRESSION,
        zh=f"图像经过有损压缩（{what}），小结节与磨玻璃影可能失真；请从设备或 PACS 重新导出无损或未压缩的图像。",
        en=(
            f"the images were compressed with loss ({what}), which distorts small and ground-glass nodules; "
            "export lossless or uncompressed images from the scanner or PACS."
        ),
    )


def _transfer_syntax(ds: pydicom.Dataset) -> str:
    meta = getattr(ds, "file_meta", None)
    syntax = read_text(meta, "TransferSyntaxUID") if meta is not None else ""
    if not syntax:
        raise UnreadablePixels("the file does not say its transfer syntax")
    return syntax


def _name(syntax: str) -> str:
    name = uid.UID(syntax).name
    return name if name == syntax else f"{name} ({syntax})"
