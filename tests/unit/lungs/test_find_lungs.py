"""Lung fields of phantoms: the variants of issue 2, and what must never be lung."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from lianyi.lungct.domain.errors import Refusal, RefusalCode
from lianyi.lungct.domain.image import CtVolume, LungFields
from lianyi.lungct.lungs import find_lungs
from lianyi.lungct.volume import to_working_grid
from lianyi.phantom import PhantomSpec, PhantomTruth
from phantoms import effusion, emphysema, not_chest, one_lung, rendered, small_chest, tilted_chest

COARSE = {"matrix": (160, 192), "pixel_spacing_mm": (2.15, 2.0), "slice_step_mm": 4.0}
SMALL = replace(small_chest(), **COARSE)
TILTED = replace(tilted_chest(), **COARSE)


@lru_cache(maxsize=4)
def found(spec: PhantomSpec) -> tuple[CtVolume, LungFields, PhantomTruth]:
    volume, truth = rendered(spec)
    working = to_working_grid(volume)
    return working, find_lungs(working), truth


def seen_ml(lungs: LungFields) -> float:
    return lungs.left.volume_ml + lungs.right.volume_ml


def true_ml(truth: PhantomTruth) -> float:
    return truth.left_lung_ml + truth.right_lung_ml


@pytest.mark.parametrize(
    "spec", [SMALL, TILTED, replace(SMALL, patient_position="HFP")], ids=["flat", "tilted", "prone"]
)
def test_both_lungs_have_their_volume_however_the_stack_lies(spec: PhantomSpec) -> None:
    _, lungs, truth = found(spec)

    assert lungs.left.volume_ml == pytest.approx(truth.left_lung_ml, rel=0.05)
    assert lungs.right.volume_ml == pytest.approx(truth.right_lung_ml, rel=0.05)
    assert lungs.missing_share == {}


def test_left_is_the_patients_left() -> None:
    working, lungs, _ = found(SMALL)

    left_x = working.grid.voxel(k=0, j=0, i=float(np.nonzero(lungs.left.values_kji)[2].mean())).to_patient().x
    right_x = working.grid.voxel(k=0, j=0, i=float(np.nonzero(lungs.right.values_kji)[2].mean())).to_patient().x

    assert left_x > 40
    assert right_x < -40
    assert not (lungs.left.values_kji & lungs.right.values_kji).any()


@pytest.mark.parametrize("spec", [SMALL, TILTED], ids=["flat", "tilted"])
def test_every_nodule_lies_in_the_lung_of_its_side(spec: PhantomSpec) -> None:
    working, lungs, truth = found(spec)

    for nodule in truth.nodules:
        k, j, i, _ = np.linalg.solve(working.grid.patient_from_voxel, [*nodule.center_lps_mm, 1.0])
        mask = lungs.left if nodule.side == "left" else lungs.right
        assert mask.values_kji[round(k), round(j), round(i)], nodule


def test_a_nodule_on_the_chest_wall_is_inside() -> None:
    spec = replace(SMALL, planted=None, nodules=4, juxtapleural=4, seed=21)
    working, lungs, truth = found(spec)

    assert len(truth.nodules) == 4
    for nodule in truth.nodules:
        k, j, i, _ = np.linalg.solve(working.grid.patient_from_voxel, [*nodule.center_lps_mm, 1.0])
        assert lungs.both_kji[round(k), round(j), round(i)], nodule


def test_heart_and_mediastinum_stay_outside() -> None:
    working, lungs, truth = found(SMALL)

    # Soft tissue inside is vessels and nodules: a few percent; a swallowed heart would be a tenth of the lungs.
    tissue_ml = np.count_nonzero(lungs.both_kji & (working.values_kji > 0)) / 1000

    assert tissue_ml < 0.05 * true_ml(truth)


def test_trachea_bowel_gas_and_table_stay_outside() -> None:
    working, lungs, _ = found(SMALL)

    # The only pure air inside the phantom's lungs would be airways, bowel gas or the hollow of the table.
    air_ml = np.count_nonzero(lungs.both_kji & (working.values_kji < -970)) / 1000

    assert air_ml < 20.0


def test_one_lung_leaves_the_other_side_empty() -> None:
    _, lungs, truth = found(replace(one_lung(), **COARSE))

    assert lungs.left.volume_ml == 0.0
    assert lungs.right.volume_ml == pytest.approx(truth.right_lung_ml, rel=0.06)


def test_the_emptied_lungs_of_emphysema_are_kept() -> None:
    _, lungs, truth = found(replace(emphysema(), **COARSE))

    assert seen_ml(lungs) == pytest.approx(true_ml(truth), rel=0.06)


def test_effusion_leaves_the_part_that_holds_air() -> None:
    working, lungs, _ = found(replace(effusion(), **COARSE))
    _, whole, _ = found(replace(effusion(), variant="normal", **COARSE))

    assert 0.4 * whole.right.volume_ml < lungs.right.volume_ml < 0.9 * whole.right.volume_ml
    assert lungs.left.volume_ml == pytest.approx(whole.left.volume_ml, rel=0.06)
    # Fluid fills the dependent space: hardly any of the field is as dense.
    dense = np.count_nonzero(working.values_kji[lungs.right.values_kji] > -100)
    assert dense < 0.12 * np.count_nonzero(lungs.right.values_kji)


def test_a_belly_is_refused_as_no_chest() -> None:
    volume, _ = rendered(replace(not_chest(), **COARSE))
    working = to_working_grid(volume)

    with pytest.raises(Refusal) as refusal:
        find_lungs(working)

    assert refusal.value.code is RefusalCode.NOT_CHEST
    assert refusal.value.zh.endswith("。")


@pytest.mark.parametrize(("cut", "place"), [("apex_cut_share", "lung apex"), ("base_cut_share", "lung base")])
@pytest.mark.parametrize("height_share", [0.2, 0.32])
def test_the_share_beyond_the_scan_is_estimated(cut: str, place: str, height_share: float) -> None:
    spec = replace(SMALL, **{cut: height_share})
    _, lungs, truth = found(spec)

    missing = 1.0 - seen_ml(lungs) / true_ml(truth)

    assert missing > 0.01
    assert set(lungs.missing_share) == {place}
    assert lungs.missing_share[place] == pytest.approx(missing, rel=0.6, abs=0.02)


def test_a_lung_beyond_the_field_of_view_is_missed_at_the_side() -> None:
    spec = replace(SMALL, matrix=(128, 128), center_mm=(20.0, 0.0))
    _, lungs, truth = found(spec)

    missing = 1.0 - seen_ml(lungs) / true_ml(truth)

    assert set(lungs.missing_share) == {"lung side"}
    assert lungs.missing_share["lung side"] == pytest.approx(missing, abs=0.04)
