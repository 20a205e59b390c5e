"""The second look: a cube of 32 mm around each place, and what the second network says of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lianyi.lungct.detect.learned.image import image_of
from lianyi.lungct.detect.learned.peaks import Peak
from lianyi.lungct.detect.learned.runtime import Floats, Network
from lianyi.lungct.domain.image import Booleans, CtVolume

CUBE = 32
"""Voxels (mm) along each side."""

_BATCH = 10
"""Cubes looked at at once: the batch is filled up, so the network is compiled once and each cube's answer does not
depend on how many others there are.  60 cubes took no less time in one batch of 60 than in six of 10."""

_MOST_OFF_MM = 8.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SecondLook:
    """What the second network says of one place.

    Attributes:
        place_kji: the centre, corrected, on the working grid.
        logit: that it is a nodule.
        density_probabilities: ground-glass, part-solid, solid; they add up to 1.
        suspicion_rating: 1 to 5, as readers would rate it.
        first_kji: first voxel of the cube.
        mask_kji: the nodule within the cube.
    """

    place_kji: tuple[float, float, float]
    logit: float
    density_probabilities: tuple[float, float, float]
    suspicion_rating: float
    first_kji: tuple[int, int, int]
    mask_kji: Booleans


def look_again(working: CtVolume, peaks: Sequence[Peak], network: Network) -> list[SecondLook]:
    """Look at each place again.

    The cube is shifted by whole voxels, not resampled: its middle lies within half a voxel of the place, and the
    network's offset counts from the middle itself.
    """
    if not peaks:
        return []
    compiled = network.compile((_BATCH, 2, CUBE, CUBE, CUBE))
    looks: list[SecondLook] = []
    for start in range(0, len(peaks), _BATCH):
        firsts = [_first_voxel(peak) for peak in peaks[start : start + _BATCH]]
        batch = np.zeros((_BATCH, 2, CUBE, CUBE, CUBE), dtype=np.float32)
        for row, first_kji in enumerate(firsts):
            batch[row] = image_of(working, first_kji, (CUBE, CUBE, CUBE))
        said = compiled(batch)
        looks.extend(_read(said, row, first_kji) for row, first_kji in enumerate(firsts))
    return looks


def _first_voxel(peak: Peak) -> tuple[int, int, int]:
    k, j, i = (math.floor(a - (CUBE - 1) / 2.0 + 0.5) for a in peak.place_kji)
    return k, j, i


def _read(said: dict[str, Floats], row: int, first_kji: tuple[int, int, int]) -> SecondLook:
    off = said["offset"][row].astype(np.float64)
    off *= min(1.0, _MOST_OFF_MM / max(float(np.linalg.norm(off)), 1e-6))
    k, j, i = (float(first + (CUBE - 1) / 2.0 + step) for first, step in zip(first_kji, off, strict=True))
    logits = said["density"][row].astype(np.float64)
    shares = np.exp(logits - logits.max())
    ground_glass, part_solid, solid = (float(share) for share in shares / shares.sum())
    return SecondLook(
        place_kji=(k, j, i),
        logit=float(said["nodule"][row]),
        density_probabilities=(ground_glass, part_solid, solid),
        suspicion_rating=float(np.clip(said["suspicion"][row], 1.0, 5.0)),
        first_kji=first_kji,
        mask_kji=said["mask"][row] > 0.0,
    )
