"""Weights are what their manifest says, or they are refused; a manifest claims nothing that cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lianyi.lungct.domain.errors import Misconfigured
from lianyi.lungct.models import read_weights, shipped_weights
from tiny_networks import plain_manifest, propose_onnx, refine_onnx, write_weights


def edit_manifest(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    edit(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def test_both_networks_are_read_as_written(tmp_path: Path) -> None:
    weights = read_weights(write_weights(tmp_path))

    assert weights.propose == propose_onnx()
    assert weights.refine == refine_onnx()
    assert weights.manifest.name == "by-hand"
    assert weights.manifest.operating_points["balanced"].false_marks_per_chest == 1.04


def test_the_second_network_may_be_absent(tmp_path: Path) -> None:
    weights = read_weights(write_weights(tmp_path, with_refine=False))

    assert weights.refine is None


@pytest.mark.parametrize("name", ["propose.onnx", "refine.onnx"])
def test_a_file_with_one_changed_byte_is_refused_by_name(tmp_path: Path, name: str) -> None:
    path = write_weights(tmp_path) / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(Misconfigured) as caught:
        read_weights(tmp_path)

    assert f"{name} 已被改动" in caught.value.zh
    assert f"{name} was changed" in caught.value.en
    assert "install lianyi again" in caught.value.en


@pytest.mark.parametrize("name", ["propose.onnx", "refine.onnx", "manifest.json"])
def test_a_missing_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    (write_weights(tmp_path) / name).unlink()

    with pytest.raises(Misconfigured, match=name):
        read_weights(tmp_path)


def reverse_points(manifest: dict[str, Any]) -> None:
    points = manifest["operating_points"]
    points["sensitive"], points["specific"] = points["specific"], points["sensitive"]


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda m: m.update(schema="lianyi.models/2"), "schema"),
        (lambda m: m.update(learning_rate=0.1), "learning_rate"),
        (lambda m: m["files"]["propose"].update(file="../propose.onnx"), "files.propose.file"),
        (lambda m: m["calibration"].update(propose=0.0), "calibration.propose"),
        (lambda m: m["operating_points"].pop("specific"), "operating points"),
        (reverse_points, "more sensitive"),
        (lambda m: m["operating_points"]["balanced"].update(max_marks=21), "max_marks"),
        (lambda m: m["operating_points"]["balanced"]["sensitivity"][0].update(found=51), "sensitivity"),
        (lambda m: m["operating_points"]["balanced"]["sensitivity"][0].update(below_mm=3.0), "sensitivity"),
        (lambda m: m["files"].update(refine=None), "calibration weighs"),
        (lambda m: m.update(training_data=[]), "training_data"),
    ],
)
def test_a_manifest_that_cannot_be_is_refused(
    tmp_path: Path, edit: Callable[[dict[str, Any]], object], told: str
) -> None:
    edit_manifest(write_weights(tmp_path), edit)

    with pytest.raises(Misconfigured, match=told):
        read_weights(tmp_path)


def test_density_cuts_out_of_order_are_refused(tmp_path: Path) -> None:
    edit_manifest(write_weights(tmp_path), lambda m: m.update(density_cuts=[1.2, 0.5]))

    with pytest.raises(Misconfigured, match="order"):
        read_weights(tmp_path)


def test_a_density_class_needs_the_second_network(tmp_path: Path) -> None:
    write_weights(tmp_path, with_refine=False)
    edit_manifest(tmp_path, lambda m: m.update(density_cuts=[0.5, 1.2]))

    with pytest.raises(Misconfigured, match="density"):
        read_weights(tmp_path)


def test_the_hash_of_the_weights_follows_files_and_calibration(tmp_path: Path) -> None:
    plain = read_weights(write_weights(tmp_path / "plain"))
    again = read_weights(write_weights(tmp_path / "again", version="9.9.9"))
    calibration = {**plain_manifest()["calibration"], "constant": -0.5}
    recalibrated = read_weights(write_weights(tmp_path / "recalibrated", calibration=calibration))
    alone = read_weights(write_weights(tmp_path / "alone", with_refine=False))

    assert again.sha256 == plain.sha256
    assert len({plain.sha256, recalibrated.sha256, alone.sha256}) == 3


def test_an_installation_without_a_manifest_ships_no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("lianyi.lungct.models.weights.resources.files", lambda _package: tmp_path)

    assert shipped_weights() is None


def test_an_installation_with_a_manifest_ships_its_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_weights(tmp_path)
    monkeypatch.setattr("lianyi.lungct.models.weights.resources.files", lambda _package: tmp_path)

    shipped = shipped_weights()

    assert shipped is not None
    assert shipped.manifest.version == "1.2.3"
