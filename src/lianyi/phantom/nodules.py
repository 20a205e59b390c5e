"""Where nodules are planted, what they are made of, and their true volume.

The share of a voxel inside a nodule is counted from many points in it, so that the rendered volume is the
formula's and not the grid's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.nodule import Density
from lianyi.phantom.anatomy import Anatomy
from lianyi.phantom.spec import PhantomSpec, PlantedNodule
from lianyi.phantom.vessels import Plumbing

Floats = npt.NDArray[np.float64]

# HU drawn for each density: typical appearances for a phantom, not limits of a definition.
_HU = {Density.SOLID: 40.0, Density.PART_SOLID: -600.0, Density.GROUND_GLASS: -600.0, Density.CALCIFIED: 450.0}
CORE_HU = 40.0
_ELLIPSOID = np.array([1.25, 1.0, 0.8])
TRUNK_MM = 1.9
"""A vessel thicker than this is never pruned for a nodule placed at random: the nodule keeps away."""

# Share of each density among nodules placed at random, and diameters in mm.
_MIX = ((Density.SOLID, 0.55), (Density.PART_SOLID, 0.18), (Density.GROUND_GLASS, 0.17), (Density.CALCIFIED, 0.10))
_DIAMETERS_MM = (5.0, 18.0)
_GAP_MM = 4.0
_TRIES = 6000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ball:
    """A planted nodule made ready to draw.

    Attributes:
        planted: what was asked for.
        radii_mm: semi-axes along x, y, z.
        hu: of the whole; of the ground-glass part where there is a core.
        core_diameter_mm: of the solid core; None without one.
        is_cut: whether the pleura cuts it.
    """

    planted: PlantedNodule
    radii_mm: Floats
    hu: float
    core_diameter_mm: float | None
    is_cut: bool

    @property
    def center_xyz(self) -> Floats:
        """Centre, LPS mm."""
        return np.array(self.planted.center_lps_mm)

    @property
    def side(self) -> Literal["left", "right"]:
        """Lung it lies in; x grows to the patient's left."""
        return "left" if self.planted.center_lps_mm[0] > 0 else "right"


def plant(spec: PhantomSpec, anatomy: Anatomy, plumbing: Plumbing) -> tuple[Ball, ...]:
    """Make the planted nodules of a spec ready, or place random ones.

    Raises:
        ValueError: a planted nodule lies outside the lungs or meets another one, or there is no room.
    """
    if not anatomy.has_lungs:
        if spec.planted:
            raise ValueError("nodules cannot be planted in a body without lungs")
        return ()
    if spec.planted is None:
        return _scatter(spec, anatomy, plumbing)
    balls: list[Ball] = []
    for planted in spec.planted:
        ball = make_ball(planted, anatomy)
        if anatomy.atlas.read("lung", ball.center_xyz) <= 0:
            raise ValueError(f"the centre {planted.center_lps_mm} of a nodule lies outside the lungs")
        if any(_meet(ball, other, 0.0) for other in balls):
            raise ValueError(f"the nodule at {planted.center_lps_mm} meets another one")
        balls.append(ball)
    return tuple(balls)


def make_ball(planted: PlantedNodule, anatomy: Anatomy) -> Ball:
    """Work out radii, HU and whether the pleura cuts it."""
    axes = _ELLIPSOID / np.cbrt(_ELLIPSOID.prod()) if planted.shape == "ellipsoid" else np.ones(3)
    radii = axes * planted.diameter_mm / 2
    core = None
    if planted.density is Density.PART_SOLID:
        core = planted.diameter_mm / 2 if planted.core_diameter_mm is None else planted.core_diameter_mm
    center = np.array(planted.center_lps_mm)
    surface = center + _directions(400) * radii
    return Ball(
        planted=planted,
        radii_mm=radii,
        hu=_HU[planted.density] if planted.hu is None else planted.hu,
        core_diameter_mm=core,
        is_cut=bool((anatomy.atlas.read("lung", surface) < 0.3).any()),
    )


def volume_mm3(ball: Ball, anatomy: Anatomy) -> float:
    """True volume: pi/6 d^3, less what the pleura cuts off."""
    whole = math.pi / 6 * ball.planted.diameter_mm**3
    if not ball.is_cut:
        return whole
    steps = (np.arange(80) + 0.5) / 40 - 1
    inside = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    inside = inside[(inside**2).sum(axis=1) <= 1]
    kept = anatomy.atlas.read("lung", ball.center_xyz + inside * ball.radii_mm) > 0
    return whole * float(kept.mean())


