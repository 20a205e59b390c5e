"""How much of a chest the peer of `make bench-peer` is timed on, without MONAI."""

import importlib
import math
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

TOOLS = Path(__file__).resolve().parents[3] / "tools"


def load() -> ModuleType:
    """Load the file as the script beside it does: tools are no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOOLS)
        return importlib.import_module("peer_windows")


peer_windows = load()
Ijk = peer_windows.Ijk

sizes = st.builds(Ijk, st.integers(1, 1500), st.integers(1, 1500), st.integers(1, 900))


def test_a_chest_is_resampled_along_each_axis_by_its_own_spacing() -> None:
    # 399 x 0.82 / 0.703125 = 465.3; 511 x 0.6 / 0.703125 = 436.1; 132 x 2.5 / 1.25 = 264: intervals, one voxel more
    assert peer_windows.resampled(Ijk(400, 512, 133), (0.82, 0.6, 2.5)) == (466, 437, 265)


def test_a_chest_at_the_bundles_spacing_keeps_its_size() -> None:
    assert peer_windows.resampled(Ijk(512, 480, 261), peer_windows.SPACING_MM) == (512, 480, 261)


def test_a_chest_is_filled_up_to_what_the_network_takes() -> None:
    assert peer_windows.filled_up(Ijk(466, 437, 265)) == (480, 448, 272)
    assert peer_windows.filled_up(Ijk(480, 448, 272)) == (480, 448, 272)


@pytest.mark.parametrize(
    ("chest", "windows"),
    [
        (Ijk(300, 300, 100), 1),
        (Ijk(512, 512, 192), 1),
        (Ijk(512, 512, 193), 2),
        (Ijk(512, 512, 192 + 144), 2),
        (Ijk(512, 512, 192 + 145), 3),
        (Ijk(513, 512, 193), 4),
        (Ijk(513, 897, 193), 12),
    ],
)
def test_the_bundles_windows_overlap_by_a_quarter(chest: tuple[int, int, int], windows: int) -> None:
    assert peer_windows.own_windows(chest) == windows


def test_the_timed_window_is_multiplied_by_how_often_it_goes_into_the_chest() -> None:
    assert peer_windows.times_window(Ijk(466, 437, 265), Ijk(480, 448, 272)) == 1.0
    assert peer_windows.times_window(Ijk(466, 437, 265), Ijk(240, 224, 136)) == 8.0


def test_the_bundles_own_windows_are_told_beside_it() -> None:
    multiple = peer_windows.Multiple.of(Ijk(496, 496, 261), Ijk(128, 128, 48))

    assert multiple.times == pytest.approx(496 * 496 * 264 / (128 * 128 * 48))
    assert multiple.own_windows == 2
    assert multiple.own_by_chest == pytest.approx(2 * 512 * 512 * 192 / (496 * 496 * 264))


@given(chest=sizes)
def test_the_peer_is_never_charged_more_than_its_own_windows_would_cost(chest: tuple[int, int, int]) -> None:
    charged = round(peer_windows.times_window(chest, Ijk(128, 128, 48)) * 128 * 128 * 48)

    assert math.prod(chest) <= charged <= peer_windows.own_windows(chest) * math.prod(peer_windows.WINDOW)
