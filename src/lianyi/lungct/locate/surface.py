"""A fissure as a height over its usual plane: what anatomy says, corrected by the plates that are seen.

The plane that most plates agree on is found by a vote over heights and slopes near the usual plane.  Around it,
cells of the plane in which plates cover a good part of the area are taken for pieces of the fissure.  A Gaussian
process joins them: near seen pieces it follows them, far from all it returns to the usual plane, and its standard
deviation tells how far the fissure may be from where it is drawn.  All numbers are engineering choices.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from lianyi.lungct.locate.plates import Plates
from lianyi.lungct.locate.typical import TypicalFissure

Floats = npt.NDArray[np.float64]

_FARTHEST_MM = 45
_TILTS_DEG = np.arange(-30.0, 31.0, 5.0)
_TILT_USUAL_DEG = 15.0
_VOTE_AGREES = np.cos(np.radians(20.0))
_LOOKS_RIGHT = np.cos(np.radians(40.0))
_MOST_CONTRAST_HU = 40.0
_VOTE_BAND = np.array([0.5, 1.0, 1.0, 1.0, 0.5])

_CELL_MM = 8.0
_LEAST_COVER = 0.3
"""Share of a cell's area with a plate voxel near one height: noise and vessels cover less."""
_SAME_HEIGHT_MM = 3.0
_LEAST_CELLS = 6
_WINDOW_MM = (8.0, 6.0, 5.0)
_LOCAL_SPREAD_MM, _LOCAL_REACH_MM = 5.0, 30.0
_CELL_SPREAD_MM = 1.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Surface:
    """One fissure.

    Attributes:
        plane: where it usually lies.
        cells_uv: (n, 2) mm in the plane, where the fissure was seen; empty when it was not.
        heights_mm: (n,) above the plane, there.
    """

    plane: TypicalFissure
    cells_uv: Floats
    heights_mm: Floats

    def signed_mm(self, points_xyz: Floats) -> tuple[Floats, Floats]:
        """Distance of points from the fissure, positive on its upper side, and its standard deviation, mm."""
        places_uv, above_mm = self.plane.coordinates(points_xyz)
        height_mm, spread_mm = _predict(self.plane, self.cells_uv, self.heights_mm, places_uv)
        return above_mm - height_mm, spread_mm

    @property
    def is_seen(self) -> bool:
        """Whether any piece of it was seen."""
        return len(self.cells_uv) > 0


def unseen(plane: TypicalFissure) -> Surface:
    """Give the fissure where nothing was seen of it."""
    return Surface(plane=plane, cells_uv=np.empty((0, 2)), heights_mm=np.empty(0))


def fit_surface(plane: TypicalFissure, plates: Plates) -> Surface:
    """Correct the usual plane by the plates that are seen near it."""
    uv, above_mm = plane.coordinates(plates.points_xyz)
    agreement = plates.normals_xyz @ plane.normal_xyz
    near = (np.abs(agreement) > _LOOKS_RIGHT) & (np.abs(above_mm) < _FARTHEST_MM)
    if not near.any():
        return unseen(plane)
    normals_xyz = plates.normals_xyz[near] * np.sign(agreement[near])[:, None]
    weights = np.minimum(plates.contrast_hu[near], _MOST_CONTRAST_HU)
    uv, above_mm = uv[near], above_mm[near]
    offset_mm, tilts = _vote(plane, uv, above_mm, normals_xyz, weights)
    expected_mm = offset_mm + uv @ tilts
    surface = unseen(plane)
    for window_mm in _WINDOW_MM:
        cells_uv, heights_mm = _seen_cells(uv, above_mm, np.abs(above_mm - expected_mm) < window_mm)
        if len(cells_uv) < _LEAST_CELLS:
            return unseen(plane)
        surface = Surface(plane=plane, cells_uv=cells_uv, heights_mm=heights_mm)
        expected_mm, _ = _predict(plane, cells_uv, heights_mm, uv)
    return surface


