"""The whole recipe, from shared/data to ONNX: what `make train` runs.  Every step is skipped once it is done.

::

    common ──▶ mined ──┬─▶ A ──┬──▶ mined again ──┬─▶ A, last ──▶ everything
                       └─▶ B ──┘                  └─▶ B, last

Both networks go this way.  What A and B share is learnt once, from patients and chests in neither ("common"), and
then continued for each fold, twice: with what the common network mistook for nodules, and then with what the fold's
own network did; no fold learns from what the other's picked.  The networks that are shipped continue fold A's
and learn from everything.  On two cores that multiply in bfloat16 the whole takes some four hours.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from lianyi_train.cubes import CubeRecipe
from lianyi_train.export import export_proposals, export_refinement, load_mean
from lianyi_train.fit import Schedule
from lianyi_train.folds import Purpose
from lianyi_train.manifests import write_provisional
from lianyi_train.mine import mine_chests, mine_slabs
from lianyi_train.networks import Proposals, Refinement
from lianyi_train.patches import Recipe
from lianyi_train.prepare import prepare
from lianyi_train.propose import train_proposals
from lianyi_train.refine import train_refinement

Places = dict[str, list[list[float]]]

FOLDS: tuple[Purpose, ...] = ("A", "B")

PROPOSE = {
    "common": Schedule(steps=7500),
    "first": Schedule(steps=2500, rate=1e-3),
    "last": Schedule(steps=1500, rate=7e-4, warm_up=100),
}
REFINE = {
    "common": Schedule(steps=2500, batch=32),
    "first": Schedule(steps=1000, batch=32, rate=1e-3),
    "last": Schedule(steps=1000, batch=32, rate=1e-3, warm_up=60),
}
PATCHES = {
    "common": Recipe(),
    "first": Recipe(sharp=0.25),
    "last": Recipe(sharp=0.25, rare=0.15, small=0.2),
}
CUBES = CubeRecipe()
SAME_PLACE_MM = 4.0


def run(data: Path, work: Path, *, share: float = 1.0, workers: int = 2) -> None:
    """Run the recipe.

    Args:
        data: shared/data.
        work: for everything made; a run that was cut off goes on from what lies there.
        share: of every schedule's steps; 1 is the recipe, less is a trial of its parts.
        workers: processes that make samples.
    """
    cache = work / "cache"
    prepare(data, cache)
    train = _Training(cache=cache, work=work, share=share, workers=workers)
    train.proposals("common", "common", None, {})
    mined = work / "mined"
    _export(work, mined, "propose-common-common", None)
    chest_places = _once(mined / "chest-places.json", lambda: mine_chests(cache, mined, "everything"))
    slab_places = _once(mined / "slab-places.json", lambda: mine_slabs(cache, mined, "everything"))
    train.refinement("common", "common", None, chest_places, slab_places)
    for fold in FOLDS:
        train.proposals(fold, "first", "propose-common-common", chest_places)
        train.refinement(fold, "first", "refine-common-common", chest_places, slab_places)
        _export(work, work / f"first-{fold}", f"propose-{fold}-first", f"refine-{fold}-first")
    again: dict[Purpose, Places] = {}
    for fold in FOLDS:
        file = work / f"mined-by-{fold}.json"
        again[fold] = _once(file, partial(mine_chests, cache, work / f"first-{fold}", "everything"))
        again[fold] = _joined(chest_places, again[fold])
    again["everything"] = _joined(again["A"], again["B"])
    starts: dict[Purpose, str] = {"A": "A-first", "B": "B-first", "everything": "A-last"}
    for purpose, start in starts.items():
        train.proposals(purpose, "last", f"propose-{start}", again[purpose])
        train.refinement(purpose, "last", f"refine-{start}", again[purpose], slab_places)
        _export(work, work / f"weights-{purpose}", f"propose-{purpose}-last", f"refine-{purpose}-last")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Training:
    cache: Path
    work: Path
    share: float
    workers: int

    def proposals(self, purpose: Purpose, stage: str, start: str | None, hard: Places) -> None:
        train_proposals(
            self.cache,
            self.work / f"propose-{purpose}-{stage}",
            purpose,
            _part(PROPOSE[stage], self.share),
            PATCHES[stage],
            start_from=None if start is None else self.work / start / "weights.pt",
            hard=hard,
            workers=self.workers,
        )

    def refinement(
        self, purpose: Purpose, stage: str, start: str | None, chest_places: Places, slab_places: Places
    ) -> None:
        train_refinement(
            self.cache,
            self.work / f"refine-{purpose}-{stage}",
            purpose,
            _part(REFINE[stage], self.share),
            CUBES,
            chest_places=chest_places,
            slab_places=slab_places,
            start_from=None if start is None else self.work / start / "weights.pt",
            workers=self.workers,
        )


def _joined(places: Places, more: Places) -> Places:
    """Give all places of each chest, what lies at one place once."""
    joined = {name: list(rows) for name, rows in places.items()}
    for name, rows in more.items():
        for row in rows:
            if all(np.linalg.norm(np.subtract(row, one)) > SAME_PLACE_MM for one in joined[name]):
                joined[name].append(row)
    return joined


def _part(schedule: Schedule, share: float) -> Schedule:
    return replace(schedule, steps=max(round(schedule.steps * share), 2), warm_up=round(schedule.warm_up * share))


def _once(file: Path, make: Callable[[], Places]) -> Places:
    if not file.exists():
        part = file.with_suffix(".part")
        part.write_text(json.dumps(make()))
        part.replace(file)
    places: Places = json.loads(file.read_text())
    return places


def _export(work: Path, folder: Path, propose: str, refine: str | None) -> None:
    """Write ONNX files and a manifest that promises nothing yet."""
    if (folder / "manifest.json").exists():
        return
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    export_proposals(load_mean(work / propose / "weights.pt", Proposals()), part / "propose.onnx")
    if refine is not None:
        export_refinement(load_mean(work / refine / "weights.pt", Refinement()), part / "refine.onnx")
    write_provisional(part)
    part.replace(folder)


def main() -> None:
    """Run the recipe from the command line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("out/train"))
    parser.add_argument("--share", type=float, default=1.0, help="of every schedule's steps; 1 is the recipe")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    run(given.data, given.work, share=given.share, workers=given.workers)


if __name__ == "__main__":
    main()
