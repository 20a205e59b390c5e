"""Training the second network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lianyi_train.cache import Cache
from lianyi_train.cubes import UNKNOWN, CubeRecipe, CubeSource, mask_of
from lianyi_train.doubtful import apart_from_findings, with_doubtful
from lianyi_train.fit import Batch, Schedule, fit
from lianyi_train.folds import LEARNS_FROM, Purpose
from lianyi_train.mine import BEYOND_MM
from lianyi_train.networks import Refinement
from lianyi_train.propose import image_of

DENSITY_WEIGHTS = (1.0, 1.3, 0.6)
"""Ground-glass, part-solid, solid: what is left of the imbalance after rare ones are drawn more often."""


def loss_of(network: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Give the sum of what each output misses."""
    image = image_of(batch["grey"], batch["scanned"])
    nodule, density, mask, suspicion, offset = (out.float() for out in network(image))
    is_nodule = batch["is_nodule"].float()
    found = functional.binary_cross_entropy_with_logits(nodule, is_nodule)
    known = batch["density"] != UNKNOWN
    kind = functional.cross_entropy(
        density, batch["density"].clamp(min=0).long(), torch.tensor(DENSITY_WEIGHTS).to(density), reduction="none"
    )
    kind = (kind * known).sum() / known.sum().clamp(min=1)
    positive = is_nodule > 0
    seen = batch["scanned"][positive].float()
    truth = batch["mask"][positive].float() * seen
    logit = mask[positive]
    entropy = (functional.binary_cross_entropy_with_logits(logit, truth, reduction="none") * seen).mean(dim=(1, 2, 3))
    drawn = torch.sigmoid(logit) * seen
    both = (drawn * truth).sum(dim=(1, 2, 3))
    dice = 1.0 - (2.0 * both + 1.0) / (drawn.sum(dim=(1, 2, 3)) + truth.sum(dim=(1, 2, 3)) + 1.0)
    outline = (dice + 4.0 * entropy).sum() / positive.sum().clamp(min=1)
    rated = ~torch.isnan(batch["suspicion"])
    rating = torch.nan_to_num(batch["suspicion"], nan=3.0)
    rating = (functional.smooth_l1_loss(suspicion, rating, reduction="none") * rated).sum() / rated.sum().clamp(min=1)
    off = functional.smooth_l1_loss(offset, batch["offset"], reduction="none").sum(dim=1)
    off = (off * positive).sum() / positive.sum().clamp(min=1)
    notes = {
        "nodule": found.item(),
        "density": kind.item(),
        "dice": (dice.sum() / positive.sum().clamp(min=1)).item(),
        "suspicion": rating.item(),
        "offset": off.item(),
    }
    return found + 0.3 * kind + 0.5 * outline + 0.2 * rating + 0.05 * off, notes


def train_refinement(  # noqa: PLR0913 -- one experiment is all of these
    cache: Path,
    folder: Path,
    purpose: Purpose,
    schedule: Schedule,
    recipe: CubeRecipe,
    *,
    chest_places: dict[str, list[list[float]]],
    slab_places: dict[str, list[list[float]]],
    start_from: Path | None = None,
    workers: int = 2,
) -> nn.Module:
    """Train a second network on what its purpose may learn from.

    Args:
        cache: prepared data.
        folder: for checkpoint, weights and log.
        purpose: what it may learn from.
        schedule: how long and how fast.
        recipe: the mixture.
        chest_places: what the first network proposed in chests and is no known nodule, best first.
        slab_places: the same in slabs.
        start_from: weights to be continued.
        workers: processes that make samples.
    """
    data, folds = Cache(cache), LEARNS_FROM[purpose]
    chests = [with_doubtful(chest) for chest in data.chests(folds)]
    source = CubeSource(
        slabs=data.slabs(folds),
        chests=chests,
        proposals={
            name: np.array(rows).reshape(-1, 3)
            for name, rows in apart_from_findings(chests, chest_places, BEYOND_MM).items()
        },
        mistaken={name: np.array(places).reshape(-1, 3) for name, places in slab_places.items()},
        recipe=recipe,
        seed=schedule.seed,
    )

    def make(number: int) -> dict[str, Any]:
        cube = source.cube(number)
        return {
            "grey": cube.patch.grey_kji,
            "scanned": cube.patch.scanned_kji,
            "mask": mask_of(cube),
            "is_nodule": cube.is_nodule,
            "density": cube.density,
            "suspicion": np.float32(cube.suspicion),
            "offset": np.array(cube.offset_kji_mm, dtype=np.float32),
        }

    return fit(Refinement(), make, loss_of, schedule, folder, start_from=start_from, workers=workers)