def shares_kji(
    ball: Ball, anatomy: Anatomy, patient_from_box: Floats, shape: tuple[int, int, int], slice_vector_xyz: Floats
) -> tuple[Floats, Floats]:
    """Share of each voxel of a box that lies in the nodule, and in its core.

    Args:
        ball: the nodule.
        anatomy: for the pleura that may cut it.
        patient_from_box: 4x4, maps (k, j, i, 1) of the box to LPS mm.
        shape: of the box.
        slice_vector_xyz: from the lower to the upper face of a slice's profile, LPS mm.
    """
    down, along = patient_from_box[:3, 1], patient_from_box[:3, 2]
    counts = [max(4, math.ceil(float(np.linalg.norm(v)) / 0.2)) for v in (slice_vector_xyz, down, along)]
    parts = [(np.arange(n) + 0.5) / n - 0.5 for n in counts]
    k, j, i = np.indices(shape).reshape(3, -1)
    centers = np.stack([k, j, i, np.ones_like(k)], axis=1) @ patient_from_box.T[:, :3]
    offsets = (
        parts[0][:, None, None, None] * slice_vector_xyz
        + parts[1][None, :, None, None] * down
        + parts[2][None, None, :, None] * along
    ).reshape(-1, 3)
    reach = float(np.linalg.norm(offsets, axis=1).max())

    whole, core = np.zeros(len(centers)), np.zeros(len(centers))
    away = np.linalg.norm(centers - ball.center_xyz, axis=1)
    whole[away <= ball.radii_mm.min() - reach] = 1.0
    is_edge = (away < ball.radii_mm.max() + reach) & (away > ball.radii_mm.min() - reach)
    if ball.is_cut:
        near_pleura = anatomy.atlas.read("lung", centers) < reach + 2
        is_edge |= near_pleura & (away < ball.radii_mm.max() + reach)
    for rows in np.array_split(np.flatnonzero(is_edge), max(1, int(is_edge.sum()) * len(offsets) // 2_000_000)):
        points = centers[rows][:, None, :] + offsets
        inside = (((points - ball.center_xyz) / ball.radii_mm) ** 2).sum(axis=2) <= 1
        if ball.is_cut:
            inside &= anatomy.atlas.read("lung", points) > 0
        whole[rows] = inside.mean(axis=1)
    if ball.core_diameter_mm is not None:
        radius = ball.core_diameter_mm / 2
        core[away <= radius - reach] = 1.0
        rows = np.flatnonzero((away < radius + reach) & (away > radius - reach))
        points = centers[rows][:, None, :] + offsets
        core[rows] = (((points - ball.center_xyz) ** 2).sum(axis=2) <= radius**2).mean(axis=1)
        core = np.minimum(core, whole)
    return whole.reshape(shape), core.reshape(shape)


def _scatter(spec: PhantomSpec, anatomy: Anatomy, plumbing: Plumbing) -> tuple[Ball, ...]:
    """Place random nodules apart from each other and from trunks, some against the pleura."""
    random = np.random.default_rng([spec.seed, 3])
    kinds = [kind for kind, _ in _MIX]
    shares = [share for _, share in _MIX]
    low_z, high_z = anatomy.lung_ends_mm
    height = high_z - low_z
    bottom, top = low_z + spec.base_cut_share * height, high_z - spec.apex_cut_share * height
    balls: list[Ball] = []
    for number in range(spec.nodules):
        diameter = float(np.round(np.exp(random.uniform(*np.log(_DIAMETERS_MM))), 1))
        # The first one is solid, so that the smallest phantom shows the usual case.
        density = Density.SOLID if number == 0 else kinds[int(random.choice(len(kinds), p=shares))]
        touches_pleura = number >= max(1, spec.nodules - spec.juxtapleural)
        # Either lung in turn, so that few nodules still show both; the lung that is there when there is one.
        wanted = 1 if (number + spec.seed) % 2 else -1
        for attempt in range(_TRIES):
            x, y, z = (float(c) for c in np.round(random.uniform((-140, -95, bottom), (140, 95, top)), 2))
            center = (x, y, z)
            depth = float(anatomy.atlas.read("lung", np.array(center)))
            if attempt < _TRIES // 2 and center[0] * wanted < 0:
                continue
            if not (0.55 < depth / (diameter / 2) < 0.9 if touches_pleura else depth > diameter / 2 + 2.5):
                continue
            ball = make_ball(PlantedNodule(center_lps_mm=center, diameter_mm=diameter, density=density), anatomy)
            is_free = not any(_meet(ball, other, _GAP_MM) for other in balls)
            if is_free and _keeps_away(ball, plumbing):
                balls.append(ball)
                break
        else:
            raise ValueError(f"no room for nodule {number + 1} of {spec.nodules}")
    return tuple(balls)


def _keeps_away(ball: Ball, plumbing: Plumbing) -> bool:
    for tubes in (plumbing.blood, plumbing.airways):
        near = tubes.clearance_mm(ball.center_xyz) < ball.radii_mm.max() + 1.5
        if (near & (tubes.radii_mm.max(axis=1) > TRUNK_MM)).any():
            return False
    return True


def _meet(one: Ball, other: Ball, gap_mm: float) -> bool:
    between = float(np.linalg.norm(one.center_xyz - other.center_xyz))
    return between < float(one.radii_mm.max() + other.radii_mm.max()) + gap_mm


def _directions(count: int) -> Floats:
    """Spread directions evenly over a sphere (golden spiral)."""
    n = np.arange(count) + 0.5
    polar, turn = np.arccos(1 - 2 * n / count), np.pi * (1 + 5**0.5) * n
    return np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=1)
