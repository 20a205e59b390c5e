"""What the first network sees: the lungs' box at 1 mm, grey and *scanned*, in as few tiles as memory allows.

A tile's border is where the network sees least, so borders within the lungs are best avoided, not averaged away.
Cubes with a halo read each voxel two to four times (LIDC-IDRI-0002: 19 million voxels in one piece, 39 in cubes of
64 with a halo of 8, 66 in cubes of 128 with a halo of 16), although those without lung are left out.  One piece takes
some 35 bytes a voxel: 0.7 GiB for that chest.  So nearly every chest is one tile; a larger one is cut across the
body's axis, into tiles of one shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lianyi.lungct.detect.learned.runtime import Floats
from lianyi.lungct.domain.image import Booleans, CtVolume

CELL_MM = 4
"""The first network answers once for so many voxels along each axis."""

_STEP = 8
"""Its input must be a multiple of this along each axis."""

_MARGIN_MM = 12
"""Chest wall and mediastinum around the lungs: what a nodule at the pleura is seen against."""

MOST_VOXELS = 32_000_000
"""Of one tile: 1.1 GiB while it is looked at."""

_HALO = 48
"""Voxels that a tile shows beyond the cells it answers for.  Along a cut through each of LIDC-IDRI-0001, -0002 and
-0003, a half-trained network's logits differed from those of one piece by at most 0.7 with a halo of 8, 0.4 with 16,
0.2 with 24, 0.04 with 32 and 0.01 with 48."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box of the working grid; it may reach beyond it, where nothing was scanned.

    Attributes:
        first_kji: its first voxel, a multiple of 8 of the grid, so that the cells do not move with the lungs' outline.
        shape: in voxels, multiples of 8.
    """

    first_kji: tuple[int, int, int]
    shape: tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tile:
    """A part of a box along k.

    Attributes:
        image: (2, k, j, i): grey from -1 to 1; 1 where scanned.
        first_cell: of the box's cells along k, the first that this tile answers for.
        cells: of the tile's own cells along k, those it answers for.
    """

    image: Floats
    first_cell: int
    cells: slice


def lung_box(inside_kji: Booleans) -> Box | None:
    """Give the box around the lungs with its margin; None without lungs."""
    first: list[int] = []
    shape: list[int] = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        where = np.flatnonzero(inside_kji.any(axis=others))
        if where.size == 0:
            return None
        low = (int(where[0]) - _MARGIN_MM) // _STEP * _STEP
        high = -(-(int(where[-1]) + 1 + _MARGIN_MM) // _STEP) * _STEP
        first.append(low)
        shape.append(high - low)
    return Box(first_kji=(first[0], first[1], first[2]), shape=(shape[0], shape[1], shape[2]))


def tiles(working: CtVolume, box: Box, *, most_voxels: int = MOST_VOXELS) -> Iterator[Tile]:
    """Cut the box into the fewest tiles of one shape that hold at most so many voxels; each cell is answered for once.

    Tiles of a box wider than any chest may hold more: they are not cut so thin that halos are most of them.
    """
    depth, rows, columns = box.shape
    extent = _extent(depth, most_voxels // (rows * columns))
    first = 0
    while first < depth:
        start = min(max(first - _HALO, 0), depth - extent)
        end = depth if start + extent == depth else start + extent - _HALO
        k, j, i = box.first_kji
        yield Tile(
            image=image_of(working, (k + start, j, i), (extent, rows, columns)),
            first_cell=first // CELL_MM,
            cells=slice((first - start) // CELL_MM, (end - start) // CELL_MM),
        )
        first = end


def _extent(depth: int, most: int) -> int:
    """Give how many voxels along k a tile has, for the fewest tiles of at most *most*, halos counted."""
    pieces, extent = 1, depth
    while extent > max(most, 4 * _HALO):  # thinner tiles would be mostly halo
        pieces += 1
        shared = 2 * _HALO * (pieces - 1)
        extent = -(-(depth + shared) // (pieces * _STEP)) * _STEP
    return extent


def image_of(working: CtVolume, first_kji: tuple[int, int, int], shape: tuple[int, int, int]) -> Floats:
    """Give a box of the working grid as the networks see it, wherever it lies: (2, k, j, i).

    Grey is -1 at -1000 HU and below, 1 at 400 HU and above, and -1 where nothing was scanned.
    """
    image = np.empty((2, *shape), dtype=np.float32)
    image[0], image[1] = -1.0, 0.0
    low = [max(first, 0) for first in first_kji]
    high = [min(first + size, end) for first, size, end in zip(first_kji, shape, working.grid.shape, strict=True)]
    if any(h <= w for w, h in zip(low, high, strict=True)):
        return image
    source = tuple(slice(w, h) for w, h in zip(low, high, strict=True))
    target = tuple(slice(w - first, h - first) for w, h, first in zip(low, high, first_kji, strict=True))
    grey_kji = image[0][target]
    grey_kji[...] = working.values_kji[source]
    grey_kji += 1000.0
    grey_kji *= 1.0 / 700.0
    grey_kji -= 1.0
    np.clip(grey_kji, -1.0, 1.0, out=grey_kji)
    if working.scanned_kji is None:
        image[1][target] = 1.0
    else:
        image[1][target] = working.scanned_kji[source]
        grey_kji[~working.scanned_kji[source]] = -1.0
    return image
