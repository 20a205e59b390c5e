"""What stands at a peak: the numbers a reader would ask for, measured on the bright thing itself.

The thing is what is brighter than half-way between the lung around it and its own middle.  Whatever
is much thinner than its middle (vessels that run into it) is trimmed off; what remains is its *core*.
A vessel's core is long; a fork's core has bright arms leaving it on several sides; a bump of the
pleura is flat; a nodule's core is compact, and little of its surface is touched by anything bright.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cc3d
import edt
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lianyi.lungct.detect.blobs import RADIUS_PER_SIGMA, Floats, Floats32, Level
from lianyi.lungct.domain.image import Booleans

_REACH = 2.0
"""The patch reaches this many radii of the matching ball, and _MARGIN_MM more."""
_MARGIN_MM = 4.0
_TRIM = 0.55
"""Things thinner than this share of the core's thickest place are trimmed off it."""
_LEAST_CONTRAST_HU = 60.0
"""Fainter things are not told from noise and vessels' blur by this method."""
_LEAST_VOXELS = 7
_COARSER_BEYOND_MM = (6.0, 12.0)
"""Matching radius beyond which a peak is looked at on the 2 mm and the 4 mm grid."""
_RUNS_OUT = 0.9
"""A core that fills more than this share of its window's reach has been cut by the window."""
_CALM = 0.25
"""The patch is smoothed by this share of the matching radius: ground glass falls apart in noise otherwise."""
_NO_CALM = 0.4
"""Smoothing by less than this share of a voxel changes nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """The trimmed thing at a peak.

    Attributes:
        centroid_kji_mm: its centre of mass, millimetres from the first voxel of the box.
        radius_mm: of the ball of the same volume.
        numbers: by readable name; see :data:`lianyi.lungct.detect.score.TERMS`.
    """

    centroid_kji_mm: Floats
    radius_mm: float
    numbers: dict[str, float]


_RAN_OUT = Core(np.zeros(3), 0.0, {})
"""Stands for a thing that the window cut; never leaves this module."""


def examine(levels: Sequence[Level], place_kji_mm: Floats, sigma_mm: float) -> Core | None:
    """Measure what stands at one peak; look once more with twice the window if it runs out of the first.

    Args:
        levels: the box at 1, 2 and 4 mm; the window's size decides which is used.
        place_kji_mm: the peak.
        sigma_mm: the scale at which it was found.

    Returns:
        The core and its numbers, or None when nothing bright enough stands there, or when it runs
        out of the larger window too: most vessels do, and nothing compact of about this size does.
    """
    for ball_mm in (RADIUS_PER_SIGMA * sigma_mm, 2.0 * RADIUS_PER_SIGMA * sigma_mm):
        level = levels[sum(ball_mm > beyond for beyond in _COARSER_BEYOND_MM)]
        core = _look(level, place_kji_mm, ball_mm)
        if core is not _RAN_OUT:
            return core
    return None


def _look(level: Level, place_kji_mm: Floats, ball_mm: float) -> Core | None:
    step = level.step_mm
    half = math.ceil((_REACH * ball_mm + _MARGIN_MM) / step)
    centre = np.rint(place_kji_mm / step).astype(np.int64)
    first = np.maximum(centre - half, 0)
    last = np.minimum(centre + half + 1, level.hu_kji.shape)
    box = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    inner = tuple(slice(a, b) for a, b in zip(first - centre + half, last - centre + half, strict=True))
    hu = _calmed(level, box, _CALM * ball_mm)
    inside = level.inside_kji[box]
    distance_mm = _distances(half)[inner] * step

    near = distance_mm <= max(0.5 * ball_mm, 1.01 * step)
    lung_hu = float(np.percentile(hu[distance_mm >= min(1.3 * ball_mm, half * step)], 25.0))
    middle_hu = float(np.percentile(hu[near], 75.0))
    contrast_hu = middle_hu - lung_hu
    if contrast_hu < _LEAST_CONTRAST_HU:
        return None
    bright = (hu > lung_hu + 0.5 * contrast_hu) & (distance_mm <= half * step)
    core = _core(bright, near, distance_mm, ball_mm, step)
    if core is None:
        return None
    core_kji, thickest_mm = core
    reaches_out = float(np.max(distance_mm[core_kji]) / (half * step))
    if reaches_out >= _RUNS_OUT:
        return _RAN_OUT

    weights = np.where(core_kji, hu - lung_hu, 0.0)
    places = np.argwhere(core_kji)
    mass = weights[core_kji]
    centroid = (places * mass[:, None]).sum(axis=0) / mass.sum()
    radius_mm = (places.shape[0] * step**3 * 0.75 / math.pi) ** (1.0 / 3.0)
    # one voxel's own extent (1/12) keeps thin things from dividing by nothing
    spread = np.linalg.eigvalsh(np.cov(places.T, bias=True) + np.eye(3) / 12.0)
    shell = _shell(core_kji, first=1.0, last=1.0 + max(1.5, 0.35 * radius_mm / step))
    shell_count = max(int(np.count_nonzero(shell)), 1)
    in_lung = shell & inside
    numbers = {
        "diameter_mm": 2.0 * radius_mm,
        "contrast_hu": float(mass.mean()),
        "elongation": math.sqrt(spread[2] / spread[1]),
        "flatness": math.sqrt(spread[1] / spread[0]),
        "compactness": min((thickest_mm / radius_mm) ** 3, 1.0),
        "touched_share": float(np.count_nonzero(bright & in_lung)) / max(int(np.count_nonzero(in_lung)), 1),
        "wall_share": 1.0 - float(np.count_nonzero(in_lung)) / shell_count,
        "core_share": places.shape[0] / max(int(np.count_nonzero(bright & (distance_mm <= _REACH * radius_mm))), 1),
        "reaches_out": reaches_out,
        "middle_hu": middle_hu,
    }
    return Core((centroid + first) * step, radius_mm, numbers)


def _calmed(level: Level, box: tuple[slice, ...], sigma_mm: float) -> Floats32:
    missing = math.sqrt(max(sigma_mm**2 - level.sigma_mm**2, 0.0)) / level.step_mm
    if missing < _NO_CALM:
        return level.hu_kji[box]
    calmed: Floats32 = ndimage.gaussian_filter(level.hu_kji[box], missing, mode="nearest", truncate=2.5)
    return calmed


@lru_cache(maxsize=64)
def _distances(half: int) -> Floats:
    steps = np.arange(-half, half + 1) ** 2
    distances: Floats = np.sqrt(steps[:, None, None] + steps[None, :, None] + steps[None, None, :])
    return distances


def _around(mask: Booleans, margin: int) -> tuple[slice, slice, slice]:
    """Give the smallest box that holds the mask and a margin: distances cost by the voxel."""
    spans = []
    for axis in range(3):
        where = np.flatnonzero(mask.any(axis=(axis - 1, axis - 2)))
        spans.append(slice(max(int(where[0]) - margin, 0), int(where[-1]) + margin + 1))
    return spans[0], spans[1], spans[2]


def _depth(mask: Booleans) -> npt.NDArray[np.float32]:
    # edt takes bytes twice as fast as booleans
    depth: npt.NDArray[np.float32] = edt.edt(np.ascontiguousarray(mask).view(np.uint8), black_border=False)
    return depth


def _shell(mask: Booleans, *, first: float, last: float) -> Booleans:
    """Give the voxels farther than *first* and at most *last* voxels outside a mask."""
    box = _around(mask, math.ceil(last) + 1)
    outside = _depth(~mask[box])
    shell = np.zeros_like(mask)
    shell[box] = (outside > first) & (outside <= last)
    return shell


def _core(
    bright: Booleans, near: Booleans, distance_mm: Floats, ball_mm: float, step: int
) -> tuple[Booleans, float] | None:
    seeds = bright & near
    if not seeds.any():
        return None
    parts = cc3d.connected_components(bright, connectivity=6)
    nearest = np.argmin(np.where(seeds, distance_mm, np.inf))
    whole = parts == parts.ravel()[nearest]
    if whole.all():
        return None  # no edge anywhere: nothing to measure
    box = _around(whole, 1)
    depth = np.zeros(whole.shape, dtype=np.float32)
    depth[box] = _depth(whole[box])
    reachable = np.where(distance_mm <= ball_mm, depth, 0.0)
    thickest = float(reachable.max())
    deep = depth >= max(_TRIM * thickest, 1.0)
    deep_parts = cc3d.connected_components(deep, connectivity=26)
    deep = deep_parts == deep_parts.ravel()[int(np.argmax(reachable))]
    core = np.zeros_like(whole)
    box = _around(deep, math.ceil(_TRIM * thickest) + 1)
    core[box] = whole[box] & (_depth(~deep[box]) <= _TRIM * thickest)
    if np.count_nonzero(core) < _LEAST_VOXELS:
        return None
    return core, (thickest - 0.5) * step
