"""From a body to voxels: any grid, with the share of every tissue in every voxel.

A slice is the mean of thinner ones laid through its profile.  In each, organs come from their signed distances
and tubes are drawn piece by piece; nodules are added last, from shares counted at many points of each voxel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lianyi.lungct.domain.geometry import Grid
from lianyi.lungct.domain.image import Hounsfields
from lianyi.phantom.anatomy import Anatomy
from lianyi.phantom.atlas import Field
from lianyi.phantom.nodules import CORE_HU, Ball, shares_kji
from lianyi.phantom.noise import BLUR_MM, NoiseTexture
from lianyi.phantom.spec import PhantomSpec
from lianyi.phantom.tissues import Tissues, compose
from lianyi.phantom.tubes import draw
from lianyi.phantom.vessels import Plumbing, Tubes

Floats = npt.NDArray[np.float64]

_THINNEST_MM = 1.3
"""Slices are cut into parts about this thick, or as thick as a pixel is wide."""
_COARSE_MM = 2.6
_VOXELS_AT_ONCE = 5_000_000
_SLICES_AT_ONCE = 12
"""Organs are looked up for so few slices at a time that most organs can be left out."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scene:
    """Everything there is to see."""

    spec: PhantomSpec
    anatomy: Anatomy
    plumbing: Plumbing
    balls: tuple[Ball, ...]


def render_values(scene: Scene, grid: Grid) -> Hounsfields:
    """Give the HU of every voxel of a grid."""
    spec = scene.spec
    profile_xyz = _profile(spec, grid)
    parts = max(1, round(spec.thickness_mm / max(_THINNEST_MM, _pixel_mm(spec))))
    noise = NoiseTexture(spec) if spec.noise_hu else None
    blur_px = [BLUR_MM[spec.kernel] / mm for mm in spec.pixel_spacing_mm]
    values_kji = np.empty(grid.shape, np.int16)
    at_once = max(1, _VOXELS_AT_ONCE // math.prod(grid.shape[1:]))
    for first in range(0, grid.shape[0], at_once):
        last = min(first + at_once, grid.shape[0])
        chunk_kji = np.zeros((last - first, *grid.shape[1:]), np.float32)
        # Thin slices of the chunk, one sub-position after the other: each is a regular stack of its own.
        for part in range(parts):
            shifted = grid.patient_from_voxel.copy()
            shifted[:3, 3] += shifted[:3, 0] * first + profile_xyz * ((part + 0.5) / parts - 0.5)
            chunk_kji += _thin_slices(scene, shifted, chunk_kji.shape)
        chunk_kji /= np.float32(parts)
        _add_nodules(scene, chunk_kji, grid, first, profile_xyz)
        for k, slice_ji in enumerate(chunk_kji):
            ndimage.gaussian_filter1d(slice_ji, blur_px[0], axis=0, output=slice_ji, truncate=3.5)
            ndimage.gaussian_filter1d(slice_ji, blur_px[1], axis=1, output=slice_ji, truncate=3.5)
            if noise is not None:
                chunk_kji[k] += noise.of_slice(first + k)
        values_kji[first:last] = np.rint(np.clip(chunk_kji, -1024, 3071)).astype(np.int16)
    return values_kji


def _profile(spec: PhantomSpec, grid: Grid) -> Floats:
    """Vector through the slice profile, along the step (so that a tilted slice is sheared, as its stack is)."""
    profile: Floats = grid.patient_from_voxel[:3, 0] * (spec.thickness_mm / spec.slice_step_mm)
    return profile


def _thin_slices(scene: Scene, patient_from_voxel: Floats, shape: tuple[int, int, int]) -> Field:
    """Render infinitely thin slices: partial volume in plane only."""
    pixel_mm = _pixel_mm(scene.spec)
    row_skip, column_skip = (max(1, round(_COARSE_MM / mm)) for mm in scene.spec.pixel_spacing_mm)
    rows, columns = math.ceil(shape[1] / row_skip) + 1, math.ceil(shape[2] / column_skip) + 1
    grown = {
        "blood": draw(scene.plumbing.blood, patient_from_voxel, shape, reach_mm=pixel_mm),
        "lumen": draw(scene.plumbing.airways, patient_from_voxel, shape, reach_mm=pixel_mm),
        "airway": draw(_walls(scene.plumbing.airways), patient_from_voxel, shape, reach_mm=pixel_mm),
        "bone": draw(scene.plumbing.bones, patient_from_voxel, shape, reach_mm=3.0),
    }
    values_kji = np.empty(shape, np.float32)
    for first in range(0, shape[0], _SLICES_AT_ONCE):
        count = min(_SLICES_AT_ONCE, shape[0] - first)
        stretched = patient_from_voxel @ np.diag([1.0, row_skip, column_skip, 1.0])
        stretched[:3, 3] += first * stretched[:3, 0]
        coarse = scene.anatomy.atlas.read_stack(stretched, (count, rows, columns), within_mm=pixel_mm)
        for k in range(count):
            tissues = Tissues(
                coarse={name: field[k] for name, field in coarse.items()},
                grown={name: field[first + k] for name, field in grown.items()},
                skips=(row_skip, column_skip),
                shape=(shape[1], shape[2]),
                pixel_mm=pixel_mm,
            )
            values_kji[first + k] = compose(tissues, has_contrast=scene.spec.contrast)
    return values_kji


def _pixel_mm(spec: PhantomSpec) -> float:
    return math.sqrt(math.prod(spec.pixel_spacing_mm))


def _walls(airways: Tubes) -> Tubes:
    """Outer surface of the airways: the wall is thicker where the lumen is wider."""
    return Tubes(
        starts_xyz=airways.starts_xyz,
        ends_xyz=airways.ends_xyz,
        radii_mm=airways.radii_mm + 0.3 + 0.11 * airways.radii_mm,
        parents=airways.parents,
    )


def _add_nodules(scene: Scene, chunk_kji: Field, grid: Grid, first: int, profile_xyz: Floats) -> None:
    """Replace lung tissue by nodule, in proportion to the share of each voxel that lies in it."""
    voxel_from_patient = np.linalg.inv(grid.patient_from_voxel)
    reach = np.linalg.norm(voxel_from_patient[:3, :3], axis=1)
    for ball in scene.balls:
        middle = (voxel_from_patient @ [*ball.center_xyz, 1.0])[:3] - (first, 0, 0)
        half = reach * float(ball.radii_mm.max()) + 1.5 + (scene.spec.thickness_mm / scene.spec.slice_step_mm, 0, 0)
        low = np.maximum(np.floor(middle - half), 0).astype(int)
        high = np.minimum(np.ceil(middle + half) + 1, chunk_kji.shape).astype(int)
        if (high <= low).any():
            continue
        box = grid.patient_from_voxel.copy()
        box[:, 3] = grid.patient_from_voxel @ [low[0] + first, low[1], low[2], 1.0]
        shape = tuple(int(n) for n in high - low)
        whole, core = shares_kji(ball, scene.anatomy, box, (shape[0], shape[1], shape[2]), profile_xyz)
        places = np.indices(shape).reshape(3, -1)
        points = (box[:3, :3] @ places + box[:3, 3:]).T
        lung_hu = scene.anatomy.atlas.read("parenchyma", points).reshape(shape)
        region = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        chunk_kji[region] += (whole * (ball.hu - lung_hu) + core * (CORE_HU - ball.hu)).astype(np.float32)
