"""What the proposal network is to answer: at each cell of 4 mm, is a nodule's centre here, where exactly, how large.

The nearest cells of a nodule are positive; those just beyond, and the rest of its inside, are ignored, for they are
neither.  So are the cells of findings that too few readers made, and cells of which little was scanned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lianyi_train.grey import Grey
from lianyi_train.patches import Patch

CELL_MM = 4
SIZE_UNIT_MM = 8.0
POSITIVE, NEGATIVE, IGNORED = 1, 0, -1
_POSITIVE_CELLS = 7
_IGNORED_CELLS = 20
_MOST_OFF_MM = 6.0
_BEYOND_MM = 3.0


@dataclass(frozen=True, slots=True)
class Targets:
    """Labels and, for positive cells, offsets to the centre (k, j, i, mm) and log(diameter / 8 mm)."""

    labels: npt.NDArray[np.int8]
    regression: npt.NDArray[np.float32]


def cell_centers(shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Give the centres of the cells of a patch in its voxels, shape (3, k, j, i)."""
    axes = [np.arange(n // CELL_MM, dtype=np.float32) * CELL_MM + (CELL_MM - 1) / 2.0 for n in shape]
    return np.stack(np.meshgrid(*axes, indexing="ij"))


def targets_of(patch: Patch, least_readers: int) -> Targets:
    """Give the targets of one patch."""
    centers = cell_centers(patch.grey_kji.shape)
    labels = np.zeros(centers.shape[1:], dtype=np.int8)
    regression = np.zeros((4, *labels.shape), dtype=np.float32)
    findings = [
        (readers >= least_readers and _is_scanned(patch.scanned_kji, k, j, i), k, j, i, diameter_mm)
        for k, j, i, diameter_mm, readers in patch.findings
    ]
    # Ignored first, positive last: where two findings meet, the positive wins.
    for counts, k, j, i, diameter_mm in sorted(findings, key=lambda finding: finding[0]):
        off = np.array([k, j, i], dtype=np.float32)[:, None, None, None] - centers
        distance = np.sqrt((off**2).sum(axis=0))
        near = distance < diameter_mm / 2.0 + _BEYOND_MM
        if not counts:
            labels[near] = IGNORED
            continue
        order = np.argsort(distance, axis=None, kind="stable")
        flat = labels.reshape(-1)
        ring = order[: _POSITIVE_CELLS + _IGNORED_CELLS]
        ring = ring[distance.reshape(-1)[ring] < 12.0]
        flat[ring] = np.where(flat[ring] == POSITIVE, POSITIVE, IGNORED)
        labels[near & (labels != POSITIVE)] = IGNORED
        core = order[:_POSITIVE_CELLS]
        core = core[distance.reshape(-1)[core] < _MOST_OFF_MM]
        flat[core] = POSITIVE
        regression[:3].reshape(3, -1)[:, core] = off.reshape(3, -1)[:, core]
        regression[3].reshape(-1)[core] = np.log(diameter_mm / SIZE_UNIT_MM)
    labels[_scanned_share(patch.scanned_kji) < 0.5] = IGNORED
    return Targets(labels, regression)


def _is_scanned(scanned_kji: Grey, *center_kji: float) -> bool:
    """Whether the centre itself was scanned; one that lies outside the patch is for the patch beside it."""
    at = tuple(round(n) for n in center_kji)
    return all(0 <= n < size for n, size in zip(at, scanned_kji.shape, strict=True)) and bool(scanned_kji[at])


def _scanned_share(scanned_kji: Grey) -> npt.NDArray[np.float32]:
    """Give how much of each cell was scanned."""
    k, j, i = (n // CELL_MM for n in scanned_kji.shape)
    blocks = scanned_kji.reshape(k, CELL_MM, j, CELL_MM, i, CELL_MM)
    share: npt.NDArray[np.float32] = blocks.mean(axis=(1, 3, 5), dtype=np.float32)
    return share
