"""Large airless places in or behind a lung: consolidation and effusion, for the doctor to look at.

At 4 mm, three questions, all numbers engineering choices:

1. inside a lung field: airless and at least some 20 mm thick every way: "consolidation" (a large mass is one too);
2. behind a lung, in front of the chest wall, of the density of fluid: "effusion";
3. the same place, denser than fluid and some 36 mm thick: "consolidation".

Behind means: lung in front of it in the same column, none at its back, and not farther back than either lung reaches
at that distance from the middle.

What it misses: an effusion less than about 12 mm thick or 40 mL, in a patient lying prone, before or beside or under
the lung, or denser than 25 HU (blood, pus); a consolidation that is thinner, that still holds air (ground glass), or
that fills a lobe which touches neither field nor back; a whole lung without air (that is a caution of its own).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lianyi.lungct.domain.image import Booleans, CtVolume, LungFields
from lianyi.lungct.domain.nodule import Side
from lianyi.lungct.domain.whole_lung import OutsideTask

Reals = npt.NDArray[np.float32]

_STEP = 4
_VOXEL_ML = _STEP**3 / 1000.0
_AIRLESS_HU = -100.0
_FLUID_HU = (-10.0, 25.0)
_DENSE_HU = (25.0, 160.0)
_IN_FIELD_THICKNESS, _FLUID_THICKNESS, _DENSE_THICKNESS = 5, 3, 9
"""Side of the cube, in coarse voxels, that must fit."""
_LEAST_IN_FIELD_ML, _LEAST_BEHIND_ML = 30.0, 40.0


def find_outside_task(volume: CtVolume, working: CtVolume, lungs: LungFields) -> tuple[OutsideTask, ...]:
    """Find what is large, airless and no nodule: at most one of a kind and side.

    Args:
        volume: native grid, whose slices name the place.
        working: 1 mm isotropic, patient-aligned.
        lungs: on the grid of *working*.
    """
    hu_kji = _block_mean(working)
    fields: dict[Side, Booleans] = {"left": _most(lungs.left.values_kji), "right": _most(lungs.right.values_kji)}
    found: list[OutsideTask] = []
    for side, lung_kji in fields.items():
        if not lung_kji.any():
            continue
        behind_kji = _behind(lung_kji, fields["right" if side == "left" else "left"])
        dense_kji = _thick(behind_kji & _between(hu_kji, _DENSE_HU), _DENSE_THICKNESS)
        inner_kji = _thick(lung_kji & (hu_kji > _AIRLESS_HU), _IN_FIELD_THICKNESS)
        fluid_kji = _thick(behind_kji & _between(hu_kji, _FLUID_HU), _FLUID_THICKNESS)
        parts: list[tuple[Literal["consolidation", "effusion"], Booleans, float]] = [
            ("consolidation", _largest(inner_kji), _LEAST_IN_FIELD_ML),
            ("consolidation", _largest(dense_kji), _LEAST_BEHIND_ML),
            ("effusion", _largest(fluid_kji), _LEAST_BEHIND_ML),
        ]
        for kind, part_kji, least_ml in parts:
            volume_ml = float(np.count_nonzero(part_kji)) * _VOXEL_ML
            if volume_ml >= least_ml and not any(one.kind == kind and one.side == side for one in found):
                number = _instance_number(volume, working, part_kji)
                found.append(OutsideTask(kind=kind, side=side, volume_ml=volume_ml, instance_number=number))
    return tuple(found)


def _block_mean(working: CtVolume) -> Reals:
    """Mean HU of blocks; what was not scanned counts as air.  An incomplete block at an end is left out."""
    k, j, i = (length // _STEP for length in working.grid.shape)
    blocks = working.values_kji[: k * _STEP, : j * _STEP, : i * _STEP]
    mean_kji: Reals = blocks.reshape(k, _STEP, j, _STEP, i, _STEP).mean(axis=(1, 3, 5), dtype=np.float32)
    return mean_kji


def _most(mask_kji: Booleans) -> Booleans:
    """True where the middle of a block lies inside."""
    k, j, i = (length // _STEP for length in mask_kji.shape)
    half = _STEP // 2
    return mask_kji[half::_STEP, half::_STEP, half::_STEP][:k, :j, :i]


def _between(hu_kji: Reals, ends_hu: tuple[float, float]) -> Booleans:
    inside: Booleans = (hu_kji >= ends_hu[0]) & (hu_kji <= ends_hu[1])
    return inside


def _behind(lung_kji: Booleans, other_kji: Booleans) -> Booleans:
    """Columns' stretches between the back of a lung and the farthest back that either lung reaches there."""
    in_front_kji = np.logical_or.accumulate(lung_kji, axis=1)
    at_back_kji = np.logical_or.accumulate(lung_kji[:, ::-1], axis=1)[:, ::-1]
    reach_ji = _mirrored_reach(lung_kji, other_kji)
    behind: Booleans = in_front_kji & ~at_back_kji & reach_ji[None]
    return behind


def _mirrored_reach(lung_kji: Booleans, other_kji: Booleans) -> Booleans:
    """(rows, columns): True in front of the farthest back of this lung, or of the other one mirrored, at any height."""
    own_ji: Booleans = np.any(lung_kji, axis=0)
    mirrored_ji = np.zeros_like(own_ji)
    if other_kji.any():
        columns = [np.flatnonzero(one.any(axis=(0, 1))) for one in (lung_kji, other_kji)]
        # The gap between the lungs has its middle half way between their inner ends.
        low, high = sorted(columns, key=lambda one: float(one.mean()))
        twice_middle = int(low[-1] + high[0])
        source = twice_middle - np.arange(own_ji.shape[1])
        inside = (source >= 0) & (source < own_ji.shape[1])
        mirrored_ji[:, inside] = np.asarray(other_kji.any(axis=0))[:, source[inside]]
    reach: Booleans = np.logical_or.accumulate((own_ji | mirrored_ji)[::-1], axis=0)[::-1]
    return reach


def _thick(mask_kji: Booleans, voxels: int) -> Booleans:
    """Keep what a cube of so many voxels fits into."""
    cores = ndimage.minimum_filter(mask_kji.view(np.uint8), voxels, mode="constant")
    opened: Booleans = ndimage.maximum_filter(cores, voxels, mode="constant").view(np.bool_)
    return opened


def _largest(mask_kji: Booleans) -> Booleans:
    labels_kji, count = ndimage.label(mask_kji)
    if count == 0:
        return mask_kji
    voxels = np.bincount(labels_kji.ravel())
    voxels[0] = 0
    largest: Booleans = labels_kji == int(voxels.argmax())
    return largest


def _instance_number(volume: CtVolume, working: CtVolume, part_kji: Booleans) -> int:
    """Of the native slice through the middle of the coarse slice that holds most of a part."""
    k = int(part_kji.sum(axis=(1, 2)).argmax())
    j, i = np.argwhere(part_kji[k]).mean(axis=0)
    middle = working.grid.voxel(
        k=(k + 0.5) * _STEP - 0.5, j=(float(j) + 0.5) * _STEP - 0.5, i=(float(i) + 0.5) * _STEP - 0.5
    )
    native_k = round(volume.grid.locate(middle.to_patient()).k)
    return volume.instances[min(max(native_k, 0), len(volume.instances) - 1)][1]
