"""The classical detector on real chests whose nodules are known.  Data: ../shared/data/README.md."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import jpeg_ls
import numpy as np
import pytest

from lianyi.lungct.detect import ClassicalDetector
from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.domain.geometry import Grid, PatientFrame
from lianyi.lungct.domain.image import CtVolume, LungFields, Mask
from lianyi.lungct.domain.nodule import Candidate
from lianyi.lungct.domain.study import CtSeries
from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID
from lianyi.lungct.lungs import find_lungs
from lianyi.lungct.volume import assemble, to_working_grid

MOST_MARKS = 20
OPERATING_POINT = 0.5


def kept(marks: tuple[Candidate, ...]) -> list[Candidate]:
    return [mark for mark in marks if mark.probability >= OPERATING_POINT][:MOST_MARKS]


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["R01-001", "LUNGx-CT003", "CMB-CRC-MSB-01068"])
def test_the_known_nodule_of_an_extra_chest_is_marked(shared_data: Path, name: str) -> None:
    volume, lungs = read_extra_chest(shared_data, name)
    known = next(
        nodule
        for nodule in json.loads((shared_data / "labels/extra_chests_nodules.json").read_text())
        if nodule["volume"] == name
    )
    k, j, i = known["center_kji"]
    truth = volume.grid.voxel(k=k, j=j, i=i).to_patient()

    marks = kept(ClassicalDetector().detect(volume, lungs))

    assert min(mark.center.distance_mm(truth) for mark in marks) < known["equivalent_diameter_mm"] / 2.0


def read_extra_chest(shared_data: Path, name: str) -> tuple[CtVolume, LungFields]:
    with np.load(shared_data / "volumes" / f"{name}.npz") as stored:
        grey_kji = jpeg_ls.decode(stored["window_8bit_jls"]).reshape(stored["shape_kji"])
        lung_kji = np.unpackbits(stored["lung_mask_bits"])[: grey_kji.size].reshape(grey_kji.shape).astype(np.bool_)
    patient_from_voxel = np.zeros((4, 4))
    patient_from_voxel[2, 0] = patient_from_voxel[1, 1] = patient_from_voxel[0, 2] = 1.0
    patient_from_voxel[:, 3] = [-140.5, -100.25, -300.0, 1.0]
    frame = PatientFrame(frame_of_reference_uid=FrameOfReferenceUID("1.2.3"), series_uid=SeriesUID("1.2.4"))
    grid = Grid(grey_kji.shape, patient_from_voxel, frame)
    hu_kji = np.rint(-1000.0 + grey_kji.astype(np.float32) * (1400.0 / 255.0)).astype(np.int16)
    none = Mask(grid, np.zeros(grid.shape, dtype=np.bool_))
    return CtVolume(grid, hu_kji), LungFields(left=Mask(grid, lung_kji), right=none, missing_share={})


@dataclass
class ReadersNodule:
    """One nodule as several readers drew it: mean centre (LPS mm), mean radius, how many readers."""

    center_xyz: np.ndarray
    radius_mm: float
    readers: int


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize("patient", ["LIDC-IDRI-0001", "LIDC-IDRI-0003"])
def test_every_nodule_of_three_readers_is_marked(shared_data: Path, patient: str) -> None:
    series = read_chest_series(sorted((shared_data / "ct" / patient).glob("*.dcm")), requested=None)
    assert isinstance(series, CtSeries)
    volume, _ = assemble(series)
    working = to_working_grid(volume)
    nodules = [nodule for nodule in read_nodules(shared_data, patient, volume) if nodule.readers >= 3]

    marks = kept(ClassicalDetector().detect(working, find_lungs(working)))

    assert nodules
    for nodule in nodules:
        off_mm = min(float(np.linalg.norm(mark.center.xyz - nodule.center_xyz)) for mark in marks)
        assert off_mm < nodule.radius_mm


def read_nodules(shared_data: Path, patient: str, volume: CtVolume) -> list[ReadersNodule]:
    drawn: list[list[tuple[np.ndarray, float]]] = []
    for reading in json.loads((shared_data / "labels/lidc_reader_contours.json").read_text()):
        if reading["patient_id"] != patient:
            continue
        center_xyz, radius_mm = _drawn_ball(reading["contours"], volume)
        for nodule in drawn:
            if any(np.linalg.norm(center_xyz - other) < 1.2 * max(radius_mm, size) for other, size in nodule):
                nodule.append((center_xyz, radius_mm))
                break
        else:
            drawn.append([(center_xyz, radius_mm)])
    return [
        ReadersNodule(
            np.mean([center for center, _ in nodule], axis=0), float(np.mean([r for _, r in nodule])), len(nodule)
        )
        for nodule in drawn
    ]


def _drawn_ball(contours: list[dict], volume: CtVolume) -> tuple[np.ndarray, float]:
    """Area-weighted centre of the outlines, and the radius of the ball of their volume (shoelace formula)."""
    spacing = volume.grid.spacing
    z_first = volume.grid.patient_from_voxel[2, 3]
    z_step = volume.grid.patient_from_voxel[2, 0]
    centers, areas = [], []
    for contour in contours:
        column, row = np.array(contour["points_column_row"], dtype=np.float64).T
        cross = column * np.roll(row, -1) - np.roll(column, -1) * row
        areas.append(max(abs(float(cross.sum())) / 2.0, 0.5))
        k = (contour["z_mm"] - z_first) / z_step
        centers.append(volume.grid.voxel(k=k, j=float(row.mean()), i=float(column.mean())).to_patient().xyz)
    mm3 = sum(areas) * spacing.j_mm * spacing.i_mm * spacing.k_mm
    return np.average(centers, axis=0, weights=areas), (0.75 * mm3 / np.pi) ** (1.0 / 3.0)
