"""How pixels are stored: size, bits, sign; and the guard against what cannot be a CT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pydicom

from lianyi.lungct.dicom.element import is_given, read_integer, read_text
from lianyi.lungct.dicom.unreadable import UnreadablePixels
from lianyi.lungct.domain.errors import Refusal, RefusalCode

BITS_ALLOCATED: Final = 16
# CT Image IOD: Bits Stored 12 to 16, Bits Allocated 16, one sample (PS3.3 2024e, C.8.2.1.1).
BITS_STORED: Final = range(12, 17)

# Guards against absurd headers, far above any scanner: 1024 is the largest CT matrix in use,
# 3000 slices of 0.3 mm are 90 cm.
MAX_PIXELS_PER_FRAME: Final = 4096 * 4096
MAX_FRAMES: Final = 3000
MAX_PIXELS: Final = 512 * 512 * MAX_FRAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelLayout:
    """How one instance stores its pixels, in 16-bit words.

    Attributes:
        rows: of every frame.
        columns: of every frame.
        frames: 1 for a single-frame instance.
        bits_stored: 12 to 16.
        high_bit: position of the most significant stored bit.
        is_signed: two's complement.
    """

    rows: int
    columns: int
    frames: int
    bits_stored: int
    high_bit: int
    is_signed: bool

    @property
    def pixels(self) -> int:
        """Pixels of one frame."""
        return self.rows * self.columns


def read_layout(ds: pydicom.Dataset) -> PixelLayout:
    """Read how *ds* stores its pixels.

    Raises:
        Refusal: R19, colour, 8-bit, 32-bit or an absurd size.
        UnreadablePixels: an attribute that every image must have is absent or malformed.
    """
    samples = _required(ds, "SamplesPerPixel")
    colour = read_text(ds, "PhotometricInterpretation")
    if samples != 1 or colour not in ("MONOCHROME1", "MONOCHROME2"):
        raise _unsupported(
            zh=f"像素为 {samples} 通道 {colour}，而 CT 应为单通道灰度", en=f"pixels are {samples}-channel {colour}"
        )
    allocated = _required(ds, "BitsAllocated")
    stored = _required(ds, "BitsStored")
    high_bit = _required(ds, "HighBit")
    if allocated != BITS_ALLOCATED or stored not in BITS_STORED or not stored - 1 <= high_bit < BITS_ALLOCATED:
        raise _unsupported(
            zh=f"像素存储为 {allocated} 位中的 {stored} 位（最高位 {high_bit}），而 CT 应为 16 位中的 12 至 16 位",
            en=f"pixels are stored in {stored} of {allocated} bits (high bit {high_bit}), CT needs 12 to 16 of 16",
        )
    sign = _required(ds, "PixelRepresentation")
    if sign not in (0, 1):
        raise UnreadablePixels(f"PixelRepresentation is {sign}, neither 0 nor 1")
    rows, columns = _required(ds, "Rows"), _required(ds, "Columns")
    frames = _required(ds, "NumberOfFrames") if is_given(ds, "NumberOfFrames") else 1
    if min(rows, columns, frames) < 1:
        raise UnreadablePixels(f"the image is empty: {rows} rows, {columns} columns, {frames} frames")
    pixels = rows * columns
    if pixels > MAX_PIXELS_PER_FRAME or frames > MAX_FRAMES or pixels * frames > MAX_PIXELS:
        raise _unsupported(
            zh=f"图像大小为 {rows}×{columns}×{frames} 帧，超出任何 CT 的范围",
            en=f"the image has {rows} x {columns} pixels and {frames} frames, more than any CT has",
        )
    return PixelLayout(
        rows=rows, columns=columns, frames=frames, bits_stored=stored, high_bit=high_bit, is_signed=sign == 1
    )


def _required(ds: pydicom.Dataset, keyword: str) -> int:
    number = read_integer(ds, keyword)
    if number is None:
        raise UnreadablePixels(f"{keyword} is absent or malformed")
    return number


def _unsupported(*, zh: str, en: str) -> Refusal:
    return Refusal(
        RefusalCode.UNSUPPORTED_PIXELS,
        zh=f"{zh}；请向设备或 PACS 重新导出原始（非二次采集）CT 图像。",
        en=f"{en}; export the original CT images (not a secondary capture) again from the scanner or PACS.",
    )
