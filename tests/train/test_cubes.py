"""Cubes for the second network: what is said of a cube's nodule is true of its voxels, whichever way it is mirrored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from lianyi_train.chests import WholeChest
from lianyi_train.cubes import DENSITIES, SHAPE, SIDE, UNKNOWN, Cube, CubeRecipe, CubeSource, mask_of
from lianyi_train.patches import Patch
from lianyi_train.slabs import Slab

from made_slabs import known, made_chest, made_slab

MIDDLE = (SIDE - 1) / 2.0
KINDS = ("slab", "planted", "chest", "mistaken", "anywhere")
MISTAKES = {"R01-001": np.array([[30.0, 30.0, 40.0], [40.0, 50.0, 30.0]])}


@pytest.fixture(scope="module")
def slabs() -> list[Slab]:
    return [
        made_slab("one_a", diameter_mm=7.0, texture=5.0, malignancy=2.5),
        made_slab("two_a", diameter_mm=9.0, texture=1.5, malignancy=None, readers=3),
        made_slab("three_a", diameter_mm=8.0, texture=3.0, is_hu_exact=False),
    ]


@pytest.fixture(scope="module")
def chest() -> WholeChest:
    return made_chest("R01-001")


def only(kind: str, **changes: Any) -> CubeRecipe:
    return CubeRecipe(**{**dict.fromkeys(KINDS, 0.0), kind: 1.0}, **changes)


def source(slabs: list[Slab], chest: WholeChest, recipe: CubeRecipe, **changes: Any) -> CubeSource:
    mistaken = {slab.facts.name: np.array([[4.0, 34.0, 10.0]]) for slab in slabs}
    plain: dict[str, Any] = {"proposals": MISTAKES, "mistaken": mistaken, "seed": 3}
    return CubeSource(slabs=slabs, chests=[chest], recipe=recipe, **{**plain, **changes})


def cube_of(votes: int, readers: int) -> Cube:
    filled = np.full(SHAPE, votes, np.uint8)
    patch = Patch(grey_kji=filled, scanned_kji=filled, votes_kji=filled)
    return Cube(patch, int(readers > 0), readers, UNKNOWN, float("nan"), (0.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("votes", "readers", "is_inside"),
    [(4, 0, 0), (0, 1, 0), (1, 1, 1), (1, 2, 1), (1, 3, 0), (2, 3, 1), (1, 4, 0), (2, 4, 1), (4, 4, 1)],
)
def test_the_outline_is_what_at_least_half_of_the_readers_marked(votes: int, readers: int, is_inside: int) -> None:
    assert (mask_of(cube_of(votes, readers)) == is_inside).all()


def test_a_cube_depends_on_seed_and_number_alone(slabs: list[Slab], chest: WholeChest) -> None:
    one, other = source(slabs, chest, CubeRecipe()), source(slabs, chest, CubeRecipe())
    in_order = [one.cube(number) for number in range(15)]
    backwards = [other.cube(number) for number in reversed(range(15))][::-1]

    for first, second in zip(in_order, backwards, strict=True):
        assert np.array_equal(first.patch.grey_kji, second.patch.grey_kji)
        assert np.array_equal(first.patch.votes_kji, second.patch.votes_kji)
        assert first.offset_kji_mm == second.offset_kji_mm
    assert not np.array_equal(in_order[0].patch.grey_kji, in_order[1].patch.grey_kji)
    otherwise = source(slabs, chest, CubeRecipe(), seed=4).cube(0)
    assert not np.array_equal(in_order[0].patch.grey_kji, otherwise.patch.grey_kji)


@pytest.mark.parametrize("kind", ["slab", "planted"])
def test_the_offset_leads_from_the_cube_s_centre_to_the_nodule_s(
    kind: str, slabs: list[Slab], chest: WholeChest
) -> None:
    made = source(slabs, chest, only(kind))
    for number in range(25):
        cube = made.cube(number)
        center = MIDDLE + np.array(cube.offset_kji_mm)
        assert np.argwhere(mask_of(cube)).mean(axis=0) == pytest.approx(center, abs=0.6)


def test_a_cube_lies_a_little_off_its_nodule_as_proposals_do(slabs: list[Slab], chest: WholeChest) -> None:
    offsets = np.array([source(slabs, chest, only("slab")).cube(number).offset_kji_mm for number in range(40)])

    # Jitter of 2.5 mm and rounding to voxels.
    assert np.abs(offsets).max() <= 3.0
    assert offsets.std(axis=0).min() > 0.7


@pytest.mark.parametrize("kind", ["chest", "mistaken", "anywhere"])
def test_where_no_nodule_is_nothing_is_outlined(kind: str, slabs: list[Slab], chest: WholeChest) -> None:
    made = source(slabs, chest, only(kind))
    for number in range(10):
        cube = made.cube(number)
        assert cube.is_nodule == 0
        assert not mask_of(cube).any()
        assert cube.density == UNKNOWN
        assert np.isnan(cube.suspicion)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_not_scanned_is_black(kind: str, slabs: list[Slab], chest: WholeChest) -> None:
    made = source(slabs, chest, only(kind))
    for number in range(8):
        patch = made.cube(number).patch
        assert patch.grey_kji.shape == SHAPE
        assert not patch.grey_kji[patch.scanned_kji == 0].any()
        assert patch.grey_kji[patch.scanned_kji == 1].any()


def test_ratings_are_the_readers_and_unknown_where_nobody_rated(slabs: list[Slab], chest: WholeChest) -> None:
    made = source(slabs, chest, only("slab", rare=0.0))
    cubes = [made.cube(number) for number in range(30)]

    said = {(cube.readers, cube.density, str(cube.suspicion)) for cube in cubes}
    solid, ground_glass = DENSITIES.index("solid"), DENSITIES.index("ground-glass")
    # HU that are not exact say nothing of density; a rating that nobody gave is not a number.
    assert said == {(4, solid, "2.5"), (3, ground_glass, "nan"), (4, UNKNOWN, "3.25")}


def test_rare_densities_are_drawn_oftener(slabs: list[Slab], chest: WholeChest) -> None:
    textures = [made_slab(f"{n}_a", texture=5.0) for n in range(10)] + [slabs[1]]
    made = source(textures, chest, only("slab", rare=1.0))

    # Two fifths of the rare ones would be part-solid, of which there is none here: those are drawn from all.
    share = np.mean([made.cube(number).density == DENSITIES.index("ground-glass") for number in range(60)])
    assert 0.4 < share < 0.85


def test_nothing_is_planted_or_called_nothing_within_20_mm_of_a_known_nodule(slabs: list[Slab]) -> None:
    empty = made_chest("R01-001", shape=(44, 44, 44))
    # From its edge at 12 mm, 20 mm more reach every corner of these lungs.
    full = replace(empty, nodules=(known((22.0, 22.0, 22.0), diameter_mm=24.0),))
    around = [source(slabs, chest, CubeRecipe()) for chest in (empty, full)]

    planted = [[made._planted(np.random.default_rng(n)) for n in range(10)] for made in around]
    anywhere = [[made._anywhere(np.random.default_rng(n)) for n in range(10)] for made in around]

    assert any(planted[0])
    assert not any(planted[1])
    assert all(anywhere[0])
    assert not any(anywhere[1])


def test_a_chest_without_mistakes_gives_place_to_another(slabs: list[Slab], chest: WholeChest) -> None:
    empty = replace(chest, name="LUNGx-CT003")
    made = replace(source(slabs, chest, only("chest")), chests=[empty, chest])

    assert made.cube(0).is_nodule == 0


def test_where_a_cube_comes_from_does_not_tell_the_answer() -> None:
    recipe = CubeRecipe()

    assert sum(getattr(recipe, kind) for kind in KINDS) == pytest.approx(1.0)
    assert recipe.slab / (recipe.slab + recipe.mistaken) == pytest.approx(0.5, abs=0.1)
    assert recipe.planted / (recipe.planted + recipe.chest + recipe.anywhere) == pytest.approx(0.5, abs=0.1)
