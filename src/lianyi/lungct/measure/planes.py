"""Whether the nodule is clearly longer in a coronal or sagittal plane than in any axial slice.

A reader measures on axial slices; Lung-RADS v2022 and the Fleischner Society (Bankier 2017) let them take another
plane where the nodule is longer there.  Other planes are cut from the stack, so they are as coarse as its slices
are apart: they count only when the difference is more than both errors explain, and only on thin slices of a
stack whose axes run along the patient's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from lianyi.lungct.domain.geometry import Grid
from lianyi.lungct.domain.nodule import Plane
from lianyi.lungct.measure.crop import Reals
from lianyi.lungct.measure.size import Axes, longest_axes

THICKEST_STEP_MM = 1.5
"""Slices further apart than this leave a reformatted border too coarse to be measured; engineering choice, the
1.5 mm that the Fleischner Society (Bankier 2017) asks of a CT on which nodules are measured."""

MOST_TILT_DEG = 5.0
"""A stack turned or tilted by more than this has no slice that is coronal or sagittal; engineering choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The plane of measurement and its two axes, mm."""

    plane: Plane
    long_mm: float
    short_mm: float

    @property
    def mean_mm(self) -> float:
        """Mean of the two."""
        return (self.long_mm + self.short_mm) / 2


def best_plane(share_kji: Reals, grid: Grid, axial: Axes, *, error_mm: float) -> Measured:
    """Choose the plane of measurement.

    Args:
        share_kji: membership on the native grid; its half level is the border.
        grid: of the box.
        axial: the axes of the acquired slices.
        error_mm: half the 95 % interval of the axial long axis.

    Returns:
        The axial plane unless another one's long axis is longer by more than the errors of both, each taken
        as *error_mm* and one half of the slice step for the plane that is cut from the stack.
    """
    chosen = Measured(plane="axial", long_mm=axial.long_mm, short_mm=axial.short_mm)
    if grid.spacing.k_mm > THICKEST_STEP_MM or not _is_axial(grid):
        return chosen
    explained_mm = math.hypot(error_mm, error_mm + grid.spacing.k_mm / 2)
    needed_mm = axial.long_mm + explained_mm
    even_kji, even = _without_shear(share_kji, grid)
    planes: tuple[tuple[Plane, tuple[int, int, int]], ...] = (("coronal", (1, 0, 2)), ("sagittal", (2, 0, 1)))
    for plane, order in planes:
        axes = longest_axes(np.ascontiguousarray(even_kji.transpose(order)), _turned(even, order))
        if axes.long_mm > max(needed_mm, chosen.long_mm):
            chosen = Measured(plane=plane, long_mm=axes.long_mm, short_mm=axes.short_mm)
    return chosen


def _is_axial(grid: Grid) -> bool:
    """Whether k, j and i run along the patient's z, y and x, within a few degrees."""
    units = grid.patient_from_voxel[:3, :3] / np.linalg.norm(grid.patient_from_voxel[:3, :3], axis=0)
    along = np.abs(units[[2, 1, 0], [0, 1, 2]])
    return bool(along.min() >= math.cos(math.radians(MOST_TILT_DEG)))


def _without_shear(share_kji: Reals, grid: Grid) -> tuple[Reals, Grid]:
    """Carry the membership to the same steps at right angles: a grid tilted by a few degrees is sheared."""
    steps = grid.spacing
    even = np.zeros((4, 4))
    signs = np.sign(grid.patient_from_voxel[[2, 1, 0], [0, 1, 2]])
    even[2, 0], even[1, 1], even[0, 2] = signs * (steps.k_mm, steps.j_mm, steps.i_mm)
    middle = (np.array(grid.shape) - 1) / 2
    even[:3, 3] = grid.patient_from_voxel[:3, :3] @ middle + grid.patient_from_voxel[:3, 3] - even[:3, :3] @ middle
    even[3, 3] = 1.0
    if np.allclose(even, grid.patient_from_voxel, atol=1e-3):
        return share_kji, grid
    turn = np.linalg.solve(grid.patient_from_voxel, even)
    carried: Reals = ndimage.affine_transform(share_kji, turn[:3, :3], offset=turn[:3, 3], order=1)
    return carried, Grid(grid.shape, even, grid.frame)


def _turned(grid: Grid, order: tuple[int, int, int]) -> Grid:
    """Give the same grid with its array axes in another order."""
    first, second, third = (grid.shape[n] for n in order)
    return Grid((first, second, third), grid.patient_from_voxel[:, [*order, 3]], grid.frame)
