"""Our networks against MONAI's RetinaNet on one chest, same machine, threads, runtime and precision: `make bench-peer`.

What is timed, in one process, ours and the peer's turn by turn, the quickest of a few after one that warms up:

- *ours*: the first network over the box around the lungs, as the detector cuts it, and the second over as many cubes
  as the detector ever looks at again;
- *peer*: the bundle's network, random weights, on one window of the chest at the bundle's spacing.  Its time and FLOP
  are multiplied by how often the window's voxels go into that chest: the whole takes minutes each way, and a window
  of the bundle's own size more memory than an ordinary PC has.  This favours the peer: no overlap, no window beyond
  the chest, no anchors, no boxes to sort out, nothing read or resampled.  What the bundle's own windows, which overlap
  and reach beyond, would make of the ratio stands beside it;
- *detect*: beside it, our whole detect stage (compiling, cutting, peaks, cubes and marks too), in OpenVINO only.

In PyTorch each network is timed contiguous and channels-last, and the quicker counts; in OpenVINO both go through the
detector's own door, so with one set of options.  Time does not depend on weights, so ours are random in PyTorch too.
A multiply-add is 2 FLOP; only convolutions and matrix products are counted.

    PYTHONPATH=train python tools/bench_peer.py [STUDY] [--threads 2] [--out out/bench-peer.json]
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import torch
from peer_network import export_peer, peer
from peer_times import CUBE, CUBES, Chest, InOpenvino, InTorch, Spent, read_chest
from peer_windows import WINDOW, Ijk, Multiple, filled_up
from rich.console import Console
from rich.table import Table

from lianyi.lungct.detect.learned.runtime import InUse, choose_precision, usable_processors
from lianyi.lungct.models import Weights, read_weights, shipped_weights

REPOSITORY = Path(__file__).resolve().parents[1]
CHEST = REPOSITORY.parent / "shared" / "data" / "ct" / "LIDC-IDRI-0002"
FOLD = REPOSITORY / "train" / "weights" / "B"
"""Networks of the shipped shape, for as long as none are shipped."""

TIMED = Ijk(128, 128, 48)
"""The window that is timed, in the peer's favour: a voxel of it took 5.3 microseconds, one of a window of
192 x 192 x 80, the bundle's size in training, 5.5 (OpenVINO, float32, two threads of an AMD EPYC)."""

LIMIT, AIM = 60, 150
"""Ours must be, and should be, so many times faster."""

