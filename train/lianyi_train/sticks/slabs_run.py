"""The third stick: slabs of unseen patients.  Marks, density class, outline and rating against the readers.

What it can show: real nodules in the lung they grew in, from hundreds of patients, with several readers' outlines
and ratings.  What it cannot: a slab ends where its nodule ends, so a detector sees less of it than it would in a
chest, and the slab's thickness is the nodule's; false marks are counted by area of lung, not by chest; and other
nodules may lie in a slab unmarked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lianyi.lungct.domain.nodule import Candidate, Density
from lianyi.lungct.measure.density import classify
from lianyi.lungct.pipeline import Detector
from lianyi_train.cache import Cache
from lianyi_train.chests import Booleans
from lianyi_train.folds import Fold
from lianyi_train.grey import hu_of
from lianyi_train.mine import PAD, slab_in_air
from lianyi_train.slabs import Slab, density_of
from lianyi_train.sticks.looking import look

DENSITIES = (Density.GROUND_GLASS.value, Density.PART_SOLID.value, Density.SOLID.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlabLook:
    """What a detector said of one slab.

    Attributes:
        name: of the slab.
        readers: that drew the nodule.
        diameter_mm: of the nodule.
        lung_cm2: area of lung, summed over slices of 1 mm and divided by the slab's depth: as on one image.
        hit: probability of the best mark within the nodule's radius (at least 3 mm); None without one.
        false: probabilities of the other marks, those within 6 mm of any reader's outline left out.
        density: readers' class; None where nobody rated it or its HU are not exact.
        density_probabilities: ground-glass, part-solid, solid, by the detector; None without a hit.
        density_measured: index into DENSITIES by the product's own rule for HU, within the detector's outline where
            the slab was scanned; None without an outline there.
        dice: of the detector's outline and the voxels that at least half of the readers marked; None without one.
        suspicion: readers' mean malignancy rating.
        suspicion_rating: the detector's.
    """

    name: str
    readers: int
    diameter_mm: float
    lung_cm2: float
    hit: float | None
    false: tuple[float, ...]
    density: str | None
    density_probabilities: tuple[float, float, float] | None
    density_measured: int | None
    dice: float | None
    suspicion: float | None
    suspicion_rating: float | None


def look_at_slabs(detector: Detector, cache: Cache, fold: Fold) -> list[SlabLook]:
    """Look at every slab of a fold."""
    return [_look_at(detector, slab) for slab in cache.slabs(frozenset({fold}))]


def _look_at(detector: Detector, slab: Slab) -> SlabLook:
    grey_kji, scanned_kji, lung_kji = slab_in_air(slab)
    depth = slab.grey_kji.shape[0]
    shift = np.array([PAD, 0, 0])
    center = np.array(slab.center_kji) + shift
    reach_mm = max(slab.facts.diameter_mm / 2.0, 3.0)
    drawn = np.argwhere(slab.votes_kji > 0) + shift
    best: Candidate | None = None
    false = []
    for candidate in look(detector, grey_kji, lung_kji, scanned_kji):  # best first
        place = candidate.center.xyz[::-1]
        if np.linalg.norm(place - center) < reach_mm:
            best = best or candidate
        elif np.linalg.norm(drawn - place, axis=1).min(initial=np.inf) > 6.0:
            false.append(candidate.probability)
    facts = slab.facts
    return SlabLook(
        name=facts.name,
        readers=facts.readers,
        diameter_mm=facts.diameter_mm,
        lung_cm2=float(np.count_nonzero(lung_kji)) / depth / 100.0,
        hit=None if best is None else best.probability,
        false=tuple(false),
        density=density_of(facts.texture) if facts.is_hu_exact else None,
        density_probabilities=None if best is None else _densities(best),
        density_measured=None if best is None else _density_measured(best, slab),
        dice=None if best is None else _dice(best, slab),
        suspicion=facts.malignancy,
        suspicion_rating=None if best is None else best.suspicion_rating,
    )


def _densities(candidate: Candidate) -> tuple[float, float, float] | None:
    shares = [candidate.evidence.get(f"{name}_probability") for name in DENSITIES]
    if any(share is None for share in shares):
        return None
    ground_glass, part_solid, solid = (float(share) for share in shares if share is not None)
    return ground_glass, part_solid, solid


def _density_measured(candidate: Candidate, slab: Slab) -> int | None:
    drawn_kji = _drawn(candidate, slab)
    if drawn_kji is None or not drawn_kji.any():
        return None
    density = classify(hu_of(slab.grey_kji)[drawn_kji])
    return DENSITIES.index(Density.SOLID.value if density == Density.CALCIFIED else density.value)


def _dice(candidate: Candidate, slab: Slab) -> float | None:
    """Compare where the slab was scanned; the readers' nodule may reach beyond the outline's cube, and then counts."""
    drawn_kji = _drawn(candidate, slab)
    if drawn_kji is None:
        return None
    truth_kji = 2 * slab.votes_kji.astype(int) >= slab.facts.readers
    both = int(np.count_nonzero(drawn_kji & truth_kji))
    either = int(np.count_nonzero(drawn_kji)) + int(np.count_nonzero(truth_kji))
    return 2.0 * both / max(either, 1)


def _drawn(candidate: Candidate, slab: Slab) -> Booleans | None:
    """Give the outline in the slab's own voxels."""
    if candidate.mask is None:
        return None
    shape: tuple[int, ...] = slab.votes_kji.shape
    drawn_kji = np.zeros(shape, dtype=bool)
    first = np.rint(candidate.mask.grid.patient_from_voxel[2::-1, 3]).astype(int) - np.array([PAD, 0, 0])
    source, target = [], []
    for start, length, size in zip(first, candidate.mask.values_kji.shape, shape, strict=True):
        low, high = max(int(start), 0), min(int(start) + length, size)
        source.append(slice(low - int(start), max(high, low) - int(start)))
        target.append(slice(low, max(high, low)))
    drawn_kji[tuple(target)] = candidate.mask.values_kji[tuple(source)]
    return drawn_kji
