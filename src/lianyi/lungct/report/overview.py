"""Both lungs at one glance: a coronal projection with every mark numbered.

The picture is the brightest voxel along each front-to-back ray inside the lungs, mixed with the
mean along it for depth.  It lies on the patient's axes, because the lung masks do: the patient's
right is on its left, the head is up, whatever the acquisition.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, hypot, radians, sin

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage

from lianyi.lungct.domain.geometry import Floats
from lianyi.lungct.domain.image import CtVolume, LungFields
from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.report.canvas import MARK, MARK_INK, Ring, draw_label, draw_ring, film, font
from lianyi.lungct.report.key_images import LOW_PROBABILITY

WIDTH_PX, HEIGHT_PX = 1008, 906
_DEPTH_STEP = 2
"""Every second plane of the 1 mm grid: vessels are wider than that."""

_SMOOTH_VOXELS = 1.0
_MARGIN_PX = 26
_LOW_HU, _HIGH_HU = -930.0, 120.0
_RING_PX, _MANY_RING_PX, _MANY = 31.0, 22.0, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """Projection on the lung grid, and where it starts: row 0 is the highest slice of the box."""

    grey: npt.NDArray[np.uint8]
    top_k: int
    left_i: int


def overview(volume: CtVolume, lungs: LungFields, nodules: tuple[Nodule, ...]) -> Image.Image:
    """Render both lungs with the marks of all nodules."""
    placed = _project(volume, lungs)
    rows, columns = placed.grey.shape
    scale = min((WIDTH_PX - 2 * _MARGIN_PX) / columns, (HEIGHT_PX - 2 * _MARGIN_PX) / rows)
    size = round(columns * scale), round(rows * scale)
    left, top = (WIDTH_PX - size[0]) // 2, (HEIGHT_PX - size[1]) // 2
    sheet = Image.new("L", (WIDTH_PX, HEIGHT_PX), 0)
    sheet.paste(Image.fromarray(placed.grey).resize(size, Image.Resampling.BICUBIC), (left, top))

    picture = film(np.asarray(sheet))
    radius = _RING_PX if len(nodules) <= _MANY else _MANY_RING_PX
    places = []
    for nodule in nodules:
        at = lungs.grid.locate(nodule.center)
        x = left + (at.i - placed.left_i + 0.5) * scale
        y = top + (placed.top_k - at.k + 0.5) * scale
        places.append((x, y))
        is_dashed = nodule.probability < LOW_PROBABILITY
        draw_ring(picture, Ring(x=x, y=y, radius=radius, line=4.2, is_dashed=is_dashed))
    image = Image.fromarray(picture)
    _number(image, places, [str(nodule.id) for nodule in nodules], radius)
    draw_label(image, "R", at=(22, 18), anchor="la", size=36)
    draw_label(image, "L", at=(WIDTH_PX - 22, 18), anchor="ra", size=36)
    return image


def _project(volume: CtVolume, lungs: LungFields) -> _Placed:
    """Project the native HU inside the lungs along the patient's front-to-back axis."""
    left_kji, right_kji = lungs.left.values_kji, lungs.right.values_kji
    shadow_ki: npt.NDArray[np.bool_] = np.logical_or(np.any(left_kji, axis=1), np.any(right_kji, axis=1))
    ks, is_ = np.nonzero(np.any(shadow_ki, axis=1))[0], np.nonzero(np.any(shadow_ki, axis=0))[0]
    k0, k1, i0, i1 = int(ks[0]), int(ks[-1]) + 1, int(is_[0]), int(is_[-1]) + 1
    native_from_lung = np.linalg.inv(volume.grid.patient_from_voxel) @ lungs.grid.patient_from_voxel
    shape = (k1 - k0, i1 - i0)
    brightest = np.full(shape, -1024.0, dtype=np.float32)
    total, count = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    for j in range(0, lungs.grid.shape[1], _DEPTH_STEP):
        inside_ki = left_kji[k0:k1, j, i0:i1] | right_kji[k0:k1, j, i0:i1]
        rows, columns = np.nonzero(inside_ki)
        if rows.size == 0:
            continue
        values = _sample(volume, native_from_lung, np.stack([rows + k0, np.full_like(rows, j), columns + i0]))
        brightest[rows, columns] = np.maximum(brightest[rows, columns], values)
        total[rows, columns] += values
        count[rows, columns] += 1
    mean = np.divide(total, count, out=np.full(shape, -1024.0, dtype=np.float32), where=count > 0)
    mixed = _smooth(np.where(count > 0, 0.7 * brightest + 0.3 * mean, _LOW_HU), count > 0)
    grey = np.clip((mixed - _LOW_HU) * (255.0 / (_HIGH_HU - _LOW_HU)), 0, 255).astype(np.uint8)
    return _Placed(grey=np.ascontiguousarray(grey[::-1]), top_k=k1 - 1, left_i=i0)


