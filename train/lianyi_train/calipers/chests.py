"""The three whole LIDC chests as readers drew them: contours filled, those of one nodule together.

Here the lung field and the surroundings are a chest's own, which a slab has not.  Labels: ../shared/data/README.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.domain.geometry import PatientPoint
from lianyi.lungct.domain.image import Booleans, CtVolume
from lianyi.lungct.domain.outcome import Refused
from lianyi.lungct.lungs import find_lungs
from lianyi.lungct.volume import assemble, to_working_grid
from lianyi_train.calipers.readers import RATINGS, DrawnNodule

CHESTS = ("LIDC-IDRI-0001", "LIDC-IDRI-0002", "LIDC-IDRI-0003")
SAME_NODULE_WITHIN_MM = 12.0

Reading = tuple[dict[str, Any], Booleans]


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


def readings_of(volume: CtVolume, annotations: list[dict[str, Any]]) -> list[list[Reading]]:
    """Group one chest's readings by nodule: centres within 12 mm; empty outlines are left out."""
    groups: list[tuple[np.ndarray, list[Reading]]] = []
    for annotation in annotations:
        mask_kji = reader_mask(volume, annotation)
        if not mask_kji.any():
            continue
        middle = center_of(volume, [mask_kji]).xyz
        near = [readings for center, readings in groups if np.linalg.norm(center - middle) < SAME_NODULE_WITHIN_MM]
        if near:
            near[0].append((annotation, mask_kji))
        else:
            groups.append((middle, [(annotation, mask_kji)]))
    return [readings for _, readings in groups]


def center_of(volume: CtVolume, masks: list[Booleans]) -> PatientPoint:
    """Mean of the masks' centres."""
    k, j, i = (float(n) for n in np.mean([np.argwhere(mask).mean(axis=0) for mask in masks], axis=0))
    return volume.grid.voxel(k=k, j=j, i=i).to_patient()


def chest_nodules(shared_data: Path, *, least_readers: int) -> Iterator[DrawnNodule]:
    """Read the whole chests, and give the nodules that so many readers drew.

    Raises:
        LianyiError: a chest was refused.
    """
    contours = json.loads((shared_data / "labels" / "lidc_reader_contours.json").read_text())
    for patient_id in CHESTS:
        series = read_chest_series([shared_data / "ct" / patient_id], requested=None)
        if isinstance(series, Refused):
            raise series.reason
        volume, _ = assemble(series)
        lungs = find_lungs(to_working_grid(volume))
        own = [one for one in contours if one["patient_id"] == patient_id]
        for number, readings in enumerate(readings_of(volume, own), start=1):
            if len(readings) >= least_readers:
                yield DrawnNodule(
                    name=f"{patient_id}_{number}",
                    patient_id=patient_id,
                    volume=volume,
                    lungs=lungs,
                    masks=tuple(mask_kji for _, mask_kji in readings),
                    ratings={name: _mean_rating(readings, name) for name in RATINGS},
                    is_hu_exact=True,
                )


def _mean_rating(readings: list[Reading], name: str) -> float | None:
    rated = [one["ratings"][name] for one, _ in readings if one.get("ratings", {}).get(name) is not None]
    return float(np.mean(rated)) if rated else None
