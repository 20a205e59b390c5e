"""Thin faint plates in a lung: what a fissure looks like at 1 mm.

The volume is smoothed by a binomial filter (standard deviation 1 mm); the Hessian is taken over 2 mm at the few
voxels that are brighter than what lies around them.  A plate bends along one direction only, a vessel along two.

Source: the use of the Hessian's eigenvalues for sheets follows Wiemker et al., Int Congr Ser 2005;1281:1121;
the numbers are engineering choices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.image import Booleans, CtVolume, Hounsfields, Mask

Floats = npt.NDArray[np.float64]
Reals = npt.NDArray[np.float32]

_REACH = 2
"""Voxels over which second differences are taken."""
_LEAST_CONTRAST_HU = 20
_LARGEST_RATIO = 0.4
_BRIGHTEST_HU = -700
_VESSEL_HU = -600
_BESIDE_VESSEL = 2
"""Walls of vessels and the pleura look like plates: nothing within so many voxels of them is taken."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Plates:
    """Voxels that look like a piece of a thin plate.

    Attributes:
        points_xyz: (n, 3), LPS mm.
        normals_xyz: (n, 3), unit vectors of either sign.
        contrast_hu: (n,), strength of the bend.
    """

    points_xyz: Floats
    normals_xyz: Reals
    contrast_hu: Reals


def find_plates(working: CtVolume, lung: Mask) -> Plates:
    """Find plate voxels inside one lung field.

    Args:
        working: 1 mm isotropic, k to Superior, j to Posterior, i to Left.
        lung: of the same grid; not empty.
    """
    box = _box(lung.values_kji)
    values_kji = np.clip(working.values_kji[box], -1000, -400)
    lung_kji = lung.values_kji[box]
    smooth_kji = _binomial(_binomial(values_kji))
    may_be_kji = _is_brighter(smooth_kji) & (smooth_kji < _BRIGHTEST_HU) & lung_kji
    may_be_kji &= ~_grown((values_kji > _VESSEL_HU) | ~lung_kji, _BESIDE_VESSEL)
    index = np.flatnonzero(may_be_kji)
    bends, directions = np.linalg.eigh(_hessian(smooth_kji, index))
    strongest = -bends[:, 0]
    others = np.abs(bends[:, 1:]).max(axis=1)
    is_plate = (strongest > _LEAST_CONTRAST_HU) & (others < _LARGEST_RATIO * strongest)

    points_kji = np.stack(np.unravel_index(index[is_plate], smooth_kji.shape), axis=1) + [part.start for part in box]
    matrix = working.grid.patient_from_voxel
    normals_kji = directions[is_plate][:, :, 0]
    return Plates(
        points_xyz=points_kji @ matrix[:3, :3].T + matrix[:3, 3],
        normals_xyz=normals_kji[:, ::-1],
        contrast_hu=strongest[is_plate],
    )


def _box(lung_kji: Booleans) -> tuple[slice, ...]:
    axes = ((1, 2), (0, 2), (0, 1))
    filled = [np.flatnonzero(lung_kji.any(axis=others)) for others in axes]
    return tuple(slice(int(inside[0]), int(inside[-1]) + 1) for inside in filled)


def _part(axis: int, start: int | None, stop: int | None) -> tuple[slice, ...]:
    return tuple(slice(start, stop) if number == axis else slice(None) for number in range(3))


def _binomial(values_kji: Hounsfields) -> Hounsfields:
    """Smooth by 1-2-1 along each axis; the outermost voxels keep their value."""
    for axis in range(3):
        low, middle, high = (values_kji[_part(axis, *ends)] for ends in ((None, -2), (1, -1), (2, None)))
        smooth_kji = values_kji.copy()
        smooth_kji[_part(axis, 1, -1)] = (low + 2 * middle + high + 2) >> 2
        values_kji = smooth_kji
    return values_kji


def _is_brighter(values_kji: Hounsfields) -> Booleans:
    """True where the six voxels around are darker in sum; False along the border, where they are not all there."""
    brighter_kji = np.zeros(values_kji.shape, dtype=bool)
    if min(values_kji.shape) <= 2 * _REACH:
        return brighter_kji
    inner = tuple(slice(_REACH, -_REACH) for _ in range(3))
    excess_kji = 6 * values_kji[inner]
    for axis in range(3):
        for shift in (-_REACH, _REACH):
            beside = tuple(
                slice(
                    _REACH + (shift if number == axis else 0), (shift - _REACH if number == axis else -_REACH) or None
                )
                for number in range(3)
            )
            excess_kji = excess_kji - values_kji[beside]
    brighter_kji[inner] = excess_kji > _LEAST_CONTRAST_HU
    return brighter_kji


def _grown(mask_kji: Booleans, voxels: int) -> Booleans:
    for axis in range(3):
        wide_kji = mask_kji.copy()
        for shift in range(1, voxels + 1):
            wide_kji[_part(axis, shift, None)] |= mask_kji[_part(axis, None, -shift)]
            wide_kji[_part(axis, None, -shift)] |= mask_kji[_part(axis, shift, None)]
        mask_kji = wide_kji
    return mask_kji


def _hessian(values_kji: Hounsfields, index: npt.NDArray[np.intp]) -> Reals:
    """Second differences at flat indices that lie at least the reach inside, (n, 3, 3)."""
    flat = values_kji.ravel()
    here = flat[index].astype(np.float32)
    steps = [_REACH * values_kji.shape[1] * values_kji.shape[2], _REACH * values_kji.shape[2], _REACH]
    hessian = np.empty((len(index), 3, 3), np.float32)
    for one in range(3):
        hessian[:, one, one] = flat[index + steps[one]].astype(np.float32) + flat[index - steps[one]] - 2 * here
        for other in range(one):
            along, across = steps[one] + steps[other], steps[one] - steps[other]
            mixed = flat[index + along].astype(np.float32) + flat[index - along]
            mixed -= flat[index + across].astype(np.float32) + flat[index - across]
            hessian[:, one, other] = hessian[:, other, one] = mixed / 4
    return hessian
