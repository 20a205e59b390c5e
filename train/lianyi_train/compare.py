"""Short trainings that differ in one thing each, all from the common network, all measured on one fold.

They are too short to reach what the recipe reaches, and 145 planted nodules tell differences of some hundredths of
CPM at best; they are for choosing between ways, and promise nothing.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import torch

from lianyi.evaluate import froc
from lianyi.evaluate.figures import half_up, share
from lianyi.lungct.detect.learned import LearnedDetector
from lianyi.lungct.models import read_weights
from lianyi_train.cache import Cache
from lianyi_train.export import export_proposals
from lianyi_train.fit import Schedule
from lianyi_train.folds import Fold
from lianyi_train.manifests import write_provisional
from lianyi_train.measured import reading
from lianyi_train.patches import Recipe
from lianyi_train.prepare import prepare
from lianyi_train.propose import train_proposals
from lianyi_train.sticks.planted import SHA256
from lianyi_train.sticks.planted_run import look_at_planted
from lianyi_train.sticks.slabs_run import look_at_slabs
from lianyi_train.sticks.whole_chests import look_at_whole_chests

FOLD: Fold = "A"
HERE = Path(__file__).parents[1]
START = HERE / "weights" / "start"
TABLE = HERE / "experiments.csv"

BASE = Recipe(sharp=0.25)
CHANGES: dict[str, tuple[str, Recipe]] = {
    "base": ("nothing: two readers; doubtful places left out; hard places; sharpening", BASE),
    "doubtful taught": ("doubtful places are taught as nothing", replace(BASE, leaves_doubtful=False)),
    "three readers": ("findings of two readers are ignored", replace(BASE, least_readers=3)),
    "no hard places": ("no patches around mistakes of the common network", replace(BASE, hard=0.0)),
    "rare and small": ("a quarter of the nodules drawn rare, a quarter small", replace(BASE, rare=0.25, small=0.25)),
    "scanned filters": ("thicker slices and sharpening average scanned voxels only; the rows above: all", BASE),
    "fewer slabs": ("a quarter of the patches from slabs in place of a half", replace(BASE, slab_share=0.25)),
}


def compare(name: str, cache: Cache, work: Path, steps: int) -> dict[str, str]:
    """Train one way and measure it; give a row for the table."""
    what, recipe = CHANGES[name]
    folder = work / "compare" / name.replace(" ", "-")
    schedule = Schedule(steps=steps, rate=1e-3, warm_up=30)
    places = json.loads((START / "chest-places.json").read_text())
    began = time.monotonic()
    network = train_proposals(
        cache.folder, folder, FOLD, schedule, recipe, start_from=START / "propose.pt", hard=places
    )
    minutes = (time.monotonic() - began) / 60.0
    export_proposals(network, folder / "propose.onnx")
    write_provisional(folder)
    detector = LearnedDetector(read_weights(folder))
    planted = look_at_planted(detector, cache, FOLD)
    strict, second = reading(planted), reading(planted.without_doubtful())
    whole = look_at_whole_chests(detector, cache, FOLD)
    at_whole = froc(whole.chests, whole.nodules, whole.marks, resamples=0)
    slabs = look_at_slabs(detector, cache, FOLD)
    counted = [one for one in slabs if one.readers >= 3]
    large = strict["6 mm and more"]
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "name": name,
        "one change": what,
        "fold": FOLD,
        "steps": str(steps),
        "planted sha256": SHA256[:8],
        "planted nodules": str(strict["nodules"]),
        "planted CPM": half_up(strict["cpm"], 3),
        "95 % interval": f"{half_up(strict['cpm interval']['low'], 3)}-{half_up(strict['cpm interval']['high'], 3)}",
        "planted CPM without doubtful places": half_up(second["cpm"], 3),
        "planted CPM 3-6 mm": half_up(strict["by size"]["3-6 mm"]["cpm"], 3),
        "planted CPM ground-glass": half_up(strict["by density"]["ground-glass"]["cpm"], 3),
        "planted 6 mm and more at 1 false mark": share(large["found at"]["1"], large["nodules"]),
        "whole chests at 2 false marks": f"{at_whole.curve.found_at(2.0):g}/{at_whole.nodules}",
        "slabs found at p 0.3 (3+ readers)": share(
            sum(one.hit is not None and one.hit >= 0.3 for one in counted), len(counted)
        ),
        "slab false marks a cm2 at p 0.3": half_up(
            sum(p >= 0.3 for one in slabs for p in one.false) / sum(one.lung_cm2 for one in slabs), 4
        ),
        "training minutes": half_up(minutes, 0),
    }


def main() -> None:
    """Train and measure the ways named, all by default, and append a row for each to the table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("out/train"))
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CHANGES))
    given = parser.parse_args()
    torch.set_num_threads(2)
    prepare(given.data, given.work / "cache")
    for name in given.names or CHANGES:
        row = compare(name, Cache(given.work / "cache"), given.work, given.steps)
        is_new = not TABLE.exists()
        with TABLE.open("a", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            if is_new:
                writer.writeheader()
            writer.writerow(row)


if __name__ == "__main__":
    main()
