"""The nine whole chests of shared/data on the product's working grid, with their lungs and known nodules."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jpeg_ls
import numpy as np
import numpy.typing as npt

from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.domain.geometry import Grid
from lianyi.lungct.domain.outcome import Refused
from lianyi.lungct.lungs import find_lungs
from lianyi.lungct.volume import assemble, to_working_grid
from lianyi_train.folds import CHESTS
from lianyi_train.grey import Grey, grey_of

Booleans = npt.NDArray[np.bool_]

MARGIN_MM = 24
"""Kept around the lungs."""
SAME_NODULE_WITHIN_MM = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNodule:
    """A finding that is known in a whole chest.

    Attributes:
        center_kji: in the chest's voxels of 1 mm.
        diameter_mm: mean over the readers.
        readers: how many of four drew it; 0 where no reader was asked (a publisher's or our own reading).
    """

    center_kji: tuple[float, float, float]
    diameter_mm: float
    readers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeChest:
    """One chest at 1 mm, cropped around the lungs.

    Attributes:
        name: of shared/data.
        grey_kji: one byte a voxel.
        lung_kji: inside either lung.
        nodules: what is known.
        spacing_k_mm: between the slices it was made from.
        first_xyz_mm: patient coordinates (LPS) of the first voxel; zeros where only the volume is known.
    """

    name: str
    grey_kji: Grey
    lung_kji: Booleans
    nodules: tuple[KnownNodule, ...]
    spacing_k_mm: float
    first_xyz_mm: tuple[float, float, float]


def read_chest(data: Path, name: str) -> WholeChest:
    """Give one chest by its name."""
    return _from_dicom(data, name) if name.startswith("LIDC") else _from_volume(data, name)


def read_chests(data: Path) -> list[WholeChest]:
    """Give all nine."""
    return [read_chest(data, name) for name in CHESTS]


def _from_volume(data: Path, name: str) -> WholeChest:
    stored = np.load(data / "volumes" / f"{name}.npz")
    grey_kji = jpeg_ls.decode(stored["window_8bit_jls"]).reshape(stored["shape_kji"])
    lung_kji = np.unpackbits(stored["lung_mask_bits"])[: grey_kji.size].reshape(grey_kji.shape).astype(bool)
    known = json.loads((data / "labels" / "extra_chests_nodules.json").read_text())
    return WholeChest(
        name=name,
        grey_kji=grey_kji,
        lung_kji=lung_kji,
        nodules=tuple(
            KnownNodule(center_kji=tuple(one["center_kji"]), diameter_mm=one["equivalent_diameter_mm"], readers=0)
            for one in known
            if one["volume"] == name
        ),
        spacing_k_mm=float(stored["source_spacing_kji_mm"][0]),
        first_xyz_mm=(0.0, 0.0, 0.0),
    )


def _from_dicom(data: Path, name: str) -> WholeChest:
    series = read_chest_series([data / "ct" / name], requested=None)
    if isinstance(series, Refused):
        raise series.reason
    volume, _ = assemble(series)
    working = to_working_grid(volume)
    lung_kji = find_lungs(working).both_kji
    low = [max(int(axis.min()) - MARGIN_MM, 0) for axis in np.nonzero(lung_kji)]
    high = [int(axis.max()) + MARGIN_MM + 1 for axis in np.nonzero(lung_kji)]
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    first = working.grid.voxel(k=low[0], j=low[1], i=low[2]).to_patient().xyz
    return WholeChest(
        name=name,
        grey_kji=grey_of(working.values_kji[box]),
        lung_kji=lung_kji[box],
        nodules=_drawn(data, name, volume.grid, first),
        spacing_k_mm=abs(float(volume.grid.patient_from_voxel[2, 0])),
        first_xyz_mm=(float(first[0]), float(first[1]), float(first[2])),
    )


def _drawn(data: Path, name: str, grid: Grid, first_xyz: npt.NDArray[np.float64]) -> tuple[KnownNodule, ...]:
    """Group the readers' outlines of one chest: the same nodule within 12 mm."""
    drawings = [
        _middle(grid, one["contours"])
        for one in json.loads((data / "labels" / "lidc_reader_contours.json").read_text())
        if one["patient_id"] == name
    ]
    groups: list[list[tuple[npt.NDArray[np.float64], float]]] = []
    for center_xyz, diameter_mm in drawings:
        near = [group for group in groups if np.linalg.norm(group[0][0] - center_xyz) < SAME_NODULE_WITHIN_MM]
        if near:
            near[0].append((center_xyz, diameter_mm))
        else:
            groups.append([(center_xyz, diameter_mm)])
    nodules = []
    for group in groups:
        x, y, z = (float(n) for n in np.mean([center for center, _ in group], axis=0) - first_xyz)
        diameter_mm = float(np.mean([diameter for _, diameter in group]))
        nodules.append(KnownNodule(center_kji=(z, y, x), diameter_mm=diameter_mm, readers=len(group)))
    return tuple(nodules)


def _middle(grid: Grid, contours: list[dict[str, Any]]) -> tuple[npt.NDArray[np.float64], float]:
    """Give one reader's centre (patient, mm) and the diameter of the ball of equal volume, by Green's formula."""
    matrix = grid.patient_from_voxel
    between_k_mm = abs(float(matrix[2, 0]))
    between_j_mm, between_i_mm = abs(float(matrix[1, 1])), abs(float(matrix[0, 2]))
    areas, centers = [], []
    for contour in contours:
        column, row = np.array(contour["points_column_row"], dtype=np.float64).T
        cross = column * np.roll(row, -1) - np.roll(column, -1) * row
        area = cross.sum() / 2.0
        if abs(area) < 0.5:
            continue
        middle_i = ((column + np.roll(column, -1)) * cross).sum() / (6.0 * area)
        middle_j = ((row + np.roll(row, -1)) * cross).sum() / (6.0 * area)
        k = (contour["z_mm"] - matrix[2, 3]) / matrix[2, 0]
        areas.append(abs(area) * (1.0 if contour["inclusion"] else -1.0))
        centers.append(grid.voxel(k=float(k), j=float(middle_j), i=float(middle_i)).to_patient().xyz)
    volume_mm3 = float(np.sum(areas)) * between_k_mm * between_j_mm * between_i_mm
    return np.average(centers, axis=0, weights=areas), (6.0 * volume_mm3 / np.pi) ** (1.0 / 3.0)
