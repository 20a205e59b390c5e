"""Patches to learn from: slabs of many patients, and whole chests with nodules planted in them.

Half of the patches come from slabs, half from whole chests.  A slab shows its nodule's own slices only, so a
second channel says which voxels were scanned, and half of the chest patches are cut to a thin stack in the same
way, nodule or not: that a stack is thin must never tell the answer.  Pieces of normal lung are pasted like nodules
now and then, so that the seam never tells it either.

Every patch is made from (seed, number) alone: any number of workers, and a run that was interrupted, see the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lianyi_train.chests import WholeChest
from lianyi_train.grey import Grey
from lianyi_train.planting import LUNG, Turn, paste, soft_share, turned
from lianyi_train.slabs import Cut, Slab, density_of

SHAPE = (32, 64, 64)
SMALL_MM = 6.0
Triple = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What the patches are made of; each number is a probability unless named otherwise.

    Attributes:
        slab_share: patches from slabs.
        plants: of 0, 1 and 2 nodules planted in a chest patch.
        plant_in_slab: one more nodule planted in a slab.
        control: a piece of normal lung pasted as a nodule would be.
        known: a chest patch lies around a known nodule.
        hard: a chest patch lies around a place that an earlier network took for a nodule.
        cut: a chest patch is cut to a thin stack.
        thick: slices are made thicker.
        noise: noise is added.
        sharp: edges are sharpened, as by a sharp kernel.
        rare: a nodule, pasted or in its slab, is drawn from the ground-glass and part-solid ones.
        small: else, it is drawn from those of less than 6 mm.
        leaves_doubtful: nothing is taught of the places in splits/doubtful.json (a choice, no probability).
        least_readers: findings of fewer readers are ignored.
        most_soft_share: of a planted nodule over soft tissue.
    """

    slab_share: float = 0.5
    plants: tuple[float, float, float] = (0.3, 0.45, 0.25)
    plant_in_slab: float = 0.35
    control: float = 0.25
    known: float = 0.08
    hard: float = 0.25
    cut: float = 0.5
    thick: float = 0.3
    noise: float = 0.3
    sharp: float = 0.0
    rare: float = 0.0
    small: float = 0.0
    leaves_doubtful: bool = True
    least_readers: int = 2
    most_soft_share: float = 0.5


