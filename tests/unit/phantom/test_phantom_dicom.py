"""The written series is valid, and puts every nodule where the truth says."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydicom
import pytest

from lianyi.phantom import PhantomSpec, write_phantom
from lianyi.phantom.sampling import Scene, render_values
from lianyi.phantom.scene import build_scene
from lianyi.phantom.stack import build_grid
from phantoms import oblique_chest, small_chest, tilted_chest

TINY = PhantomSpec(
    seed=8, nodules=1, juxtapleural=0, matrix=(64, 76), pixel_spacing_mm=(5.1, 4.9), slice_step_mm=7.0, noise_hu=5.0
)
STACKS = {"straight": small_chest, "oblique": oblique_chest, "tilted": tilted_chest}


def read(folder: Path) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in sorted(folder.iterdir()) if path.name != "truth.json"]


def points_of(ds: pydicom.Dataset, at_ji: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Patient points of pixels by the standard's own equation (PS3.3 C.7.6.2.1-1), from the header alone."""
    row, column = np.array(ds.ImageOrientationPatient[:3], float), np.array(ds.ImageOrientationPatient[3:], float)
    between_rows, between_columns = map(float, ds.PixelSpacing)
    j, i = at_ji.T
    return (
        np.array(ds.ImagePositionPatient, float)
        + row * between_columns * i[:, None]
        + column * between_rows * j[:, None]
    )


@pytest.mark.parametrize("stack", STACKS)
def test_a_written_series_puts_nodules_where_the_truth_says(tmp_path: Path, stack: str) -> None:
    spec = replace(STACKS[stack](), noise_hu=0.0, instance_order="shuffled")
    truth = write_phantom(tmp_path, spec)
    scene = build_scene(spec)
    grid = build_grid(spec, scene.anatomy)
    bare_kji = render_values(Scene(spec=spec, anatomy=scene.anatomy, plumbing=scene.plumbing, balls=()), grid)
    first, normal = grid.patient_from_voxel[:3, 3], np.cross(*grid.patient_from_voxel[:3, 2:0:-1].T)
    rise = grid.patient_from_voxel[:3, 0] @ normal
    points, weights = [], []
    for ds in read(tmp_path):
        k = round(float((np.array(ds.ImagePositionPatient, float) - first) @ normal / rise))
        hu_ji = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
        excess_ji = hu_ji - bare_kji[k]
        at_ji = np.argwhere(np.abs(excess_ji) > 0)
        points.append(points_of(ds, at_ji))
        weights.append(excess_ji[tuple(at_ji.T)])
    points_xyz, excess = np.concatenate(points), np.concatenate(weights)

    for nodule in truth.nodules:
        is_near = np.linalg.norm(points_xyz - nodule.center_lps_mm, axis=1) < nodule.diameter_mm / 2 + 6
        centroid = np.average(points_xyz[is_near], axis=0, weights=excess[is_near])
        assert np.linalg.norm(centroid - nodule.center_lps_mm) < 0.3


@pytest.mark.parametrize("stack", STACKS)
def test_printed_positions_agree_with_the_grid(tmp_path: Path, stack: str) -> None:
    spec = replace(
        STACKS[stack](),
        matrix=(20, 24),
        pixel_spacing_mm=(17.3, 15.1),
        slice_step_mm=9.7,
        instance_order="feet to head",
    )
    write_phantom(tmp_path, spec)
    grid = build_grid(spec, build_scene(spec).anatomy)
    corner_ji = np.array([[19, 23]])

    for k, ds in enumerate(sorted(read(tmp_path), key=lambda ds: int(ds.InstanceNumber))):
        expected = grid.patient_from_voxel[:3] @ [k, 19, 23, 1]
        printed = ds.get_item("ImagePositionPatient").value.decode().strip().split("\\")
        assert np.abs(points_of(ds, corner_ji)[0] - expected).max() < 0.01
        assert max(map(len, printed)) <= 16


def test_the_same_spec_writes_the_same_bytes(tmp_path: Path) -> None:
    write_phantom(tmp_path / "a", TINY)
    write_phantom(tmp_path / "b", TINY)

    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "b").iterdir())
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_truth_file_holds_spec_nodules_and_lungs(tmp_path: Path) -> None:
    truth = write_phantom(tmp_path, TINY)

    stored = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))

    assert stored["schema"] == "lianyi.phantom/1"
    assert stored["spec"]["seed"] == 8
    assert stored["nodules"][0]["center_lps_mm"] == list(truth.nodules[0].center_lps_mm)
    assert stored["nodules"][0]["density"] == "solid"
    assert stored["lungs"]["left_ml"] == truth.left_lung_ml


def test_a_chinese_name_survives(tmp_path: Path) -> None:
    write_phantom(tmp_path, TINY)

    ds = read(tmp_path)[0]

    assert str(ds.PatientName.ideographic) == "测试^体模"
    assert ds.SpecificCharacterSet == "GB18030"


def test_missing_slices_are_not_written(tmp_path: Path) -> None:
    write_phantom(tmp_path / "whole", TINY)
    write_phantom(tmp_path / "gap", replace(TINY, missing_slices=(3, 4), extension=""))

    whole, gap = read(tmp_path / "whole"), read(tmp_path / "gap")

    assert len(whole) - len(gap) == 2
    assert not [path for path in (tmp_path / "gap").iterdir() if path.suffix == ".dcm"]


def test_head_first_numbers_run_down_and_uids_are_unique(tmp_path: Path) -> None:
    write_phantom(tmp_path, TINY)
    slices = sorted(read(tmp_path), key=lambda ds: int(ds.InstanceNumber))
    heights = [float(ds.ImagePositionPatient[2]) for ds in slices]

    assert heights == sorted(heights, reverse=True)
    assert len({ds.SOPInstanceUID for ds in slices}) == len(slices)
    assert all(ds.SOPInstanceUID.is_valid and ds.SOPInstanceUID.startswith("2.25.") for ds in slices)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (Debian package dicom3tools) is not installed")
def test_dciodvfy_finds_no_error(tmp_path: Path) -> None:
    write_phantom(tmp_path, replace(TINY, contrast=True))
    first = sorted(tmp_path.glob("*.dcm"))[0]

    report = subprocess.run(["dciodvfy", str(first)], capture_output=True, text=True, check=False)

    assert "Error" not in report.stderr
