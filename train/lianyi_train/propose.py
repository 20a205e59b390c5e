"""Training the proposal network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lianyi_train.cache import Cache
from lianyi_train.doubtful import apart_from_findings, with_doubtful
from lianyi_train.fit import Batch, Schedule, fit
from lianyi_train.folds import LEARNS_FROM, Purpose
from lianyi_train.mine import BEYOND_MM
from lianyi_train.networks import Proposals
from lianyi_train.patches import Recipe, Source
from lianyi_train.targets import IGNORED, POSITIVE, targets_of

FOCUS = 2.0
"""Gamma of the focal loss (Lin et al., Focal loss for dense object detection, ICCV 2017)."""


def image_of(grey: Tensor, scanned: Tensor) -> Tensor:
    """Give the network's two channels from bytes, (n, k, j, i) each: grey from -1 to 1, and 1 where scanned."""
    seen = scanned.float()
    grey = (grey.float() / 127.5 - 1.0) * seen - (1.0 - seen)
    return torch.stack((grey, seen), dim=1).contiguous(memory_format=torch.channels_last_3d)


def loss_of(network: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Give focal loss of the centres and smooth L1 of offsets and sizes, both per positive cell."""
    cells = network(image_of(batch["grey"], batch["scanned"])).float()
    labels, wanted = batch["labels"], batch["regression"]
    positive = labels == POSITIVE
    counts = labels != IGNORED
    logit = cells[:, 0]
    target = positive.float()
    entropy = functional.binary_cross_entropy_with_logits(logit, target, reduction="none")
    missed = torch.exp(-entropy)
    positives = positive.sum().clamp(min=1)
    center = (entropy * (1.0 - missed) ** FOCUS * counts).sum() / positives
    off = (
        functional.smooth_l1_loss(cells[:, 1:4], wanted[:, :3], reduction="none").sum(dim=1)[positive].sum() / positives
    )
    size = functional.smooth_l1_loss(cells[:, 4], wanted[:, 3], beta=0.2, reduction="none")[positive].sum() / positives
    notes = {"center": center.item(), "off": off.item(), "size": size.item()}
    return center + 0.1 * off + 0.3 * size, notes


def train_proposals(  # noqa: PLR0913 -- one experiment is all of these
    cache: Path,
    folder: Path,
    purpose: Purpose,
    schedule: Schedule,
    recipe: Recipe,
    *,
    start_from: Path | None = None,
    hard: dict[str, list[list[float]]] | None = None,
    network: nn.Module | None = None,
    workers: int = 2,
) -> nn.Module:
    """Train a proposal network on what its purpose may learn from."""
    data, folds = Cache(cache), LEARNS_FROM[purpose]
    chests = data.chests(folds)
    if recipe.leaves_doubtful:
        chests = [with_doubtful(chest) for chest in chests]
    places = apart_from_findings(chests, hard or {}, BEYOND_MM)
    source = Source(
        slabs=[slab for slab in data.slabs(folds) if slab.facts.readers >= recipe.least_readers],
        chests=chests,
        recipe=recipe,
        hard={name: np.array(rows).reshape(-1, 3) for name, rows in places.items()},
        seed=schedule.seed,
    )

    def make(number: int) -> dict[str, Any]:
        patch = source.patch(number)
        targets = targets_of(patch, recipe.least_readers)
        return {
            "grey": patch.grey_kji,
            "scanned": patch.scanned_kji,
            "labels": targets.labels,
            "regression": targets.regression,
        }

    return fit(network or Proposals(), make, loss_of, schedule, folder, start_from=start_from, workers=workers)
