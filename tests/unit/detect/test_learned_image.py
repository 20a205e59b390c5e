"""What the networks are shown: grey, scanned, the lungs' box, and tiles of it that answer for each cell once."""

from __future__ import annotations

import numpy as np
import pytest

from learned_chest import chest, working_grid
from lianyi.lungct.detect.learned.image import Box, image_of, lung_box, tiles
from lianyi.lungct.domain.image import CtVolume


def volume(hu_kji: np.ndarray, scanned_kji: np.ndarray | None = None) -> CtVolume:
    return CtVolume(working_grid(hu_kji.shape), hu_kji.astype(np.int16), scanned_kji=scanned_kji)


def test_grey_runs_from_minus_1_at_minus_1000_hu_to_1_at_400() -> None:
    shown = image_of(volume(np.array([[[-2000, -1000, -300, 400, 3000]]])), (0, 0, 0), (1, 1, 5))

    assert shown[0, 0, 0] == pytest.approx([-1.0, -1.0, 0.0, 1.0, 1.0])
    assert shown[1, 0, 0].tolist() == [1.0] * 5


def test_outside_the_volume_nothing_was_scanned() -> None:
    shown = image_of(volume(np.full((2, 3, 4), 400)), (-1, 1, 2), (4, 4, 4))

    assert shown[1].sum() == 2 * 2 * 2
    assert (shown[0] == np.where(shown[1] == 1, 1.0, -1.0)).all()
    assert (shown[1, 1:3, :2, :2] == 1).all()


def test_a_box_beside_the_volume_is_empty() -> None:
    shown = image_of(volume(np.full((2, 3, 4), 400)), (0, 8, 0), (2, 2, 2))

    assert (shown[0] == -1).all()
    assert (shown[1] == 0).all()


def test_what_was_not_scanned_is_dark_and_marked_whatever_it_holds() -> None:
    scanned_kji = np.array([[[True, False]]])

    shown = image_of(volume(np.full((1, 1, 2), 400), scanned_kji), (0, 0, 0), (1, 1, 2))

    assert shown[0, 0, 0].tolist() == [1.0, -1.0]
    assert shown[1, 0, 0].tolist() == [1.0, 0.0]


def test_the_box_holds_the_lungs_and_twelve_mm_and_begins_at_a_multiple_of_eight() -> None:
    inside_kji = np.zeros((60, 70, 80), bool)
    inside_kji[20:31, 33, 5:70] = True

    box = lung_box(inside_kji)

    assert box is not None
    assert box.first_kji == (8, 16, -8)
    assert box.shape == (40, 32, 96)


def test_the_cells_do_not_move_with_the_outline_of_the_lungs() -> None:
    inside_kji = np.zeros((60, 70, 80), bool)
    inside_kji[20:31, 33, 5:70] = True
    for shift in range(8):
        moved = lung_box(np.roll(inside_kji, shift, axis=0))

        assert moved is not None
        assert [first % 8 for first in moved.first_kji] == [0, 0, 0]
        assert [size % 8 for size in moved.shape] == [0, 0, 0]


def test_without_lungs_there_is_no_box() -> None:
    assert lung_box(np.zeros((9, 9, 9), bool)) is None


@pytest.mark.parametrize("depth", [8, 96, 192, 200, 304, 480])
@pytest.mark.parametrize("most", [1, 200, 250, 10_000])
def test_tiles_are_of_one_shape_and_answer_for_each_cell_once(depth: int, most: int) -> None:
    working, _ = chest(shape=(24, 24, 24))
    box = Box(first_kji=(-16, 0, 8), shape=(depth, 8, 8))

    made = list(tiles(working, box, most_voxels=most * 64))

    answered = [tile.first_cell + n for tile in made for n in range(tile.cells.stop - tile.cells.start)]
    assert answered == list(range(depth // 4))
    assert len({tile.image.shape for tile in made}) == 1
    assert made[0].image.shape[1] <= max(min(depth, 192), most)


def test_a_tile_shows_what_the_whole_box_shows_there() -> None:
    working, _ = chest(((140.0, 20.0, 20.0), 6.0), shape=(280, 40, 50))
    box = Box(first_kji=(-8, 0, 0), shape=(296, 40, 56))

    whole = next(iter(tiles(working, box))).image

    for tile in tiles(working, box, most_voxels=200 * 40 * 56):
        start = 4 * (tile.first_cell - tile.cells.start)
        np.testing.assert_array_equal(tile.image, whole[:, start : start + tile.image.shape[1]])
