"""The second stick: real nodules of unseen patients, planted in real chests that were never trained on.

What it can show: how many nodules of known place and size are found among real vessels, and at how many false
marks, with numbers large enough to compare two networks.  What it cannot: pasted nodules lie where chance put
them, not where disease does; six chests make the background; and a seam might be seen instead of the nodule,
which is why pieces of normal lung are pasted in the same way as a control.

The list (chest, place, nodule, turn) was made once by ``python -m lianyi_train.sticks.planted``, is committed with
its hash, and was frozen before the first network was trained.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lianyi_train.cache import Cache
from lianyi_train.chests import WholeChest
from lianyi_train.folds import Fold
from lianyi_train.grey import Grey
from lianyi_train.planting import LUNG, Turn, paste, soft_share, turned
from lianyi_train.slabs import Cut, Slab, density_of

LIST = Path(__file__).parents[2] / "splits" / "planted.json"
SHA256 = "21b1ce48768b8f65d8b1738ef4b3b46667ea4813b32c730968b2b00520d55be7"

PER_SCENE = 5
MOST_SOFT_SHARE = 0.4
APART_MM = 40.0
TRIES = 400
_SEED = 20261124

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One nodule, and where it goes.

    Attributes:
        slab: whose nodule it is.
        at_xyz_mm: where its centre goes: patient coordinates, or i, j, k where only the volume is known.
        turn: how it is turned first.
        diameter_mm: of the ball of equal volume, mean over readers.
        readers: how many of four drew it.
        density: by the readers' texture; None where none rated it.
    """

    slab: str
    at_xyz_mm: Point
    turn: Turn
    diameter_mm: float
    readers: int
    density: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A piece of normal lung pasted in the shape of a nodule.

    Attributes:
        slab: whose nodule lends its shape.
        turn: how the shape is turned.
        from_chest: where the lung comes from.
        from_xyz_mm: its centre there.
        at_xyz_mm: where it goes.
        tissue_share: the share of the piece that is not air-filled lung (vessels, mostly).
    """

    slab: str
    turn: Turn
    from_chest: str
    from_xyz_mm: Point
    at_xyz_mm: Point
    tissue_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One chest with its plants; the same chest with its controls is the scene's control."""

    name: str
    fold: Fold
    chest: str
    plants: tuple[Plant, ...]
    controls: tuple[Control, ...]


def read_scenes(fold: Fold) -> list[Scene]:
    """Give the frozen scenes of a fold.

    Raises:
        ValueError: the list is not the one that was frozen.
    """
    text = LIST.read_bytes()
    found = hashlib.sha256(text).hexdigest()
    if found != SHA256:
        raise ValueError(f"the list of planted nodules was changed: its sha256 is {found}, the frozen one is {SHA256}")
    return [scene for scene in map(_scene, json.loads(text)["scenes"]) if scene.fold == fold]


def plant(scene: Scene, chest: WholeChest, slabs: dict[str, Slab]) -> Grey:
    """Give the chest's grey values with the scene's nodules in it."""
    grey_kji = np.array(chest.grey_kji)
    for one in scene.plants:
        paste(grey_kji, turned(slabs[one.slab].cut, one.turn), voxel_of(chest, one.at_xyz_mm))
    return grey_kji


def plant_controls(scene: Scene, chest: WholeChest, slabs: dict[str, Slab], chests: dict[str, WholeChest]) -> Grey:
    """Give the chest's grey values with the scene's pieces of normal lung in it."""
    grey_kji = np.array(chest.grey_kji)
    for one in scene.controls:
        shape = turned(slabs[one.slab].cut, one.turn)
        source = chests[one.from_chest]
        piece = _lung_piece(source, shape, voxel_of(source, one.from_xyz_mm))
        if piece is None:
            raise ValueError(f"{scene.name}: a piece of normal lung leaves its chest")
        paste(grey_kji, piece, voxel_of(chest, one.at_xyz_mm))
    return grey_kji


def voxel_of(chest: WholeChest, xyz_mm: Point) -> tuple[int, int, int]:
    """Give the nearest voxel of the chest's own array."""
    k, j, i = (round(a - b) for a, b in zip(xyz_mm[::-1], chest.first_xyz_mm[::-1], strict=True))
    return k, j, i


def make_scenes(cache: Cache, fold: Fold) -> Iterator[Scene]:
    """Draw the scenes of a fold: every nodule of 3 readers or more, 3 to 30 mm, with exact HU, once."""
    # The fold's letter is part of the seed, so that one fold can be drawn without the other.
    random = np.random.default_rng([_SEED, ord(fold[0])])
    slabs = [
        slab
        for slab in cache.slabs(frozenset({fold}))
        if slab.facts.readers >= 3 and 3.0 <= slab.facts.diameter_mm <= 30.0 and slab.facts.is_hu_exact
    ]
    chests = cache.chests(frozenset({fold}))
    order = random.permutation(len(slabs))
    for number, first in enumerate(range(0, len(slabs), PER_SCENE)):
        chest = chests[number % len(chests)]
        others = [one for one in chests if one is not chest]
        group = [slabs[n] for n in order[first : first + PER_SCENE]]
        plants = _draw_plants(random, chest, group)
        yield Scene(
            name=f"{fold}{number:02d}",
            fold=fold,
            chest=chest.name,
            plants=plants,
            controls=_draw_controls(random, chest, others, group, plants),
        )


def _draw_turn(random: np.random.Generator) -> Turn:
    k, j, i = (bool(n) for n in random.integers(0, 2, 3))
    return Turn(degrees=round(float(random.uniform(0.0, 360.0)), 1), mirror_kji=(k, j, i))


