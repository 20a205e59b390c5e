"""Lung fields from a 1 mm volume: topology at 2 mm, border at 1 mm."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from lianyi.lungct.domain.image import Booleans, CtVolume, LungFields, Mask
from lianyi.lungct.lungs.aerated import find_aerated_lung
from lianyi.lungct.lungs.airways import Airways, find_airways
from lianyi.lungct.lungs.coarse import (
    AERATED_HU,
    COARSE_MM,
    bounding_box,
    coarsen,
    distance_inside,
    grown,
    refine,
    refine_box,
)
from lianyi.lungct.lungs.evidence import refuse_unless_lungs
from lianyi.lungct.lungs.missing import missing_share
from lianyi.lungct.lungs.repair import repair
from lianyi.lungct.lungs.sides import tell_sides_apart

_MARGIN = 3
_NEARBY = 2
_BORDER = 1


def find_lungs(working: CtVolume) -> LungFields:
    """Find both lungs.

    Args:
        working: 1 mm isotropic, k to Superior, j to Posterior, i to Left; what was not scanned is marked.

    Returns:
        Left and right lung on the grid of *working*, with juxtapleural nodules and vessels, without trachea
        and main bronchi; an absent lung is all False.  See ``repair.py`` for what is not given back.

    Raises:
        ValueError: the grid is not the working grid.
        Refusal: NOT_CHEST when what is aerated is not lung, NO_LUNGS when a chest holds no aerated lung.
    """
    _check(working)
    chest = coarsen(working)
    airways = find_airways(working, chest)
    airways_kji = None if airways is None else airways.coarse_kji
    aerated_kji = find_aerated_lung(chest, airways_kji)
    refuse_unless_lungs(aerated_kji, chest, has_trachea=airways is not None)
    left_kji, right_kji = tell_sides_apart(aerated_kji, chest)
    whole_left_kji = repair(left_kji, right_kji, airways_kji)
    whole_right_kji = repair(right_kji, left_kji, airways_kji)
    _share_out(whole_left_kji, whole_right_kji, left_kji)
    left = Mask(working.grid, _at_full_resolution(working, left_kji, whole_left_kji, airways))
    right = Mask(working.grid, _at_full_resolution(working, right_kji, whole_right_kji, airways))
    right.values_kji[left.values_kji] = False
    share = missing_share(left.values_kji | right.values_kji, working.scanned_kji)
    return LungFields(left=left, right=right, missing_share=share)


def _share_out(whole_left_kji: Booleans, whole_right_kji: Booleans, left_kji: Booleans) -> None:
    """Give what both repairs claim to one of them: the left where aerated left lung is within a few millimetres."""
    shared_kji = whole_left_kji & whole_right_kji
    if shared_kji.any():
        box = bounding_box(shared_kji, margin=_NEARBY)
        near_left_kji = grown(left_kji[box], _NEARBY)
        whole_left_kji[box] &= ~shared_kji[box] | near_left_kji
        whole_right_kji[box] &= ~shared_kji[box] | ~near_left_kji


def _check(working: CtVolume) -> None:
    steps = working.grid.patient_from_voxel[:3, :3]
    if not np.allclose(steps, [[0, 0, 1], [0, 1, 0], [1, 0, 0]], atol=1e-6):
        raise ValueError("lungs are found on the 1 mm patient-aligned working grid only")


def _at_full_resolution(
    working: CtVolume, aerated_kji: Booleans, whole_kji: Booleans, airways: Airways | None
) -> Booleans:
    """Take the border from the HU where it is aerated, and from the repaired coarse lung elsewhere."""
    result_kji = np.zeros(working.grid.shape, dtype=bool)
    if not whole_kji.any():
        return result_kji
    coarse_box = bounding_box(whole_kji, margin=_MARGIN)
    box = refine_box(coarse_box, working.grid.shape)
    lung_kji = working.values_kji[box] < AERATED_HU
    lung_kji &= refine(grown(aerated_kji[coarse_box], _BORDER), lung_kji.shape)
    result_kji[box] = lung_kji
    if airways is not None:
        result_kji[airways.box] &= ~airways.values_kji
    result_kji[box] |= _smooth(whole_kji[coarse_box], lung_kji.shape)
    if working.scanned_kji is not None:
        result_kji &= working.scanned_kji
    return result_kji


def _smooth(whole_kji: Booleans, shape: tuple[int, ...]) -> Booleans:
    """Interpolate the coarse surface by its signed distance: no 2 mm steps."""
    signed_mm = sitk.GetImageFromArray(distance_inside(whole_kji) - distance_inside(~whole_kji))
    signed_mm.SetSpacing((COARSE_MM,) * 3)
    # The first working voxel lies a quarter of a coarse voxel before the first coarse centre.
    fine_mm = sitk.Resample(
        signed_mm,
        shape[::-1],
        sitk.Transform(),
        sitk.sitkLinear,
        (-COARSE_MM / 4,) * 3,
        (1.0,) * 3,
        (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
        -1.0,
        sitk.sitkFloat32,
        True,  # extrapolate by the nearest: the outermost half voxel
    )
    return sitk.GetArrayViewFromImage(fine_mm) > 0