HEADS = (
    "precision",
    "peer, a window",
    "peer",
    "ours",
    "ratio",
    "of CPU",
    "own windows",
    "our detect stage",
    "ratio to it",
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One runtime in one precision.

    Attributes:
        runtime: that computed both.
        precision: that both were computed in.
        window: the peer on one window.
        peer_s: the same for the chest, multiplied.
        ours: both of our networks for the chest.
        detect: our whole detect stage; None where there is none in this runtime.
        ratio: how many times faster our networks are.
        cpu_ratio: the same by processor time.
        own_ratio: as *ratio*, were the peer to look at the bundle's own windows.
        detect_ratio: how many times faster our whole detect stage is than the peer's network alone.
    """

    runtime: str
    precision: InUse
    window: Spent
    peer_s: float
    ours: Spent
    detect: Spent | None
    ratio: float
    cpu_ratio: float
    own_ratio: float
    detect_ratio: float | None


def row_of(  # noqa: PLR0913 -- a row's own columns
    runtime: str, precision: InUse, multiple: Multiple, *, window: Spent, ours: Spent, detect: Spent | None = None
) -> Row:
    """Multiply the peer's window and compare."""
    peer_s = window.wall_s * multiple.times
    return Row(
        runtime=runtime,
        precision=precision,
        window=window,
        peer_s=peer_s,
        ours=ours,
        detect=detect,
        ratio=peer_s / ours.wall_s,
        cpu_ratio=window.cpu_s * multiple.times / ours.cpu_s,
        own_ratio=peer_s * multiple.own_by_chest / ours.wall_s,
        detect_ratio=None if detect is None else peer_s / detect.wall_s,
    )


def table_of(chest: Chest, rows: list[Row]) -> Table:
    """Lay the rows out."""
    table = Table(
        title=f"{chest.name}: seconds, and how many times faster ours is; must be {LIMIT}, aim {AIM}, networks alone"
    )
    table.add_column("runtime")
    for head in HEADS:
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(
            row.runtime,
            row.precision,
            f"{row.window.wall_s:.2f}",
            f"{row.peer_s:.0f}",
            f"{row.ours.wall_s:.2f}",
            f"{row.ratio:.0f}",
            f"{row.cpu_ratio:.0f}",
            f"{row.own_ratio:.0f}",
            "-" if row.detect is None else f"{row.detect.wall_s:.2f}",
            "-" if row.detect_ratio is None else f"{row.detect_ratio:.0f}",
        )
    return table


def size(voxels: Ijk) -> str:
    """Write a size for a person."""
    return " x ".join(map(str, voxels))


def processor() -> str:
    """Give the processor's name, as Linux says it."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def machine_of(threads: int) -> dict[str, str | int]:
    """Give what the seconds depend on."""
    return {
        "processor": processor(),
        "processors": usable_processors(),
        "threads": threads,
        "platform": platform.platform(),
        **{name: metadata.version(name) for name in ("monai", "torch", "openvino")},
    }


def chosen_weights(folder: Path | None) -> Weights:
    """Give the weights in a folder, or else the shipped ones, or else a fold's.

    Raises:
        SystemExit: there is no second network among them.
    """
    weights = read_weights(folder) if folder else shipped_weights() or read_weights(FOLD)
    if weights.refine is None:
        raise SystemExit("bench-peer: these weights hold no second network; choose others with --weights")
    return weights


def chosen_study(asked: Path | None, scratch: Path, console: Console) -> Path:
    """Give the study asked for, or else the real chest, or else a phantom."""
    if asked is not None or CHEST.is_dir():
        return asked or CHEST
    console.print(f"the real chest is absent (../shared/data/ct/{CHEST.name}): a phantom is measured")
    phantom = scratch / "phantom-1.25mm"
    subprocess.run(  # noqa: S603 -- our own
        [sys.executable, "-m", "lianyi", "phantom", str(phantom), "--seed", "1", "--slice-mm", "1.25"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return phantom


def main() -> None:
    """Time both on one study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", nargs="?", type=Path, metavar="STUDY")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="of ours, instead of the shipped ones")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="the quickest of so many counts")
    parser.add_argument(
        "--window", type=int, nargs=3, default=TIMED, metavar=("I", "J", "K"), help="the peer's, multiples of 16, 16, 8"
    )
    parser.add_argument("--out", type=Path, default=REPOSITORY / "out" / "bench-peer.json")
    asked = parser.parse_args()
    window = Ijk(*asked.window)
    if window != filled_up(window):
        parser.error(f"the peer takes no window of {size(window)}; the next is {size(filled_up(window))}")

    console = Console(width=None if sys.stdout.isatty() else 200)
    torch.set_num_threads(asked.threads)
    torch.manual_seed(0)
    weights = chosen_weights(asked.weights)
    network = peer()
    with tempfile.TemporaryDirectory(prefix="lianyi-bench-peer-") as scratch:
        chest = read_chest(chosen_study(asked.study, Path(scratch), console))
        onnx = export_peer(network, window, Path(scratch) / "peer.onnx")
    multiple = Multiple.of(chest.at_peer, window)
    in_torch = InTorch(network, chest, window)
    in_openvino = InOpenvino(onnx, weights, chest, window, asked.threads)
    flop_window, flop_ours = in_torch.flop()

    precisions: list[InUse] = ["f32"]
    if choose_precision("auto") == "bf16":
        precisions.append("bf16")
    rows = []
    for precision in precisions:
        window_spent, ours = in_torch.spend(precision, asked.repeats)
        rows.append(row_of(in_torch.name, precision, multiple, window=window_spent, ours=ours))
        window_spent, ours, detect = in_openvino.spend(precision, asked.repeats)
        rows.append(row_of(in_openvino.name, precision, multiple, window=window_spent, ours=ours, detect=detect))
        for row in rows[-2:]:
            console.print(f"{row.runtime} {precision}: x {row.ratio:.0f}")

    flop_peer = flop_window * multiple.times
    console.print(table_of(chest, rows))
    least = min(rows, key=lambda row: row.ratio)
    met = "met" if least.ratio >= LIMIT else "missed"
    console.print(f"least: x {least.ratio:.0f}, {least.runtime} {least.precision}; must be {LIMIT}: {met}")
    console.print(f"FLOP: peer {flop_peer / 1e12:.1f} T, ours {flop_ours / 1e12:.3f} T: x {flop_peer / flop_ours:.0f}")
    console.print(
        f"peer: one window of {size(window)} was timed and multiplied by {multiple.times:.1f}, the whole chest at the "
        f"bundle's spacing ({size(chest.at_peer)}) without overlap; its own {multiple.own_windows} windows of "
        f"{size(WINDOW)}, overlapping by a quarter, hold {multiple.own_by_chest:.2f} times as many voxels"
    )
    shapes = ", ".join(size(Ijk(*image.shape[:1:-1])) for image in chest.images)
    console.print(
        f"ours: the box around the lungs ({shapes}) and {CUBES} cubes of {CUBE}, "
        f"weights {weights.manifest.name} {weights.manifest.version}"
    )
    machine = machine_of(asked.threads)
    console.print(f"machine: {machine['processor']}, {machine['processors']} processors, {asked.threads} threads")
    written = {
        "schema": "lianyi.bench-peer/1",
        "machine": machine,
        "study": {
            "name": chest.name,
            "native_ijk": chest.native,
            "at_peer_ijk": chest.at_peer,
            "ours_ijk": [image.shape[:1:-1] for image in chest.images],
            "cubes": CUBES,
        },
        "peer": {"window_ijk": window, **asdict(multiple)},
        "flop": {"peer_window": flop_window, "peer": flop_peer, "ours": flop_ours, "ratio": flop_peer / flop_ours},
        "repeats": asked.repeats,
        "rows": [asdict(row) for row in rows],
    }
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    console.print(f"written: {asked.out}")


if __name__ == "__main__":
    main()
