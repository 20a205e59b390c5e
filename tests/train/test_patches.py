"""Patches are made from (seed, number) alone, and what they say of their nodules is true of their voxels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from lianyi_train.chests import WholeChest
from lianyi_train.patches import Patch, Recipe, Source, mirrored, spoil, window
from lianyi_train.slabs import Slab

from made_slabs import known, made_chest, made_slab

SHAPE = (32, 48, 48)
BARE = Recipe(
    slab_share=0.0,
    plants=(1.0, 0.0, 0.0),
    plant_in_slab=0.0,
    control=0.0,
    known=0.0,
    hard=0.0,
    cut=0.0,
    thick=0.0,
    noise=0.0,
)
"""Windows of chests and nothing else."""
PATIENTS = ("one", "two", "three")


@pytest.fixture(scope="module")
def slabs() -> list[Slab]:
    return [made_slab(f"{name}_a", diameter_mm=size) for name, size in zip(PATIENTS, (7.0, 9.0, 12.0), strict=True)]


@pytest.fixture(scope="module")
def chest() -> WholeChest:
    return made_chest("R01-001", known((30.0, 30.0, 40.0), readers=0))


def source(slabs: Sequence[Slab], chests: Sequence[WholeChest], recipe: Recipe, **changes: Any) -> Source:
    plain: dict[str, Any] = {"hard": {}, "seed": 5, "shape": SHAPE}
    return Source(slabs=slabs, chests=chests, recipe=recipe, **{**plain, **changes})


def is_same(one: Patch, other: Patch) -> bool:
    return (
        np.array_equal(one.grey_kji, other.grey_kji)
        and np.array_equal(one.scanned_kji, other.scanned_kji)
        and np.array_equal(one.votes_kji, other.votes_kji)
        and one.findings == other.findings
    )


def votes_at(patch: Patch, finding: tuple[float, float, float, float, int]) -> int | None:
    """Most votes within a voxel of the centre; None where the centre is not in the patch or was not scanned."""
    k, j, i = (round(n) for n in finding[:3])
    if not all(0 <= n < size for n, size in zip((k, j, i), SHAPE, strict=True)) or not patch.scanned_kji[k, j, i]:
        return None
    box = tuple(slice(max(n - 1, 0), n + 2) for n in (k, j, i))
    return int(patch.votes_kji[box].max())


def test_a_patch_depends_on_seed_and_number_alone(slabs: list[Slab], chest: WholeChest) -> None:
    recipe = Recipe(sharp=0.5)
    first = source(slabs, [chest], recipe)
    in_order = [first.patch(number) for number in range(12)]

    again = source(slabs, [chest], recipe)
    backwards = [again.patch(number) for number in reversed(range(12))][::-1]

    assert all(is_same(one, other) for one, other in zip(in_order, backwards, strict=True))


def test_another_number_or_another_seed_is_another_patch(slabs: list[Slab], chest: WholeChest) -> None:
    one, other = source(slabs, [chest], Recipe()), source(slabs, [chest], Recipe(), seed=6)

    assert not is_same(one.patch(0), one.patch(1))
    assert not is_same(one.patch(0), other.patch(0))


def test_what_was_not_scanned_is_black(slabs: list[Slab], chest: WholeChest) -> None:
    made = source(slabs, [chest], Recipe(sharp=0.5, noise=1.0))
    unscanned = 0
    for number in range(30):
        patch = made.patch(number)
        unscanned += np.count_nonzero(patch.scanned_kji == 0)
        assert not patch.grey_kji[patch.scanned_kji == 0].any()
    assert unscanned > 0


def test_a_nodule_lies_where_the_finding_says(slabs: list[Slab], chest: WholeChest) -> None:
    made = source(slabs, [chest], Recipe(slab_share=1.0, plant_in_slab=1.0))
    seen = 0
    for number in range(40):
        patch = made.patch(number)
        for finding in patch.findings:
            votes = votes_at(patch, finding)
            if votes is not None:
                seen += 1
                assert votes == finding[4]
    assert seen > 40


def test_nodules_planted_in_a_chest_lie_apart_in_lung(slabs: list[Slab], chest: WholeChest) -> None:
    made = source(slabs, [replace(chest, nodules=())], replace(BARE, plants=(0.0, 0.0, 1.0)))
    pairs = 0
    for number in range(30):
        findings = made.patch(number).findings
        if len(findings) == 2:
            pairs += 1
            one, other = findings
            apart_mm = np.linalg.norm(np.subtract(one[:3], other[:3]))
            assert apart_mm > 0.6 * (one[3] + other[3]) + 4.0
    assert pairs > 10


def test_a_finding_that_too_few_readers_made_is_never_planted(chest: WholeChest) -> None:
    few = [made_slab("one_a", readers=1)]
    made = source(few, [replace(chest, nodules=())], replace(BARE, plants=(0.0, 0.0, 1.0)))

    assert not any(made.patch(number).findings for number in range(10))


def test_a_published_nodule_counts_as_if_every_reader_had_drawn_it(slabs: list[Slab], chest: WholeChest) -> None:
    made = source(slabs, [chest], BARE)

    assert {finding[4] for number in range(5) for finding in made.patch(number).findings} == {4}


def test_a_doubtful_finding_stays_one_reader_s(slabs: list[Slab], chest: WholeChest) -> None:
    doubtful = replace(chest, nodules=(known((20.0, 20.0, 20.0), readers=1),))
    made = source(slabs, [doubtful], BARE)

    assert {finding[4] for number in range(5) for finding in made.patch(number).findings} == {1}


def test_patches_drawn_around_a_known_nodule_hold_it(slabs: list[Slab], chest: WholeChest) -> None:
    made = source(slabs, [chest], replace(BARE, known=1.0))
    for number in range(15):
        k, j, i, _, _ = made.patch(number).findings[0]
        assert all(0 <= n < size for n, size in zip((k, j, i), SHAPE, strict=True))


def test_patches_drawn_around_a_mistake_hold_it(slabs: list[Slab]) -> None:
    chest = made_chest("R01-001", shape=(110, 110, 110), wall=2)
    chest.grey_kji[50, 52, 58] = 255
    made = source(slabs, [chest], replace(BARE, hard=1.0), hard={"R01-001": np.array([[50.0, 52.0, 58.0]])})
    for number in range(15):
        # Brightness is spoilt by at most a twentieth and four grey values.
        assert made.patch(number).grey_kji.max() > 235


def test_a_patch_cut_to_a_stack_keeps_four_to_twenty_two_slices(slabs: list[Slab]) -> None:
    chest = made_chest("R01-001", shape=(100, 60, 60))
    made = source(slabs, [chest], replace(BARE, cut=1.0))
    for number in range(20):
        scanned = made.patch(number).scanned_kji.any(axis=(1, 2))
        first, last = np.flatnonzero(scanned)[[0, -1]]
        assert scanned[first : last + 1].all()
        assert np.count_nonzero(scanned) <= 22


def test_a_piece_of_lung_pasted_as_control_is_no_finding(slabs: list[Slab], chest: WholeChest) -> None:
    plain = source(slabs, [replace(chest, nodules=())], BARE)
    pasted = source(slabs, [replace(chest, nodules=())], replace(BARE, control=1.0))
    changed = 0
    for number in range(15):
        patch = pasted.patch(number)
        changed += not np.array_equal(patch.grey_kji, plain.patch(number).grey_kji)
        assert not patch.findings
        assert not patch.votes_kji.any()
    assert changed > 5


@pytest.mark.parametrize(
    ("recipe", "wanted"),
    [
        (Recipe(slab_share=1.0, plant_in_slab=0.0, rare=1.0), {5.0, 11.0}),
        (Recipe(slab_share=1.0, plant_in_slab=0.0, small=1.0), {5.0, 5.5}),
    ],
    ids=["rare", "small"],
)
def test_rare_and_small_nodules_are_drawn_from_their_pools(recipe: Recipe, wanted: set[float]) -> None:
    pool = [
        made_slab("one_a", diameter_mm=5.0, texture=1.0),
        made_slab("two_a", diameter_mm=5.5, texture=5.0),
        made_slab("three_a", diameter_mm=9.0, texture=None),
        made_slab("four_a", diameter_mm=11.0, texture=3.0),
    ]
    made = source(pool, [], recipe)

    assert {made.patch(number).findings[0][3] for number in range(30)} == wanted


def test_a_window_may_reach_beyond_the_array() -> None:
    array = np.arange(1, 4 * 5 * 6 + 1, dtype=np.uint8).reshape(4, 5, 6)

    made = window(array, array, (-2, 3, -1), (5, 4, 9), (1, 4))

    # Slice 0 is not kept, so the first that is lies at -(-2) + 1.
    expected = np.zeros((5, 4, 9), np.uint8)
    expected[3:5, 0:2, 1:7] = array[1:3, 3:5, :]
    assert np.array_equal(made.grey_kji, expected)
    assert np.array_equal(made.votes_kji, expected)
    assert np.array_equal(made.scanned_kji, expected > 0)


def test_a_window_beside_the_array_is_empty() -> None:
    array = np.ones((4, 5, 6), np.uint8)

    for first in ((9, 0, 0), (0, -8, 0), (0, 0, 6)):
        assert not window(array, array, first, (3, 3, 3), (0, 4)).scanned_kji.any()


@pytest.mark.parametrize("seed", range(6))
def test_spoiling_never_wraps_bright_to_dark(seed: int) -> None:
    black_and_white = made_slab("one_a")
    black_and_white.grey_kji[:, ::2] = 0
    black_and_white.grey_kji[:, 1::2] = 255
    recipe = Recipe(slab_share=1.0, plant_in_slab=0.0, noise=1.0, sharp=1.0, thick=0.0)

    patch = source([black_and_white], [], recipe, seed=seed).patch(0)

    scanned = patch.grey_kji[patch.scanned_kji > 0]
    assert np.count_nonzero(scanned > 200) == pytest.approx(len(scanned) / 2, rel=0.1)
    assert np.count_nonzero(scanned < 55) == pytest.approx(len(scanned) / 2, rel=0.1)


@pytest.mark.parametrize(("axis", "is_smoothed"), [(0, True), (1, False), (2, False)])
def test_thicker_slices_smooth_along_the_body_only(axis: int, is_smoothed: bool) -> None:  # noqa: FBT001
    grey_kji = np.zeros((12, 12, 12), np.uint8)
    np.moveaxis(grey_kji, axis, 0)[6] = 240
    patch = Patch(grey_kji=grey_kji, scanned_kji=np.ones_like(grey_kji), votes_kji=np.zeros_like(grey_kji))

    spoil(np.random.default_rng(1), patch, Recipe(thick=1.0, noise=0.0))

    assert (patch.grey_kji.max() < 140) == is_smoothed


@pytest.mark.parametrize("seed", range(6))
def test_spoiling_leaves_an_even_slab_even_up_to_its_end_slices(seed: int) -> None:
    scanned_kji = np.zeros((16, 12, 12), np.uint8)
    scanned_kji[5:9, 2:10, 2:10] = 1
    patch = Patch(grey_kji=scanned_kji * 150, scanned_kji=scanned_kji, votes_kji=np.zeros_like(scanned_kji))

    spoil(np.random.default_rng(seed), patch, Recipe(thick=1.0, sharp=1.0, noise=0.0))

    assert np.ptp(patch.grey_kji[scanned_kji > 0]) == 0
    assert not patch.grey_kji[scanned_kji == 0].any()


@pytest.mark.parametrize("seed", range(8))
def test_a_mirrored_patch_and_its_findings_move_together(seed: int) -> None:
    grey_kji = np.zeros((8, 10, 10), np.uint8)
    grey_kji[1, 2, 7] = 200
    patch = Patch(
        grey_kji=grey_kji, scanned_kji=grey_kji.copy(), votes_kji=grey_kji.copy(), findings=[(1.0, 2.0, 7.0, 5.0, 3)]
    )

    made = mirrored(np.random.default_rng(seed), patch)

    k, j, i, diameter_mm, readers = made.findings[0]
    for array in (made.grey_kji, made.scanned_kji, made.votes_kji):
        assert np.argwhere(array).tolist() == [[k, j, i]]
    assert (diameter_mm, readers) == (5.0, 3)


def test_patches_are_mirrored_every_way() -> None:
    patch = Patch(
        grey_kji=np.zeros((8, 10, 10), np.uint8),
        scanned_kji=np.zeros((8, 10, 10), np.uint8),
        votes_kji=np.zeros((8, 10, 10), np.uint8),
        findings=[(1.0, 2.0, 4.0, 5.0, 3)],
    )
    random = np.random.default_rng(1)

    # Three mirrorings and a swap: sixteen ways, and this place tells them apart.
    assert len({mirrored(random, patch).findings[0][:3] for _ in range(200)}) == 16
