"""A chest of two lungs and balls for the learned detector, and the detector with networks made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lianyi.lungct.detect import LearnedDetector
from lianyi.lungct.domain.geometry import Grid
from lianyi.lungct.domain.image import CtVolume, LungFields, Mask
from lianyi.lungct.models import read_weights
from strategies import FRAME
from tiny_networks import write_weights

Ball = tuple[tuple[float, float, float], float]
"""Centre k, j, i and radius, in mm of the working grid."""

LUNG_HU, BALL_HU = -860.0, 30.0


def detector_in(
    folder: Path, *, with_refine: bool = True, threads: int | None = None, **changes: Any
) -> LearnedDetector:
    """In float32 unless asked otherwise."""
    precision = changes.pop("precision", "f32")
    weights = read_weights(write_weights(folder, with_refine=with_refine, **changes))
    return LearnedDetector(weights, threads=threads, precision=precision)


def working_grid(shape: tuple[int, int, int]) -> Grid:
    """1 mm, along the patient's axes, away from the origin."""
    patient_from_voxel = np.zeros((4, 4))
    patient_from_voxel[2, 0] = patient_from_voxel[1, 1] = patient_from_voxel[0, 2] = 1.0
    patient_from_voxel[:, 3] = [-80.5, 33.25, 210.0, 1.0]
    return Grid(shape, patient_from_voxel, FRAME)


def chest(
    *balls: Ball, shape: tuple[int, int, int] = (72, 64, 90), wall: int = 5, scanned_from_k: int = 0
) -> tuple[CtVolume, LungFields]:
    """Lung to the left and right of a wall of soft tissue; nothing is scanned below *scanned_from_k*."""
    grid = working_grid(shape)
    middle = shape[2] // 2
    left_kji, right_kji = np.zeros(shape, bool), np.zeros(shape, bool)
    right_kji[wall:-wall, wall:-wall, wall : middle - 3] = True
    left_kji[wall:-wall, wall:-wall, middle + 3 : -wall] = True
    hu_kji = np.where(left_kji | right_kji, LUNG_HU, 40.0)
    places = np.indices(shape)
    for center, radius_mm in balls:
        away_mm = np.sqrt(sum((axis - at) ** 2 for axis, at in zip(places, center, strict=True)))
        share = np.clip(radius_mm + 0.5 - away_mm, 0.0, 1.0)
        hu_kji = hu_kji * (1.0 - share) + BALL_HU * share
    values_kji = np.rint(hu_kji).astype(np.int16)
    scanned_kji = np.ones(shape, bool)
    scanned_kji[:scanned_from_k] = False
    values_kji[~scanned_kji] = -1024
    lungs = LungFields(left=Mask(grid, left_kji), right=Mask(grid, right_kji), missing_share={})
    return CtVolume(grid, values_kji, scanned_kji=scanned_kji if scanned_from_k else None), lungs
