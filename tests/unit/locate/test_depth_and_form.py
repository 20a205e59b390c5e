"""Central and peripheral, and the form of an intrapulmonary lymph node."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lianyi.lungct.domain.geometry import Grid
from lianyi.lungct.domain.image import Mask
from lianyi.lungct.domain.nodule import Density, Nodule, Side
from lianyi.lungct.locate.depth import find_hilum, tell_centrality
from lianyi.lungct.locate.form import has_node_form
from lianyi.lungct.locate.typical import measure_extent
from located import measured, points_in, working_chest
from phantoms import PLANTED, small_chest

UP = np.array([0.0, 0.0, 1.0])


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_hilum_lies_at_the_medial_border_and_places_beside_it_are_central(side: Side) -> None:
    lungs = working_chest(small_chest())[1]
    lung = lungs.left if side == "left" else lungs.right
    extent = measure_extent(lung)
    hilum_xyz = find_hilum(lung, side, extent)
    lateral = 1.0 if side == "left" else -1.0
    outer_mm = max(extent.x_mm, key=abs)

    assert abs(hilum_xyz[0]) < 0.45 * abs(outer_mm)
    assert tell_centrality(lung, hilum_xyz, hilum_xyz + np.array([8.0 * lateral, 0, 0])) == "central"
    at_wall = np.array([outer_mm - 8.0 * lateral, hilum_xyz[1], hilum_xyz[2]])
    assert tell_centrality(lung, hilum_xyz, at_wall) == "peripheral"
    answers = [tell_centrality(lung, hilum_xyz, point) for point in points_in(lung, 200)]
    # A third of the way in every direction holds far less than a third of the lung.
    assert 0 < answers.count("central") < 40


def nodule_with(semi_axes_mm: tuple[float, float, float], **facts: object) -> Nodule:
    """A nodule whose mask is an ellipsoid with semi-axes along x, y, z."""
    first = measured(small_chest(), PLANTED[:1])[0]
    matrix = np.eye(4)
    matrix[:3, :3] = 0.5 * np.eye(3)[:, ::-1]
    grid = Grid((41, 41, 41), matrix, first.center.frame)
    k, j, i = np.ogrid[-10:10:41j, -10:10:41j, -10:10:41j]
    x_mm, y_mm, z_mm = semi_axes_mm
    mask = Mask(grid, (i / x_mm) ** 2 + (j / y_mm) ** 2 + (k / z_mm) ** 2 <= 1)
    return replace(first, **{"mask": mask, "density": Density.SOLID, "long_axis_mm": 2 * max(semi_axes_mm), **facts})


def test_a_small_solid_lens_on_the_fissure_is_like_a_node() -> None:
    assert has_node_form(nodule_with((4.0, 3.0, 1.8)), UP)


@pytest.mark.parametrize(
    ("semi_axes_mm", "facts"),
    [
        ((3.5, 3.5, 3.5), {}),
        ((1.8, 2.5, 4.0), {}),
        ((6.0, 4.0, 2.5), {}),
        ((4.0, 3.0, 1.8), {"density": Density.GROUND_GLASS}),
        ((4.0, 3.0, 1.8), {"density": Density.PART_SOLID}),
    ],
    ids=["a ball", "upright on the fissure", "too long", "ground-glass", "part-solid"],
)
def test_what_is_not_like_a_node(semi_axes_mm: tuple[float, float, float], facts: dict[str, object]) -> None:
    assert not has_node_form(nodule_with(semi_axes_mm, **facts), UP)


def test_a_lens_with_spikes_is_not_like_a_node() -> None:
    lens = nodule_with((3.0, 2.5, 1.5))
    spiky_kji = lens.mask.values_kji.copy()
    spiky_kji[20, 20, 10:31] = spiky_kji[20, 10:31, 20] = True
    spiky_kji[19:22, 12:29, 12] = True
    spiky = replace(lens, mask=Mask(lens.mask.grid, spiky_kji))

    assert has_node_form(lens, UP)
    assert not has_node_form(spiky, UP)
