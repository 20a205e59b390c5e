"""A run with dropout that was cut off ends where an uncut one does; the rest of the loop is in test_training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn
else:
    torch = pytest.importorskip("torch", reason="torch is not installed: make train does")
    nn = torch.nn

from lianyi_train.fit import Schedule, fit

SCHEDULE = Schedule(steps=8, batch=2, warm_up=2)


class CutOff(Exception):
    """Stands for the power failing."""


def sample(n: int) -> dict[str, Any]:
    x = np.random.default_rng(n).standard_normal((1, 4, 4, 4), dtype=np.float32)
    return {"x": x, "y": x.mean(dtype=np.float32)}


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv3d(1, 4, 3), nn.BatchNorm3d(4), nn.Flatten(), nn.Dropout(0.5), nn.Linear(32, 1))


def loss_of(network: nn.Module, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
    loss = ((network(batch["x"])[:, 0].float() - batch["y"]) ** 2).mean()
    return loss, {"loss": float(loss.detach())}


def cut_off_at(number: int) -> Any:
    def make(n: int) -> dict[str, Any]:
        if n == number:
            raise CutOff
        return sample(n)

    return make


def test_a_run_that_was_cut_off_ends_where_an_uncut_one_does(tmp_path: Path) -> None:
    whole = fit(network(), sample, loss_of, SCHEDULE, tmp_path / "whole", workers=0)

    with pytest.raises(CutOff):
        fit(network(), cut_off_at(10), loss_of, SCHEDULE, tmp_path / "cut", workers=0, save_every_s=0.0)
    resumed = fit(network(), sample, loss_of, SCHEDULE, tmp_path / "cut", workers=0)

    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
