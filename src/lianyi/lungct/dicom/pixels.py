"""One DICOM instance to decoded slices in Hounsfield units, each with its place.

Single-frame CT gives one slice, Enhanced and Legacy Converted Enhanced CT one a frame.  Nothing is
defaulted: what the header does not say is refused or left None.
"""

from __future__ import annotations

import pydicom

from lianyi.lungct.dicom.element import read_integer, read_text
from lianyi.lungct.dicom.enhanced import read_frame_headers
from lianyi.lungct.dicom.hounsfield import hounsfield_table, read_modality, read_padding
from lianyi.lungct.dicom.layout import read_layout
from lianyi.lungct.dicom.placement import read_placement
from lianyi.lungct.dicom.transfer import decode_frames, require_lossless_header
from lianyi.lungct.dicom.unreadable import UnreadablePixels
from lianyi.lungct.domain.image import CtSlice
from lianyi.lungct.domain.uids import InstanceUID

__all__ = ["UnreadablePixels", "decode_slices"]


def decode_slices(ds: pydicom.Dataset) -> tuple[CtSlice, ...]:
    """Decode one instance.

    The header is read whole before a pixel is decoded, so a refusal costs nothing.

    Args:
        ds: with ``file_meta``, as :func:`pydicom.dcmread` gives it.

    Returns:
        One slice, or one a frame in stored order (which promises nothing about position).  HU are
        rounded to the nearest and clipped to int16; -1024 where the scanner stored no measurement.
        ``instance_number`` is 0 when a single-frame header has none.

    Raises:
        Refusal: R07 unknown rescale, R10 lossy compression, R14 missing geometry, R19 unsupported
            pixels.
        UnreadablePixels: pixel data absent, truncated, damaged, or not as the header announces.
    """
    require_lossless_header(ds)
    layout = read_layout(ds)
    padding = read_padding(ds, layout)
    instance_uid = InstanceUID(read_text(ds, "SOPInstanceUID"))
    headers = read_frame_headers(ds, layout.frames, instance_number=read_integer(ds, "InstanceNumber") or 0)
    places = [read_placement(header) for header in headers]
    modalities = [read_modality(header.values, layout) for header in headers]
    slices = []
    for header, place, modality, words_ji in zip(headers, places, modalities, decode_frames(ds, layout), strict=True):
        hu_ji, padding_ji = hounsfield_table(layout, modality, padding).convert(words_ji)
        slices.append(
            CtSlice(
                instance_uid=instance_uid,
                instance_number=header.number,
                image_position=place.image_position,
                image_orientation=place.image_orientation,
                pixel_spacing=place.pixel_spacing,
                slice_thickness_mm=place.slice_thickness_mm,
                hu_ji=hu_ji,
                padding_ji=padding_ji,
            )
        )
    return tuple(slices)
