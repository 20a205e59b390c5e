"""The second stick's list: frozen, fair to both folds, and drawn as its module says."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from lianyi_train.cache import Cache
from lianyi_train.folds import CHESTS, Fold, fold_of
from lianyi_train.planting import LUNG, turned
from lianyi_train.sticks import planted
from lianyi_train.sticks.planted import Scene, make_scenes, plant, plant_controls, read_scenes, voxel_of

from made_slabs import MadeCache, known, made_chest, made_slab

FOLDS: tuple[Fold, Fold] = ("A", "B")


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [scene for fold in FOLDS for scene in read_scenes(fold)]


def patient_of(slab: str) -> str:
    return slab.partition("_")[0]


def test_the_list_is_the_one_that_was_frozen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    changed = tmp_path / "planted.json"
    changed.write_bytes(planted.LIST.read_bytes().replace(b"328.8", b"328.9", 1))
    assert read_scenes("A")

    monkeypatch.setattr(planted, "LIST", changed)

    with pytest.raises(ValueError, match="was changed"):
        read_scenes("A")


def test_at_least_two_hundred_nodules_are_planted(scenes: list[Scene]) -> None:
    assert sum(len(scene.plants) for scene in scenes) >= 200


def test_each_fold_reads_its_own_scenes(scenes: list[Scene]) -> None:
    for fold in FOLDS:
        assert [scene for scene in scenes if scene.fold == fold] == read_scenes(fold)


def test_every_chest_and_every_nodule_s_patient_is_of_the_scene_s_fold(scenes: list[Scene]) -> None:
    for scene in scenes:
        of_scene = {CHESTS[scene.chest], *(CHESTS[one.from_chest] for one in scene.controls)}
        of_scene |= {fold_of(patient_of(one.slab)) for one in (*scene.plants, *scene.controls)}
        assert of_scene == {scene.fold}


def test_no_nodule_is_planted_twice(scenes: list[Scene]) -> None:
    slabs = [one.slab for scene in scenes for one in scene.plants]

    assert len(slabs) == len(set(slabs))


def test_only_nodules_of_three_readers_and_of_3_to_30_mm_are_planted(scenes: list[Scene]) -> None:
    for one in (one for scene in scenes for one in scene.plants):
        assert one.readers >= 3
        assert 3.0 <= one.diameter_mm <= 30.0


def test_in_one_chest_nothing_is_pasted_within_40_mm_of_another(scenes: list[Scene]) -> None:
    for scene in scenes:
        for group in (scene.plants, scene.controls):
            for one, other in combinations(group, 2):
                # Places are rounded to 0.01 mm.
                assert np.linalg.norm(np.subtract(one.at_xyz_mm, other.at_xyz_mm)) >= 40.0 - 0.02


def test_every_nodule_has_its_control_of_the_same_shape_from_another_chest(scenes: list[Scene]) -> None:
    for scene in scenes:
        assert [(one.slab, one.turn) for one in scene.controls] == [(one.slab, one.turn) for one in scene.plants]
        assert all(one.from_chest != scene.chest for one in scene.controls)


@pytest.mark.shared_data
def test_the_list_says_of_each_nodule_what_its_readers_said(shared_data: Path, scenes: list[Scene]) -> None:
    with (shared_data / "slabs" / "slabs.csv").open(newline="") as lines:
        rows = {row["slab"]: row for row in csv.DictReader(lines)}

    for one in (one for scene in scenes for one in scene.plants):
        row = rows[one.slab]
        assert row["patient_id"] == patient_of(one.slab)
        assert row["hu_exact"] == "True"
        assert (int(row["readers"]), round(float(row["diameter_mm"]), 2)) == (one.readers, one.diameter_mm)


# The same rules on made chests, where all of it can be looked at.

KNOWN = known((90.0, 60.0, 60.0), diameter_mm=12.0)
PATIENTS = {fold: [f"P{n}" for n in range(40) if fold_of(f"P{n}") == fold][:4] for fold in FOLDS}


@pytest.fixture(scope="module")
def cache() -> MadeCache:
    slabs = [
        made_slab(f"{patient}_a", diameter_mm=6.0 + 2.0 * n, patient_id=patient)
        for n, patient in enumerate(PATIENTS["A"])
    ]
    slabs += [
        made_slab(f"{PATIENTS['A'][0]}_few", readers=2),
        made_slab(f"{PATIENTS['A'][0]}_inexact", is_hu_exact=False),
        made_slab(f"{PATIENTS['A'][0]}_small", diameter_mm=2.9),
        made_slab(f"{PATIENTS['B'][0]}_b"),
    ]
    shape = (120, 120, 130)
    chests = [
        made_chest("R01-001", KNOWN, shape=shape, first_xyz_mm=(-64.5, 12.0, -300.25)),
        made_chest("LUNGx-CT003", shape=shape),
        made_chest("LIDC-IDRI-0002", shape=shape),
    ]
    return MadeCache(slabs, chests)


@pytest.fixture(scope="module")
def drawn(cache: MadeCache) -> list[Scene]:
    return list(scenes_of(cache, "A"))


def scenes_of(cache: MadeCache, fold: Fold) -> Iterator[Scene]:
    return make_scenes(cast("Cache", cache), fold)


def test_every_nodule_that_may_be_is_planted_once(drawn: list[Scene]) -> None:
    slabs = [one.slab for scene in drawn for one in scene.plants]

    assert sorted(slabs) == sorted(f"{patient}_a" for patient in PATIENTS["A"])


def test_the_same_scenes_are_drawn_again(cache: MadeCache, drawn: list[Scene]) -> None:
    assert list(scenes_of(cache, "A")) == drawn


def test_nodules_are_planted_in_lung_far_from_what_is_known(cache: MadeCache, drawn: list[Scene]) -> None:
    chests = {chest.name: chest for chest in cache.all_chests}
    for scene in drawn:
        chest = chests[scene.chest]
        for one in scene.plants:
            at = voxel_of(chest, one.at_xyz_mm)
            assert chest.lung_kji[at]
            for nodule in chest.nodules:
                assert np.linalg.norm(np.subtract(at, nodule.center_kji)) >= 39.0


def test_a_planted_nodule_lies_where_the_list_says(cache: MadeCache, drawn: list[Scene]) -> None:
    slabs = {slab.facts.name: slab for slab in cache.all_slabs}
    chests = {chest.name: chest for chest in cache.all_chests}
    for scene in drawn:
        chest = chests[scene.chest]
        changed = plant(scene, chest, slabs).astype(int) - chest.grey_kji
        for one in scene.plants:
            center = np.array(voxel_of(chest, one.at_xyz_mm))
            around = np.argwhere(changed > 60)
            near = around[np.linalg.norm(around - center, axis=1) < 20.0]
            assert np.linalg.norm(near.mean(axis=0) - center) < 1.0
            assert (6.0 * len(near) / np.pi) ** (1.0 / 3.0) == pytest.approx(one.diameter_mm, abs=1.5)


def test_a_control_brings_no_tissue(cache: MadeCache, drawn: list[Scene]) -> None:
    slabs = {slab.facts.name: slab for slab in cache.all_slabs}
    chests = {chest.name: chest for chest in cache.all_chests}
    for scene in drawn:
        chest = chests[scene.chest]
        pasted = plant_controls(scene, chest, slabs, chests)
        changed = pasted != chest.grey_kji
        assert changed.any()
        for one in scene.controls:
            reach = max(turned(slabs[one.slab].cut, one.turn).weight_kji.shape)
            changed[tuple(slice(max(n - reach, 0), n + reach) for n in voxel_of(chest, one.at_xyz_mm))] = False
            assert one.tissue_share == pytest.approx(0.0, abs=0.4)
        assert not changed.any()
        assert (pasted[chest.lung_kji] > LUNG).sum() <= (chest.grey_kji[chest.lung_kji] > LUNG).sum() + 50
