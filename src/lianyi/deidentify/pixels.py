"""Pixels decoded, looked at, and written anew: no byte of the old stream survives but the stored values themselves.

A compressed stream has comment segments, a native one may be longer than its image, and words have unused bits:
each can hide text.  So every image leaves as native little endian words with clean unused bits.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydicom.dataset import Dataset

from lianyi.deidentify.burned_in import has_text
from lianyi.deidentify.errors import NotExported
from lianyi.lungct.dicom.element import read_integer
from lianyi.lungct.dicom.enhanced import read_frame_headers
from lianyi.lungct.dicom.hounsfield import HounsfieldTable, Words, hounsfield_table, read_modality, read_padding
from lianyi.lungct.dicom.layout import PixelLayout, read_layout
from lianyi.lungct.dicom.transfer import decode_frames, require_lossless_header
from lianyi.lungct.dicom.unreadable import UnreadablePixels
from lianyi.lungct.domain.errors import Refusal

_PIXEL_KEYWORDS = ("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation")


def move_pixels(old: Dataset, new: Dataset) -> None:
    """Put the pixels of *old* into *new* after looking at each frame.

    Raises:
        NotExported: D06 text was found; D07 they cannot be decoded, or are lossy.
    """
    try:
        require_lossless_header(old)
        layout = read_layout(old)
        if layout.high_bit != layout.bits_stored - 1:
            raise NotExported("D07")
        frames = [_looked_at(words_ji, table, layout, old) for words_ji, table in _frames(old, layout)]
    except (Refusal, UnreadablePixels) as reason:
        raise NotExported("D07") from reason
    for keyword in _PIXEL_KEYWORDS:
        setattr(new, keyword, read_integer(old, keyword))
    new.SamplesPerPixel = 1
    if _meaning(new, layout) != _meaning(old, layout):  # never another HU than before: a modality LUT was lost, say
        raise NotExported("D11")
    new.PixelData = b"".join(words_ji.astype("<u2").tobytes() for words_ji in frames)


def _meaning(ds: Dataset, layout: PixelLayout) -> list[object]:
    """Give what turns stored values into HU, of the image and of each frame."""
    headers = read_frame_headers(ds, layout.frames, instance_number=0)
    return [read_padding(ds, layout), *(read_modality(header.values, layout) for header in headers)]


def _frames(old: Dataset, layout: PixelLayout) -> Iterator[tuple[Words, HounsfieldTable]]:
    padding = read_padding(old, layout)
    headers = read_frame_headers(old, layout.frames, instance_number=0)
    for header, words_ji in zip(headers, decode_frames(old, layout), strict=True):
        yield words_ji, hounsfield_table(layout, read_modality(header.values, layout), padding)


def _looked_at(words_ji: Words, table: HounsfieldTable, layout: PixelLayout, old: Dataset) -> Words:
    clean_ji = _clean(words_ji, layout, old)
    if has_text(table.convert(clean_ji)[0]):
        raise NotExported("D06")
    return clean_ji


def _clean(words_ji: Words, layout: PixelLayout, old: Dataset) -> Words:
    """Give the words with unused bits cleared, or filled with the sign; whole padding words stay."""
    unused = 16 - layout.bits_stored
    shifted = (words_ji << unused).astype(np.uint16)
    if layout.is_signed:
        clean = (shifted.view(np.int16) >> unused).view(np.uint16)
    else:
        clean = (shifted >> unused).astype(np.uint16)
    padding = read_integer(old, "PixelPaddingValue")
    if padding is None:
        return clean
    return np.where(words_ji == np.uint16(padding % 65536), words_ji, clean).astype(np.uint16)
