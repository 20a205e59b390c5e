"""The emphysema index, and when it may be read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lianyi.lungct.domain.image import CtVolume, LungFields
from lianyi.lungct.whole_lung.emphysema import measure_emphysema
from located import working_chest
from phantoms import emphysema, oblique_chest, rendered, small_chest
from report_outcome import facts

READABLE = replace(facts(), kernel="STANDARD", contrast="no")


def parts(spec: object = None) -> tuple[CtVolume, LungFields]:
    spec = small_chest() if spec is None else spec
    return rendered(spec)[0], working_chest(spec)[1]  # type: ignore[arg-type]


def test_holes_show_and_healthy_lungs_do_not() -> None:
    healthy = measure_emphysema(*parts(), READABLE, 1.0)
    holes = measure_emphysema(*parts(emphysema()), READABLE, 1.0)

    assert healthy.share is not None
    assert holes.share is not None
    assert healthy.share < 0.01
    assert holes.share > 0.03
    assert healthy.is_readable
    assert not healthy.reasons


@pytest.mark.parametrize("spec", [small_chest(), oblique_chest()], ids=["straight", "oblique"])
def test_the_share_is_that_of_the_voxels_as_acquired(spec: object) -> None:
    volume, lungs = parts(spec)
    random = np.random.default_rng(3)
    is_empty = random.random(volume.grid.shape) < 0.25
    planted = CtVolume(volume.grid, np.where(is_empty, -980, -800).astype(np.int16), instances=volume.instances)

    share = measure_emphysema(planted, lungs, READABLE, 1.0).share

    assert share == pytest.approx(0.25, abs=0.01)


def test_what_was_not_scanned_does_not_count() -> None:
    volume, lungs = parts()
    values_kji = np.full(volume.grid.shape, -800, np.int16)
    scanned_kji = np.ones(volume.grid.shape, dtype=bool)
    scanned_kji[:, :, : volume.grid.shape[2] // 2] = False
    values_kji[~scanned_kji] = -1024
    planted = CtVolume(volume.grid, values_kji, scanned_kji=scanned_kji, instances=volume.instances)

    assert measure_emphysema(planted, lungs, READABLE, 1.0).share == 0.0


@pytest.mark.parametrize(
    ("changes", "thickness_mm", "words"),
    [
        ({}, 5.0, "slices of 5 mm"),
        ({}, None, "thickness not stated"),
        ({"kernel": "B70f"}, 1.0, "sharp kernel (B70f)"),
        ({"kernel": "FC51"}, 1.0, "sharp kernel (FC51)"),
        ({"kernel": "XYZZY"}, 1.0, "XYZZY: unknown"),
        ({"kernel": ""}, 1.0, "not stated: unknown"),
        ({"contrast": "yes"}, 1.0, "contrast was given"),
        ({"contrast": "unknown"}, 1.0, "not stated whether contrast"),
    ],
)
def test_a_condition_that_is_not_met_is_said(changes: dict[str, str], thickness_mm: float | None, words: str) -> None:
    index = measure_emphysema(*parts(), replace(READABLE, **changes), thickness_mm)  # type: ignore[arg-type]

    assert not index.is_readable
    assert index.share is not None
    assert len(index.reasons) == 1
    assert words in index.reasons[0].en
    assert index.reasons[0].zh


def test_cut_lungs_and_noise_are_said() -> None:
    volume, lungs = parts()
    cut = LungFields(left=lungs.left, right=lungs.right, missing_share={"lung base": 0.04})
    noise = np.random.default_rng(1).normal(0, 90, volume.grid.shape)
    noisy = CtVolume(volume.grid, (volume.values_kji + noise).astype(np.int16), instances=volume.instances)

    assert [reason.en for reason in measure_emphysema(volume, cut, READABLE, 1.0).reasons] == ["the lungs are cut off"]
    assert "noise of about" in measure_emphysema(noisy, lungs, READABLE, 1.0).reasons[0].en
