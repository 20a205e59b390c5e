"""The training loop: resumable, the same on a processor and on a GPU, and fixed by its seed.

Checkpoints hold the weights, their running mean, the optimiser and the step, so that a run cut off goes on where
it was.  Sample *n* is made from (seed, n) alone.  On one machine a run gives the same samples in the same order;
sums in floating point may differ in their last digits between machines and thread counts.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

Batch = dict[str, Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long and how fast.

    Attributes:
        steps: batches in all.
        batch: samples in one.
        rate: greatest learning rate; cosine to a hundredth of it after a short warm-up.
        warm_up: steps.
        decay: of the weights.
        mean: of the running mean of the weights, per step.
        seed: of weights and samples.
    """

    steps: int
    batch: int = 16
    rate: float = 2e-3
    warm_up: int = 200
    decay: float = 0.02
    mean: float = 0.999
    seed: int = 1


class Numbered(Dataset[dict[str, Any]]):
    """Sample *n*, made on demand."""

    def __init__(self, make: Callable[[int], dict[str, Any]], first: int, count: int) -> None:
        self.make, self.first, self.count = make, first, count

    def __len__(self) -> int:
        """How many samples are left."""
        return self.count

    def __getitem__(self, n: int) -> dict[str, Any]:
        """Give sample *n* of those left."""
        return self.make(self.first + n)


def fit(  # noqa: PLR0913, PLR0915 -- one loop is read as one; a network, its samples, its loss, how long, where to, from what, how many workers
    network: nn.Module,
    make: Callable[[int], dict[str, Any]],
    loss_of: Callable[[nn.Module, Batch], tuple[Tensor, dict[str, float]]],
    schedule: Schedule,
    folder: Path,
    *,
    start_from: Path | None = None,
    workers: int = 2,
    save_every_s: float = 150.0,
) -> nn.Module:
    """Train, and give the network with the running mean of its weights, ready to be used.

    Args:
        network: as built; overwritten by *start_from*, and by a checkpoint found in *folder*.
        make: gives sample *n* as arrays.
        loss_of: gives the loss of a batch and what is to be logged.
        schedule: how long and how fast.
        folder: for checkpoint, weights and log; a finished run found there is given at once.
        start_from: weights of a network to be continued.
        workers: processes that make samples.
        save_every_s: seconds between checkpoints.

    Raises:
        ValueError: the folder holds a run that was begun by another schedule.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(schedule.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    layout = torch.channels_last_3d
    if start_from is not None:
        network.load_state_dict(torch.load(start_from, map_location="cpu", weights_only=True))
    finished = folder / "weights.pt"
    if finished.exists():
        network.load_state_dict(torch.load(finished, map_location="cpu", weights_only=True))
        return network.eval()
    network = network.to(device, memory_format=layout).train()
    mean = copy.deepcopy(network).eval().requires_grad_(False)
    optimiser = torch.optim.AdamW(_decayed(network, schedule.decay), lr=schedule.rate)
    saved = folder / "checkpoint.pt"
    step = 0
    if saved.exists():
        begun = json.loads((folder / "schedule.json").read_text())
        if begun != asdict(schedule):
            raise ValueError(
                f"{folder} holds a run of another schedule ({begun}); go on with that, or use a new folder"
            )
        state = torch.load(saved, map_location=device, weights_only=True)
        network.load_state_dict(state["network"])
        mean.load_state_dict(state["mean"])
        optimiser.load_state_dict(state["optimiser"])
        step = state["step"]
    else:
        (folder / "schedule.json").write_text(json.dumps(asdict(schedule)))

    def save() -> None:
        state = {
            "network": network.state_dict(),
            "mean": mean.state_dict(),
            "optimiser": optimiser.state_dict(),
            "step": step,
        }
        torch.save(state, folder / "checkpoint.part")
        (folder / "checkpoint.part").replace(saved)

    left = (schedule.steps - step) * schedule.batch
    loader = DataLoader(
        Numbered(make, step * schedule.batch, left),
        batch_size=schedule.batch,
        num_workers=workers,
        worker_init_fn=_one_thread,
        prefetch_factor=6 if workers else None,
        pin_memory=device.type == "cuda",
    )
    began = last_saved = time.monotonic()
    sums: dict[str, float] = {}
    since = 0
    for arrived in loader:
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate * _share_of_rate(step, schedule)
        torch.manual_seed(schedule.seed + step)  # so that a resumed run drops out what an uncut one would
        batch = {name: value.to(device, non_blocking=True) for name, value in arrived.items()}
        with torch.autocast(device.type, dtype=torch.bfloat16):
            loss, notes = loss_of(network, batch)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        step += 1
        since += 1
        _follow(mean, network, min(schedule.mean, (1 + step) / (10 + step)))
        for name, value in notes.items():
            sums[name] = sums.get(name, 0.0) + value
        if since == 100 or step == schedule.steps:
            seconds = time.monotonic() - began
            row = {"step": step, "s": round(seconds, 1), **{k: round(v / since, 5) for k, v in sums.items()}}
            with (folder / "log.jsonl").open("a") as log:
                log.write(json.dumps(row) + "\n")
            sums, since = {}, 0
        if time.monotonic() - last_saved > save_every_s:
            save()
            last_saved = time.monotonic()
    save()
    network = mean.to("cpu")
    torch.save(network.state_dict(), finished)
    return network.eval()


def _one_thread(_: int) -> None:
    torch.set_num_threads(1)


def _share_of_rate(step: int, schedule: Schedule) -> float:
    if step < schedule.warm_up:
        return (step + 1) / schedule.warm_up
    done = (step - schedule.warm_up) / max(schedule.steps - schedule.warm_up, 1)
    return 0.01 + 0.99 * 0.5 * (1.0 + float(np.cos(np.pi * done)))


def _decayed(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Decay convolutions, not norms and biases."""
    kernels = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": kernels, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


@torch.no_grad()
def _follow(mean: nn.Module, network: nn.Module, keep: float) -> None:
    ours = [p for p in mean.state_dict().values() if p.dtype.is_floating_point]
    theirs = [p.detach() for p in network.state_dict().values() if p.dtype.is_floating_point]
    torch._foreach_lerp_(ours, theirs, 1.0 - keep)
