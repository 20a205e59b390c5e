"""Running the second stick: detector in, FROC and control out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lianyi.evaluate import Chest, Mark, TrueNodule
from lianyi.lungct.domain.nodule import Candidate, Density
from lianyi.lungct.domain.uids import SeriesUID
from lianyi.lungct.pipeline import Detector
from lianyi_train.cache import Cache
from lianyi_train.chests import Booleans, KnownNodule
from lianyi_train.doubtful import doubtful_in
from lianyi_train.folds import Fold
from lianyi_train.grey import Grey
from lianyi_train.planting import turned
from lianyi_train.sticks.looking import look
from lianyi_train.sticks.planted import plant, plant_controls, read_scenes, voxel_of

KNOWN_BEYOND_MM = 5.0
"""A chest's own nodule is neither to be found nor to be avoided here; nor is its border."""

LungsOf = Callable[[Grey], Booleans]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """What :func:`lianyi.evaluate.froc` takes; every candidate with its mark; and the doubtful places.

    Attributes:
        chests: looked at.
        nodules: that are there.
        marks: of the detector.
        candidates: one for each mark.
        doubtful: findings that are left out of the second reading, and false when marked in the first.
    """

    chests: list[Chest]
    nodules: list[TrueNodule]
    marks: list[Mark]
    candidates: list[Candidate]
    doubtful: list[TrueNodule]

    def without_doubtful(self) -> Lists:
        """Give the lists for the second reading: a mark of a doubtful place neither helps nor hurts."""
        return replace(self, nodules=self.nodules + self.doubtful, doubtful=[])

    def __add__(self, other: Lists) -> Lists:
        """Join two folds: each chest was looked at by the network that had not seen it."""
        return Lists(
            chests=self.chests + other.chests,
            nodules=self.nodules + other.nodules,
            marks=self.marks + other.marks,
            candidates=self.candidates + other.candidates,
            doubtful=self.doubtful + other.doubtful,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlCounts:
    """Probabilities of marks at the places of the controls, with normal lung pasted there and without."""

    pieces: int
    pasted: list[float]
    untouched: list[float]


def look_at_planted(detector: Detector, cache: Cache, fold: Fold, lungs_of: LungsOf | None = None) -> Lists:
    """Look at every scene of a fold.

    Args:
        detector: of a network that never saw this fold.
        cache: prepared data.
        fold: A or B.
        lungs_of: finds the lungs in a planted chest; None: the lungs as found in the chest without plants.
    """
    chests = {chest.name: chest for chest in cache.chests(frozenset({fold}))}
    slabs = {slab.facts.name: slab for slab in cache.slabs(frozenset({fold}))}
    lists = Lists(chests=[], nodules=[], marks=[], candidates=[], doubtful=[])
    for scene in read_scenes(fold):
        chest, series_uid = chests[scene.chest], SeriesUID(f"planted-{scene.name}")
        grey_kji = plant(scene, chest, slabs)
        lung_kji = chest.lung_kji if lungs_of is None else lungs_of(grey_kji)
        lists.chests.append(Chest(series_uid=series_uid, slice_thickness_mm=chest.spacing_k_mm))
        for one in scene.plants:
            k, j, i = voxel_of(chest, one.at_xyz_mm)
            lists.nodules.append(
                TrueNodule(
                    series_uid=series_uid,
                    center_lps_mm=(float(i), float(j), float(k)),
                    diameter_mm=one.diameter_mm,
                    readers=one.readers,
                    density=None if one.density is None else Density(one.density),
                )
            )
        lists.nodules.extend(as_ignored(chest.nodules, series_uid))
        lists.doubtful.extend(as_ignored(doubtful_in(chest.name), series_uid))
        for candidate in look(detector, grey_kji, lung_kji):
            lists.candidates.append(candidate)
            lists.marks.append(mark_of(series_uid, candidate))
    return lists


def look_at_controls(detector: Detector, cache: Cache, fold: Fold) -> ControlCounts:
    """Look at the same places with normal lung pasted there and without."""
    chests = {chest.name: chest for chest in cache.chests(frozenset({fold}))}
    slabs = {slab.facts.name: slab for slab in cache.slabs(frozenset({fold}))}
    untouched = {name: look(detector, chest.grey_kji, chest.lung_kji) for name, chest in chests.items()}
    pieces, before, after = 0, [], []
    for scene in read_scenes(fold):
        chest = chests[scene.chest]
        pasted = look(detector, plant_controls(scene, chest, slabs, chests), chest.lung_kji)
        for one in scene.controls:
            pieces += 1
            reach = max(turned(slabs[one.slab].cut, one.turn).weight_kji.shape) / 2.0
            place = np.array(voxel_of(chest, one.at_xyz_mm))
            before += _near(untouched[scene.chest], place, reach)
            after += _near(pasted, place, reach)
    return ControlCounts(pieces=pieces, pasted=after, untouched=before)


def mark_of(series_uid: SeriesUID, candidate: Candidate) -> Mark:
    """Give a candidate as a mark."""
    x, y, z = (float(n) for n in candidate.center.xyz)
    return Mark(series_uid=series_uid, center_lps_mm=(x, y, z), probability=candidate.probability)


def as_ignored(found: Sequence[KnownNodule], series_uid: SeriesUID) -> list[TrueNodule]:
    """Give a chest's own findings as such that neither help nor hurt."""
    return [
        TrueNodule(
            series_uid=series_uid,
            center_lps_mm=(one.center_kji[2], one.center_kji[1], one.center_kji[0]),
            diameter_mm=one.diameter_mm + 2.0 * KNOWN_BEYOND_MM,
            readers=1,
        )
        for one in found
    ]


def _near(candidates: tuple[Candidate, ...], place_kji: np.ndarray, reach_mm: float) -> list[float]:
    return [
        candidate.probability
        for candidate in candidates
        if np.linalg.norm(candidate.center.xyz[::-1] - place_kji) <= reach_mm
    ]
