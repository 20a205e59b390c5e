"""Slabs and chests made for tests of the training: noisy lung, and balls of soft tissue of known place and size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from lianyi_train.chests import KnownNodule, WholeChest
from lianyi_train.folds import Fold, fold_of
from lianyi_train.grey import grey_of
from lianyi_train.slabs import Slab, SlabFacts, _at_1_mm

LUNG_HU, TISSUE_HU, NOISE_HU = -860.0, 40.0, 20.0

Place = tuple[float, float, float]


def ball_share(shape: tuple[int, ...], center_kji: Place, radius: float) -> npt.NDArray[np.float64]:
    """How much of each voxel lies in a ball, 0 to 1."""
    axes = np.indices(shape)
    away = np.sqrt(sum((axis - at) ** 2 for axis, at in zip(axes, center_kji, strict=True)))
    share: npt.NDArray[np.float64] = np.clip(radius + 0.5 - away, 0.0, 1.0)
    return share


def facts(name: str = "somebody_a0001", **changes: Any) -> SlabFacts:
    plain = SlabFacts(
        name=name,
        patient_id=name.partition("_")[0],
        readers=4,
        diameter_mm=8.0,
        spacing_k_mm=1.0,
        texture=5.0,
        malignancy=3.25,
        calcification=6.0,
        is_hu_exact=True,
    )
    return replace(plain, **changes)


def made_slab(
    name: str = "somebody_a0001",
    *,
    shape: tuple[int, int, int] = (9, 48, 52),
    center_kji: Place = (4.0, 20.0, 29.0),
    nodule_hu: float = TISSUE_HU,
    **changes: Any,
) -> Slab:
    """A ball in noisy lung at 1 mm, drawn alike by every reader, brought into the cache's form as real slabs are."""
    about = facts(name, **changes)
    share = ball_share(shape, center_kji, about.diameter_mm / 2.0)
    lung = np.random.default_rng(len(name)).normal(LUNG_HU, NOISE_HU, shape)
    hu_kji = (lung * (1.0 - share) + nodule_hu * share).astype(np.float32)
    votes_kji = ((share > 0.5) * about.readers).astype(np.float32)
    return _at_1_mm(about, hu_kji, votes_kji, 1.0)


def made_chest(
    name: str = "R01-001",
    *nodules: KnownNodule,
    shape: tuple[int, int, int] = (70, 84, 90),
    wall: int = 6,
    first_xyz_mm: Place = (0.0, 0.0, 0.0),
) -> WholeChest:
    """Noisy lung within a wall of soft tissue, and the known nodules as balls in it."""
    lung_kji = np.zeros(shape, dtype=np.bool_)
    lung_kji[wall:-wall, wall:-wall, wall:-wall] = True
    lung = np.random.default_rng(len(name)).normal(LUNG_HU, NOISE_HU, shape)
    hu_kji = np.where(lung_kji, lung, TISSUE_HU)
    for one in nodules:
        share = ball_share(shape, one.center_kji, one.diameter_mm / 2.0)
        hu_kji = hu_kji * (1.0 - share) + TISSUE_HU * share
    return WholeChest(
        name=name,
        grey_kji=grey_of(hu_kji),
        lung_kji=lung_kji,
        nodules=nodules,
        spacing_k_mm=1.25,
        first_xyz_mm=first_xyz_mm,
    )


def known(center_kji: Place, diameter_mm: float = 8.0, readers: int = 4) -> KnownNodule:
    return KnownNodule(center_kji=center_kji, diameter_mm=diameter_mm, readers=readers)


@dataclass(frozen=True)
class MadeCache:
    """What training and measuring ask of a cache, from lists."""

    all_slabs: list[Slab]
    all_chests: list[WholeChest]

    def slabs(self, folds: frozenset[Fold]) -> list[Slab]:
        return [slab for slab in self.all_slabs if fold_of(slab.facts.patient_id) in folds]

    def chests(self, folds: frozenset[Fold]) -> list[WholeChest]:
        return [chest for chest in self.all_chests if fold_of(chest.name) in folds]
