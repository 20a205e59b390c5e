"""One compressed frame to 16-bit words: the door of the codec libraries.

The quickest codec of those measured, for each format: CharLS for JPEG-LS, GDCM for JPEG lossless,
OpenJPEG for JPEG 2000 and HTJ2K, Pillow's PackBits for RLE.  All are called on bare frames whose
header has been checked, and none is trusted: the length of what comes back is.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

import jpeg_ls
import numpy as np
from openjpeg.utils import decode_pixel_data as decode_openjpeg
from PIL import Image

from lianyi.lungct.dicom.codestream import CodeStream
from lianyi.lungct.dicom.hounsfield import Words
from lianyi.lungct.dicom.jpeg_lossless import LosslessScan
from lianyi.lungct.dicom.layout import PixelLayout
from lianyi.lungct.dicom.unreadable import UnreadablePixels

_RLE_HEADER: Final = struct.Struct("<16I")  # number of segments, then 15 offsets (PS3.5 2024e, G.5)
_RLE_SEGMENTS: Final = 2  # one for each byte of a 16-bit word, most significant first (G.2)


def decode_jpeg_ls(stream: CodeStream) -> Words:
    """Decode a JPEG-LS frame with CharLS."""
    return _words(stream, "JPEG-LS", lambda: jpeg_ls.decode_pixel_data(stream.data)[0])


def decode_jpeg_2000(stream: CodeStream) -> Words:
    """Decode a JPEG 2000 or HTJ2K frame with OpenJPEG."""
    return _words(stream, "JPEG 2000", lambda: bytes(decode_openjpeg(stream.data, version=2)))


def decode_jpeg_lossless(stream: CodeStream) -> Words:
    """Decode a JPEG lossless frame (process 14, any predictor) with GDCM, and check its work."""
    scan = stream.scan
    if scan is None:
        raise UnreadablePixels("a compressed frame is no JPEG lossless frame")
    words_ji = _words(stream, "JPEG lossless", lambda: _gdcm_jpeg_lossless(scan))
    if not scan.accounts_for(words_ji):
        raise UnreadablePixels("a JPEG lossless frame is truncated or damaged")
    return words_ji


def _gdcm_jpeg_lossless(scan: LosslessScan) -> bytes:
    # GDCM 3.2 brings a zlib of its own.  Loaded before the system's, it takes over functions of the
    # system's, and the next deflate anywhere in this process aborts it ("double free").  So: zlib first,
    # and GDCM only when a file needs it.
    import zlib  # noqa: F401, PLC0415 -- see above

    import gdcm  # noqa: PLC0415 -- see above

    # GDCM prints to the terminal what it also reports by returning nothing.
    gdcm.Trace.WarningOff()
    gdcm.Trace.ErrorOff()
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(scan.stream)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((scan.columns, scan.rows, 1))
    image.SetDataElement(element)
    monochrome = gdcm.PhotometricInterpretation(gdcm.PhotometricInterpretation.MONOCHROME2)
    image.SetPhotometricInterpretation(monochrome)
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14))
    allocated = 8 if scan.precision <= 8 else 16
    image.SetPixelFormat(gdcm.PixelFormat(1, allocated, scan.precision, scan.precision - 1, 0))
    text = image.GetBuffer()
    if text is None:
        raise ValueError("GDCM gave up")
    return bytes(text.encode("utf-8", "surrogateescape"))  # GDCM gives char* as str


def _words(stream: CodeStream, name: str, decode: Callable[[], bytes | bytearray]) -> Words:
    try:
        data = decode()
    except Exception as error:  # a codec raises whatever it likes for damaged bytes; named, never swallowed
        raise UnreadablePixels(f"a {name} frame is damaged") from error
    sample = np.dtype("<i2" if stream.is_signed else "<u2")
    if stream.precision <= 8:
        sample = np.dtype("i1" if stream.is_signed else "u1")
    pixels = stream.rows * stream.columns
    if len(data) != pixels * sample.itemsize:
        raise UnreadablePixels(f"a {name} frame decodes to {len(data)} bytes for {pixels} pixels")
    samples_ji = np.frombuffer(data, dtype=sample).reshape(stream.rows, stream.columns)
    return samples_ji.astype(np.int16 if stream.is_signed else np.uint16, copy=False).view(np.uint16)


def decode_rle(frame: bytes, layout: PixelLayout) -> Words:
    """Decode an RLE frame (PS3.5 Annex G), which is PackBits applied to each byte plane.

    Raises:
        UnreadablePixels: not two segments, or a segment that ends too early.
    """
    if len(frame) < _RLE_HEADER.size:
        raise UnreadablePixels("an RLE frame is truncated")
    segments, first, second, *_ = _RLE_HEADER.unpack_from(frame)
    if segments != _RLE_SEGMENTS or not _RLE_HEADER.size <= first < second < len(frame):
        raise UnreadablePixels("an RLE frame header is damaged")
    words_ji = np.empty((layout.rows, layout.columns), dtype=np.uint16)
    planes = words_ji.view(np.uint8).reshape(layout.rows, layout.columns, 2)
    planes[:, :, 1] = _unpack(frame[first:second], layout)
    planes[:, :, 0] = _unpack(frame[second:], layout)
    return words_ji


def _unpack(segment: bytes, layout: PixelLayout) -> Words:
    # As one long line: DICOM's runs end with their row, but not every writer knows that.
    try:
        plane = Image.frombytes("L", (layout.pixels, 1), segment, "packbits", "L")
    except ValueError as error:
        raise UnreadablePixels("an RLE segment is truncated") from error
    return np.asarray(plane).reshape(layout.rows, layout.columns)