def _vote(
    plane: TypicalFissure, uv: Floats, above_mm: Floats, normals_xyz: Floats, weights: Floats
) -> tuple[float, Floats]:
    """Find the height (mm) and the two slopes of the plane on which most plates lie, usual ones preferred."""
    heights_mm = np.arange(-2 * _FARTHEST_MM, 2 * _FARTHEST_MM + 1)
    across_xyz = np.array([1.0, 0.0, 0.0])
    best, found_mm, found = -1.0, 0.0, np.zeros(2)
    for along_deg in _TILTS_DEG:
        for across_deg in _TILTS_DEG:
            tilts = np.tan(np.radians([along_deg, across_deg]))
            normal_xyz = plane.normal_xyz - tilts[0] * plane.slope_xyz - tilts[1] * across_xyz
            agrees = normals_xyz @ (normal_xyz / np.linalg.norm(normal_xyz)) > _VOTE_AGREES
            at = np.rint(above_mm[agrees] - uv[agrees] @ tilts).astype(int) + 2 * _FARTHEST_MM
            inside = (at >= 0) & (at < len(heights_mm))
            votes = np.bincount(at[inside], weights=weights[agrees][inside], minlength=len(heights_mm))
            votes = np.convolve(votes, _VOTE_BAND, "same")
            off = (along_deg**2 + across_deg**2) / _TILT_USUAL_DEG**2 + (heights_mm / plane.spread_mm) ** 2
            votes = votes * np.exp(-0.5 * off)
            if votes.max() > best:
                best, found_mm, found = float(votes.max()), float(heights_mm[votes.argmax()]), tilts
    return found_mm, found


def _seen_cells(uv: Floats, above_mm: Floats, take: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Give the cells that plates cover well at one height, by their middle, and that height."""
    uv, above_mm = uv[take], above_mm[take]
    keys, cell = np.unique(np.floor(uv / _CELL_MM).astype(int), axis=0, return_inverse=True)
    cell = cell.ravel()
    order = np.argsort(cell, kind="stable")
    bounds = np.searchsorted(cell[order], np.arange(len(keys) + 1))
    cells, heights = [], []
    for first, last in pairwise(bounds):
        if last - first < _LEAST_COVER * _CELL_MM**2:
            continue
        members = order[first:last]
        middle_mm = np.median(above_mm[members])
        close = np.abs(above_mm[members] - middle_mm) <= _SAME_HEIGHT_MM
        spots = np.unique(np.floor(uv[members[close]]).astype(int), axis=0)
        if len(spots) >= _LEAST_COVER * _CELL_MM**2:
            cells.append(uv[members[close]].mean(axis=0))
            heights.append(float(above_mm[members[close]].mean()))
    return _with_neighbours(np.array(cells).reshape(-1, 2), np.array(heights))


def _with_neighbours(cells_uv: Floats, heights_mm: Floats) -> tuple[Floats, Floats]:
    """Keep cells with at least two others beside them at a like height: a fissure is larger than a cell."""
    apart_mm = np.linalg.norm(cells_uv[:, None] - cells_uv[None], axis=2)
    alike = np.abs(heights_mm[:, None] - heights_mm[None]) < 0.6 * _CELL_MM
    keep = ((apart_mm < 1.6 * _CELL_MM) & alike).sum(axis=1) >= 3
    return cells_uv[keep], heights_mm[keep]


def _kernel(plane: TypicalFissure, one_uv: Floats, other_uv: Floats) -> Floats:
    apart2 = ((one_uv[:, None] - other_uv[None]) ** 2).sum(axis=2)
    local = _LOCAL_SPREAD_MM**2 * np.exp(-0.5 * apart2 / _LOCAL_REACH_MM**2)
    covariance: Floats = plane.spread_mm**2 + plane.tilt_spread**2 * (one_uv @ other_uv.T) + local
    return covariance


def _predict(plane: TypicalFissure, cells_uv: Floats, heights_mm: Floats, at_uv: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the height at places of the plane."""
    variance = plane.spread_mm**2 + plane.tilt_spread**2 * (at_uv**2).sum(axis=1) + _LOCAL_SPREAD_MM**2
    if not len(cells_uv):
        return np.zeros(len(at_uv)), np.sqrt(variance)
    inner = _kernel(plane, cells_uv, cells_uv) + _CELL_SPREAD_MM**2 * np.eye(len(cells_uv))
    inverse = np.linalg.inv(inner)
    across = _kernel(plane, at_uv, cells_uv)
    variance = variance - np.einsum("ij,ij->i", across @ inverse, across)
    return across @ (inverse @ heights_mm), np.sqrt(np.maximum(variance, _CELL_SPREAD_MM**2))
