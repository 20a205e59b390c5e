"""From stored words to Hounsfield units, by a table of all 65536 words.

A 16-bit word holds a stored value in some of its bits; the rest may hold an old overlay or nothing.
Stored value, modality LUT, rounding, clipping and padding depend on the word alone, so each is worked
out once per kind of header and every slice costs one look-up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pydicom

from lianyi.lungct.dicom.element import MALFORMED, is_given, read_integer, read_number, read_text
from lianyi.lungct.dicom.layout import PixelLayout
from lianyi.lungct.dicom.unreadable import UnreadablePixels
from lianyi.lungct.domain.errors import Refusal, RefusalCode
from lianyi.lungct.domain.image import Booleans, Hounsfields

Words = npt.NDArray[np.uint16]

NOT_SCANNED_HU: Final = -1024
_WORDS: Final = 1 << 16
_HU = np.iinfo(np.int16)

# Rescale Type, defined terms (PS3.3 2024e, C.11.1.1.2): HU, and US for "unspecified".  The attribute is
# optional where the values are HU (CT Image Module, C.8.2.1).
_HU_TYPES: Final = frozenset({"", "HU", "US"})

# More clipped pixels than this share: the numbers cannot be HU.
_MAX_CLIPPED: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescale:
    """HU = slope x stored value + intercept."""

    slope: float
    intercept: float

    def hu(self, stored: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Hounsfield units of stored values, unrounded."""
        return stored.astype(np.float64) * self.slope + self.intercept


