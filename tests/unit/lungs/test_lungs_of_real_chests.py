"""Lung fields of real chests against given masks and readers' nodules."""

from __future__ import annotations

import json
from pathlib import Path

import jpeg_ls
import numpy as np
import pytest

from lianyi.lungct.domain.geometry import Grid, PatientFrame
from lianyi.lungct.domain.image import Booleans, CtVolume
from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID
from lianyi.lungct.lungs import find_lungs

pytestmark = pytest.mark.shared_data


def chest(folder: Path, name: str) -> tuple[CtVolume, Booleans]:
    """Read a chest and its lung mask; they are stored at 1 mm, patient-aligned."""
    stored = np.load(folder / "volumes" / f"{name}.npz")
    window = jpeg_ls.decode(stored["window_8bit_jls"]).reshape(stored["shape_kji"])
    mask_kji = np.unpackbits(stored["lung_mask_bits"])[: window.size].reshape(window.shape) > 0
    patient_from_voxel = np.eye(4)
    patient_from_voxel[:3, :3] = [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    frame = PatientFrame(frame_of_reference_uid=FrameOfReferenceUID("1.2"), series_uid=SeriesUID("1.2.3"))
    values_kji = np.rint(window.astype(np.float32) * (1400 / 255) - 1000).astype(np.int16)
    return CtVolume(Grid(window.shape, patient_from_voxel, frame), values_kji), mask_kji


@pytest.mark.parametrize(
    ("name", "cut"),
    [("R01-001", set()), ("4DLung-HM10395", set()), ("LungFCP-01-0001", {"lung base"})],
)
def test_the_fields_agree_with_the_given_masks(shared_data: Path, name: str, cut: set[str]) -> None:
    working, mask_kji = chest(shared_data, name)

    lungs = find_lungs(working)

    both_kji = lungs.both_kji
    dice = 2 * np.count_nonzero(both_kji & mask_kji) / (np.count_nonzero(both_kji) + np.count_nonzero(mask_kji))
    assert dice > 0.95
    assert set(lungs.missing_share) == cut
    assert np.nonzero(lungs.left.values_kji)[2].mean() > np.nonzero(lungs.right.values_kji)[2].mean() + 80


def test_known_nodules_lie_inside(shared_data: Path) -> None:
    known = json.loads((shared_data / "labels" / "extra_chests_nodules.json").read_text(encoding="utf-8"))

    for nodule in known:
        working, _ = chest(shared_data, nodule["volume"])
        k, j, i = (round(index) for index in nodule["center_kji"])
        assert find_lungs(working).both_kji[k, j, i], nodule["volume"]


def test_the_upper_half_of_a_chest_misses_its_base(shared_data: Path) -> None:
    working, _ = chest(shared_data, "LungFCP-01-0001")

    assert find_lungs(working).missing_share["lung base"] > 0.4
