"""How much of a chest the peer looks at: sizes alone, without PyTorch or MONAI.

The peer is MONAI's bundle ``lung_nodule_ct_detection``; its arrays are ordered i, j, k (columns, rows, slices).

Source: Project-MONAI/model-zoo, models/lung_nodule_ct_detection/configs/inference.json, commit 003970e5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple


class Ijk(NamedTuple):
    """A number of voxels along columns, rows and slices."""

    i: int
    j: int
    k: int


SPACING_MM = (0.703125, 0.703125, 1.25)
"""What the bundle resamples to, along i, j, k."""

WINDOW = Ijk(512, 512, 192)
OVERLAP = 0.25
"""The bundle's own windows, and the part that two neighbours share along each axis."""

STEP = Ijk(16, 16, 8)
"""Its input must be a multiple of this along each axis."""


def resampled(shape: Ijk, spacing_mm: tuple[float, float, float]) -> Ijk:
    """Give the size of a chest at the bundle's spacing, first and last voxel centres kept where they are."""
    return Ijk(
        *(
            math.floor((n - 1) * own_mm / wanted_mm + 0.5) + 1
            for n, own_mm, wanted_mm in zip(shape, spacing_mm, SPACING_MM, strict=True)
        )
    )


def filled_up(shape: Ijk) -> Ijk:
    """Give the least size that holds the chest and that the network takes."""
    return Ijk(*(-(-n // step) * step for n, step in zip(shape, STEP, strict=True)))


def own_windows(shape: Ijk) -> int:
    """Count the windows that the bundle itself would look at, overlaps included; a smaller chest is filled up."""
    return math.prod(
        math.ceil(max(n - size, 0) / int(size * (1.0 - OVERLAP))) + 1 for n, size in zip(shape, WINDOW, strict=True)
    )


def times_window(shape: Ijk, window: Ijk) -> float:
    """Give how often a window's voxels go into the chest as :func:`filled_up`: no overlap, no window half empty.

    The network is convolutions, so its work is its work on one window so many times.
    """
    return math.prod(filled_up(shape)) / math.prod(window)


@dataclass(frozen=True, kw_only=True)
class Multiple:
    """What the peer's one window is multiplied by.

    Attributes:
        times: it goes into the chest at the bundle's spacing, without overlap.
        own_windows: how many windows the bundle itself would look at.
        own_by_chest: voxels of those for each voxel of the chest.
    """

    times: float
    own_windows: int
    own_by_chest: float

    @classmethod
    def of(cls, chest: Ijk, window: Ijk) -> Multiple:
        """Give the multiple for a chest at the bundle's spacing."""
        own = own_windows(chest)
        return cls(
            times=times_window(chest, window),
            own_windows=own,
            own_by_chest=own * math.prod(WINDOW) / math.prod(filled_up(chest)),
        )
