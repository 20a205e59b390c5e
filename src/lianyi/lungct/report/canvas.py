"""Drawing on film: lung window, rings with a dark halo, letters, a scale bar.

Rings are computed from distances rather than by a polygon filler, so that they are smooth at any size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from lianyi.lungct.report.fonts import font_file

Rgb = npt.NDArray[np.uint8]

MARK = (0x5F, 0xD3, 0xE6)
MARK_INK = (0x04, 0x22, 0x2A)
FILM_TEXT = (0xE3, 0xE9, 0xEC)
HALO = 0.72
"""Opacity of the dark edge of a ring and of the ground of a letter."""

LEVEL_HU, WIDTH_HU = -600.0, 1500.0
"""Lung window of the report."""

_DASH_LINES = 8.0
"""Length of a dash and its gap, in line widths."""


def lung_window(values_hu: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """Map HU to grey, 0 to 255."""
    grey = (values_hu - (LEVEL_HU - WIDTH_HU / 2)) * (255.0 / WIDTH_HU)
    clipped: npt.NDArray[np.uint8] = np.clip(grey + 0.5, 0, 255).astype(np.uint8)
    return clipped


def film(grey: npt.NDArray[np.uint8]) -> Rgb:
    """Give a grey picture as one that can be drawn on in colour."""
    return np.repeat(grey[:, :, None], 3, axis=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A circle on a picture, in pixels from its upper left corner."""

    x: float
    y: float
    radius: float
    line: float
    is_dashed: bool


def draw_ring(picture: Rgb, ring: Ring) -> None:
    """Draw a ring in the colour of every mark, on a dark halo, in place."""
    reach = ring.radius + 2.0 * ring.line + 2.0
    rows, columns = picture.shape[:2]
    top, bottom = max(0, int(ring.y - reach)), min(rows, int(ring.y + reach) + 2)
    left, right = max(0, int(ring.x - reach)), min(columns, int(ring.x + reach) + 2)
    if top >= bottom or left >= right:
        return
    y, x = np.ogrid[top:bottom, left:right]
    off_y, off_x = (y + 0.5 - ring.y).astype(np.float32), (x + 0.5 - ring.x).astype(np.float32)
    from_line = np.abs(np.hypot(off_y, off_x) - ring.radius)
    halo = HALO * np.clip(ring.line * 1.1 + 0.5 - from_line, 0.0, 1.0)
    line = np.clip(ring.line / 2 + 0.5 - from_line, 0.0, 1.0)
    if ring.is_dashed:
        dashes = max(8, round(2 * np.pi * ring.radius / (_DASH_LINES * ring.line)))
        turn = np.arctan2(off_y, off_x) * (dashes / (2 * np.pi)) % 1.0
        line *= np.clip((0.32 - np.abs(turn - 0.5)) * ring.radius * (2 * np.pi / dashes) + 0.5, 0.0, 1.0)
    box = picture[top:bottom, left:right].astype(np.float32)
    box *= (1.0 - halo)[:, :, None]
    box += line[:, :, None] * (np.array(MARK, dtype=np.float32) - box)
    picture[top:bottom, left:right] = (box + 0.5).astype(np.uint8)


@cache
def font(size: int, weight: str = "regular") -> ImageFont.FreeTypeFont:
    """Give the document font for a picture."""
    return ImageFont.truetype(str(font_file(weight)), size)


def draw_label(image: Image.Image, text: str, *, at: tuple[float, float], anchor: str, size: int) -> None:
    """Write light letters on a dark ground; *anchor* as in Pillow ("la" is left, ascender)."""
    draw = ImageDraw.Draw(image, "RGBA")
    left, top, right, bottom = draw.textbbox(at, text, font=font(size), anchor=anchor)
    pad = size * 0.22
    draw.rectangle((left - pad * 1.6, top - pad, right + pad * 1.6, bottom + pad), fill=(0, 0, 0, int(255 * HALO)))
    draw.text(at, text, font=font(size), anchor=anchor, fill=FILM_TEXT)


def draw_scale(image: Image.Image, *, mm_per_pixel: float, length_mm: float = 10.0) -> None:
    """Draw a bar of 10 mm on a dark ground in the lower right corner."""
    draw = ImageDraw.Draw(image, "RGBA")
    length, edge = length_mm / mm_per_pixel, 14
    right, y = image.width - edge, image.height - edge
    draw.rectangle((right - max(length, 70) - 6, y - 32, right + 6, y + 6), fill=(0, 0, 0, int(255 * HALO)))
    draw.line((right - length, y, right, y), fill=(*FILM_TEXT, 255), width=4)
    draw.text((right - max(length, 70) / 2, y - 7), f"{length_mm:g} mm", font=font(24), anchor="ms", fill=FILM_TEXT)
