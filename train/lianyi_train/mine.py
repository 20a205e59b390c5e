"""What the first network proposes where no nodule is known: what the second one, and a second round, learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import ndimage

from lianyi.lungct.detect.learned import LearnedDetector
from lianyi.lungct.models import read_weights
from lianyi_train.cache import Cache
from lianyi_train.chests import Booleans, WholeChest
from lianyi_train.folds import LEARNS_FROM, Purpose
from lianyi_train.grey import Grey
from lianyi_train.planting import LUNG
from lianyi_train.slabs import Slab
from lianyi_train.sticks.looking import look

BEYOND_MM = 6.0
"""A proposal this far from a known nodule's edge is still of the nodule."""
PAD = 16

Places = list[list[float]]


def mine_chests(cache: Path, weights: Path, purpose: Purpose) -> dict[str, Places]:
    """Give, for the chests that may be learnt from, the proposals that are no known nodule, best first."""
    detector = LearnedDetector(read_weights(weights))
    return {chest.name: _in_chest(detector, chest) for chest in Cache(cache).chests(LEARNS_FROM[purpose])}


def mine_slabs(cache: Path, weights: Path, purpose: Purpose) -> dict[str, Places]:
    """Give the same for the slabs."""
    detector = LearnedDetector(read_weights(weights))
    return {slab.facts.name: _in_slab(detector, slab) for slab in Cache(cache).slabs(LEARNS_FROM[purpose])}


def _in_chest(detector: LearnedDetector, chest: WholeChest) -> Places:
    found = look(detector, chest.grey_kji, chest.lung_kji)
    known = [(np.array(one.center_kji), one.diameter_mm / 2.0 + BEYOND_MM) for one in chest.nodules]
    places = [candidate.center.xyz[::-1] for candidate in found]
    return [
        [round(float(n), 1) for n in place]
        for place in places
        if all(np.linalg.norm(place - center) > reach for center, reach in known)
    ]


def _in_slab(detector: LearnedDetector, slab: Slab) -> Places:
    grey_kji, scanned_kji, lung_kji = slab_in_air(slab)
    votes_kji = np.pad(slab.votes_kji, ((PAD, PAD), (0, 0), (0, 0)))
    beyond_mm = ndimage.distance_transform_edt(votes_kji == 0)
    places = []
    for candidate in look(detector, grey_kji, lung_kji, scanned_kji):
        place = candidate.center.xyz[::-1]
        k, j, i = (int(np.clip(round(float(n)), 0, size - 1)) for n, size in zip(place, grey_kji.shape, strict=True))
        if beyond_mm[k, j, i] > BEYOND_MM:
            places.append([round(float(place[0]) - PAD, 1), round(float(place[1]), 1), round(float(place[2]), 1)])
    return places


def slab_in_air(slab: Slab) -> tuple[Grey, Booleans, Booleans]:
    """Give a slab with nothing above and below it: grey values, what was scanned, and where lung is.

    A slab has no lung mask, so lung is what is as dark as lung, closed over what is at most some mm wide.
    """
    grey_kji = np.pad(slab.grey_kji, ((PAD, PAD), (0, 0), (0, 0)))
    scanned_kji = np.zeros(grey_kji.shape, dtype=bool)
    scanned_kji[PAD:-PAD] = True
    lung_kji = np.zeros(grey_kji.shape, dtype=bool)
    disc = np.hypot(*np.mgrid[-12:13, -12:13]) <= 12
    for k in range(PAD, grey_kji.shape[0] - PAD):
        dark = ndimage.binary_opening(grey_kji[k] < LUNG, iterations=2)
        closed = ndimage.binary_closing(np.pad(dark, 13), structure=disc)[13:-13, 13:-13]
        lung_kji[k] = closed
    # The nodule itself always counts as lung, however it lies at the pleura: readers looked there.
    lung_kji[PAD:-PAD] |= slab.votes_kji > 0
    return grey_kji, scanned_kji, lung_kji
