"""The whole recipe, from shared/data to ONNX: what `make train` runs.  Every step is skipped once it is done.

::

    propose: common ──┬─▶ A            refine: common ──┬─▶ A
             │        ├─▶ B                    ▲        ├─▶ B
             │        └─▶ everything           │        └─▶ everything
             └─▶ mined: what it takes for nodules in chests and slabs, most of which it never saw

What A and B share is learnt once, from patients and chests in neither ("common"), and then continued for each fold
and for the networks that are shipped.  On two cores that multiply in bfloat16 the whole takes about three hours.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

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

CONTINUED: tuple[Purpose, ...] = ("A", "B", "everything")

PROPOSE_COMMON = Schedule(steps=7500)
PROPOSE_CONTINUED = Schedule(steps=2500, rate=1e-3)
REFINE_COMMON = Schedule(steps=2500, batch=32)
REFINE_CONTINUED = Schedule(steps=1000, batch=32, rate=1e-3)

FIRST = Recipe()
CONTINUED_RECIPE = replace(FIRST, sharp=0.25)


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
    train_proposals(cache, work / "propose-common", "common", _part(PROPOSE_COMMON, share), FIRST, workers=workers)
    mined = work / "mined"
    _export(work, mined, "propose-common", None)
    chest_places = _once(mined / "chest-places.json", lambda: mine_chests(cache, mined, "everything"))
    slab_places = _once(mined / "slab-places.json", lambda: mine_slabs(cache, mined, "everything"))
    for purpose in CONTINUED:
        train_proposals(
            cache,
            work / f"propose-{purpose}",
            purpose,
            _part(PROPOSE_CONTINUED, share),
            CONTINUED_RECIPE,
            start_from=work / "propose-common" / "weights.pt",
            hard=chest_places,
            workers=workers,
        )
    for purpose in ("common", *CONTINUED):
        first = purpose == "common"
        train_refinement(
            cache,
            work / f"refine-{purpose}",
            purpose,
            _part(REFINE_COMMON if first else REFINE_CONTINUED, share),
            CubeRecipe(),
            chest_places=chest_places,
            slab_places=slab_places,
            start_from=None if first else work / "refine-common" / "weights.pt",
            workers=workers,
        )
    for purpose in CONTINUED:
        _export(work, work / f"weights-{purpose}", f"propose-{purpose}", f"refine-{purpose}")


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
