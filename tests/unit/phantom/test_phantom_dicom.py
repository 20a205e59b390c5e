"""The written series is valid, and puts every nodule where the truth says."""

from __future__ import annotations

import json
import math
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
FAR_CORNER = np.array([[111, 129]])
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


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom")
    write_phantom(folder, TINY)
    return folder


@pytest.mark.parametrize("stack", STACKS)
def test_a_written_series_holds_the_nodules_of_the_truth(tmp_path: Path, stack: str) -> None:
    spec = replace(
        STACKS[stack](),
        noise_hu=0.0,
        instance_order="shuffled",
        matrix=(112, 130),
        pixel_spacing_mm=(3.1, 2.9),
        slice_step_mm=3.3,
        apex_cut_share=0.2,
        base_cut_share=0.15,
    )
    truth = write_phantom(tmp_path, spec)
    scene = build_scene(spec)
    grid = build_grid(spec, scene.anatomy)
    bare_kji = render_values(Scene(spec=spec, anatomy=scene.anatomy, plumbing=scene.plumbing, balls=()), grid)
    first, normal = grid.patient_from_voxel[:3, 3], np.cross(*grid.patient_from_voxel[:3, 2:0:-1].T)
    rise = grid.patient_from_voxel[:3, 0] @ normal
    points, weights = [], []
    for ds in read(tmp_path):
        position = np.array(ds.ImagePositionPatient, float)
        k = round(float((position - first) @ normal / rise))
        # What is printed is what the grid says, also far from the first pixel.
        assert np.abs(position - (grid.patient_from_voxel @ [k, 0, 0, 1])[:3]).max() < 0.01
        assert np.abs(points_of(ds, FAR_CORNER) - (grid.patient_from_voxel @ [k, 111, 129, 1])[:3]).max() < 0.01
        excess_ji = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept) - bare_kji[k]
        at_ji = np.argwhere(np.abs(excess_ji) > 0)
        points.append(points_of(ds, at_ji))
        weights.append(excess_ji[tuple(at_ji.T)])
    points_xyz, excess = np.concatenate(points), np.concatenate(weights)

    assert len(truth.nodules) == 4
    for nodule, ball in zip(truth.nodules, scene.balls, strict=True):
        center = np.array(nodule.center_lps_mm)
        is_near = np.linalg.norm(points_xyz - center, axis=1) < nodule.diameter_mm / 2 + 9
        centroid = np.average(points_xyz[is_near], axis=0, weights=excess[is_near])
        contrast_mm3 = nodule.volume_mm3 * (ball.hu - float(scene.anatomy.atlas.read("parenchyma", center)))
        if nodule.core_diameter_mm is not None:
            contrast_mm3 += math.pi / 6 * nodule.core_diameter_mm**3 * (40.0 - ball.hu)
        assert np.linalg.norm(centroid - center) < 0.3
        assert excess[is_near].sum() * grid.voxel_mm3 == pytest.approx(contrast_mm3, rel=0.03)


def test_positions_print_in_sixteen_characters(tmp_path: Path) -> None:
    spec = replace(oblique_chest(), matrix=(20, 24), pixel_spacing_mm=(17.3, 15.1), slice_step_mm=29.7)
    write_phantom(tmp_path, spec)

    for ds in read(tmp_path):
        for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceLocation"):
            element = ds.get_item(keyword)
            assert isinstance(element.value, bytes)
            assert max(map(len, element.value.decode().strip().split("\\"))) <= 16


def test_the_same_spec_writes_the_same_bytes(tmp_path: Path, written: Path) -> None:
    write_phantom(tmp_path, TINY)

    names = sorted(path.name for path in written.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    for name in names:
        assert (tmp_path / name).read_bytes() == (written / name).read_bytes()


def test_the_truth_file_holds_spec_nodules_and_lungs(tmp_path: Path) -> None:
    truth = write_phantom(tmp_path, TINY)

    stored = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))

    assert stored["schema"] == "lianyi.phantom/1"
    assert stored["spec"]["seed"] == 8
    assert stored["nodules"][0]["center_lps_mm"] == list(truth.nodules[0].center_lps_mm)
    assert stored["nodules"][0]["density"] == "solid"
    assert stored["lungs"]["left_ml"] == truth.left_lung_ml


def test_a_chinese_name_survives(written: Path) -> None:
    ds = read(written)[0]

    assert str(ds.PatientName.ideographic) == "测试^体模"
    assert ds.SpecificCharacterSet == "GB18030"


def test_missing_slices_are_not_written(tmp_path: Path, written: Path) -> None:
    write_phantom(tmp_path, replace(TINY, missing_slices=(3, 4), extension=""))

    whole, gap = read(written), read(tmp_path)

    assert len(whole) - len(gap) == 2
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".dcm"]


def test_head_first_numbers_run_down_and_uids_are_unique(written: Path) -> None:
    slices = sorted(read(written), key=lambda ds: int(ds.InstanceNumber))
    heights = [float(ds.ImagePositionPatient[2]) for ds in slices]

    assert heights == sorted(heights, reverse=True)
    assert len({ds.SOPInstanceUID for ds in slices}) == len(slices)
    assert all(ds.SOPInstanceUID.is_valid and ds.SOPInstanceUID.startswith("2.25.") for ds in slices)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (Debian package dicom3tools) is not installed")
def test_dciodvfy_finds_no_error(tmp_path: Path) -> None:
    write_phantom(tmp_path, replace(TINY, contrast=True))
    first = min(tmp_path.glob("*.dcm"))

    report = subprocess.run(["dciodvfy", str(first)], capture_output=True, text=True, check=False)

    assert "Error" not in report.stderr
