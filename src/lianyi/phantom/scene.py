"""Build the scene of a spec and render it: the two calls the rest of the world makes."""

from __future__ import annotations

from lianyi.lungct.domain.image import CtVolume
from lianyi.phantom.anatomy import build_anatomy
from lianyi.phantom.nodules import TRUNK_MM, plant
from lianyi.phantom.sampling import Scene, render_values
from lianyi.phantom.spec import PhantomSpec
from lianyi.phantom.stack import build_grid, instances_of
from lianyi.phantom.truth import PhantomTruth, truth_of
from lianyi.phantom.vessels import Plumbing, build_plumbing


def build_scene(spec: PhantomSpec) -> Scene:
    """Build body, vessels and nodules; vessels give way to nodules."""
    anatomy = build_anatomy(spec)
    plumbing = build_plumbing(anatomy, spec.seed)
    balls = plant(spec, anatomy, plumbing)
    blood, airways = plumbing.blood, plumbing.airways
    for ball in balls:
        reach_mm = float(ball.radii_mm.max()) + 1.2
        blood = blood.pruned_near(ball.center_xyz, reach_mm, trunk_mm=TRUNK_MM)
        airways = airways.pruned_near(ball.center_xyz, reach_mm + 1, trunk_mm=TRUNK_MM)
    return Scene(
        spec=spec,
        anatomy=anatomy,
        plumbing=Plumbing(blood=blood, airways=airways, bones=plumbing.bones),
        balls=balls,
    )


def render(spec: PhantomSpec) -> tuple[CtVolume, PhantomTruth]:
    """Give a phantom in memory: HU on its native grid (lowest slice first), and the truth.

    Slices the spec calls missing are there all the same; only :func:`write_phantom` leaves them out.
    """
    scene = build_scene(spec)
    grid = build_grid(spec, scene.anatomy)
    volume = CtVolume(grid, render_values(scene, grid), instances=instances_of(spec, grid.shape[0]))
    return volume, truth_of(spec, scene.anatomy, scene.balls)
