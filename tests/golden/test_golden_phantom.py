"""What the program says of one synthetic chest stays what it was, until someone means to change it.

``LIANYI_REWRITE_GOLDEN=1`` (``make golden``) writes the golden document anew; review its diff.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from lianyi.kit import build_kit
from lianyi.lungct.pipeline import first_read
from lianyi.phantom import write_phantom
from lianyi.settings import Settings
from phantoms import small_chest

GOLDEN = Path(__file__).with_name("small_chest.json")
VOLATILE = ("timing_s", "provenance")
"""Fields that name the moment, the machine and the release."""
DECIMALS = {"probability": 2, "share": 3}
WITHIN = {"probability": 0.05, "share": 0.01, "mean_hu": 5.0}
WITHIN_MM = 0.2
WITHIN_SHARE_OF_VOLUME = 0.03


JUDGED = {
    "assessments": ("guideline", "level", "nodule_id", "category", "missing"),
    "risks": ("model", "nodule_id", "probability", "valid", "missing"),
}
"""Of what was judged the answer; the sentences around it quote sizes to the last digit, and have tests of their own."""


def rounded(value: Any, name: str = "") -> Any:
    """The document with its numbers as a person compares them, and without what changes from run to run."""
    if isinstance(value, dict):
        kept = JUDGED.get(name, tuple(value))
        return {key: rounded(entry, key) for key, entry in value.items() if key not in VOLATILE and key in kept}
    if isinstance(value, list):
        return [rounded(entry, name) for entry in value]
    return round(value, DECIMALS.get(name, 1)) if isinstance(value, float) else value


def within_tolerance(golden: Any, name: str = "") -> Any:
    """The golden document with room for another processor's rounding around each measured number."""
    if isinstance(golden, dict):
        return {key: within_tolerance(entry, key) for key, entry in golden.items()}
    if isinstance(golden, list):
        return [within_tolerance(entry, name) for entry in golden]
    if isinstance(golden, float):
        if name == "volume_mm3" or name.endswith("_ml"):
            return pytest.approx(golden, rel=WITHIN_SHARE_OF_VOLUME)
        return pytest.approx(golden, abs=WITHIN.get(name, WITHIN_MM))
    return golden


def test_the_small_chest_is_read_as_the_golden_document_says(tmp_path: Path) -> None:
    write_phantom(tmp_path / "study", small_chest())

    findings = first_read([tmp_path / "study"], tmp_path / "result", kit=build_kit(Settings(detector="classical")))

    document = rounded(json.loads(findings.to_json()))
    if os.environ.get("LIANYI_REWRITE_GOLDEN") == "1":
        GOLDEN.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    assert document == within_tolerance(json.loads(GOLDEN.read_text(encoding="utf-8")))
