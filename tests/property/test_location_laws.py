"""Laws of places: a mirrored or shifted patient has mirrored or shifted lobes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.lungct.domain.geometry import Grid
from lianyi.lungct.domain.image import CtVolume, Mask
from lianyi.lungct.domain.nodule import Side
from lianyi.lungct.locate.lobes import Fissures, find_fissures, tell_lobe
from lianyi.phantom import PhantomSpec
from located import points_in, true_lobes, working_chest

THIN = PhantomSpec(
    seed=31, nodules=0, matrix=(288, 328), pixel_spacing_mm=(1.15, 1.1), slice_step_mm=1.5, noise_hu=10.0
)
OTHER: dict[Side, Side] = {"left": "right", "right": "left"}


def lung_of(side: Side) -> Mask:
    lungs = working_chest(THIN)[1]
    return lungs.left if side == "left" else lungs.right


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_mirrored_chest_has_its_lower_lobe_on_the_other_side(side: Side) -> None:
    working, lung = working_chest(THIN)[0], lung_of(side)
    mirrored = CtVolume(working.grid, np.ascontiguousarray(working.values_kji[:, :, ::-1]))
    mirrored_lung = Mask(working.grid, np.ascontiguousarray(lung.values_kji[:, :, ::-1]))
    fissures = find_fissures(mirrored, mirrored_lung, OTHER[side], are_visible=True, is_cut=False)
    points_xyz = points_in(lung, 150)
    lobes, away_mm = true_lobes(THIN, side, points_xyz)
    matrix = working.grid.patient_from_voxel
    ends_mm = 2 * matrix[0, 3] + working.grid.shape[2] - 1
    there_xyz = np.array([ends_mm, 0, 0]) + points_xyz * np.array([-1, 1, 1])

    answers = [tell_lobe(fissures, point).lobe for point in there_xyz]

    assert all(answer.startswith(OTHER[side]) for answer in answers)
    agree = [
        answer.endswith("lower") == lobe.endswith("lower")
        for answer, lobe, away in zip(answers, lobes, away_mm, strict=True)
        if away > 4
    ]
    assert np.mean(agree) >= 0.99


def found(side: Side, shift_mm: tuple[float, float, float]) -> Fissures:
    working, lung = working_chest(THIN)[0], lung_of(side)
    matrix = working.grid.patient_from_voxel.copy()
    matrix[:3, 3] += shift_mm
    grid = Grid(working.grid.shape, matrix, working.grid.frame)
    moved = CtVolume(grid, working.values_kji)
    return find_fissures(moved, Mask(grid, lung.values_kji), side, are_visible=True, is_cut=False)


@settings(max_examples=4, deadline=None)
@given(shift_mm=st.tuples(*[st.floats(-500, 500)] * 3))
def test_a_shifted_patient_keeps_every_lobe(shift_mm: tuple[float, float, float]) -> None:
    here, there = found("right", (0.0, 0.0, 0.0)), found("right", shift_mm)

    for point in points_in(lung_of("right"), 40):
        one, other = tell_lobe(here, point), tell_lobe(there, point + np.array(shift_mm))
        assert one.lobe == other.lobe
        assert one.probability == pytest.approx(other.probability, abs=1e-3)
