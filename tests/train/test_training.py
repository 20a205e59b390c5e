"""Training: both losses fall, and a run that was cut off goes on as if it had not been."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lianyi_train import propose, refine  # noqa: E402
from lianyi_train.cubes import CubeRecipe, CubeSource, mask_of  # noqa: E402
from lianyi_train.fit import Schedule, fit  # noqa: E402
from lianyi_train.networks import Proposals, Refinement  # noqa: E402
from lianyi_train.patches import Recipe, Source  # noqa: E402
from lianyi_train.targets import IGNORED, POSITIVE, targets_of  # noqa: E402

from made_slabs import made_chest, made_slab  # noqa: E402

SHAPE = (32, 24, 40)
"""At 16 x 16 x 16, where the coarsest grid is 2 x 2 x 2, bfloat16 convolutions of torch 2.13 gave other numbers each
time, NaN among them, on a processor with AVX512-BF16; from 24 on a run gave the same bits again."""
SCHEDULE = Schedule(steps=8, batch=2, rate=3e-3, warm_up=2)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """So little is multiplied here that threads would wait for each other longer than they work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tiny() -> Any:
    torch.manual_seed(7)
    return Proposals(widths=(4, 6, 8), blocks=(1, 1, 1))


def sample(number: int) -> dict[str, Any]:
    """A dark patch with a bright spot in one cell, of which the targets are told."""
    random = np.random.default_rng([9, number])
    grey = random.integers(10, 40, SHAPE).astype(np.uint8)
    labels = np.zeros([n // 4 for n in SHAPE], np.int8)
    cell = random.integers(0, labels.shape)
    grey[tuple(slice(4 * n, 4 * n + 4) for n in cell)] = 200
    labels[tuple(cell)] = POSITIVE
    regression = np.zeros((4, *labels.shape), np.float32)
    return {"grey": grey, "scanned": np.ones_like(grey), "labels": labels, "regression": regression}


def batch_of(samples: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: torch.as_tensor(np.stack([one[name] for one in samples])) for name in samples[0]}


def losses(network: Any, loss_of: Callable[..., Any], batch: dict[str, Any], steps: int) -> list[float]:
    """On one batch, step by step."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-2)
    seen = []
    for _ in range(steps):
        loss, _ = loss_of(network, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seen.append(loss.item())
    return seen


@dataclass
class CutOff:
    """A loss that stops the run before one step."""

    before_step: int
    steps: int = field(default=0)

    def __call__(self, network: Any, batch: dict[str, Any]) -> Any:
        if self.steps == self.before_step:
            raise KeyboardInterrupt
        self.steps += 1
        return propose.loss_of(network, batch)


def is_same(one: Any, other: Any) -> bool:
    return all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())


def test_grey_goes_from_minus_one_to_one_and_what_was_not_scanned_is_air() -> None:
    grey, scanned = torch.tensor([[[[0, 255, 255]]]]), torch.tensor([[[[1, 1, 0]]]])

    image = propose.image_of(grey, scanned)

    assert image[0, 0].flatten().tolist() == [-1.0, 1.0, -1.0]
    assert image[0, 1].flatten().tolist() == [1.0, 1.0, 0.0]


def test_the_first_network_s_loss_falls_on_one_batch() -> None:
    slabs = [made_slab(f"{n}_a", diameter_mm=7.0 + n) for n in range(2)]
    source = Source(slabs=slabs, chests=[], recipe=Recipe(slab_share=1.0), hard={}, seed=1, shape=(16, 32, 32))
    samples = []
    for number in range(2):
        patch = source.patch(number)
        targets = targets_of(patch, 2)
        samples.append(
            {
                "grey": patch.grey_kji,
                "scanned": patch.scanned_kji,
                "labels": targets.labels,
                "regression": targets.regression,
            }
        )

    seen = losses(tiny().train(), propose.loss_of, batch_of(samples), 25)

    assert seen[-1] < 0.5 * seen[0]


def test_ignored_cells_teach_nothing() -> None:
    network, batch = tiny().eval(), batch_of([sample(0)])
    taught, _ = propose.loss_of(network, batch)

    batch["labels"][:] = IGNORED

    assert taught.item() > 0.0
    assert propose.loss_of(network, batch)[0].item() == 0.0


def test_the_second_network_s_loss_falls_on_one_batch() -> None:
    slabs = [made_slab(f"{n}_a", diameter_mm=7.0 + n, texture=1.0 + 2.0 * n) for n in range(3)]
    source = CubeSource(
        slabs=slabs,
        chests=[made_chest()],
        proposals={},
        mistaken={},
        seed=2,
        recipe=CubeRecipe(slab=0.6, planted=0.0, chest=0.0, mistaken=0.0, anywhere=0.4),
    )
    cubes = [source.cube(number) for number in range(4)]
    assert {cube.is_nodule for cube in cubes} == {0, 1}
    samples = [
        {
            "grey": cube.patch.grey_kji,
            "scanned": cube.patch.scanned_kji,
            "mask": mask_of(cube),
            "is_nodule": np.int64(cube.is_nodule),
            "density": np.int64(cube.density),
            "suspicion": np.float32(cube.suspicion),
            "offset": np.array(cube.offset_kji_mm, dtype=np.float32),
        }
        for cube in cubes
    ]
    torch.manual_seed(7)

    seen = losses(Refinement(widths=(4, 6, 8)).train(), refine.loss_of, batch_of(samples), 15)

    assert np.isfinite(seen).all()
    assert seen[-1] < 0.7 * seen[0]


def test_what_nobody_rated_teaches_nothing() -> None:
    network = Refinement(widths=(4, 6, 8)).eval()
    cube = {
        "grey": torch.randint(0, 255, (2, 32, 32, 32)),
        "scanned": torch.ones(2, 32, 32, 32),
        "mask": torch.zeros(2, 32, 32, 32),
        "is_nodule": torch.tensor([1, 0]),
        "density": torch.tensor([-1, -1]),
        "suspicion": torch.tensor([float("nan"), float("nan")]),
        "offset": torch.zeros(2, 3),
    }

    loss, notes = refine.loss_of(network, cube)

    assert torch.isfinite(loss)
    assert (notes["density"], notes["suspicion"]) == (0.0, 0.0)


def test_a_run_that_was_cut_off_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    uncut = fit(tiny(), sample, propose.loss_of, SCHEDULE, tmp_path / "uncut", workers=0)

    with pytest.raises(KeyboardInterrupt):
        fit(tiny(), sample, CutOff(before_step=5), SCHEDULE, tmp_path / "cut", workers=0, save_every_s=0.0)
    # What is continued does not depend on how the network was built this time.
    torch.manual_seed(99)
    other = Proposals(widths=(4, 6, 8), blocks=(1, 1, 1))
    rest = CutOff(before_step=-1)
    continued = fit(other, sample, rest, SCHEDULE, tmp_path / "cut", workers=0)

    assert rest.steps == SCHEDULE.steps - 5
    assert is_same(continued, uncut)


def test_the_seed_alone_decides_a_run(tmp_path: Path) -> None:
    one, other = (fit(tiny(), sample, propose.loss_of, SCHEDULE, tmp_path / name, workers=0) for name in "ab")

    assert is_same(one, other)
    assert not is_same(one, tiny())


def test_a_finished_run_is_given_at_once(tmp_path: Path) -> None:
    trained = fit(tiny(), sample, propose.loss_of, SCHEDULE, tmp_path, workers=0)

    again = fit(tiny(), sample, CutOff(before_step=0), SCHEDULE, tmp_path, workers=0)

    assert is_same(again, trained)


def test_a_run_is_not_continued_by_another_schedule(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(tiny(), sample, CutOff(before_step=2), SCHEDULE, tmp_path, workers=0, save_every_s=0.0)

    with pytest.raises(ValueError, match="another schedule"):
        fit(tiny(), sample, propose.loss_of, replace(SCHEDULE, rate=1e-3), tmp_path, workers=0)


def test_another_training_starts_from_the_weights_it_is_given(tmp_path: Path) -> None:
    start = fit(tiny(), sample, propose.loss_of, SCHEDULE, tmp_path / "start", workers=0)
    still = Schedule(steps=1, batch=2, rate=0.0, warm_up=1, mean=0.0)
    fresh = Proposals(widths=(4, 6, 8), blocks=(1, 1, 1))

    continued = fit(
        fresh,
        sample,
        propose.loss_of,
        still,
        tmp_path / "next",
        start_from=tmp_path / "start" / "weights.pt",
        workers=0,
    )

    # A step at rate 0 changes no kernel.
    assert torch.equal(continued.stem[0].weight, start.stem[0].weight)


def test_every_sample_is_seen_once_and_in_order(tmp_path: Path) -> None:
    asked = []

    def make(number: int) -> dict[str, Any]:
        asked.append(number)
        return sample(number)

    fit(tiny(), make, propose.loss_of, SCHEDULE, tmp_path, workers=0)

    assert asked == list(range(SCHEDULE.steps * SCHEDULE.batch))


def test_the_log_says_what_was_reached(tmp_path: Path) -> None:
    fit(tiny(), sample, propose.loss_of, SCHEDULE, tmp_path, workers=0)

    (row,) = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert row["step"] == SCHEDULE.steps
    assert {"center", "off", "size"} <= row.keys()
