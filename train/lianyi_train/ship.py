"""Put the networks that learnt from everything into the product, with what was measured of the folds' networks.

The shipped networks are themselves measured by nothing in shared/data, for they have seen it all: what their manifest
promises is what networks trained much the same way reached on patients and chests that they had not seen.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from lianyi.evaluate.froc import SIZES
from lianyi.lungct.models import read_weights
from lianyi.lungct.models.manifest import (
    BothLanguages,
    Calibration,
    Manifest,
    MeasuredPoint,
    NetworkFiles,
    PointName,
    SizeClass,
)
from lianyi_train.evaluate import MEASURED
from lianyi_train.folds import CHESTS
from lianyi_train.manifests import DATA, network_file
from lianyi_train.measured import FOLDS, Figures

MODELS = Path(__file__).parents[2] / "src" / "lianyi" / "lungct" / "models"
NAME = "lianyi-nodules"
MAX_MARKS = 20


def manifest_of(folder: Path, version: str, figures: Figures) -> Manifest:
    """Describe the networks in a folder by what was measured."""
    fitted = figures["calibration"]["fitted on both"]
    both = figures["planted"]["both"]["strict"]
    nodules, times = both["nodules"], both["chests"]
    chests = sum(fold in FOLDS for fold in CHESTS.values())
    points: dict[PointName, MeasuredPoint] = {}
    names: tuple[PointName, ...] = ("sensitive", "balanced", "specific")
    for name in names:
        point = figures["operating points"][name]
        points[name] = MeasuredPoint(
            probability=round(point["probability shipped"], 4),
            max_marks=MAX_MARKS,
            false_marks_per_chest=round(point["false marks a chest"], 2),
            sensitivity=tuple(
                SizeClass(
                    from_mm=SIZES[size][0],
                    below_mm=None if SIZES[size][1] == float("inf") else SIZES[size][1],
                    found=counts["found"],
                    total=counts["total"],
                )
                for size, counts in point["by size"].items()
                if counts["total"]
            ),
        )
    return Manifest(
        schema="lianyi.models/1",
        name=NAME,
        version=version,
        files=NetworkFiles(propose=network_file(folder / "propose.onnx"), refine=network_file(folder / "refine.onnx")),
        calibration=Calibration(
            **fitted,
            population=BothLanguages(
                zh="植入真实结节的胸部 CT（LIDC-IDRI 等公开数据），按每例 1.34 个结节折算",
                en="chests of public collections with real nodules planted, weighted to 1.34 nodules a chest",
            ),
        ),
        density_cuts=None,  # the measured HU tell the class better (model card)
        training_data=DATA,
        operating_points=points,
        sensitivity_source=BothLanguages(
            zh=f"{nodules} 个真实结节，用图像合成放入 {chests} 例胸部 CT（共 {times} 次）；由未见过这些 CT 与结节、"
            "训练方法相近的网络测得，随附的网络本身未经测定，也未用本院病例",
            en=f"{nodules} real nodules put into {chests} chests by image composition, {times} compositions in all; "
            "by networks trained much the same way that had seen neither; the shipped ones were not measured "
            "themselves, nor on this hospital's cases",
        ),
    )


def ship(networks: Path, version: str, figures: Figures, models: Path = MODELS) -> None:
    """Copy the networks, write the manifest, and read all of it as the product will."""
    for name in ("propose.onnx", "refine.onnx"):
        shutil.copyfile(networks / name, models / name)
    manifest = manifest_of(models, version, figures)
    (models / "manifest.json").write_text(manifest.model_dump_json(indent=1, by_alias=True) + "\n")
    read_weights(models)


def main() -> None:
    """Ship what `make train` exported, by what `make evaluate` measured."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--networks", type=Path, default=Path("out/train/weights-everything"))
    parser.add_argument("--version", required=True)
    given = parser.parse_args()
    ship(given.networks, given.version, json.loads(MEASURED.read_text()))


if __name__ == "__main__":
    main()
