"""A chest without identity is the same chest: same geometry, same HU, still read by our reader."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest

from dicom_series import SeriesSpec, enhanced
from lianyi.deidentify import Pseudonyms, deidentify_folder
from lianyi.lungct.dicom.read import read_chest_series
from lianyi.lungct.domain.study import CtSeries
from lianyi.phantom import PhantomSpec, write_phantom

NAMES = Pseudonyms(b"k" * 32)
LIDC = ("LIDC-IDRI-0001", "LIDC-IDRI-0002", "LIDC-IDRI-0003")


def read(folder: Path) -> CtSeries:
    series = read_chest_series([folder], requested=None)
    assert isinstance(series, CtSeries)
    return series


def assert_same_chest(before: CtSeries, after: CtSeries) -> None:
    assert len(before.slices) == len(after.slices) > 0
    ours = {(one.instance_uid, one.instance_number): one for one in after.slices}
    for one in before.slices:
        other = ours[NAMES.uid(one.instance_uid), one.instance_number]
        assert (one.image_position, one.image_orientation) == (other.image_position, other.image_orientation)
        assert (one.pixel_spacing, one.slice_thickness_mm) == (other.pixel_spacing, other.slice_thickness_mm)
        assert np.array_equal(one.hu_ji, other.hu_ji)
        assert (one.padding_ji is None) == (other.padding_ji is None)
        assert one.padding_ji is None or np.array_equal(one.padding_ji, other.padding_ji)


@pytest.fixture(scope="module")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom")
    write_phantom(folder, PhantomSpec(seed=3, nodules=1, juxtapleural=0, matrix=(128, 128), pixel_spacing_mm=(3, 3)))
    return folder


def test_our_phantom_is_the_same_chest_without_identity(phantom: Path, tmp_path: Path) -> None:
    (study,) = deidentify_folder(phantom, tmp_path / "out", NAMES).studies

    assert study.refused is None
    before, after = read(phantom), read(tmp_path / "out")
    assert_same_chest(before, after)
    assert (after.patient.age_years, after.patient.sex) == (before.patient.age_years, before.patient.sex)
    assert after.patient.birth_date is None
    assert before.patient.name not in (tmp_path / "out" / "manifest.json").read_text()


def test_an_enhanced_ct_is_the_same_chest(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    enhanced(SeriesSpec()).save_as(tmp_path / "in" / "1.dcm", enforce_file_format=True)
    (study,) = deidentify_folder(tmp_path / "in", tmp_path / "out", NAMES).studies

    assert study.refused is None
    assert_same_chest(read(tmp_path / "in"), read(tmp_path / "out"))


def test_the_same_key_gives_the_same_files(phantom: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        deidentify_folder(phantom, tmp_path / name, NAMES)

    a, b = (sorted(path for path in (tmp_path / name).rglob("*") if path.is_file()) for name in ("a", "b"))
    assert [path.read_bytes() for path in a] == [path.read_bytes() for path in b]


def test_dates_can_be_left_out(phantom: Path, tmp_path: Path) -> None:
    deidentify_folder(phantom, tmp_path / "out", NAMES, shift_dates=False)

    ds = pydicom.dcmread(next((tmp_path / "out").rglob("*.dcm")))
    assert [e.keyword for e in ds if e.VR in ("DA", "DT", "TM") and e.value] == []
    assert ds.LongitudinalTemporalInformationModified == "REMOVED"
    assert [item.CodeValue for item in ds.DeidentificationMethodCodeSequence] == ["113100", "113108"]


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is absent")
def test_dciodvfy_finds_no_error(phantom: Path, tmp_path: Path) -> None:
    deidentify_folder(phantom, tmp_path / "out", NAMES)

    for path in sorted((tmp_path / "out").rglob("*.dcm"))[:3]:
        said = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False).stderr
        assert "CTImage" in said
        assert "Error" not in said


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize("name", LIDC)
def test_a_real_chest_is_the_same_chest(name: str, shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "ct" / name
    (study,) = deidentify_folder(folder, tmp_path / "out", NAMES).studies

    assert (study.refused, dict(study.left_out)) == (None, {})
    assert_same_chest(read(folder), read(tmp_path / "out"))


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lianyi", "deidentify", *words], capture_output=True, text=True, check=False
    )


def test_the_command_exports_and_tells(phantom: Path, tmp_path: Path) -> None:
    out, key, who = tmp_path / "out", tmp_path / "key", tmp_path / "who.json"

    done = run(str(phantom), "--out", str(out), "--key-file", str(key), "--crosswalk", str(who))

    assert (done.returncode, done.stderr) == (0, "")
    (study,) = json.loads((out / "manifest.json").read_text())["studies"]
    assert f"{study['patient']}: {study['instances']}" in done.stdout
    assert json.loads(who.read_text())[0]["pseudonym"] == study["patient"]
    assert run(str(phantom), "--out", str(out)).returncode == 3
    assert run(str(phantom), "--out", str(tmp_path / "o"), "--key-file", str(tmp_path / "o" / "key")).returncode == 2