def _draw_place(
    random: np.random.Generator,
    chest: WholeChest,
    inside: np.ndarray,
    taken: Sequence[np.ndarray],
    cut: Cut,
) -> np.ndarray:
    """Draw a place in the lungs, apart from what is there and not mostly in soft tissue."""
    for _ in range(TRIES):
        at: np.ndarray = inside[random.integers(len(inside))]
        if all(np.linalg.norm(at - other) >= APART_MM for other in taken) and (
            soft_share(chest.grey_kji, cut, _triple(at)) <= MOST_SOFT_SHARE
        ):
            return at
    raise ValueError(f"no room in {chest.name}")


def _draw_plants(random: np.random.Generator, chest: WholeChest, group: Sequence[Slab]) -> tuple[Plant, ...]:
    inside = np.argwhere(chest.lung_kji)
    taken = [np.array(nodule.center_kji) for nodule in chest.nodules]
    plants = []
    for slab in group:
        turn = _draw_turn(random)
        cut = turned(slab.cut, turn)
        at = _draw_place(random, chest, inside, taken, cut)
        taken.append(at)
        plants.append(
            Plant(
                slab=slab.facts.name,
                at_xyz_mm=_patient(chest, at),
                turn=turn,
                diameter_mm=round(slab.facts.diameter_mm, 2),
                readers=slab.facts.readers,
                density=density_of(slab.facts.texture),
            )
        )
    return tuple(plants)


def _draw_controls(
    random: np.random.Generator,
    chest: WholeChest,
    others: Sequence[WholeChest],
    group: Sequence[Slab],
    plants: Sequence[Plant],
) -> tuple[Control, ...]:
    """Draw pieces of normal lung: the least vessels of forty tries, away from every known nodule, as deep as chance."""
    inside = np.argwhere(chest.lung_kji)
    taken = [np.array(nodule.center_kji) for nodule in chest.nodules]
    controls = []
    for slab, planted in zip(group, plants, strict=True):
        shape = turned(slab.cut, planted.turn)
        at = _draw_place(random, chest, inside, taken, shape)
        taken.append(at)
        source = others[int(random.integers(len(others)))]
        places = np.argwhere(source.lung_kji)
        best: tuple[float, np.ndarray] | None = None
        tries = 0
        while tries < 40:
            place = places[random.integers(len(places))]
            if any(np.linalg.norm(place - np.array(one.center_kji)) < APART_MM for one in source.nodules):
                continue
            piece = _lung_piece(source, shape, _triple(place))
            if piece is None:
                continue
            tries += 1
            share = float(np.mean(piece.grey_kji[piece.weight_kji > 5] > LUNG))
            if best is None or share < best[0]:
                best = (share, place)
        assert best is not None
        controls.append(
            Control(
                slab=slab.facts.name,
                turn=planted.turn,
                from_chest=source.name,
                from_xyz_mm=_patient(source, best[1]),
                at_xyz_mm=_patient(chest, at),
                tissue_share=round(best[0], 4),
            )
        )
    return tuple(controls)


def _lung_piece(source: WholeChest, shape: Cut, at_kji: tuple[int, int, int]) -> Cut | None:
    """Give the source's own grey values in the shape of a cut; None where the shape leaves the source."""
    box = []
    for size, length, center, at in zip(
        source.grey_kji.shape, shape.grey_kji.shape, shape.center_kji, at_kji, strict=True
    ):
        first = at - round(center)
        if first < 0 or first + length > size:
            return None
        box.append(slice(first, first + length))
    return Cut(
        grey_kji=np.array(source.grey_kji[tuple(box)]),
        weight_kji=shape.weight_kji,
        votes_kji=np.zeros_like(shape.votes_kji),
        center_kji=shape.center_kji,
    )


def _triple(place: np.ndarray) -> tuple[int, int, int]:
    k, j, i = (int(n) for n in place)
    return k, j, i


def _patient(chest: WholeChest, place: np.ndarray) -> Point:
    x, y, z = (round(float(a + b), 2) for a, b in zip(place[::-1], chest.first_xyz_mm, strict=True))
    return x, y, z


def _scene(row: dict[str, Any]) -> Scene:
    def turn(one: dict[str, Any]) -> Turn:
        return Turn(degrees=one["degrees"], mirror_kji=tuple(one["mirror_kji"]), scale=one["scale"])

    return Scene(
        name=row["name"],
        fold=row["fold"],
        chest=row["chest"],
        plants=tuple(
            Plant(**{**one, "turn": turn(one["turn"]), "at_xyz_mm": tuple(one["at_xyz_mm"])}) for one in row["plants"]
        ),
        controls=tuple(
            Control(
                **{
                    **one,
                    "turn": turn(one["turn"]),
                    "at_xyz_mm": tuple(one["at_xyz_mm"]),
                    "from_xyz_mm": tuple(one["from_xyz_mm"]),
                }
            )
            for one in row["controls"]
        ),
    )


def main() -> None:
    """Draw the list and write it; refuses to replace one."""
    if LIST.exists():
        raise SystemExit(f"{LIST} is there and frozen; a new list would be a new stick")
    cache = Cache(Path(sys.argv[1]))
    scenes = [asdict(scene) for fold in ("A", "B") for scene in make_scenes(cache, fold)]
    LIST.write_text(json.dumps({"format": "lianyi.planted/1", "seed": _SEED, "scenes": scenes}, indent=0) + "\n")
    print(hashlib.sha256(LIST.read_bytes()).hexdigest())  # noqa: T201 -- to be frozen in SHA256


if __name__ == "__main__":
    main()
