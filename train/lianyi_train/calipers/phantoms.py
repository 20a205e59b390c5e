"""One nodule of known formula in a small box of a phantom's lung: vessels, fissures, pleura, noise around it.

Seeds below 4,000,000 are for building, seeds from 4,000,000 for the report; twenty seeds share a body, a seed has its
own place, nodule, stack and noise.  Ranges, drawn evenly unless said otherwise:

==================  ===============================================================================
diameter            4 to 30 mm, evenly in its logarithm (8 mm and more for part-solid)
density             half solid (-20 to 60 HU), the rest ground-glass (-650 to -450), part-solid, calcified
shape               half spheres, half ellipsoids with semi-axes 1.25 : 1 : 0.8 along x, y, z
slice thickness     0.625, 1, 1.25, 1.5, 2, 2.5, 3 or 5 mm; every third stack overlaps by half
pixel               0.5 to 0.9 mm
noise               8 to 45 HU with each of three kernels' grain and blur
place               a third cut by the pleura; elsewhere vessels end at the nodule, one in three runs into it
lung field          the body's own; for half of those on the pleura the nodule is missing from it
hint                up to 30 % wrong in radius, its middle off by a fifth of the radius
==================  ===============================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.geometry import Grid, PatientFrame, PatientPoint
from lianyi.lungct.domain.image import CtVolume, LungFields, Mask
from lianyi.lungct.domain.nodule import Candidate, Density
from lianyi.lungct.domain.uids import FrameOfReferenceUID, InstanceUID, SeriesUID
from lianyi.lungct.measure.size import slice_axes
from lianyi.phantom.anatomy import Anatomy, build_anatomy
from lianyi.phantom.nodules import CORE_HU, Ball, make_ball, volume_mm3
from lianyi.phantom.sampling import Scene, render_values
from lianyi.phantom.spec import Kernel, PhantomSpec, PlantedNodule
from lianyi.phantom.vessels import Plumbing, build_plumbing

Floats = npt.NDArray[np.float64]

FIRST_BUILDING, FIRST_REPORTED = 0, 4_000_000
LOOKED_AT = (*range(1_000_000, 1_000_500), *range(2_000_000, 2_000_500), *range(3_000_000, 3_000_500))
"""Reported for earlier fits (docs/validation/measurement.md).  They serve for building since."""
SEEDS_A_BODY = 20
THICKNESSES_MM = (0.625, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 5.0)
_KERNELS: tuple[Kernel, ...] = ("STANDARD", "LUNG", "SOFT")
_ROOM_MM = 16.0
_LUNG_STEP_MM = 1.0
_FINE_MM = 0.2
_TRIES = 4000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Case:
    """One phantom nodule with its truth.

    Attributes:
        seed: of this case.
        volume: the box, native grid.
        lungs: lung field of the box.
        candidate: the hint.
        density: as planted.
        thickness_mm: width of the slice profile.
        is_cut: whether the pleura cuts it.
        is_touched: whether a vessel, an airway or a bone comes within 1 mm of it, an airway's wall not counted.
        axes_mm: long and short axis by the caliper rule on the formula's own axial cuts.
        mean_hu: of what was planted, core included.
        volume_mm3: the formula's, inside the lung.
        core_diameter_mm: of the solid core, a ball; None without one.
    """

    seed: int
    volume: CtVolume
    lungs: LungFields
    candidate: Candidate
    density: Density
    thickness_mm: float
    is_cut: bool
    is_touched: bool
    axes_mm: tuple[float, float]
    mean_hu: float
    volume_mm3: float
    core_diameter_mm: float | None

    @property
    def mean_diameter_mm(self) -> float:
        """Mean of the two true axes."""
        return sum(self.axes_mm) / 2

    @property
    def core_volume_mm3(self) -> float | None:
        """Volume of the whole core; None without one."""
        return None if self.core_diameter_mm is None else float(np.pi / 6 * self.core_diameter_mm**3)


@lru_cache(maxsize=2)
def _body(seed: int) -> tuple[Anatomy, Plumbing]:
    anatomy = build_anatomy(PhantomSpec(seed=seed))
    return anatomy, build_plumbing(anatomy, seed)


def make_case(seed: int, *, thickness_mm: float | None = None, diameter_mm: float | None = None) -> Case:
    """Draw and render the case of one seed; the thickness and the diameter may be set instead of drawn."""
    random = np.random.default_rng([seed, 11])
    anatomy, plumbing = _body(seed // SEEDS_A_BODY)
    ball = _plant(random, anatomy, diameter_mm)
    thickness = float(random.choice(THICKNESSES_MM)) if thickness_mm is None else thickness_mm
    step_mm = thickness / 2 if random.uniform() < 1 / 3 and thickness >= 1.25 else thickness
    pixel_mm = float(random.uniform(0.5, 0.9))
    half_mm = float(ball.radii_mm.max()) + _ROOM_MM
    side, depth = int(2 * half_mm / pixel_mm), int(2 * half_mm / step_mm)
    spec = PhantomSpec(
        seed=seed,
        matrix=(side, side),
        pixel_spacing_mm=(pixel_mm, pixel_mm),
        slice_step_mm=step_mm,
        slice_thickness_mm=thickness,
        noise_hu=float(random.uniform(8, 45)),
        kernel=_KERNELS[int(random.integers(3))],
    )
    frame = PatientFrame(
        frame_of_reference_uid=FrameOfReferenceUID(f"2.25.{seed}"), series_uid=SeriesUID(f"2.25.{seed}.1")
    )
    grid = _grid(
        ball.center_xyz + random.uniform(-0.5, 0.5, 3), (depth, side, side), (step_mm, pixel_mm, pixel_mm), frame
    )
    blood = plumbing.blood
    if random.uniform() < 2 / 3:
        touches = blood.clearance_mm(ball.center_xyz) < float(ball.radii_mm.max()) + 1.0
        blood = blood.without(touches)
    near = Plumbing(blood=blood, airways=plumbing.airways, bones=plumbing.bones)
    scene = Scene(spec=spec, anatomy=anatomy, plumbing=near, balls=(ball,))
    volume = CtVolume(
        grid,
        render_values(scene, grid),
        None,
        tuple((InstanceUID(f"2.25.{seed}.2.{k + 1}"), k + 1) for k in range(depth)),
    )
    keeps_nodule = not ball.is_cut or bool(random.uniform() < 0.5)
    x, y, z = ball.center_xyz + random.normal(size=3) * 0.1 * ball.planted.diameter_mm
    true_mm3 = volume_mm3(ball, anatomy)
    return Case(
        seed=seed,
        volume=volume,
        lungs=_lungs(ball, anatomy, half_mm, frame, keeps_nodule=keeps_nodule),
        candidate=Candidate(
            center=PatientPoint(x=float(x), y=float(y), z=float(z), frame=frame),
            radius_mm=ball.planted.diameter_mm / 2 * float(random.uniform(0.7, 1.3)),
            probability=0.5,
            evidence={},
        ),
        density=ball.planted.density,
        thickness_mm=thickness,
        is_cut=ball.is_cut,
        is_touched=_is_touched(ball, near),
        axes_mm=_true_axes(ball, anatomy, frame),
        mean_hu=_mean_hu(ball, true_mm3),
        volume_mm3=true_mm3,
        core_diameter_mm=ball.core_diameter_mm,
    )


def _plant(random: np.random.Generator, anatomy: Anatomy, diameter_mm: float | None) -> Ball:
    """Place a nodule of drawn size and density, a third of them on the pleura."""
    density = (Density.SOLID, Density.GROUND_GLASS, Density.PART_SOLID, Density.CALCIFIED)[
        int(random.choice(4, p=(0.5, 0.2, 0.2, 0.1)))
    ]
    least_mm = 8.0 if density is Density.PART_SOLID else 4.0
    drawn_mm = float(np.exp(random.uniform(np.log(least_mm), np.log(30.0))))
    diameter = drawn_mm if diameter_mm is None else diameter_mm
    hu = {
        Density.SOLID: float(random.uniform(-20, 60)),
        Density.CALCIFIED: float(random.uniform(300, 700)),
    }.get(density, float(random.uniform(-650, -450)))
    on_pleura = bool(random.uniform() < 1 / 3)
    shape = "sphere" if random.uniform() < 0.5 else "ellipsoid"
    core_mm = diameter * float(random.uniform(0.35, 0.7)) if density is Density.PART_SOLID else None
    for _ in range(_TRIES):
        x, y, z = (float(c) for c in random.uniform((-140, -95, -130), (140, 95, 135)))
        depth = float(anatomy.atlas.read("lung", np.array((x, y, z)))) / (diameter / 2)
        if not (0.55 < depth < 0.95 if on_pleura else depth > 1.5):
            continue
        planted = PlantedNodule(
            center_lps_mm=(x, y, z),
            diameter_mm=diameter,
            density=density,
            core_diameter_mm=core_mm,
            shape="sphere" if shape == "sphere" else "ellipsoid",
            hu=hu,
        )
        return make_ball(planted, anatomy)
    raise ValueError(f"no place for a nodule of {diameter:.1f} mm")


def _grid(
    middle_xyz: Floats, shape: tuple[int, int, int], steps_kji: tuple[float, float, float], frame: PatientFrame
) -> Grid:
    """Lay an axial, patient-aligned box with its middle at a place, LPS mm."""
    patient_from_voxel = np.zeros((4, 4))
    patient_from_voxel[2, 0], patient_from_voxel[1, 1], patient_from_voxel[0, 2] = steps_kji
    patient_from_voxel[:3, 3] = middle_xyz - patient_from_voxel[:3, :3] @ ((np.array(shape) - 1) / 2)
    patient_from_voxel[3, 3] = 1.0
    return Grid(shape, patient_from_voxel, frame)


def _places(grid: Grid) -> Floats:
    places: Floats = np.moveaxis(np.indices(grid.shape), 0, -1) @ grid.patient_from_voxel[:3, :3].T
    return places + grid.patient_from_voxel[:3, 3]


def _lungs(ball: Ball, anatomy: Anatomy, half_mm: float, frame: PatientFrame, *, keeps_nodule: bool) -> LungFields:
    """Read the lung field of the body on a 1 mm box; without the nodule where a finder would have lost it."""
    side = int(2 * (half_mm + 6.0) / _LUNG_STEP_MM)
    grid = _grid(ball.center_xyz, (side, side, side), (_LUNG_STEP_MM,) * 3, frame)
    places = _places(grid)
    lung_kji = anatomy.atlas.read("lung", places) > 0
    if not keeps_nodule:
        lung_kji &= (((places - ball.center_xyz) / ball.radii_mm) ** 2).sum(axis=-1) > 1
    one, other = Mask(grid, lung_kji), Mask(grid, np.zeros(grid.shape, np.bool_))
    is_left = ball.side == "left"
    return LungFields(left=one if is_left else other, right=other if is_left else one, missing_share={})


def _mean_hu(ball: Ball, whole_mm3: float) -> float:
    """Mean HU of ground glass and core; a core that the pleura cuts is taken as whole."""
    if ball.core_diameter_mm is None:
        return ball.hu
    share = min(np.pi / 6 * ball.core_diameter_mm**3 / whole_mm3, 1.0)
    return float(ball.hu + share * (CORE_HU - ball.hu))


def _is_touched(ball: Ball, near: Plumbing) -> bool:
    """Tell whether a tube, its lumen where it is an airway, comes within 1 mm of the nodule."""
    reach_mm = float(ball.radii_mm.max()) + 1.0
    clearances = [tubes.clearance_mm(ball.center_xyz) for tubes in (near.blood, near.airways, near.bones) if len(tubes)]
    return any(bool((clearance < reach_mm).any()) for clearance in clearances)


def _true_axes(ball: Ball, anatomy: Anatomy, frame: PatientFrame) -> tuple[float, float]:
    """Measure the formula's own axial cuts, drawn every 0.2 mm; a whole ellipsoid's are its own axes."""
    if not ball.is_cut:
        return 2 * float(ball.radii_mm[0]), 2 * float(ball.radii_mm[1])
    half = ball.radii_mm + 0.6
    depth = 13
    shape = (depth, int(2 * half[1] / _FINE_MM), int(2 * half[0] / _FINE_MM))
    grid = _grid(ball.center_xyz, shape, (2 * float(ball.radii_mm[2]) / depth, _FINE_MM, _FINE_MM), frame)
    places = _places(grid)
    inside_mm = (1 - np.sqrt((((places - ball.center_xyz) / ball.radii_mm) ** 2).sum(axis=-1))) * ball.radii_mm.min()
    depth_mm = np.minimum(inside_mm, anatomy.atlas.read("lung", places))
    share_kji = np.clip(depth_mm / _FINE_MM + 0.5, 0, 1).astype(np.float32)
    cuts = [slice_axes(share_ji, grid) for share_ji in share_kji]
    return max(cuts)