@dataclass(slots=True, kw_only=True)
class Patch:
    """One patch.

    Attributes:
        grey_kji: one byte a voxel.
        scanned_kji: 1 where there are data.
        votes_kji: how many readers marked the voxel.
        findings: rows of centre k, j, i, diameter (mm), readers; those that count and those that are ignored.
    """

    grey_kji: Grey
    scanned_kji: Grey
    votes_kji: Grey
    findings: list[tuple[float, float, float, float, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where patches come from.

    Attributes:
        slabs: of the patients that may be learnt from.
        chests: that may be learnt from.
        recipe: the mixture.
        hard: for each chest, places (rows k, j, i) that an earlier network took for nodules.
        seed: of everything random.
        shape: of a patch, voxels.
    """

    slabs: Sequence[Slab]
    chests: Sequence[WholeChest]
    recipe: Recipe
    hard: dict[str, npt.NDArray[np.float64]]
    seed: int
    shape: Triple = SHAPE
    _rare: list[Slab] = field(init=False)
    _small: list[Slab] = field(init=False)

    def __post_init__(self) -> None:
        rare = [slab for slab in self.slabs if density_of(slab.facts.texture) in {"ground-glass", "part-solid"}]
        object.__setattr__(self, "_rare", rare)
        object.__setattr__(self, "_small", [slab for slab in self.slabs if slab.facts.diameter_mm < SMALL_MM])

    def patch(self, number: int) -> Patch:
        """Give patch *number*."""
        random = np.random.default_rng([self.seed, number])
        made = self._from_slab(random) if random.random() < self.recipe.slab_share else self._from_chest(random)
        spoil(random, made, self.recipe)
        return mirrored(random, made)

    def _draw(self, random: np.random.Generator) -> Slab:
        pool: Sequence[Slab] = self.slabs
        draw = random.random()
        if draw < self.recipe.rare:
            pool = self._rare
        elif draw < self.recipe.rare + self.recipe.small:
            pool = self._small
        return pool[int(random.integers(len(pool)))]

    def _from_slab(self, random: np.random.Generator) -> Patch:
        slab = self._draw(random)
        depth = slab.grey_kji.shape[0]
        # Sometimes the ends are dropped: a nodule need not fill the stack.
        low_k, high_k = 0, depth
        if depth > 4 and random.random() < 0.35:
            low_k = int(random.integers(0, depth // 3 + 1))
            high_k = depth - int(random.integers(0, depth // 3 + 1))
        if high_k - low_k > self.shape[0]:
            middle = round(slab.center_kji[0])
            least = max(low_k, middle - self.shape[0] + 1)
            most = min(high_k - self.shape[0], middle)
            low_k = int(random.integers(min(least, most), max(least, most) + 1))
            high_k = min(low_k + self.shape[0], high_k)
        to_k = int(random.integers(0, self.shape[0] - (high_k - low_k) + 1))
        first = [low_k - to_k]
        for axis in (1, 2):
            reach = self.shape[axis] // 2 - 6
            around = slab.center_kji[axis] + random.uniform(-reach, reach)
            if random.random() < 0.15:
                around = random.uniform(0, slab.grey_kji.shape[axis])
            first.append(round(around) - self.shape[axis] // 2)
        made = window(slab.grey_kji, slab.votes_kji, (first[0], first[1], first[2]), self.shape, (low_k, high_k))
        k, j, i = (c - f for c, f in zip(slab.center_kji, first, strict=True))
        made.findings.append((k, j, i, slab.facts.diameter_mm, slab.facts.readers))
        if random.random() < self.recipe.plant_in_slab:
            self._plant(random, made, made.scanned_kji.astype(bool) & (made.grey_kji < LUNG))
        return made

    def _from_chest(self, random: np.random.Generator) -> Patch:
        chest = self.chests[int(random.integers(len(self.chests)))]
        hard = self.hard.get(chest.name)
        draw = random.random()
        if draw < self.recipe.known and chest.nodules:
            around = np.array(chest.nodules[int(random.integers(len(chest.nodules)))].center_kji)
        elif hard is not None and len(hard) and draw < self.recipe.known + self.recipe.hard:
            around = hard[int(random.integers(len(hard)))]
        else:
            around = np.array(draw_lung_place(random, chest), dtype=np.float64)
        reach = np.array(self.shape) / 2 - 5
        first = np.rint(around + random.uniform(-reach, reach) - np.array(self.shape) / 2).astype(int)
        start = (int(first[0]), int(first[1]), int(first[2]))
        made = window(chest.grey_kji, None, start, self.shape, (0, chest.grey_kji.shape[0]))
        lung = window(chest.lung_kji.view(np.uint8), None, start, self.shape, (0, chest.grey_kji.shape[0]))
        for nodule in chest.nodules:
            k, j, i = (c - f for c, f in zip(nodule.center_kji, start, strict=True))
            readers = 4 if nodule.readers == 0 else nodule.readers
            made.findings.append((k, j, i, nodule.diameter_mm, readers))
        inside = lung.grey_kji > 0
        if random.random() < self.recipe.control:
            self._paste_control(random, made, inside)
        for _ in range(int(random.choice(3, p=self.recipe.plants))):
            self._plant(random, made, inside)
        if random.random() < self.recipe.cut:
            thickness = int(random.integers(4, 23))
            low = int(random.integers(0, self.shape[0] - thickness + 1))
            made.scanned_kji[:low] = 0
            made.scanned_kji[low + thickness :] = 0
        return made

    def _plant(self, random: np.random.Generator, made: Patch, inside: npt.NDArray[np.bool_]) -> None:
        """Plant a nodule somewhere inside, clear of other findings; give up after a few tries."""
        slab = self._draw(random)
        if slab.facts.diameter_mm > 30.0 or slab.facts.readers < self.recipe.least_readers:
            return
        scale = float(random.uniform(0.86, 1.16))
        cut = turned(slab.cut, draw_turn(random, scale))
        at = self._room(random, made, inside, cut, slab.facts.diameter_mm * scale)
        if at is not None:
            paste(made.grey_kji, cut, at, made.votes_kji)
            k, j, i = (float(n) for n in at)
            made.findings.append((k, j, i, slab.facts.diameter_mm * scale, slab.facts.readers))

    def _paste_control(self, random: np.random.Generator, made: Patch, inside: npt.NDArray[np.bool_]) -> None:
        slab = self.slabs[int(random.integers(len(self.slabs)))]
        shape = turned(slab.cut, draw_turn(random, 1.0))
        chest = self.chests[int(random.integers(len(self.chests)))]
        start = np.array(draw_lung_place(random, chest)) - np.array(shape.grey_kji.shape) // 2
        end = start + np.array(shape.grey_kji.shape)
        if (start < 0).any() or (end > np.array(chest.grey_kji.shape)).any():
            return
        grey_kji = np.array(chest.grey_kji[tuple(slice(a, b) for a, b in zip(start, end, strict=True))])
        if np.mean(grey_kji[shape.weight_kji > 5] > LUNG) > 0.03:
            return  # a vessel cut off would look like a nodule
        piece = replace(shape, grey_kji=grey_kji)
        at = self._room(random, made, inside, piece, slab.facts.diameter_mm)
        if at is not None:
            paste(made.grey_kji, piece, at)

    def _room(
        self, random: np.random.Generator, made: Patch, inside: npt.NDArray[np.bool_], cut: Cut, diameter_mm: float
    ) -> Triple | None:
        for _ in range(12):
            k, j, i = (int(n) for n in random.integers(2, np.array(self.shape) - 2))
            if not inside[k, j, i]:
                continue
            clear = all(
                (k - a) ** 2 + (j - b) ** 2 + (i - c) ** 2 > (0.6 * (diameter_mm + d) + 4.0) ** 2
                for a, b, c, d, _ in made.findings
            )
            if clear and soft_share(made.grey_kji, cut, (k, j, i)) <= self.recipe.most_soft_share:
                return k, j, i
        return None


def draw_lung_place(random: np.random.Generator, chest: WholeChest) -> Triple:
    """Draw a voxel of the lungs."""
    while True:
        k, j, i = (int(n) for n in random.integers(0, chest.lung_kji.shape))
        if chest.lung_kji[k, j, i]:
            return k, j, i


def draw_turn(random: np.random.Generator, scale: float) -> Turn:
    """Draw any turn about k and any mirroring."""
    k, j, i = (bool(n) for n in random.integers(0, 2, 3))
    return Turn(degrees=float(random.uniform(0.0, 360.0)), mirror_kji=(k, j, i), scale=scale)


def window(grey_kji: Grey, votes_kji: Grey | None, first: Triple, shape: Triple, kept_k: tuple[int, int]) -> Patch:
    """Cut a window that may reach beyond the array; what lies beyond was not scanned."""
    made = Patch(
        grey_kji=np.zeros(shape, np.uint8), scanned_kji=np.zeros(shape, np.uint8), votes_kji=np.zeros(shape, np.uint8)
    )
    limits = (kept_k, (0, grey_kji.shape[1]), (0, grey_kji.shape[2]))
    source, target = [], []
    for start, length, (low, high) in zip(first, shape, limits, strict=True):
        a, b = max(start, low), min(start + length, high)
        b = max(a, b)
        source.append(slice(a, b))
        target.append(slice(a - start, b - start))
    made.grey_kji[tuple(target)] = grey_kji[tuple(source)]
    made.scanned_kji[tuple(target)] = 1
    if votes_kji is not None:
        made.votes_kji[tuple(target)] = votes_kji[tuple(source)]
    return made


def spoil(random: np.random.Generator, made: Patch, recipe: Recipe) -> None:
    """Thicker slices, another kernel, more noise, a scanner that is a little off.

    Filters read scanned voxels only: what was not scanned must not darken or sharpen the end slices, which hold the
    nodule in a slab and nothing in particular elsewhere.
    """
    scanned = (made.scanned_kji != 0).astype(np.float32)
    grey = made.grey_kji.astype(np.float32)
    if random.random() < recipe.thick:
        grey = _averaged(grey, scanned, (int(random.integers(2, 4)), 1, 1))
    if random.random() < recipe.sharp:
        grey += random.uniform(0.3, 1.2) * (grey - _averaged(grey, scanned, (3, 3, 3)))
    if random.random() < recipe.noise:
        noise = random.standard_normal(grey.shape, dtype=np.float32)
        grey += noise * random.uniform(1.0, 7.0)
    grey = (grey - 40.0) * random.uniform(0.95, 1.05) + 40.0 + random.uniform(-4.0, 4.0)
    made.grey_kji = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    made.grey_kji *= made.scanned_kji


def _averaged(
    grey: npt.NDArray[np.float32], scanned: npt.NDArray[np.float32], size: tuple[int, int, int]
) -> npt.NDArray[np.float32]:
    """Average over the scanned voxels of a box around each voxel."""
    weight = ndimage.uniform_filter(scanned, size, mode="nearest")
    total = ndimage.uniform_filter(grey * scanned, size, mode="nearest")
    averaged: npt.NDArray[np.float32] = total / np.maximum(weight, np.float32(1e-3))
    return averaged


def mirrored(random: np.random.Generator, made: Patch) -> Patch:
    """Mirror any axis, swap the two in-plane axes."""
    findings = [list(row) for row in made.findings]
    arrays = [made.grey_kji, made.scanned_kji, made.votes_kji]
    for axis in range(3):
        if random.random() < 0.5:
            arrays = [np.flip(array, axis) for array in arrays]
            for row in findings:
                row[axis] = arrays[0].shape[axis] - 1 - row[axis]
    if random.random() < 0.5:
        arrays = [array.swapaxes(1, 2) for array in arrays]
        for row in findings:
            row[1], row[2] = row[2], row[1]
    return Patch(
        grey_kji=np.ascontiguousarray(arrays[0]),
        scanned_kji=np.ascontiguousarray(arrays[1]),
        votes_kji=np.ascontiguousarray(arrays[2]),
        findings=[(row[0], row[1], row[2], row[3], int(row[4])) for row in findings],
    )
