"""Where fissures usually lie, as planes in a lung of known extent.

Heights are shares of the lung field from its lowest recess (0) to its apex (1), depths from its front (0) to its
back (1).  All are engineering choices, made from textbook landmarks (the oblique fissure from the level of the third
or fourth thoracic vertebra to the sixth costochondral junction, the horizontal one at the fourth costal cartilage)
before any chest was looked at; how far they lie from fissures seen is in ``docs/validation/location.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.image import Mask
from lianyi.lungct.domain.nodule import Side

Floats = npt.NDArray[np.float64]

_OBLIQUE_BEHIND: dict[Side, float] = {"right": 0.72, "left": 0.76}
_OBLIQUE_BEFORE: dict[Side, float] = {"right": 0.15, "left": 0.12}
_FRONT_DEPTH = 0.15
HORIZONTAL_HEIGHT = 0.48
_HORIZONTAL_DEPTH = 0.35
_SPREAD_MM = 12.0
_TILT_SPREAD = 0.2
"""Standard deviations of the place and of the slope (some 11 degrees) among people: engineering choices."""
_CUT_SPREAD_FACTOR = 2.0
"""Shares of a lung that is cut off at an end are of its visible part: the estimate is that much worse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """A lung field's extent, LPS mm: (low, high) along each axis."""

    x_mm: tuple[float, float]
    y_mm: tuple[float, float]
    z_mm: tuple[float, float]

    def height_share(self, z_mm: float) -> float:
        """0 at the lowest recess, 1 at the apex."""
        return (z_mm - self.z_mm[0]) / max(self.z_mm[1] - self.z_mm[0], 1.0)

    def at(self, *, height: float, depth: float) -> Floats:
        """Give the point of a height and a depth in the middle of the lung's width, LPS mm."""
        y_mm = self.y_mm[0] + depth * (self.y_mm[1] - self.y_mm[0])
        z_mm = self.z_mm[0] + height * (self.z_mm[1] - self.z_mm[0])
        return np.array([(self.x_mm[0] + self.x_mm[1]) / 2, y_mm, z_mm])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TypicalFissure:
    """A plane with how far fissures stray from it.

    Attributes:
        middle_xyz: a point of it, LPS mm.
        normal_xyz: unit vector towards the upper lobe.
        slope_xyz: unit vector in the plane, towards the back; the other direction in the plane is x.
        spread_mm: standard deviation of its place along the normal.
        tilt_spread: standard deviation of its slope, mm per mm.
    """

    middle_xyz: Floats
    normal_xyz: Floats
    slope_xyz: Floats
    spread_mm: float = _SPREAD_MM
    tilt_spread: float = _TILT_SPREAD

    def coordinates(self, points_xyz: Floats) -> tuple[Floats, Floats]:
        """Give places in the plane, (n, 2) mm, and heights above it, (n,) mm."""
        away_xyz = points_xyz - self.middle_xyz
        return np.stack([away_xyz @ self.slope_xyz, away_xyz[:, 0]], axis=1), away_xyz @ self.normal_xyz


def measure_extent(lung: Mask) -> Extent:
    """Give a lung field's extent; the field must not be empty and its grid must follow the patient's axes."""
    ends = []
    for axis, row in ((2, 0), (1, 1), (0, 2)):
        others = tuple(other for other in range(3) if other != axis)
        filled = np.flatnonzero(lung.values_kji.any(axis=others))
        origin_mm, step_mm = lung.grid.patient_from_voxel[row, 3], lung.grid.patient_from_voxel[row, axis]
        ends.append((float(origin_mm + step_mm * filled[0]), float(origin_mm + step_mm * filled[-1])))
    return Extent(x_mm=ends[0], y_mm=ends[1], z_mm=ends[2])


def typical_oblique(extent: Extent, side: Side, *, is_cut: bool) -> TypicalFissure:
    """Give the usual plane between lower lobe and the rest."""
    behind_xyz = extent.at(height=_OBLIQUE_BEHIND[side], depth=1.0)
    before_xyz = extent.at(height=_OBLIQUE_BEFORE[side], depth=_FRONT_DEPTH)
    slope_xyz = (behind_xyz - before_xyz) / np.linalg.norm(behind_xyz - before_xyz)
    return _widened(
        TypicalFissure(
            middle_xyz=(behind_xyz + before_xyz) / 2,
            normal_xyz=np.array([0.0, -slope_xyz[2], slope_xyz[1]]),
            slope_xyz=slope_xyz,
        ),
        is_cut=is_cut,
    )


def typical_horizontal(extent: Extent, *, is_cut: bool) -> TypicalFissure:
    """Give the usual plane between the upper and the middle lobe of the right lung."""
    plane = TypicalFissure(
        middle_xyz=extent.at(height=HORIZONTAL_HEIGHT, depth=_HORIZONTAL_DEPTH),
        normal_xyz=np.array([0.0, 0.0, 1.0]),
        slope_xyz=np.array([0.0, 1.0, 0.0]),
    )
    return _widened(plane, is_cut=is_cut)


def _widened(plane: TypicalFissure, *, is_cut: bool) -> TypicalFissure:
    return replace(plane, spread_mm=_CUT_SPREAD_FACTOR * plane.spread_mm) if is_cut else plane
