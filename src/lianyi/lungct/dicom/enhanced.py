"""Functional groups: where Enhanced and Legacy Converted Enhanced CT keep what single-frame CT keeps on top.

A macro stands either in the shared groups or in those of each frame (PS3.3 2024e, C.7.6.16); the item
of the frame is taken where both exist.  A multi-frame object without functional groups places its
frames nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import pydicom

from lianyi.lungct.dicom.element import MALFORMED
from lianyi.lungct.dicom.placement import FrameHeader
from lianyi.lungct.domain.errors import Refusal, RefusalCode

_SHARED = "SharedFunctionalGroupsSequence"
_PER_FRAME = "PerFrameFunctionalGroupsSequence"


def has_functional_groups(ds: pydicom.Dataset) -> bool:
    """Whether *ds* is one of the enhanced objects."""
    return _SHARED in ds or _PER_FRAME in ds


def read_frame_headers(ds: pydicom.Dataset, frames: int, *, instance_number: int) -> tuple[FrameHeader, ...]:
    """Give, for each frame in stored order, where its facts are.

    Args:
        ds: the instance.
        frames: its number of frames.
        instance_number: for a single-frame instance; frames of a multi-frame one are numbered from 1.

    Raises:
        Refusal: R14, a multi-frame object without functional groups for each frame.
    """
    if not has_functional_groups(ds) and frames == 1:
        return (FrameHeader(position=ds, orientation=ds, measures=ds, values=ds, number=instance_number),)
    shared = _items(ds, _SHARED)
    per_frame = _items(ds, _PER_FRAME)
    if len(per_frame) != frames:
        raise Refusal(
            RefusalCode.MISSING_GEOMETRY,
            zh=(
                f"多帧文件有 {frames} 帧，但只有 {len(per_frame)} 帧的位置信息；"
                "请从设备或 PACS 重新导出，或改用单帧 CT 图像。"
            ),
            en=(
                f"the multi-frame file has {frames} frames, but places {len(per_frame)} of them; "
                "export it again from the scanner or PACS, or as single-frame CT images."
            ),
        )
    common = shared[0] if shared else pydicom.Dataset()
    return tuple(
        FrameHeader(
            position=_macro("PlanePositionSequence", own, common),
            orientation=_macro("PlaneOrientationSequence", own, common),
            measures=_macro("PixelMeasuresSequence", own, common),
            values=_macro("PixelValueTransformationSequence", own, common),
            number=number,
        )
        for number, own in enumerate(per_frame, start=1)
    )


def _macro(keyword: str, own: pydicom.Dataset, common: pydicom.Dataset) -> pydicom.Dataset:
    """Give the item of a macro, or an empty one; whoever reads it says what is missing."""
    items = _items(own, keyword) or _items(common, keyword)
    return items[0] if items else pydicom.Dataset()


def _items(ds: pydicom.Dataset, keyword: str) -> Sequence[pydicom.Dataset]:
    try:
        value = ds.get(keyword)
    except MALFORMED:
        return ()
    return value if isinstance(value, pydicom.Sequence) else ()
