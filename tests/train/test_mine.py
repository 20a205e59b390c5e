"""What the first network proposes where no nodule is known, with networks made by hand that find balls."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lianyi_train.grey import grey_of
from lianyi_train.mine import BEYOND_MM, PAD, _in_chest, _in_slab, slab_in_air
from lianyi_train.slabs import Slab

from learned_chest import detector_in
from made_slabs import TISSUE_HU, ball_share, known, made_chest, made_slab

KNOWN, UNNOTED = known((30.0, 30.0, 30.0), 10.0), known((40.0, 50.0, 62.0), 10.0)


@pytest.fixture(scope="module")
def slab() -> Slab:
    """The ball that readers drew, and another one that they did not."""
    slab = made_slab("one_a", shape=(13, 60, 64), center_kji=(6.0, 18.0, 20.0), diameter_mm=10.0)
    share = ball_share(slab.grey_kji.shape, (6.0, 44.0, 46.0), 5.0)
    tissue = int(grey_of(np.array(TISSUE_HU)))
    slab.grey_kji[:] = np.rint(slab.grey_kji * (1.0 - share) + tissue * share)
    return slab


def distances(places: list[list[float]], center_kji: tuple[float, float, float]) -> list[float]:
    return [float(np.linalg.norm(np.subtract(place, center_kji))) for place in places]


def test_in_a_chest_what_is_known_is_no_mistake(tmp_path: Path) -> None:
    detector = detector_in(tmp_path)
    both = made_chest("R01-001", KNOWN, UNNOTED)

    of_one = _in_chest(detector, replace(both, nodules=(KNOWN,)))
    of_none = _in_chest(detector, replace(both, nodules=()))

    assert min(distances(of_one, UNNOTED.center_kji)) < 2.0
    assert min(distances(of_one, KNOWN.center_kji)) > 5.0 + BEYOND_MM
    assert min(distances(of_none, KNOWN.center_kji)) < 2.0


def test_in_a_slab_what_a_reader_drew_is_no_mistake(tmp_path: Path, slab: Slab) -> None:
    places = _in_slab(detector_in(tmp_path), slab)

    assert min(distances(places, (6.0, 44.0, 46.0))) < 2.5
    outlined = np.argwhere(slab.votes_kji > 0)
    for place in places:
        assert np.linalg.norm(outlined - np.array(place), axis=1).min() > BEYOND_MM - 1.0


def test_a_slab_lies_in_air_that_was_not_scanned(slab: Slab) -> None:
    grey_kji, scanned_kji, lung_kji = slab_in_air(slab)

    assert np.array_equal(grey_kji[PAD:-PAD], slab.grey_kji)
    assert scanned_kji[PAD:-PAD].all()
    for edge in (slice(None, PAD), slice(-PAD, None)):
        assert not grey_kji[edge].any()
        assert not scanned_kji[edge].any()
        assert not lung_kji[edge].any()


def test_in_a_slab_a_nodule_counts_as_lung_and_a_wall_does_not(slab: Slab) -> None:
    walled = replace(slab, grey_kji=slab.grey_kji.copy())
    walled.grey_kji[:, :, 44:] = int(grey_of(np.array(TISSUE_HU)))

    _, _, lung_kji = slab_in_air(walled)

    inside = lung_kji[PAD:-PAD]
    assert inside[slab.votes_kji > 0].all()
    assert inside[:, 5:-5, 5:30].all()
    assert not inside[:, :, 50:].any()
