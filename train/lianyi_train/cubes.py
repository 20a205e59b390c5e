"""Cubes for the second network: nodules of slabs, planted nodules, and places that the first network mistook.

A cube is 32 mm wide and lies around a proposed place, which is a little off its nodule's centre, as proposals are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from lianyi_train.chests import WholeChest
from lianyi_train.grey import Grey
from lianyi_train.patches import Patch, Recipe, Triple, draw_lung_place, draw_turn, mirrored, spoil, window
from lianyi_train.planting import paste, soft_share, turned
from lianyi_train.slabs import Slab, density_of

SIDE = 32
SHAPE = (SIDE, SIDE, SIDE)
DENSITIES = ("ground-glass", "part-solid", "solid")
UNKNOWN = -1
JITTER_MM = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class CubeRecipe:
    """Shares of the kinds of cubes; they add up to one.

    Slabs and chests come from different collections, so in each about half of the cubes are nodules: where a cube
    comes from must never tell the answer.

    Attributes:
        slab: a slab's own nodule.
        planted: a nodule planted in a chest.
        chest: a place in a chest that the first network proposed and that is no known nodule.
        mistaken: the same in a slab.
        anywhere: any place in a lung.
        rare: of the slab nodules, the share that is drawn from ground-glass and part-solid ones.
    """

    slab: float = 0.26
    planted: float = 0.24
    chest: float = 0.25
    mistaken: float = 0.21
    anywhere: float = 0.04
    rare: float = 0.4


@dataclass(frozen=True, slots=True)
class Cube:
    """One cube and what is known of it; -1 (or NaN) where nothing is known.

    Attributes:
        patch: bytes; votes are those of the cube's own nodule.
        is_nodule: 1 or 0.
        readers: that drew the nodule.
        density: index into DENSITIES.
        suspicion: the readers' malignancy rating.
        offset_kji_mm: from the cube's centre to the nodule's.
    """

    patch: Patch
    is_nodule: int
    readers: int
    density: int
    suspicion: float
    offset_kji_mm: tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CubeSource:
    """Where cubes come from.

    Attributes:
        slabs: of the patients that may be learnt from.
        chests: that may be learnt from.
        proposals: rows k, j, i of what the first network proposed, without what is a known nodule; by chest.
        mistaken: the same by slab.
        recipe: the mixture.
        seed: of everything random.
    """

    slabs: Sequence[Slab]
    chests: Sequence[WholeChest]
    proposals: dict[str, npt.NDArray[np.float64]]
    mistaken: dict[str, npt.NDArray[np.float64]]
    recipe: CubeRecipe
    seed: int
    spoiling: Recipe = field(default_factory=Recipe)

    def cube(self, number: int) -> Cube:
        """Give cube *number*."""
        random = np.random.default_rng([self.seed, 7, number])
        recipe = self.recipe
        kinds = (self._slab, self._planted, self._chest, self._mistaken, self._anywhere)
        shares = (recipe.slab, recipe.planted, recipe.chest, recipe.mistaken, recipe.anywhere)
        made: Cube | None = None
        while made is None:
            made = kinds[int(random.choice(len(kinds), p=shares))](random)
        spoil(random, made.patch, self.spoiling)
        middle = (SIDE - 1) / 2.0
        k, j, i = (middle + off for off in made.offset_kji_mm)
        patch = mirrored(random, replace(made.patch, findings=[(k, j, i, 1.0, made.readers)]))
        k, j, i = (place - middle for place in patch.findings[0][:3])
        return replace(made, patch=patch, offset_kji_mm=(k, j, i))

    def _slab(self, random: np.random.Generator) -> Cube:
        pool: Sequence[Slab] = self.slabs
        if random.random() < self.recipe.rare:
            wanted = "ground-glass" if random.random() < 0.6 else "part-solid"
            rare = [slab for slab in self.slabs if density_of(slab.facts.texture) == wanted]
            pool = rare or self.slabs
        slab = pool[int(random.integers(len(pool)))]
        first = self._around(random, slab.center_kji, slab.facts.diameter_mm)
        low_k, high_k = 0, slab.grey_kji.shape[0]
        patch = window(slab.grey_kji, slab.votes_kji, first, SHAPE, (low_k, high_k))
        return _of_slab(slab, patch, first, slab.center_kji)

    def _planted(self, random: np.random.Generator) -> Cube | None:
        slab = self.slabs[int(random.integers(len(self.slabs)))]
        if slab.facts.diameter_mm > 30.0:
            return None
        chest = self.chests[int(random.integers(len(self.chests)))]
        cut = turned(slab.cut, draw_turn(random, 1.0))
        at = draw_lung_place(random, chest)
        if soft_share(chest.grey_kji, cut, at) > 0.5 or _is_near_known(chest, at):
            return None
        # Pasted into a box that is larger than the cube, so that the nodule's own rim is there too.
        first = self._around(random, at, slab.facts.diameter_mm)
        patch = window(chest.grey_kji, None, first, SHAPE, (0, chest.grey_kji.shape[0]))
        inside = tuple(a - b for a, b in zip(at, first, strict=True))
        paste(patch.grey_kji, cut, (inside[0], inside[1], inside[2]), patch.votes_kji)
        self._maybe_cut(random, patch)
        return _of_slab(slab, patch, first, at)

    def _chest(self, random: np.random.Generator) -> Cube | None:
        chest = self.chests[int(random.integers(len(self.chests)))]
        places = self.proposals.get(chest.name)
        if places is None or not len(places):
            return None
        # Ranked best first; the better an error looked, the oftener it is shown.
        row = int(len(places) * random.random() ** 1.7)
        return self._nothing(random, chest, places[row])

    def _mistaken(self, random: np.random.Generator) -> Cube | None:
        slab = self.slabs[int(random.integers(len(self.slabs)))]
        places = self.mistaken.get(slab.facts.name)
        if places is None or not len(places):
            return None
        first = self._around(random, places[int(random.integers(len(places)))], 4.0)
        patch = window(slab.grey_kji, None, first, SHAPE, (0, slab.grey_kji.shape[0]))
        return Cube(patch, 0, 0, UNKNOWN, float("nan"), (0.0, 0.0, 0.0))

    def _anywhere(self, random: np.random.Generator) -> Cube | None:
        chest = self.chests[int(random.integers(len(self.chests)))]
        at = draw_lung_place(random, chest)
        return None if _is_near_known(chest, at) else self._nothing(random, chest, np.array(at))

    def _nothing(self, random: np.random.Generator, chest: WholeChest, place: npt.NDArray[np.float64]) -> Cube:
        first = self._around(random, place, 4.0)
        patch = window(chest.grey_kji, None, first, SHAPE, (0, chest.grey_kji.shape[0]))
        self._maybe_cut(random, patch)
        return Cube(patch, 0, 0, UNKNOWN, float("nan"), (0.0, 0.0, 0.0))

    @staticmethod
    def _around(
        random: np.random.Generator, center_kji: Sequence[float] | npt.NDArray[np.float64], size_mm: float
    ) -> Triple:
        jitter = random.uniform(-1.0, 1.0, 3) * min(JITTER_MM, 0.15 * size_mm + 1.0)
        k, j, i = (round(float(n) - (SIDE - 1) / 2.0) for n in np.array(center_kji) + jitter)
        return k, j, i

    @staticmethod
    def _maybe_cut(random: np.random.Generator, patch: Patch) -> None:
        """Cut to a thin stack around the middle, as slabs are, half of the time."""
        if random.random() < 0.5:
            thickness = int(random.integers(4, 23))
            low = SIDE // 2 - int(random.integers(1, thickness))
            patch.scanned_kji[: max(low, 0)] = 0
            patch.scanned_kji[max(low, 0) + thickness :] = 0


def _of_slab(slab: Slab, patch: Patch, first: Triple, center_kji: Sequence[float]) -> Cube:
    facts = slab.facts
    density = density_of(facts.texture) if facts.is_hu_exact else None
    k, j, i = (float(c) - f - (SIDE - 1) / 2.0 for c, f in zip(center_kji, first, strict=True))
    return Cube(
        patch,
        1,
        facts.readers,
        UNKNOWN if density is None else DENSITIES.index(density),
        float("nan") if facts.malignancy is None else facts.malignancy,
        (k, j, i),
    )


def _is_near_known(chest: WholeChest, at: Triple) -> bool:
    return any(
        np.linalg.norm(np.array(at) - np.array(one.center_kji)) < one.diameter_mm / 2.0 + 20.0 for one in chest.nodules
    )


def mask_of(cube: Cube) -> Grey:
    """Give 1 where at least half of the readers who drew the nodule marked the voxel."""
    if not cube.is_nodule:
        return np.zeros(SHAPE, np.uint8)
    return (2 * cube.patch.votes_kji.astype(int) >= max(cube.readers, 1)).astype(np.uint8)