@dataclass(frozen=True, slots=True, kw_only=True)
class ModalityTable:
    """HU by a modality LUT: values[0] is for stored values up to *first*, the last for all above."""

    first: int
    values: tuple[int, ...]

    def hu(self, stored: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Hounsfield units of stored values."""
        entries = np.clip(stored - self.first, 0, len(self.values) - 1)
        return np.array(self.values, dtype=np.float64)[entries]


Modality = Rescale | ModalityTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Padding:
    """Stored values from *low* to *high* mean "no measurement"; *in_words*: compare the whole 16-bit word."""

    low: int
    high: int
    in_words: bool


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HounsfieldTable:
    """HU and padding of every 16-bit word."""

    hu_by_word: Hounsfields
    padding_by_word: Booleans | None
    clips: bool

    def convert(self, words_ji: Words) -> tuple[Hounsfields, Booleans | None]:
        """Give HU, and where the scanner stored no measurement (None where there is no such pixel).

        Raises:
            Refusal: R07, most pixels leave the range of int16, so they are not HU.
        """
        hu_ji = self.hu_by_word[words_ji]
        if self.clips:
            clipped = np.count_nonzero((hu_ji == _HU.min) | (hu_ji == _HU.max))
            if clipped > _MAX_CLIPPED * hu_ji.size:
                raise _unknown(zh="换算后的数值超出 CT 值范围", en="the rescaled values are no Hounsfield units")
        if self.padding_by_word is None:
            return hu_ji, None
        padding_ji = self.padding_by_word[words_ji]
        return hu_ji, padding_ji if padding_ji.any() else None


def read_modality(header: pydicom.Dataset, layout: PixelLayout) -> Modality:
    """Read how stored values become HU.  Nothing is defaulted.

    Args:
        header: the instance, or the PixelValueTransformation item of a frame.
        layout: says whether the first value of a modality LUT has a sign.

    Raises:
        Refusal: R07, absent, malformed, contradictory, or not in HU.
    """
    slope, intercept = read_number(header, "RescaleSlope"), read_number(header, "RescaleIntercept")
    if "ModalityLUTSequence" in header:
        if "RescaleSlope" in header or "RescaleIntercept" in header:
            raise _unknown(
                zh="文件同时含有 Modality LUT 与 Rescale Slope/Intercept，二者矛盾",
                en="the file holds both a modality LUT and a rescale slope, which exclude each other",
            )
        return _read_modality_table(header, layout)
    if not slope or intercept is None or not math.isfinite(slope * _WORDS + intercept):
        raise _unknown(
            zh="文件没有有效的 Rescale Slope/Intercept（0028,1053/1052），无法换算 CT 值",
            en="the file has no valid Rescale Slope and Intercept (0028,1053/1052), so its HU are unknown",
        )
    _require_hu(read_text(header, "RescaleType"))
    return Rescale(slope=slope, intercept=intercept)


def _read_modality_table(header: pydicom.Dataset, layout: PixelLayout) -> ModalityTable:
    try:
        (item,) = header.ModalityLUTSequence
        entries, first, bits = (int(number) for number in item.LUTDescriptor)
        data = item.LUTData
        values = np.frombuffer(data, "<u2") if isinstance(data, bytes) else np.atleast_1d(np.asarray(data, np.int64))
    except MALFORMED as error:
        raise _damaged_table() from error
    # An entry count of 0 stands for 65536; the first value has the sign of the pixels, whatever VR it was
    # written with (PS3.3 2024e, C.11.1.1.1).
    first %= _WORDS
    if layout.is_signed and first >= _WORDS // 2:
        first -= _WORDS
    if len(values) != (entries % _WORDS or _WORDS) or bits not in (8, 16):
        raise _damaged_table()
    _require_hu(read_text(item, "ModalityLUTType"))
    return ModalityTable(first=first, values=tuple(int(value) for value in values))


def _damaged_table() -> Refusal:
    return _unknown(zh="Modality LUT 已损坏", en="the modality LUT is damaged")


def _require_hu(kind: str) -> None:
    if kind not in _HU_TYPES:
        raise _unknown(
            zh=f"像素值的单位为 {kind}，而不是 CT 值（HU）",
            en=f"the pixel values are in {kind}, not in Hounsfield units",
        )


def _unknown(*, zh: str, en: str) -> Refusal:
    return Refusal(
        RefusalCode.UNKNOWN_RESCALE,
        zh=f"{zh}；请从设备或 PACS 重新导出原始 CT 图像。",
        en=f"{en}; export the original CT images again from the scanner or PACS.",
    )


def read_padding(ds: pydicom.Dataset, layout: PixelLayout) -> Padding | None:
    """Read which stored values mean "no measurement".

    Writers disagree on the sign: -2000 is met as -2000 (SS), as 63536 (US) and, in 12 bits, as 2096.
    PixelRepresentation decides, as PS3.3 2024e C.7.5.1.1.2 says.

    Raises:
        UnreadablePixels: the attribute is there, but is no 16-bit number.
    """
    if not is_given(ds, "PixelPaddingValue"):
        return None
    limits = [_padding_word(ds, "PixelPaddingValue")]
    if is_given(ds, "PixelPaddingRangeLimit"):
        limits.append(_padding_word(ds, "PixelPaddingRangeLimit"))
    stored = [_stored(limit, layout) for limit in limits]
    fitting = [limit for limit in stored if limit is not None]
    if len(fitting) == len(limits):
        return Padding(low=min(fitting), high=max(fitting), in_words=False)
    words = [limit - _WORDS if layout.is_signed and limit >= _WORDS // 2 else limit for limit in limits]
    return Padding(low=min(words), high=max(words), in_words=True)


def _padding_word(ds: pydicom.Dataset, keyword: str) -> int:
    number = read_integer(ds, keyword)
    if number is None or not -_WORDS // 2 <= number < _WORDS:
        raise UnreadablePixels(f"{keyword} is no 16-bit number")
    return number % _WORDS


def _stored(word: int, layout: PixelLayout) -> int | None:
    """Read a 16-bit word as a stored value; None when it does not fit into the stored bits."""
    size = 1 << layout.bits_stored
    if not layout.is_signed:
        return word if word < size else None
    if word < size:  # with fewer than 16 bits: the bare bit pattern
        return word - size if word >= size // 2 else word
    value = word - _WORDS
    return value if value >= -size // 2 else None


@lru_cache(maxsize=16)
def hounsfield_table(layout: PixelLayout, modality: Modality, padding: Padding | None) -> HounsfieldTable:
    """Work out HU (rounded to the nearest, clipped to int16) and padding of every word."""
    words = np.arange(_WORDS, dtype=np.int64)
    stored = (words >> (layout.high_bit - layout.bits_stored + 1)) & ((1 << layout.bits_stored) - 1)
    if layout.is_signed:
        stored = _signed(stored, layout.bits_stored)
    hu = np.rint(modality.hu(stored))
    hu_by_word = np.clip(hu, _HU.min, _HU.max).astype(np.int16)
    clips = bool(hu.min() < _HU.min or hu.max() > _HU.max)
    padding_by_word = None
    if padding is not None:
        compared = stored
        if padding.in_words:
            compared = _signed(words, 16) if layout.is_signed else words
        padding_by_word = (compared >= padding.low) & (compared <= padding.high)
        hu_by_word[padding_by_word] = NOT_SCANNED_HU
        padding_by_word.setflags(write=False)
    hu_by_word.setflags(write=False)
    return HounsfieldTable(hu_by_word=hu_by_word, padding_by_word=padding_by_word, clips=clips)


def _signed(values: npt.NDArray[np.int64], bits: int) -> npt.NDArray[np.int64]:
    return np.where(values >= 1 << (bits - 1), values - (1 << bits), values)
