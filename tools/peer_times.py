"""What `make bench-peer` times: both on one chest, in PyTorch and in OpenVINO."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import torch
from lianyi_train.networks import Proposals, Refinement
from peer_windows import Ijk, resampled
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from lianyi.lungct.detect.learned import LearnedDetector
from lianyi.lungct.detect.learned.cubes import _BATCH as BATCH
from lianyi.lungct.detect.learned.cubes import CUBE
from lianyi.lungct.detect.learned.detector import _LOOKED_AT_AGAIN as LOOKED_AT_AGAIN
from lianyi.lungct.detect.learned.image import lung_box, tiles
from lianyi.lungct.detect.learned.runtime import Floats, InUse, Manner, Network
from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.domain.image import CtVolume, LungFields
from lianyi.lungct.lungs import find_lungs
from lianyi.lungct.models import Weights
from lianyi.lungct.volume import assemble, to_working_grid

BATCHES = math.ceil(LOOKED_AT_AGAIN / BATCH)
CUBES = BATCHES * BATCH
"""In one chest, where there are as many places as are ever looked at again; the last batch is filled up."""

LAYOUTS = {"contiguous": torch.contiguous_format, "channels last": torch.channels_last_3d}

Call = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What one call took at its quickest.

    Attributes:
        wall_s: by the clock.
        cpu_s: processor time of all threads, of the call that took least; less open to what else the machine does.
        layout: of the arrays in PyTorch; OpenVINO chooses its own.
    """

    wall_s: float
    cpu_s: float
    layout: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Chest:
    """One chest as both are shown it.

    Attributes:
        name: its folder's.
        working: at 1 mm, for our detector.
        lungs: in it.
        native: voxels as scanned.
        at_peer: voxels at the bundle's spacing.
        images: the tiles of the lungs' box, each (1, 2, k, j, i).
    """

    name: str
    working: CtVolume
    lungs: LungFields
    native: Ijk
    at_peer: Ijk
    images: list[Floats]


def read_chest(study: Path) -> Chest:
    """Read a study, find its lungs and cut it as the detector does.

    Raises:
        SystemExit: no lungs were found.
    """
    volume = assemble(read_chest_series([study], requested=None))[0]
    working = to_working_grid(volume)
    lungs = find_lungs(working)
    box = lung_box(lungs.both_kji)
    if box is None:
        raise SystemExit(f"bench-peer: no lungs were found in {study.name}; choose another study")
    (k, j, i), spacing = volume.grid.shape, volume.grid.spacing
    native = Ijk(i, j, k)
    return Chest(
        name=study.name,
        working=working,
        lungs=lungs,
        native=native,
        at_peer=resampled(native, (spacing.i_mm, spacing.j_mm, spacing.k_mm)),
        images=[tile.image[np.newaxis] for tile in tiles(working, box)],
    )


def quickest(calls: dict[str, Call], repeats: int) -> dict[str, Spent]:
    """Call each once to warm up, then turn by turn, so that whatever else the machine does befalls all alike."""
    for call in calls.values():
        call()
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            wall, cpu = perf_counter(), process_time()
            call()
            seconds[name].append((perf_counter() - wall, process_time() - cpu))
    return {
        name: Spent(wall_s=min(wall for wall, _ in each), cpu_s=min(cpu for _, cpu in each))
        for name, each in seconds.items()
    }


class InTorch:
    """Both in PyTorch."""

    name = "PyTorch"

    def __init__(self, network: nn.Module, chest: Chest, window: Ijk) -> None:
        self._peer = network
        self._ours = (Proposals().eval(), Refinement().eval())
        self._window = torch.rand(1, 1, *window)
        self._images = [torch.from_numpy(image) for image in chest.images]
        self._cubes = torch.rand(BATCH, 2, CUBE, CUBE, CUBE)

    def flop(self) -> tuple[int, int]:
        """Count the peer's on one window and ours on the chest."""
        counts = []
        for call in (self._look_as_peer, self._look):
            with torch.inference_mode(), FlopCounterMode(display=False) as counter:
                call(torch.contiguous_format)
            counts.append(counter.get_total_flops())
        return counts[0], counts[1]

    def spend(self, precision: InUse, repeats: int) -> tuple[Spent, Spent]:
        """Time the peer on one window and ours on the chest, each in the quicker of both layouts."""
        peers, ours = [], []
        for name, layout in LAYOUTS.items():
            for network in (self._peer, *self._ours):
                network.to(memory_format=layout)
            calls: dict[str, Call] = {
                "peer": partial(self._look_as_peer, layout),
                "ours": partial(self._look, layout),
            }
            # Within it autocast keeps the weights it has narrowed, so it must not outlive their layout.
            with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
                spent = quickest(calls, repeats)
            peers.append(replace(spent["peer"], layout=name))
            ours.append(replace(spent["ours"], layout=name))
        return min(peers, key=_wall), min(ours, key=_wall)

    def _look_as_peer(self, layout: torch.memory_format) -> None:
        self._peer(self._window.contiguous(memory_format=layout))

    def _look(self, layout: torch.memory_format) -> None:
        propose, refine = self._ours
        for image in self._images:
            propose(image.contiguous(memory_format=layout))
        for _ in range(BATCHES):
            refine(self._cubes.contiguous(memory_format=layout))


class InOpenvino:
    """Both in OpenVINO, through the detector's own door."""

    name = "OpenVINO"

    def __init__(self, onnx: bytes, weights: Weights, chest: Chest, window: Ijk, threads: int) -> None:
        self._peer, self._weights, self._chest, self._threads = onnx, weights, chest, threads
        self._window = np.random.default_rng(0).random((1, 1, *window), dtype=np.float32)
        self._cubes = np.random.default_rng(0).random((BATCH, 2, CUBE, CUBE, CUBE), dtype=np.float32)

    def spend(self, precision: InUse, repeats: int) -> tuple[Spent, Spent, Spent]:
        """Time the peer on one window, our networks on the chest and our whole detect stage, which compiles too."""
        manner = Manner(precision=precision, threads=self._threads)
        assert self._weights.refine is not None
        peer_window = Network(self._peer, manner).compile(self._window.shape)
        propose = Network(self._weights.propose, manner).compile(self._chest.images[0].shape)  # tiles have one shape
        refine = Network(self._weights.refine, manner).compile(self._cubes.shape)
        detector = LearnedDetector(self._weights, threads=self._threads, precision=precision)

        def look() -> None:
            for image in self._chest.images:
                propose(image)
            for _ in range(BATCHES):
                refine(self._cubes)

        spent = quickest(
            {
                "peer": lambda: peer_window(self._window),
                "ours": look,
                "detect": lambda: detector.detect(self._chest.working, self._chest.lungs),
            },
            repeats,
        )
        return spent["peer"], spent["ours"], spent["detect"]


def _wall(spent: Spent) -> float:
    return spent.wall_s
