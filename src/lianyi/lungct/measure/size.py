"""Caliper lengths on one acquired slice, and a volume that knows partial volume.

Both read the *membership* field: 0 in the parenchyma, 1 in the nodule, between where a voxel holds some of
each.  The border is its half level, interpolated between pixels, so that neither pixel size nor threshold
noise lengthens an axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from lianyi.lungct.domain.geometry import Grid
from lianyi.lungct.measure.crop import Reals

Floats = npt.NDArray[np.float64]

_HALF = 0.5
_PERPENDICULARS = 161
"""How many lines across the long axis are tried; engineering choice, finer changes less than 0.1 %."""

# Marching squares: corners a (j, i), b (j, i+1), c (j+1, i+1), d (j+1, i); edges 0 ab, 1 bc, 2 dc, 3 ad.
# Cell code = a + 2 b + 4 c + 8 d.  The two ambiguous cells (5 and 10) are cut into two corners.
_SEGMENTS: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((0, 3),),
    2: ((0, 1),),
    3: ((1, 3),),
    4: ((1, 2),),
    5: ((0, 3), (1, 2)),
    6: ((0, 2),),
    7: ((2, 3),),
    8: ((2, 3),),
    9: ((0, 2),),
    10: ((0, 1), (2, 3)),
    11: ((1, 2),),
    12: ((1, 3),),
    13: ((0, 1),),
    14: ((0, 3),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """Long axis and longest perpendicular of one slice, mm; *k* is the slice in the box."""

    k: int
    long_mm: float
    short_mm: float

    @property
    def mean_mm(self) -> float:
        """Mean of the two: the diameter of Lung-RADS v2022 and of the Fleischner Society (2017)."""
        return (self.long_mm + self.short_mm) / 2


def contour_segments(field_ji: Reals) -> Floats:
    """Trace the half level of a field that falls to 0 at its border.

    Returns:
        (n, 2, 2) line pieces, each two points (j, i) in pixels.
    """
    padded = np.pad(field_ji.astype(np.float64), 1)
    a, b, d, c = padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    code = (a > _HALF) + 2 * (b > _HALF) + 4 * (c > _HALF) + 8 * (d > _HALF)
    pieces = []
    for value, pairs in _SEGMENTS.items():
        j, i = np.nonzero(code == value)
        if not j.size:
            continue
        corner = (a[j, i], b[j, i], c[j, i], d[j, i])
        for start, end in pairs:
            pieces.append(np.stack([_on_edge(start, corner, j, i), _on_edge(end, corner, j, i)], axis=1))
    if not pieces:
        return np.empty((0, 2, 2))
    return np.concatenate(pieces) - 1.0


def _on_edge(edge: int, corner: tuple[Floats, ...], j: npt.NDArray[np.intp], i: npt.NDArray[np.intp]) -> Floats:
    a, b, c, d = corner
    start, end = ((a, b), (b, c), (d, c), (a, d))[edge]
    # Off its own cells an edge is not crossed; there the ratio is not used.
    share = (_HALF - start) / (end - start)
    along_i = edge in (0, 2)
    at_j = j + (1.0 if edge == 2 else 0.0) + (0.0 if along_i else share)
    at_i = i + (1.0 if edge == 1 else 0.0) + (share if along_i else 0.0)
    return np.stack([at_j, at_i], axis=1)


def slice_axes(field_ji: Reals, grid: Grid) -> tuple[float, float]:
    """Measure the largest patch of one slice: long axis and longest perpendicular, mm.

    The slice plane is the acquired one, with the grid's own in-plane steps: pixels need not be square, nor the
    plane axial in the patient.  The perpendicular is the longest line across, at a right angle to the long axis,
    from border to border.  (0, 0) for an empty slice.

    Source: "long axis and its longest perpendicular on the same slice", RECIST 1.1 (Eisenhauer 2009) and
    Fleischner Society recommendations for measuring nodules (Bankier 2017, Radiology 285:584).
    """
    labels, count = ndimage.label(field_ji > _HALF, structure=np.ones((3, 3)))
    if not count:
        return 0.0, 0.0
    if count > 1:
        largest = 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
        field_ji = np.where((labels == largest) | (labels == 0), field_ji, 0.0).astype(np.float32)
    # In-plane metric: any two orthogonal unit vectors of the slice plane.
    step_j, step_i = grid.patient_from_voxel[:3, 1], grid.patient_from_voxel[:3, 2]
    unit_i = step_i / np.linalg.norm(step_i)
    across = step_j - (step_j @ unit_i) * unit_i
    unit_j = across / np.linalg.norm(across)
    mm_from_ji = np.array([[step_j @ unit_j, step_i @ unit_j], [step_j @ unit_i, step_i @ unit_i]])
    pieces_mm = contour_segments(field_ji) @ mm_from_ji.T
    points = pieces_mm.reshape(-1, 2)
    try:
        points = points[ConvexHull(points).vertices]
    except QhullError:  # all points on one line: the hull is its own points
        points = np.unique(points, axis=0)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    first, second = np.unravel_index(int(np.argmax(apart)), apart.shape)
    long_mm = float(apart[first, second])
    if long_mm <= 0:
        return 0.0, 0.0
    direction = (points[second] - points[first]) / long_mm
    along = (pieces_mm - points[first]) @ direction
    height = (pieces_mm - points[first]) @ np.array([-direction[1], direction[0]])
    return long_mm, _longest_chord(along, height, long_mm)


def _longest_chord(along: Floats, height: Floats, long_mm: float) -> float:
    """Longest border-to-border span at a right angle to the long axis."""
    stations = (np.arange(_PERPENDICULARS) + 0.5) / _PERPENDICULARS * long_mm
    low, high = along.min(axis=1)[:, None], along.max(axis=1)[:, None]
    crossed = (low <= stations) & (stations <= high) & (high > low)
    run = np.where(along[:, 1] == along[:, 0], 1.0, along[:, 1] - along[:, 0])
    share = (stations - along[:, :1]) / run[:, None]
    at = height[:, :1] + share * (height[:, 1:] - height[:, :1])
    top = np.where(crossed, at, -np.inf).max(axis=0)
    bottom = np.where(crossed, at, np.inf).min(axis=0)
    spans = np.where(np.isfinite(top) & np.isfinite(bottom), top - bottom, 0.0)
    return float(spans.max())


def longest_axes(membership_kji: Reals, grid: Grid) -> Axes:
    """Measure every slice and keep the one whose long axis is greatest."""
    slices = [slice_axes(field_ji, grid) for field_ji in membership_kji]
    k = int(np.argmax([long_mm for long_mm, _ in slices]))
    return Axes(k=k, long_mm=slices[k][0], short_mm=slices[k][1])
