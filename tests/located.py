"""Phantoms with their lung fields, true lobes and measured nodules, for tests of places."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.ndimage import map_coordinates

from lianyi.lungct.domain.geometry import PatientPoint
from lianyi.lungct.domain.image import CtVolume, LungFields, Mask
from lianyi.lungct.domain.nodule import Candidate, Nodule, Side
from lianyi.lungct.lungs import find_lungs
from lianyi.lungct.measure import measure_nodule
from lianyi.lungct.volume import to_working_grid
from lianyi.phantom import PhantomSpec, PlantedNodule
from lianyi.phantom.anatomy import build_anatomy
from phantoms import rendered

Floats = npt.NDArray[np.float64]


@lru_cache(maxsize=6)
def working_chest(spec: PhantomSpec) -> tuple[CtVolume, LungFields]:
    """Working volume and lung fields of a phantom."""
    working = to_working_grid(rendered(spec)[0])
    return working, find_lungs(working)


def points_in(lung: Mask, count: int, *, seed: int = 1) -> Floats:
    """Places spread over a lung field, LPS mm."""
    voxels = np.argwhere(lung.values_kji)
    chosen = voxels[np.random.default_rng(seed).integers(0, len(voxels), count)]
    matrix = lung.grid.patient_from_voxel
    points: Floats = chosen @ matrix[:3, :3].T + matrix[:3, 3]
    return points


def true_lobes(spec: PhantomSpec, side: Side, points_xyz: Floats) -> tuple[list[str], Floats]:
    """The lobe in which the phantom was drawn at each place, and the distance to the nearest fissure, mm."""
    atlas = build_anatomy(spec).atlas
    at = ((points_xyz - np.array(atlas.lattice.first_xyz)) / atlas.lattice.step_mm)[:, ::-1].T
    oblique = map_coordinates(atlas.fields["oblique_fissure"], at, order=1)
    horizontal = map_coordinates(atlas.fields["horizontal_fissure"], at, order=1)
    lobes = [
        "lower" if above < 0 else "middle" if side == "right" and level < 0 else "upper"
        for above, level in zip(oblique, horizontal, strict=True)
    ]
    away = np.minimum(np.abs(oblique), np.where(oblique > 0, np.abs(horizontal), np.inf))
    return [f"{side} {lobe}" for lobe in lobes], away


def measured(spec: PhantomSpec, planted: tuple[PlantedNodule, ...]) -> tuple[Nodule, ...]:
    """Planted nodules as they are measured."""
    volume = rendered(spec)[0]
    lungs = working_chest(spec)[1]
    nodules = []
    for number, ball in enumerate(planted, start=1):
        x, y, z = ball.center_lps_mm
        center = PatientPoint(x=x, y=y, z=z, frame=volume.grid.frame)
        candidate = Candidate(center=center, radius_mm=ball.diameter_mm / 2, probability=0.9, evidence={})
        nodule = measure_nodule(volume, lungs, candidate, id=number)
        assert nodule is not None
        nodules.append(nodule)
    return tuple(nodules)
