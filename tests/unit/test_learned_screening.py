"""A whole screening with the learned detector: what its networks say reaches the documents."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from lianyi.kit import build_kit
from lianyi.lungct.detect import RuntimeUnavailable
from lianyi.lungct.pipeline import first_read
from lianyi.phantom import write_phantom
from lianyi.settings import Settings
from phantoms import PLANTED, small_chest
from tiny_networks import write_weights


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom") / "study"
    write_phantom(folder, small_chest())
    return folder


def ship(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = write_weights(tmp_path / "models")
    monkeypatch.setattr("lianyi.lungct.models.weights.resources.files", lambda _package: folder)


@pytest.fixture(scope="module")
def screened(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one screening, at the sensitive operating point."""
    folder = tmp_path_factory.mktemp("screened")
    with pytest.MonkeyPatch.context() as monkeypatch:
        ship(monkeypatch, folder)
        first_read([study], folder / "out", kit=build_kit(Settings(operating_point="sensitive")))
    return folder / "out"


def read(folder: Path, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    return document


def test_a_mark_carries_what_both_networks_said(screened: Path) -> None:
    nodules = read(screened, "findings.json")["nodules"]
    solid = PLANTED[0].center_lps_mm

    nearest = min(nodules, key=lambda mark: math.dist(mark["center_lps_mm"], solid))

    evidence = read(screened, "provenance.json")["evidence"][str(nearest["id"])]
    assert math.dist(nearest["center_lps_mm"], solid) < 3.0
    assert nearest["density"] == "solid"
    assert 1.0 <= nearest["suspicion_rating"] <= 5.0
    assert {"propose_logit", "refine_logit", "solid_probability"} <= evidence.keys()


def test_the_record_names_detector_point_and_precision(screened: Path) -> None:
    provenance = read(screened, "provenance.json")

    assert provenance["detector"]["name"] == "by-hand"
    assert provenance["operating_point"] == {"name": "sensitive", "probability": 0.2, "max_marks": 20}
    assert provenance["settings"]["detector"] == "learned"
    assert provenance["settings"]["precision"] in {"f32", "bf16"}
    assert provenance["versions"]["openvino"]


def test_the_report_says_what_was_measured_at_this_point(screened: Path) -> None:
    text = (screened / "report.html").read_text(encoding="utf-8")

    assert "手工球体" in text
    assert "31 / 50" in text
    assert "平均每例约 4.1 处假标记" in text


def test_a_detector_in_place_of_another_is_said_in_every_document(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **_others: Any) -> None:
        raise RuntimeUnavailable("OSError")

    ship(monkeypatch, tmp_path)
    monkeypatch.setattr("lianyi.kit.LearnedDetector", fail)

    findings = first_read([study], tmp_path / "out", kit=build_kit(Settings()))

    assert "W20" in [warning.code for warning in findings.warnings]
    assert findings.provenance.detector is not None
    assert findings.provenance.detector.name == "classical"
    assert "改用经典检出器" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert read(tmp_path / "out", "provenance.json")["settings"]["detector"] == "classical"
