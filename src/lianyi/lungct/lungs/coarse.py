"""The chest at 2 mm: small enough to reason about topology, fine enough for the walls that matter.

What is lung, what is bowel, what is the room: these are questions about whole
regions, and at 2 mm they cost an eighth of what they cost at 1 mm.  Only the
border of the lungs is looked at on the full grid, in ``find.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, cast

import cc3d
import edt
import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.image import Booleans, CtVolume, Hounsfields

Labels = npt.NDArray[np.uint32]
Distances = npt.NDArray[np.float32]
Box = tuple[slice, slice, slice]
_T = TypeVar("_T", bound=np.generic)

STEP = 2
"""Working voxels along each side of a coarse voxel."""

COARSE_MM = 2.0

AERATED_HU = -400
"""Aerated lung lies below, soft tissue above: half way between lung (-850) and muscle (50).

Source: Hu, Hoffman, Reinhardt, IEEE Trans Med Imaging 2001;20:490 find an optimal
threshold between the two means for each patient; over patients it lies near -400.
"""

_TISSUE_HU = -200
_BODY_OPENING = 2
_NEAR_BODY = 2


@dataclass(frozen=True, slots=True, eq=False)
class CoarseChest:
    """Block means of the working volume.

    Attributes:
        values_kji: HU, the mean over 2 x 2 x 2 working voxels.
        scanned_kji: True where all eight were scanned.
        body_kji: soft tissue and bone of the patient, without table and clothing (lungs are not in it).
        near_body_kji: the body and 4 mm around it.
        midline_i: middle of the body, as a coarse column; the volume's middle where there is no body.
    """

    values_kji: Hounsfields
    scanned_kji: Booleans
    body_kji: Booleans
    near_body_kji: Booleans
    midline_i: float


def coarsen(working: CtVolume) -> CoarseChest:
    """Average a 1 mm working volume to 2 mm and find the body in it."""
    values_kji = _block_mean(_even(working.values_kji))
    if working.scanned_kji is None:
        scanned_kji = np.ones(values_kji.shape, dtype=bool)
    else:
        scanned_kji = _block_all(_even(working.scanned_kji))
    body_kji = _find_body((values_kji > _TISSUE_HU) & scanned_kji)
    columns = np.flatnonzero(body_kji.any(axis=(0, 1)))
    midline_i = float(columns[0] + columns[-1]) / 2 if columns.size else values_kji.shape[2] / 2
    return CoarseChest(values_kji, scanned_kji, body_kji, grown(body_kji, _NEAR_BODY), midline_i)


def distance_inside(mask_kji: Booleans, *, border_is_outside: bool = False) -> Distances:
    """Distance in mm from each True voxel of a coarse mask to the nearest False one; 0 outside the mask."""
    return cast(
        Distances,
        edt.edt(
            np.ascontiguousarray(mask_kji), anisotropy=(COARSE_MM,) * 3, black_border=border_is_outside, parallel=2
        ),
    )


def grown(mask_kji: Booleans, voxels: int) -> Booleans:
    """Dilate by a cube: cheap, where the roundness of a ball does not matter."""
    for axis in range(3):
        wide_kji = mask_kji.copy()
        for shift in range(1, voxels + 1):
            low = tuple(slice(None, -shift) if number == axis else slice(None) for number in range(3))
            high = tuple(slice(shift, None) if number == axis else slice(None) for number in range(3))
            wide_kji[high] |= mask_kji[low]
            wide_kji[low] |= mask_kji[high]
        mask_kji = wide_kji
    return mask_kji


def shrunk(mask_kji: Booleans, voxels: int) -> Booleans:
    """Erode by a cube; the border of the array does not erode."""
    return ~grown(~mask_kji, voxels)


def label(mask_kji: Booleans, *, smallest: int = 1) -> tuple[Labels, npt.NDArray[np.int64]]:
    """Number the 6-connected components that have at least *smallest* voxels.

    Returns:
        Labels (0 is background), and the number of voxels of each, by label.
    """
    labels_kji = cc3d.connected_components(mask_kji, connectivity=6).astype(np.uint32, copy=False)
    voxels = np.bincount(labels_kji.ravel())
    keep = voxels >= smallest
    keep[0] = False
    renumber = np.where(keep, np.cumsum(keep), 0).astype(np.uint32)
    kept = np.concatenate([[labels_kji.size - voxels[keep].sum()], voxels[keep]])
    return renumber[labels_kji], kept.astype(np.int64)


def bounding_box(mask_kji: Booleans, *, margin: int = 0) -> Box:
    """Give the smallest box around the True voxels, grown by a margin of voxels and clipped to the array."""
    ranges = []
    for axis, length in enumerate(mask_kji.shape):
        others = tuple(other for other in range(3) if other != axis)
        inside = np.flatnonzero(mask_kji.any(axis=others))
        ranges.append(slice(max(0, int(inside[0]) - margin), min(length, int(inside[-1]) + 1 + margin)))
    return ranges[0], ranges[1], ranges[2]


def refine(coarse_kji: Booleans, shape: tuple[int, ...]) -> Booleans:
    """Repeat coarse voxels on the working grid; *shape* drops the padding of an odd side."""
    for axis in range(3):
        coarse_kji = np.repeat(coarse_kji, STEP, axis=axis)
    return coarse_kji[: shape[0], : shape[1], : shape[2]]


def refine_box(box: Box, shape: tuple[int, int, int]) -> Box:
    """Give the box of the working grid that a coarse box covers."""
    k, j, i = (slice(axis.start * STEP, min(length, axis.stop * STEP)) for axis, length in zip(box, shape, strict=True))
    return k, j, i


def _even(array_kji: npt.NDArray[_T]) -> npt.NDArray[_T]:
    odd = [(0, length % STEP) for length in array_kji.shape]
    return np.pad(array_kji, odd, mode="edge") if any(after for _, after in odd) else array_kji


def _block_mean(values_kji: Hounsfields) -> Hounsfields:
    # Eight times 3071 fits int16, so the sum needs no wider type; metal above 3071 is no less metal for being clipped.
    total_kji = values_kji
    if values_kji.max() > 3071 or values_kji.min() < -1024:
        total_kji = np.clip(values_kji, -1024, 3071)
    total_kji = total_kji[0::2] + total_kji[1::2]
    total_kji = total_kji[:, 0::2] + total_kji[:, 1::2]
    total_kji = total_kji[:, :, 0::2] + total_kji[:, :, 1::2]
    return total_kji >> 3


def _block_all(mask_kji: Booleans) -> Booleans:
    mask_kji = mask_kji[0::2] & mask_kji[1::2]
    mask_kji = mask_kji[:, 0::2] & mask_kji[:, 1::2]
    return mask_kji[:, :, 0::2] & mask_kji[:, :, 1::2]


def _find_body(tissue_kji: Booleans) -> Booleans:
    """Keep the largest piece of tissue that survives an opening: the table's shell is thin, and so are clothes."""
    cores_kji, voxels = label(shrunk(tissue_kji, _BODY_OPENING))
    if voxels.size == 1:
        return np.zeros(tissue_kji.shape, dtype=bool)
    core_kji = cores_kji == 1 + int(np.argmax(voxels[1:]))
    return tissue_kji & grown(core_kji, _BODY_OPENING + 1)
