"""What truth.json says is what the voxels hold."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from lianyi.lungct.domain.geometry import Grid, PatientPoint
from lianyi.lungct.domain.image import CtVolume
from lianyi.lungct.domain.nodule import Density
from lianyi.phantom import PhantomSpec, PlantedNodule
from lianyi.phantom.anatomy import Anatomy, build_anatomy
from lianyi.phantom.nodules import make_ball, shares_kji, volume_mm3
from lianyi.phantom.scene import build_scene
from lianyi.phantom.stack import build_grid
from phantoms import PLANTED, oblique_chest, rendered, small_chest, tilted_chest

Floats = npt.NDArray[np.float64]

STACKS = {"straight": small_chest, "oblique": oblique_chest, "tilted": tilted_chest}


@pytest.fixture(scope="module")
def anatomy() -> Anatomy:
    return build_anatomy(small_chest())


def box_around(center: tuple[float, float, float], grid: Grid, half: int) -> Floats:
    middle = np.linalg.inv(grid.patient_from_voxel) @ [*center, 1.0]
    box = grid.patient_from_voxel.copy()
    box[:, 3] = grid.patient_from_voxel @ [*(np.floor(middle[:3]) - half), 1.0]
    return box


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("diameter_mm", [6.0, 9.3, 20.0])
def test_the_shares_of_a_nodule_add_up_to_its_formula(anatomy: Anatomy, stack: str, diameter_mm: float) -> None:
    spec = replace(STACKS[stack](), slice_step_mm=1.0, pixel_spacing_mm=(0.82, 0.71))
    grid = build_grid(spec, anatomy)
    center = (-72.13, 21.44, 31.77)
    ball = make_ball(PlantedNodule(center_lps_mm=center, diameter_mm=diameter_mm), anatomy)
    box = box_around(center, grid, 20)

    whole, _ = shares_kji(ball, anatomy, box, (41, 41, 41), box[:3, 0])

    assert whole.sum() * grid.voxel_mm3 == pytest.approx(math.pi / 6 * diameter_mm**3, rel=0.005)


def test_a_juxtapleural_nodule_reports_only_what_lies_in_the_lung(anatomy: Anatomy) -> None:
    steps = np.arange(-150.0, -60.0, 0.25)
    line = np.stack([steps, np.full_like(steps, 10.0), np.full_like(steps, 20.0)], axis=1)
    pleura_x = float(steps[np.argmax(anatomy.atlas.read("lung", line) > 0)])
    ball = make_ball(PlantedNodule(center_lps_mm=(pleura_x, 10.0, 20.0), diameter_mm=10.0), anatomy)

    share = volume_mm3(ball, anatomy) / (math.pi / 6 * 10.0**3)

    assert ball.is_cut
    assert share == pytest.approx(0.5, abs=0.06)


def test_random_nodules_lie_in_the_lungs_and_apart_from_each_other() -> None:
    spec = PhantomSpec(seed=5, nodules=9, juxtapleural=2)
    scene = build_scene(spec)
    inside = [float(scene.anatomy.atlas.read("lung", ball.center_xyz)) for ball in scene.balls]
    gaps = [
        np.linalg.norm(one.center_xyz - other.center_xyz) - one.radii_mm.max() - other.radii_mm.max()
        for one, other in itertools.combinations(scene.balls, 2)
    ]

    assert len(scene.balls) == 9
    assert [ball.is_cut for ball in scene.balls] == [False] * 7 + [True] * 2
    assert min(inside) > 0
    assert min(gaps) > 3.9
    for ball in scene.balls:
        reach_mm = float(ball.radii_mm.max()) + 1.0
        assert scene.plumbing.blood.clearance_mm(ball.center_xyz).min() > reach_mm


def test_nodules_look_like_their_density_and_lie_on_the_patients_side() -> None:
    volume, truth = rendered(small_chest())

    inside = {n.density: mean_hu(volume, n.center_lps_mm) for n in truth.nodules[1:]}

    assert tuple(n.density for n in truth.nodules) == tuple(n.density for n in PLANTED)
    assert [n.side for n in truth.nodules] == ["right", "left", "right", "left"]
    assert inside[Density.SOLID] == pytest.approx(40, abs=15)
    assert inside[Density.GROUND_GLASS] == pytest.approx(-600, abs=15)
    assert inside[Density.PART_SOLID] == pytest.approx(40, abs=15)


def test_the_right_lung_is_larger_and_both_are_of_adult_size() -> None:
    _, truth = rendered(small_chest())

    assert 1500 < truth.left_lung_ml < truth.right_lung_ml < 3200


@pytest.mark.parametrize(
    "planted",
    [
        (PlantedNodule(center_lps_mm=(0.0, 62.0, 0.0), diameter_mm=8.0),),
        (
            PlantedNodule(center_lps_mm=(-72.0, 21.0, 31.0), diameter_mm=12.0),
            PlantedNodule(center_lps_mm=(-72.0, 21.0, 36.0), diameter_mm=6.0),
        ),
    ],
    ids=["in the spine", "overlapping"],
)
def test_impossible_nodules_are_refused(planted: tuple[PlantedNodule, ...]) -> None:
    with pytest.raises(ValueError, match=r"outside the lungs|meets another"):
        build_scene(replace(small_chest(), planted=planted))


def mean_hu(volume: CtVolume, center: tuple[float, float, float]) -> float:
    """Mean of the voxels within 2 mm of a place, so that noise does not decide."""
    x, y, z = center
    middle = volume.grid.locate(PatientPoint(x=x, y=y, z=z, frame=volume.grid.frame))
    k, j, i = round(middle.k), round(middle.j), round(middle.i)
    return float(volume.values_kji[k, j - 1 : j + 2, i - 1 : i + 2].mean())
