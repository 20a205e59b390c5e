"""Lobes of nodules in real chests, against what was seen or given (docs/validation/location.md)."""

from __future__ import annotations

import json
from pathlib import Path

import jpeg_ls
import numpy as np
import pytest

from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.domain.geometry import Grid, PatientFrame, PatientPoint
from lianyi.lungct.domain.image import CtVolume, LungFields
from lianyi.lungct.domain.study import CtSeries
from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID
from lianyi.lungct.locate.lobes import find_fissures, tell_lobe
from lianyi.lungct.lungs import find_lungs
from lianyi.lungct.volume import assemble, to_working_grid
from lianyi.lungct.whole_lung.airless import find_outside_task

pytestmark = [pytest.mark.slow, pytest.mark.shared_data]

SEEN = {
    "LIDC-IDRI-0001": {(224, 258, 222): "left lower"},
    "LIDC-IDRI-0002": {(231, 247, 236): "left lower"},
    "LIDC-IDRI-0003": {
        (189, 287, 301): "left lower",
        (166, 285, 303): "left lower",
        (207, 162, 252): "left upper",
        (209, 180, 181): "right upper",
    },
}
GIVEN = {"LUNGx-CT003": "left lower", "R01-001": "right upper", "CMB-CRC-MSB-01068": "left upper"}


def lobe_at(working: CtVolume, lungs: LungFields, place: PatientPoint) -> str:
    at = working.grid.locate(place)
    columns = np.argwhere(lungs.left.values_kji[round(at.k)])[:, 1]
    is_left = columns.size > 0 and at.i >= columns.min() - 5
    lung = lungs.left if is_left else lungs.right
    fissures = find_fissures(working, lung, "left" if is_left else "right", are_visible=True, is_cut=False)
    return tell_lobe(fissures, place.xyz).lobe


@pytest.mark.parametrize("patient_id", SEEN)
def test_lobes_seen_by_eye_before_are_told(shared_data: Path, patient_id: str) -> None:
    series = read_chest_series([shared_data / "ct" / patient_id], requested=None)
    assert isinstance(series, CtSeries)
    volume, _ = assemble(series)
    working = to_working_grid(volume)
    lungs = find_lungs(working)

    told = {
        kji: lobe_at(working, lungs, working.grid.voxel(k=kji[0], j=kji[1], i=kji[2]).to_patient())
        for kji in SEEN[patient_id]
    }

    assert told == SEEN[patient_id]
    assert find_outside_task(volume, working, lungs) == ()


@pytest.mark.parametrize("name", GIVEN)
def test_lobes_that_were_given_are_told(shared_data: Path, name: str) -> None:
    known = json.loads((shared_data / "labels" / "extra_chests_nodules.json").read_text(encoding="utf-8"))
    (nodule,) = [one for one in known if one["volume"] == name]
    stored = np.load(shared_data / "volumes" / f"{name}.npz")
    window = jpeg_ls.decode(stored["window_8bit_jls"]).reshape(stored["shape_kji"])
    matrix = np.eye(4)
    matrix[:3, :3] = np.eye(3)[:, ::-1]
    frame = PatientFrame(frame_of_reference_uid=FrameOfReferenceUID("1.2"), series_uid=SeriesUID("1.2.3"))
    values_kji = np.rint(window.astype(np.float32) * (1400 / 255) - 1000).astype(np.int16)
    working = CtVolume(Grid(window.shape, matrix, frame), values_kji)
    k, j, i = nodule["center_kji"]

    assert lobe_at(working, find_lungs(working), working.grid.voxel(k=k, j=j, i=i).to_patient()) == GIVEN[name]
