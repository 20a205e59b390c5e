"""What is prepared once is what training reads, fold by fold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lianyi_train import prepare
from lianyi_train.cache import Cache
from lianyi_train.chests import WholeChest
from lianyi_train.folds import CHESTS, LEARNS_FROM, Fold, fold_of
from lianyi_train.slabs import Slab

from made_slabs import known, made_chest, made_slab

ALL: tuple[Fold, ...] = ("A", "B", "common")


@pytest.fixture(scope="module")
def slabs() -> list[Slab]:
    return [
        made_slab(f"P{n}_a", diameter_mm=5.0 + 0.5 * n, malignancy=None if n else 2.25, shape=(9 + n % 3, 40, 44 + n))
        for n in range(12)
    ]


@pytest.fixture(scope="module")
def chests() -> list[WholeChest]:
    return [
        made_chest(name, known((20.0, 22.5, 18.0 + n)), shape=(40, 44, 48), first_xyz_mm=(1.5, -2.0, float(n)))
        for n, name in enumerate(CHESTS)
    ]


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, slabs: list[Slab], chests: list[WholeChest]) -> Path:
    monkeypatch.setattr(prepare, "read_slabs", lambda _: iter(slabs))
    monkeypatch.setattr(prepare, "read_chests", lambda _: chests)
    prepare.prepare(tmp_path / "data", tmp_path / "cache")
    return tmp_path / "cache"


def test_slabs_come_back_as_they_were(folder: Path, slabs: list[Slab]) -> None:
    back = Cache(folder).slabs(frozenset(ALL))

    assert [slab.facts for slab in back] == [slab.facts for slab in slabs]
    for one, other in zip(back, slabs, strict=True):
        assert np.array_equal(one.grey_kji, other.grey_kji)
        assert np.array_equal(one.votes_kji, other.votes_kji)
        assert one.center_kji == other.center_kji
        for name in ("grey_kji", "weight_kji", "votes_kji"):
            assert np.array_equal(getattr(one.cut, name), getattr(other.cut, name))
        assert one.cut.center_kji == other.cut.center_kji


def test_chests_come_back_as_they_were(folder: Path, chests: list[WholeChest]) -> None:
    for one, other in zip(Cache(folder).chests(frozenset(ALL)), chests, strict=True):
        assert one.name == other.name
        assert np.array_equal(one.grey_kji, other.grey_kji)
        assert np.array_equal(one.lung_kji, other.lung_kji)
        assert one.nodules == other.nodules
        assert (one.spacing_k_mm, one.first_xyz_mm) == (other.spacing_k_mm, other.first_xyz_mm)


@pytest.mark.parametrize("fold", ["A", "B"])
def test_a_fold_s_network_is_given_nobody_it_is_measured_on(folder: Path, fold: Fold) -> None:
    cache = Cache(folder)
    learnt, measured = LEARNS_FROM[fold], frozenset({fold})

    patients = [{slab.facts.patient_id for slab in cache.slabs(folds)} for folds in (learnt, measured)]
    names = [{chest.name for chest in cache.chests(folds)} for folds in (learnt, measured)]

    assert patients[1] == {f"P{n}" for n in range(12) if fold_of(f"P{n}") == fold}
    assert names[1] == {name for name in CHESTS if CHESTS[name] == fold}
    assert patients[0] == {f"P{n}" for n in range(12)} - patients[1]
    assert names[0] == set(CHESTS) - names[1]


def test_what_was_mapped_cannot_be_written_to(folder: Path) -> None:
    slab = Cache(folder).slabs(frozenset(ALL))[0]

    with pytest.raises(ValueError, match="read-only"):
        slab.grey_kji[0, 0, 0] = 1


def test_a_cache_that_is_ready_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}

    prepare.prepare(folder / "nowhere", folder)

    assert {file.name: file.stat().st_mtime_ns for file in folder.iterdir()} == before
    monkeypatch.setattr(prepare, "VERSION", prepare.VERSION + 1)
    prepare.prepare(folder / "nowhere", folder)
    assert (folder / f"ready-{prepare.VERSION}").exists()


def test_a_cache_that_was_cut_off_is_made_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch, slabs: list[Slab]
) -> None:
    (folder / f"ready-{prepare.VERSION}").unlink()
    monkeypatch.setattr(prepare, "read_slabs", lambda _: iter(slabs[:3]))

    prepare.prepare(folder / "nowhere", folder)

    assert len(Cache(folder).slabs(frozenset(ALL))) == 3
