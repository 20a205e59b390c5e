"""What `make evaluate` runs: every stick, on both folds, each by the network that never saw the fold.

It writes ``train/measured.json`` and from it the measured part of the model card and its two pictures.  With
``--precisions`` the second stick is looked at again in float32, and in float32 held to AVX2 (an ordinary PC's
processor): the same weights and calibration, so only the arithmetic differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from lianyi.evaluate.plot import froc_svg, reliability_svg
from lianyi.lungct.detect.learned import LearnedDetector
from lianyi.lungct.detect.learned.runtime import Precision
from lianyi.lungct.models import Weights, read_weights
from lianyi.lungct.models.manifest import Calibration
from lianyi_train.cache import Cache
from lianyi_train.calibrate import Weighing
from lianyi_train.card import markdown, rewrite
from lianyi_train.folds import OTHER, Fold
from lianyi_train.manifests import NOT_MEASURED
from lianyi_train.measured import FOLDS, Figures, Looks, calibrated_by, figures_of, reading, weighed
from lianyi_train.prepare import prepare
from lianyi_train.sticks.planted import SHA256
from lianyi_train.sticks.planted_run import look_at_controls, look_at_planted
from lianyi_train.sticks.slabs_run import look_at_slabs
from lianyi_train.sticks.whole_chests import look_at_whole_chests

HERE = Path(__file__).parents[1]
MEASURED = HERE / "measured.json"
CARD = HERE.parent / "docs" / "model-cards" / "learned.md"
PRECISIONS = {
    "float32": {"LIANYI_PRECISION": "f32"},
    "float32, AVX2 only": {"LIANYI_PRECISION": "f32", "ONEDNN_MAX_CPU_ISA": "AVX2"},
}


def look_at_sticks(cache: Cache, weights: Path) -> dict[Fold, Looks]:
    """Let each fold's networks look at every stick of their fold."""
    loaded = {fold: read_weights(weights / fold) for fold in FOLDS}
    planted = {fold: look_at_planted(LearnedDetector(loaded[fold]), cache, fold) for fold in FOLDS}
    looks: dict[Fold, Looks] = {}
    for fold in FOLDS:
        detector = LearnedDetector(calibrated(loaded[fold], calibrated_by(planted[OTHER[fold]])))
        looks[fold] = Looks(
            whole=look_at_whole_chests(detector, cache, fold),
            planted=planted[fold],
            controls=look_at_controls(detector, cache, fold),
            slabs=look_at_slabs(detector, cache, fold),
        )
    return looks


def described(looks: dict[Fold, Looks], weights: Path) -> tuple[Figures, str, str]:
    """Give the figures, and the pictures of the planted curve and of the calibration."""
    figures, curve, calibration = figures_of(looks)
    identity = {
        "date": datetime.now(UTC).date().isoformat(),
        "planted list sha256": SHA256,
        "networks sha256": {
            fold: {
                file.name: hashlib.sha256(file.read_bytes()).hexdigest()
                for file in sorted((weights / fold).glob("*.onnx"))
            }
            for fold in FOLDS
        },
        "computed in": LearnedDetector(read_weights(weights / "A")).manner.precision,
    }
    return {**identity, **figures}, froc_svg(curve), reliability_svg(calibration)


def calibrated(weights: Weights, weighing: Weighing) -> Weights:
    """Give the same networks, weighed otherwise."""
    calibration = Calibration(
        propose=weighing.propose, refine=weighing.refine, constant=weighing.constant, population=NOT_MEASURED
    )
    return replace(weights, manifest=weights.manifest.model_copy(update={"calibration": calibration}))


def measure_planted(cache: Cache, weights: Path, measured: Path) -> Figures:
    """Look at the second stick alone, at the precision of the environment; calibrate as in the whole measurement."""
    precision: Precision = "f32" if os.environ.get("LIANYI_PRECISION") == "f32" else "auto"
    planted = {
        fold: look_at_planted(LearnedDetector(read_weights(weights / fold), precision=precision), cache, fold)
        for fold in FOLDS
    }
    figures = json.loads(measured.read_text())
    judged = [weighed(planted[fold], Weighing(**figures["calibration"][f"fitted on {OTHER[fold]}"])) for fold in FOLDS]
    read = reading(judged[0] + judged[1])
    large = read["6 mm and more"]
    return {"cpm": read["cpm"], "6 mm and more": large["nodules"], "6 mm and more at 1": large["found at"]["1"]}


def _at_precision(name: str, given: argparse.Namespace) -> Figures:
    """Measure in a process of its own: the runtime asks only once what the processor can do."""
    command = [sys.executable, "-m", "lianyi_train.evaluate", "--planted-only"]
    command += ["--work", str(given.work), "--weights", str(given.weights)]
    command += ["--out", str(given.out)] if given.out else []
    ran = subprocess.run(  # noqa: S603 -- our own module
        command, env={**os.environ, **PRECISIONS[name]}, capture_output=True, text=True, check=True
    )
    figures: Figures = json.loads(ran.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Measure both folds; write the figures, print them, and put them into the model card."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("out/train"))
    parser.add_argument("--weights", type=Path, default=HERE / "weights")
    parser.add_argument("--out", type=Path, default=None, help="a folder for everything, in place of the repository's")
    parser.add_argument("--precisions", action="store_true", help="repeat the second stick in float32 (minutes more)")
    parser.add_argument("--again", action="store_true", help="count anew what the last run's networks said")
    parser.add_argument("--planted-only", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    measured, pictures = (given.out / "measured.json", given.out) if given.out else (MEASURED, CARD.parent)
    if given.planted_only:
        cache = Cache(given.work / "cache")
        print(json.dumps(measure_planted(cache, given.weights, measured)))  # noqa: T201 -- read by the process that asked
        return
    prepare(given.data, given.work / "cache")
    kept = given.work / "looks.pickle"
    if not given.again:
        kept.write_bytes(pickle.dumps(look_at_sticks(Cache(given.work / "cache"), given.weights)))
    figures, curve, calibration = described(pickle.loads(kept.read_bytes()), given.weights)  # noqa: S301 -- our own
    if measured.exists():
        before = json.loads(measured.read_text())
        if before["networks sha256"] == figures["networks sha256"] and "precisions" in before:
            figures["precisions"] = before["precisions"]
    pictures.mkdir(parents=True, exist_ok=True)
    measured.write_text(json.dumps(figures, indent=1) + "\n")
    if given.precisions:
        reached = figures["planted"]["both"]["strict"]
        large = reached["6 mm and more"]
        own = {"cpm": reached["cpm"], "6 mm and more": large["nodules"], "6 mm and more at 1": large["found at"]["1"]}
        others = {name: _at_precision(name, given) for name in PRECISIONS}
        figures["precisions"] = {figures["computed in"]: own, **others}
        measured.write_text(json.dumps(figures, indent=1) + "\n")
    (pictures / "learned-froc.svg").write_text(curve)
    (pictures / "learned-reliability.svg").write_text(calibration)
    print(markdown(figures))  # noqa: T201 -- what the command is for
    if not given.out:
        rewrite(CARD, figures)


if __name__ == "__main__":
    main()
