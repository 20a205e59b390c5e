"""A detector looks at arrays of the cache: the door between bytes at 1 mm and the product's own types."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.geometry import Grid, PatientFrame
from lianyi.lungct.domain.image import CtVolume, LungFields, Mask
from lianyi.lungct.domain.nodule import Candidate
from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID
from lianyi.lungct.pipeline import Detector
from lianyi_train.grey import Grey, hu_of

Booleans = npt.NDArray[np.bool_]


def volume_of(grey_kji: Grey, scanned_kji: Booleans | None = None) -> CtVolume:
    """Give a working volume whose patient coordinates x, y, z in mm are the voxel numbers i, j, k."""
    patient_from_voxel = np.zeros((4, 4))
    patient_from_voxel[2, 0] = patient_from_voxel[1, 1] = patient_from_voxel[0, 2] = patient_from_voxel[3, 3] = 1.0
    frame = PatientFrame(frame_of_reference_uid=FrameOfReferenceUID("1.2.3"), series_uid=SeriesUID("1.2.4"))
    grid = Grid(grey_kji.shape, patient_from_voxel, frame)
    return CtVolume(grid, np.rint(hu_of(grey_kji)).astype(np.int16), scanned_kji=scanned_kji)


def look(
    detector: Detector, grey_kji: Grey, lung_kji: Booleans, scanned_kji: Booleans | None = None
) -> tuple[Candidate, ...]:
    """Give a detector's candidates; their centres' x, y, z are i, j, k of the array."""
    working = volume_of(grey_kji, scanned_kji)
    # One side holds everything: a detector asks for both together.
    lungs = LungFields(
        left=Mask(working.grid, np.array(lung_kji)),
        right=Mask(working.grid, np.zeros(lung_kji.shape, dtype=bool)),
        missing_share={},
    )
    return detector.detect(working, lungs)
