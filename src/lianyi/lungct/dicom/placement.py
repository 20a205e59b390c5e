"""Where a slice lies: position, orientation and spacing, from the only attributes that are trusted.

SliceLocation, SpacingBetweenSlices, ImagerPixelSpacing and NominalScannedPixelSpacing are never read:
none of them is a place in the patient (PS3.3 2024e, C.7.6.2.1.1, C.7.6.16.2.1, 10.7.1.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

import numpy as np
import pydicom

from lianyi.lungct.dicom.element import read_number, read_numbers
from lianyi.lungct.domain.errors import Refusal, RefusalCode

_ORTHONORMAL_WITHIN: Final = 1e-3
"""Printed cosines have at least four decimals; more than this is no rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The four geometric facts of one slice, in the form :class:`CtSlice` wants them."""

    image_position: tuple[float, float, float]
    image_orientation: tuple[float, float, float, float, float, float]
    pixel_spacing: tuple[float, float]
    slice_thickness_mm: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameHeader:
    """Where to look for the facts of one frame: the instance itself, or its functional groups."""

    position: pydicom.Dataset
    orientation: pydicom.Dataset
    measures: pydicom.Dataset
    values: pydicom.Dataset
    number: int


def read_placement(header: FrameHeader) -> Placement:
    """Read where a slice lies.

    Raises:
        Refusal: R14, a fact is absent or malformed.
    """
    position = read_numbers(header.position, "ImagePositionPatient", 3)
    if position is None:
        raise _missing("ImagePositionPatient", zh="应为三个数值", en="three numbers are needed")
    orientation = read_numbers(header.orientation, "ImageOrientationPatient", 6)
    if orientation is None or not _is_orthonormal(orientation):
        raise _missing(
            "ImageOrientationPatient", zh="应为两个相互垂直的单位向量", en="two perpendicular unit vectors are needed"
        )
    spacing = read_numbers(header.measures, "PixelSpacing", 2)
    if spacing is None or min(spacing) <= 0:
        raise _missing("PixelSpacing", zh="应为两个大于零的数值", en="two numbers above zero are needed")
    thickness = read_number(header.measures, "SliceThickness")
    return Placement(
        image_position=cast("tuple[float, float, float]", position),
        image_orientation=cast("tuple[float, float, float, float, float, float]", orientation),
        pixel_spacing=cast("tuple[float, float]", spacing),
        slice_thickness_mm=thickness if thickness is not None and thickness > 0 else None,
    )


def _is_orthonormal(orientation: tuple[float, ...]) -> bool:
    axes = np.array(orientation).reshape(2, 3)
    return bool(np.allclose(axes @ axes.T, np.eye(2), rtol=0, atol=_ORTHONORMAL_WITHIN))


def _missing(keyword: str, *, zh: str, en: str) -> Refusal:
    return Refusal(
        RefusalCode.MISSING_GEOMETRY,
        zh=f"{keyword} 缺失或无效（{zh}），无法确定图像在患者体内的位置；请从设备或 PACS 重新导出原始轴位图像。",
        en=(
            f"{keyword} is absent or invalid ({en}), so the place of the image in the patient is unknown; "
            "export the original axial images again from the scanner or PACS."
        ),
    )
