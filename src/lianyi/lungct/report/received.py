"""A picture of a refused series: what did arrive, stood up as a coronal view, gaps hatched.

Only for near-axial stacks, where a column of middle rows is a coronal view; otherwise no picture.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from lianyi.lungct.domain.study import CtSeries
from lianyi.lungct.report.canvas import lung_window

WIDTH_PX, TALLEST_PX, SHORTEST_PX = 840, 1000, 160
_UPRIGHT = 0.9
_FEWEST = 8
_GAP_STEPS = 1.5
_WARN = (0xEF, 0xC2, 0x63)
_LINE = (0x5A, 0x68, 0x71)


def received_view(series: CtSeries) -> Image.Image | None:
    """Render the slices that arrived, head up, patient's right on the left, or None where that is impossible."""
    slices = sorted(series.slices, key=lambda one: one.image_position[2])
    if (
        len(slices) < _FEWEST
        or len({(one.hu_ji.shape, one.image_orientation, one.pixel_spacing) for one in slices}) > 1
    ):
        return None
    row_x, column_y = slices[0].image_orientation[0], slices[0].image_orientation[4]
    if min(abs(row_x), abs(column_y)) < _UPRIGHT:
        return None
    zs = np.array([one.image_position[2] for one in slices])
    step_mm = float(np.median(np.diff(zs)))
    width_mm = slices[0].hu_ji.shape[1] * slices[0].pixel_spacing[1]
    height_mm = float(zs[-1] - zs[0]) + step_mm
    if step_mm <= 0 or height_mm <= 0:
        return None
    middle = slices[0].hu_ji.shape[0] // 2
    height_px = round(WIDTH_PX * height_mm / width_mm)
    if not SHORTEST_PX <= height_px <= TALLEST_PX:
        return None
    sheet = Image.new("RGB", (WIDTH_PX, height_px))
    per_mm = height_px / height_mm
    for z, one in zip(zs, slices, strict=True):
        line = one.hu_ji[middle].astype(np.float32)
        grey = lung_window(line if row_x > 0 else line[::-1])
        top = round((zs[-1] - z) * per_mm)
        tall = max(1, round((zs[-1] - z + step_mm) * per_mm) - top)
        sheet.paste(Image.fromarray(grey[None, :]).resize((WIDTH_PX, tall), Image.Resampling.BILINEAR), (0, top))
    _hatch_gaps(sheet, zs, step_mm, per_mm)
    return sheet


def _hatch_gaps(sheet: Image.Image, zs: npt.NDArray[np.float64], step_mm: float, per_mm: float) -> None:
    for below, above in pairwise(zs):
        if above - below <= _GAP_STEPS * step_mm:
            continue
        top, bottom = round((zs[-1] - above + step_mm) * per_mm), round((zs[-1] - below) * per_mm)
        gap = Image.new("RGB", (WIDTH_PX, max(1, bottom - top)))
        draw = ImageDraw.Draw(gap)
        for x in range(-gap.height, WIDTH_PX, 18):
            draw.line((x, gap.height, x + gap.height, 0), fill=_LINE, width=3)
        draw.line((0, 0, WIDTH_PX, 0), fill=_WARN, width=3)
        draw.line((0, gap.height - 1, WIDTH_PX, gap.height - 1), fill=_WARN, width=3)
        sheet.paste(gap, (0, top))
