"""Lobes against the fissures that phantoms were drawn with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lianyi.lungct.domain.image import Mask
from lianyi.lungct.domain.nodule import Side
from lianyi.lungct.locate.lobes import find_fissures, tell_lobe
from lianyi.phantom import PhantomSpec
from located import points_in, true_lobes, working_chest

THIN = PhantomSpec(
    seed=31, nodules=0, matrix=(288, 328), pixel_spacing_mm=(1.15, 1.1), slice_step_mm=1.5, noise_hu=10.0
)
THICK = replace(THIN, matrix=(200, 236), pixel_spacing_mm=(1.7, 1.6), slice_step_mm=5.0)
SIDES: tuple[Side, ...] = ("left", "right")
POINTS = 200


def lung_of(spec: PhantomSpec, side: Side) -> Mask:
    lungs = working_chest(spec)[1]
    return lungs.left if side == "left" else lungs.right


@pytest.mark.parametrize("side", SIDES)
def test_fissures_of_thin_slices_tell_the_lobe(side: Side) -> None:
    lung = lung_of(THIN, side)
    fissures = find_fissures(working_chest(THIN)[0], lung, side, are_visible=True, is_cut=False)
    points_xyz = points_in(lung, POINTS)
    lobes, away_mm = true_lobes(THIN, side, points_xyz)

    answers = [tell_lobe(fissures, point) for point in points_xyz]

    right = np.array([answer.lobe == lobe for answer, lobe in zip(answers, lobes, strict=True)])
    by_fissures = np.array([answer.basis == "fissures" for answer in answers])
    assert right[away_mm > 4].mean() >= 0.99
    assert by_fissures.mean() > 0.8
    assert fissures.oblique.is_seen
    assert (fissures.horizontal is None) == (side == "left")


@pytest.mark.parametrize("side", SIDES)
def test_a_fissure_seen_is_drawn_where_it_is(side: Side) -> None:
    lung = lung_of(THIN, side)
    fissures = find_fissures(working_chest(THIN)[0], lung, side, are_visible=True, is_cut=False)
    oblique = fissures.oblique
    cells = oblique.cells_uv
    plane = oblique.plane
    on_it_xyz = (
        plane.middle_xyz
        + cells[:, :1] * plane.slope_xyz
        + cells[:, 1:] * np.array([1.0, 0.0, 0.0])
        + oblique.heights_mm[:, None] * plane.normal_xyz
    )

    _, away_mm = true_lobes(THIN, side, on_it_xyz)

    assert np.median(away_mm) < 1.0
    assert np.percentile(away_mm, 95) < 3.0


@pytest.mark.parametrize("side", SIDES)
def test_where_no_fissure_shows_the_estimate_says_so_and_is_no_surer_than_it_is_right(side: Side) -> None:
    lung = lung_of(THICK, side)
    fissures = find_fissures(working_chest(THICK)[0], lung, side, are_visible=False, is_cut=False)
    points_xyz = points_in(lung, POINTS)
    lobes, away_mm = true_lobes(THICK, side, points_xyz)

    answers = [tell_lobe(fissures, point) for point in points_xyz]

    right = np.array([answer.lobe == lobe for answer, lobe in zip(answers, lobes, strict=True)])
    probability = np.array([answer.probability for answer in answers])
    assert {answer.basis for answer in answers} == {"typical anatomy"}
    assert right.mean() >= probability.mean() - 0.05
    assert probability[away_mm < 5].mean() < 0.8
    assert probability.min() >= 1 / 3


def test_cut_lungs_make_the_estimate_less_sure() -> None:
    lung = lung_of(THICK, "left")
    whole, cut = (
        find_fissures(working_chest(THICK)[0], lung, "left", are_visible=False, is_cut=is_cut)
        for is_cut in (False, True)
    )

    for point in points_in(lung, 20):
        assert tell_lobe(cut, point).probability <= tell_lobe(whole, point).probability


def test_only_the_left_upper_lobe_has_a_lingula_and_it_is_its_lower_part() -> None:
    working, lungs = working_chest(THICK)
    for side, lung in (("left", lungs.left), ("right", lungs.right)):
        fissures = find_fissures(working, lung, side, are_visible=False, is_cut=False)  # type: ignore[arg-type]
        middle_z = fissures.extent.at(height=0.48, depth=0.5)[2]
        for point in points_in(lung, 60):
            answer = tell_lobe(fissures, point)
            expected = bool(point[2] < middle_z) if answer.lobe == "left upper" else None
            assert answer.lingula is expected
