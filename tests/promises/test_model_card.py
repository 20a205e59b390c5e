"""The learned detector's card and manifest say what was measured, and nothing else."""

import hashlib
import json
from pathlib import Path

from lianyi_train import card, ship
from lianyi_train.sticks.planted import SHA256

from lianyi.lungct import models
from lianyi.lungct.models import shipped_weights

ROOT = Path(__file__).parents[2]
FIGURES = json.loads((ROOT / "train" / "measured.json").read_text())
SHIPPED = Path(models.__file__).parent


def test_the_card_quotes_the_measurement() -> None:
    text = (ROOT / "docs" / "model-cards" / "learned.md").read_text()

    assert card.with_figures(text, FIGURES) == text


def test_the_measurement_is_of_the_committed_networks_on_the_frozen_list() -> None:
    assert FIGURES["planted list sha256"] == SHA256
    for fold in ("A", "B"):
        for name in ("propose.onnx", "refine.onnx"):
            sha256 = FIGURES["networks sha256"][fold][name]
            assert hashlib.sha256((ROOT / "train" / "weights" / fold / name).read_bytes()).hexdigest() == sha256


def test_the_manifest_promises_what_was_measured() -> None:
    weights = shipped_weights()

    assert weights is not None
    assert weights.manifest == ship.manifest_of(SHIPPED, weights.manifest.version, FIGURES)


def test_the_networks_take_at_most_fifteen_megabytes() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.glob("*.onnx")) <= 15e6
