"""Nodules of a LIDC chest as several readers drew them.  Labels: ../shared/data/README.md."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lianyi_train.calipers.chests import center_of, readings_of

from lianyi.lungct.domain.geometry import PatientPoint
from lianyi.lungct.domain.image import Booleans, CtVolume
from lianyi.lungct.measure.size import longest_axes


@dataclass(frozen=True)
class ReadersNodule:
    """One nodule: mean centre, mean of the readers' mean diameters, how many readers drew it."""

    center: PatientPoint
    mean_diameter_mm: float
    readers: int


def agreed_nodules(volume: CtVolume, annotations: list[dict[str, Any]]) -> list[list[Booleans]]:
    """Masks of one nodule together; only nodules of three readers or more."""
    groups = readings_of(volume, annotations)
    return [[mask_kji for _, mask_kji in readings] for readings in groups if len(readings) >= 3]


def readers_nodules(shared_data: Path, patient_id: str, volume: CtVolume) -> list[ReadersNodule]:
    """The nodules that three readers or more drew on this chest."""
    contours = json.loads((shared_data / "labels" / "lidc_reader_contours.json").read_text())
    return [
        ReadersNodule(
            center=center_of(volume, masks),
            mean_diameter_mm=float(
                np.mean([longest_axes(mask.astype(np.float32), volume.grid).mean_mm for mask in masks])
            ),
            readers=len(masks),
        )
        for masks in agreed_nodules(volume, [one for one in contours if one["patient_id"] == patient_id])
    ]
