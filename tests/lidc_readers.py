"""Nodules of a LIDC chest as several readers drew them.  Labels: ../shared/data/README.md."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from lianyi.lungct.domain.geometry import PatientPoint
from lianyi.lungct.domain.image import Booleans, CtVolume
from lianyi.lungct.measure.size import longest_axes

SAME_NODULE_WITHIN_MM = 12.0


@dataclass(frozen=True)
class ReadersNodule:
    """One nodule: mean centre, mean of the readers' mean diameters, how many readers drew it."""

    center: PatientPoint
    mean_diameter_mm: float
    readers: int


def reader_mask(volume: CtVolume, annotation: dict[str, Any]) -> Booleans:
    """Inside of one reader's contours; the contour's own pixels are outside (LIDC's convention)."""
    inside_kji = np.zeros(volume.grid.shape, dtype=np.bool_)
    matrix = volume.grid.patient_from_voxel
    rows, columns = volume.grid.shape[1:]
    for contour in annotation["contours"]:
        points = [tuple(point) for point in contour["points_column_row"]]
        if len(points) < 3:
            continue
        image = Image.new("1", (columns, rows), 0)
        draw = ImageDraw.Draw(image)
        draw.polygon(points, fill=1, outline=1)
        draw.line([*points, points[0]], fill=0)
        k = round((contour["z_mm"] - matrix[2, 3]) / matrix[2, 0])
        if contour["inclusion"]:
            inside_kji[k] |= np.array(image)
        else:
            inside_kji[k] &= ~np.array(image)
    return inside_kji


def agreed_nodules(volume: CtVolume, annotations: list[dict[str, Any]]) -> list[list[Booleans]]:
    """Masks of one nodule together: centres within 12 mm; only nodules of three readers or more."""
    groups: list[tuple[np.ndarray, list[Booleans]]] = []
    for annotation in annotations:
        mask_kji = reader_mask(volume, annotation)
        if not mask_kji.any():
            continue
        middle = _center(volume, [mask_kji]).xyz
        near = [masks for center, masks in groups if np.linalg.norm(center - middle) < SAME_NODULE_WITHIN_MM]
        if near:
            near[0].append(mask_kji)
        else:
            groups.append((middle, [mask_kji]))
    return [masks for _, masks in groups if len(masks) >= 3]


def readers_nodules(shared_data: Path, patient_id: str, volume: CtVolume) -> list[ReadersNodule]:
    """The nodules that three readers or more drew on this chest."""
    contours = json.loads((shared_data / "labels" / "lidc_reader_contours.json").read_text())
    return [
        ReadersNodule(
            center=_center(volume, masks),
            mean_diameter_mm=float(
                np.mean([longest_axes(mask.astype(np.float32), volume.grid).mean_mm for mask in masks])
            ),
            readers=len(masks),
        )
        for masks in agreed_nodules(volume, [one for one in contours if one["patient_id"] == patient_id])
    ]


def _center(volume: CtVolume, masks: list[Booleans]) -> PatientPoint:
    k, j, i = (float(n) for n in np.mean([np.argwhere(mask).mean(axis=0) for mask in masks], axis=0))
    return volume.grid.voxel(k=k, j=j, i=i).to_patient()