def _smooth(values_ki: npt.NDArray[np.float32], inside_ki: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Take the lattice pattern of nearest-voxel sampling out, without darkening the rim of the lungs."""
    weight = ndimage.gaussian_filter(inside_ki.astype(np.float32), _SMOOTH_VOXELS)
    above = ndimage.gaussian_filter(np.where(inside_ki, values_ki - _LOW_HU, 0).astype(np.float32), _SMOOTH_VOXELS)
    smooth = np.divide(above, weight, out=np.zeros_like(above), where=weight > 0.2)
    faded: npt.NDArray[np.float32] = (smooth * np.clip(weight * 2 - 0.5, 0, 1) + _LOW_HU).astype(np.float32)
    return faded


def _sample(volume: CtVolume, native_from_lung: Floats, lung_kji: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    """Look HU up at lung voxels: nearest within a slice, linear between slices (those lie far apart)."""
    turn = native_from_lung[:3].astype(np.float32)
    native = turn[:, :3] @ lung_kji.astype(np.float32) + turn[:, 3:]
    last_k, last_j, last_i = (n - 1 for n in volume.grid.shape)
    below = np.clip(np.floor(native[0]), 0, max(last_k - 1, 0)).astype(np.intp)
    above = np.minimum(below + 1, last_k)
    j = np.clip(native[1] + 0.5, 0, last_j).astype(np.intp)
    i = np.clip(native[2] + 0.5, 0, last_i).astype(np.intp)
    share = np.clip(native[0] - below, 0.0, 1.0).astype(np.float32)
    lower = volume.values_kji[below, j, i].astype(np.float32)
    between: npt.NDArray[np.float32] = lower + share * (volume.values_kji[above, j, i].astype(np.float32) - lower)
    return between


def _number(
    image: Image.Image, places: list[tuple[float, float]], texts: list[str], radius: float
) -> list[tuple[float, float, float, float]]:
    """Write each mark's number beside its ring, with a leader where there was no room; give the boxes written."""
    draw = ImageDraw.Draw(image)
    size = 34 if len(places) <= _MANY else 29
    taken: list[tuple[float, float, float, float]] = []
    for (x, y), text in zip(places, texts, strict=True):
        half_w, half_h = draw.textlength(text, font=font(size, "bold")) / 2 + 9, size * 0.62
        at_x, at_y = _room((x, y), (half_w, half_h), places, taken, radius)
        taken.append((at_x - half_w, at_y - half_h, at_x + half_w, at_y + half_h))
        away = hypot(at_x - x, at_y - y)
        if away > radius + max(half_w, half_h) + 14:
            start = x + (at_x - x) * radius / away, y + (at_y - y) * radius / away
            draw.line((*start, at_x, at_y), fill=(0, 0, 0), width=7)
            draw.line((*start, at_x, at_y), fill=MARK, width=3)
        draw.rectangle(taken[-1], fill=MARK)
        draw.text((at_x, at_y), text, font=font(size, "bold"), anchor="mm", fill=MARK_INK)
    return taken


def _room(
    ring: tuple[float, float],
    half: tuple[float, float],
    rings: list[tuple[float, float]],
    taken: list[tuple[float, float, float, float]],
    radius: float,
) -> tuple[float, float]:
    """Choose the place for a label that covers least and lies nearest."""
    best, best_cost = ring, float("inf")
    for ring_away in (1, 2, 3, 4, 5):
        for angle in range(-45, 315, 15):
            away = radius + 4 + (ring_away - 1) * 26
            x = ring[0] + cos(radians(angle)) * (away + half[0])
            y = ring[1] + sin(radians(angle)) * (away + half[1])
            box = x - half[0], y - half[1], x + half[0], y + half[1]
            outside = box[0] < 4 or box[1] < 62 or box[2] > WIDTH_PX - 4 or box[3] > HEIGHT_PX - 4
            covered = sum(_overlap(box, other, 6) for other in taken) * 3.0
            covered += sum(_overlap(box, (rx - radius, ry - radius, rx + radius, ry + radius), 0) for rx, ry in rings)
            cost = covered + away * 6 + abs(angle + 45) * 0.3 + (1e6 if outside else 0)
            if cost < best_cost:
                best, best_cost = (x, y), cost
    return best


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float], gap: float) -> float:
    """Give the area two boxes share, the first grown by a gap."""
    across = min(a[2] + gap, b[2]) - max(a[0] - gap, b[0])
    down = min(a[3] + gap, b[3]) - max(a[1] - gap, b[1])
    return across * down if across > 0 and down > 0 else 0.0
