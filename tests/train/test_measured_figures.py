"""Figures: what fits a fold's calibration and chooses its operating points is never what they are measured on."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from math import log
from typing import Any

import numpy as np
import pytest
from lianyi_train import measured
from lianyi_train.folds import OTHER, Fold
from lianyi_train.measured import (
    FOLDS,
    Looks,
    calibrated_by,
    figures_of,
    outcomes_of,
    reading,
    weighed,
)
from lianyi_train.sticks.planted_run import ControlCounts, Lists
from lianyi_train.sticks.slabs_run import SlabLook

from froc_lists import chest, mark, mark_on, nodule
from learned_chest import working_grid
from lianyi.evaluate import Mark, froc
from lianyi.lungct.domain.nodule import Candidate

GRID = working_grid((10, 10, 10))


def candidate(propose_logit: float, refine_logit: float | None = None) -> Candidate:
    evidence = {"propose_logit": propose_logit}
    if refine_logit is not None:
        evidence["refine_logit"] = refine_logit
    center = GRID.voxel(k=1.0, j=1.0, i=1.0).to_patient()
    return Candidate(center=center, radius_mm=4.0, probability=0.5, evidence=evidence)


def planted(fold: Fold, *, slope: float) -> Lists:
    """Ten chests with one nodule of 5 mm and one of 12 mm each, and marks whose logits are *slope* times the odds."""
    random = np.random.default_rng(ord(fold[0]))
    lists = Lists(chests=[], nodules=[], marks=[], candidates=[], doubtful=[])

    def add(made: Mark, odds: float) -> None:
        lists.marks.append(made)
        lists.candidates.append(candidate(odds * slope, odds * slope + float(random.normal())))

    for number in range(10):
        name = f"{fold}{number}"
        lists.chests.append(chest(name))
        for size in (5.0, 12.0):
            place = (size, size, 40.0 + size)
            lists.nodules.append(nodule(name, place, diameter_mm=size))
            add(mark_on(lists.nodules[-1], 0.5), float(random.normal(2.0, 1.5)))
        for n in range(4):
            add(mark(name, 0.5, (500.0 + 30.0 * n, 0.0, 0.0)), float(random.normal(-1.0, 1.5)))
        lists.doubtful.append(nodule(name, (500.0, 0.0, 0.0), readers=1))
    return lists


def slab_look(truth: str, place: float, *, hit: float | None = 0.9, readers: int = 4) -> SlabLook:
    return SlabLook(
        name="s",
        readers=readers,
        diameter_mm=8.0,
        lung_cm2=20.0,
        hit=hit,
        false=(0.35,),
        density=truth,
        density_probabilities=None if hit is None else (1.0 - place / 2.0, 0.0, place / 2.0),
        density_measured=None if hit is None else round(place),
        dice=None if hit is None else 0.8,
        suspicion=1.0 + place,
        suspicion_rating=None if hit is None else 1.5 + place,
    )


@pytest.fixture(scope="module")
def looks() -> dict[Fold, Looks]:
    slopes = {"A": 1.0, "B": 3.0}
    slabs = [slab_look("ground-glass", 0.1), slab_look("part-solid", 1.0), slab_look("solid", 1.9)]
    slabs += [slab_look("solid", 0.0, hit=None), slab_look("solid", 1.8, readers=2)]
    return {
        fold: Looks(
            whole=planted(fold, slope=slopes[fold]),
            planted=planted(fold, slope=slopes[fold]),
            controls=ControlCounts(pieces=10, pasted=[0.4, 0.2], untouched=[0.05]),
            slabs=slabs,
        )
        for fold in FOLDS
    }


def test_marks_at_doubtful_places_calibrate_nothing() -> None:
    outcomes = outcomes_of(planted("A", slope=1.0))

    # Of four marks a chest that hit no nodule, one lies at a doubtful place.
    assert [sum(one.is_nodule for one in outcomes), len(outcomes)] == [20, 50]


def test_marks_are_weighed_by_their_own_logits(looks: dict[Fold, Looks]) -> None:
    lists = looks["A"].planted
    weighing = calibrated_by(lists)

    again = weighed(lists, weighing)

    for made, said in zip(again.marks, lists.candidates, strict=True):
        odds = weighing.propose * said.evidence["propose_logit"] + weighing.refine * said.evidence["refine_logit"]
        assert log(made.probability / (1.0 - made.probability)) == pytest.approx(odds + weighing.constant)
    assert [made.center_lps_mm for made in again.marks] == [made.center_lps_mm for made in lists.marks]


def test_small_nodules_neither_help_nor_hurt_the_reading_of_large_ones() -> None:
    large = nodule("a", (0.0, 0.0, 0.0), diameter_mm=12.0)
    small = nodule("a", (60.0, 0.0, 0.0), diameter_mm=5.0)
    marks = [mark_on(small, 0.9), mark_on(large, 0.8)]
    lists = Lists(chests=[chest("a")], nodules=[large, small], marks=marks, candidates=[], doubtful=[])

    read = reading(lists)

    assert read["nodules"] == 2
    assert read["6 mm and more"]["nodules"] == 1
    # At an eighth of a false mark the small one's would be in the way, were it false.
    assert read["6 mm and more"]["found at"]["0.125"] == 1


@pytest.fixture(scope="module")
def figures(looks: dict[Fold, Looks]) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        # Intervals by resampling take their time, and are tested where they are made.
        patch.setattr(measured, "froc", partial(froc, resamples=0))
        return figures_of(looks)[0]


def test_each_fold_s_calibration_is_fitted_on_its_own_marks(looks: dict[Fold, Looks], figures: dict[str, Any]) -> None:
    for fold in FOLDS:
        assert figures["calibration"][f"fitted on {fold}"] == asdict(calibrated_by(looks[fold].planted))
    assert figures["calibration"]["fitted on A"]["propose"] > figures["calibration"]["fitted on B"]["propose"]


def test_an_operating_point_is_chosen_on_the_other_fold(looks: dict[Fold, Looks], figures: dict[str, Any]) -> None:
    point = figures["operating points"]["balanced"]
    for fold in FOLDS:
        other = weighed(looks[OTHER[fold]].planted, calibrated_by(looks[OTHER[fold]].planted))
        chosen = froc(other.chests, other.nodules, other.marks, resamples=0).curve.probability_at(1.0)
        judged = weighed(looks[fold].planted, calibrated_by(looks[OTHER[fold]].planted))
        shown = [one for one in judged.marks if one.probability >= chosen]
        false = [one for one in shown if one.center_lps_mm[0] >= 500.0]

        assert point["measured on"][fold]["probability"] == chosen
        assert point["measured on"][fold]["found"] == len(shown) - len(false)
        assert point["measured on"][fold]["false marks a chest"] == len(false) / 10
    assert sum(size["total"] for size in point["by size"].values()) == 40
    assert {name for name, size in point["by size"].items() if size["total"]} == {"3-6 mm", "8-15 mm"}


def test_slabs_are_counted_by_area_and_by_nodules_of_three_readers(figures: dict[str, Any]) -> None:
    slabs = figures["slabs"]

    assert (slabs["slabs"], slabs["nodules of 3+ readers"]) == (10, 8)
    assert slabs["at"]["p 0.5"] == {"found": 6, "false marks a cm2": 0.0}
    assert slabs["at"]["p 0.3"]["false marks a cm2"] == pytest.approx(10 / 200.0)
    assert slabs["outline"] == {"mean dice": pytest.approx(0.8), "marks": 8}
    assert slabs["suspicion rating"]["mean absolute difference"] == pytest.approx(0.5)


def test_the_density_class_is_judged_where_there_is_a_mark(figures: dict[str, Any]) -> None:
    ways = figures["slabs"]["density"]["ways"]

    measured_hu = ways["HU within the outline, by the product's rule"]
    assert measured_hu["rows readers, columns ours"] == [[2, 0, 0], [0, 2, 0], [0, 0, 4]]
    assert measured_hu["balanced accuracy"] == pytest.approx(1.0)
    # The shares of the made part-solid ones lie even at both ends, so their likeliest class is the first.
    assert ways["the second network's likeliest class"]["rows readers, columns ours"][1] == [2, 0, 0]
    assert ways["its shares cut where the other fold was told best"]["balanced accuracy"] == pytest.approx(1.0)


def test_controls_are_counted_from_each_probability_on(figures: dict[str, Any]) -> None:
    assert figures["controls"]["A"] == {
        "pieces": 10,
        "p 0.1": {"pasted": 2, "untouched": 0},
        "p 0.3": {"pasted": 1, "untouched": 0},
        "p 0.5": {"pasted": 0, "untouched": 0},
    }
