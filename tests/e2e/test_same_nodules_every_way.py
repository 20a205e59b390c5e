"""However the same patient was scanned and the files were sent, the nodules lie at the same places."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lianyi.kit import build_kit
from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.domain.study import CtSeries
from lianyi.lungct.pipeline import Stopwatch, screen
from lianyi.phantom import PhantomSpec, write_phantom
from lianyi.settings import Settings
from phantoms import PLANTED, oblique_chest, small_chest, tilted_chest

CENTER_WITHIN_MM = 1.5

ACQUISITIONS = {
    "head first, supine": small_chest(),
    "head first, prone": replace(small_chest(), patient_position="HFP"),
    "feet first, supine": replace(small_chest(), patient_position="FFS", instance_order="feet to head"),
    "feet first, prone": replace(small_chest(), patient_position="FFP"),
    "oblique": oblique_chest(),
    "tilted gantry": tilted_chest(),
}


def nodules_of(*paths: Path) -> tuple[Nodule, ...]:
    series = read_chest_series(paths, requested=None)
    assert isinstance(series, CtSeries)
    outcome = screen(series, kit=build_kit(Settings(detector="classical")), watch=Stopwatch())
    assert isinstance(outcome, Screened), outcome.reason
    return outcome.nodules


@pytest.mark.parametrize("spec", ACQUISITIONS.values(), ids=ACQUISITIONS.keys())
def test_every_planted_nodule_is_marked_at_its_place_in_the_patient(spec: PhantomSpec, tmp_path: Path) -> None:
    write_phantom(tmp_path, spec)

    nodules = nodules_of(tmp_path)

    found_xyz = np.array([nodule.center.xyz for nodule in nodules])
    for planted in PLANTED:
        distances_mm = np.linalg.norm(found_xyz - planted.center_lps_mm, axis=1)
        nearest = nodules[int(distances_mm.argmin())]
        assert distances_mm.min() <= CENTER_WITHIN_MM, planted
        assert nearest.side == ("left" if planted.center_lps_mm[0] > 0 else "right")


def test_names_order_copies_and_strangers_among_the_files_change_nothing(tmp_path: Path) -> None:
    sent, resent = tmp_path / "sent", tmp_path / "resent"
    write_phantom(sent, small_chest())
    files = sorted(sent.rglob("*.dcm"))
    order = np.random.default_rng(5).permutation(len(files))
    for n, index in enumerate(order):
        target = resent / f"folder{n % 3}" / f"{n:X}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(files[index], target)
    shutil.copy(files[4], resent / "once more")
    (resent / "说明.txt").write_text("不是影像", encoding="utf-8")
    archive = Path(shutil.make_archive(str(tmp_path / "study"), "zip", resent))

    as_sent = nodules_of(sent)

    for same in (nodules_of(resent), nodules_of(archive)):
        assert [nodule.center.xyz.tolist() for nodule in same] == [nodule.center.xyz.tolist() for nodule in as_sent]
        assert [nodule.volume_mm3 for nodule in same] == [nodule.volume_mm3 for nodule in as_sent]
    assert as_sent
