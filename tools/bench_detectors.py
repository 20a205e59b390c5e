"""How long each detector looks at one chest: what `make bench` prints below its first table.

Each is timed in a process of its own, because the runtime asks only once what the processor can do.  The processor is
held to AVX2, an ordinary PC's, by ONEDNN_MAX_CPU_ISA, which the runtime's kernels heed.

    python tools/bench_detectors.py STUDY [--weights DIR]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

LIMIT_S, AIM_S = 4.0, 2.0

# What is run in each process; it prints one line of JSON.
DETECT = """
import json, resource, sys
from pathlib import Path
from time import perf_counter, process_time
from lianyi.kit import build_kit, learned_kit
from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.lungs import find_lungs
from lianyi.lungct.models import read_weights
from lianyi.lungct.volume import assemble, to_working_grid
from lianyi.settings import read_settings
study, weights = sys.argv[1:3]
working = to_working_grid(assemble(read_chest_series([Path(study)], requested=None))[0])
lungs = find_lungs(working)
settings = read_settings()
learned = weights and settings.detector == "learned"
kit = learned_kit(read_weights(Path(weights)), settings) if learned else build_kit(settings)
seconds = []
for _ in range(3):
    wall, cpu = perf_counter(), process_time()
    marks = kit.detector.detect(working, lungs)
    seconds.append((perf_counter() - wall, process_time() - cpu))
print(json.dumps({
    "precision": kit.settings.get("precision", "-"),
    "threads": kit.settings.get("threads", 1),
    "first_s": seconds[0][0],
    "wall_s": min(wall for wall, _ in seconds),
    "cpu_s": min(cpu for _, cpu in seconds),
    "marks": len(marks),
    "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""

WAYS = {
    "learned": {"LIANYI_DETECTOR": "learned"},
    "learned, float32": {"LIANYI_DETECTOR": "learned", "LIANYI_PRECISION": "f32"},
    "learned, float32, AVX2": {
        "LIANYI_DETECTOR": "learned",
        "LIANYI_PRECISION": "f32",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
    },
    "classical": {"LIANYI_DETECTOR": "classical"},
}


@dataclass(frozen=True, kw_only=True)
class Timing:
    """One detector on one chest, three times.

    Attributes:
        detector: and how it computes.
        precision: in use.
        threads: in use.
        first_s: the first time, compiling and memory included.
        wall_s: the quickest time.
        cpu_s: processor time of the time that took least, all threads; less open to what else the machine does.
        marks: candidates, not thresholded.
        peak_mib: greatest resident memory of the process, reading the chest included.
    """

    detector: str
    precision: str
    threads: int
    first_s: float
    wall_s: float
    cpu_s: float
    marks: int
    peak_mib: float


def time_detectors(study: Path, weights: Path | None) -> tuple[list[Timing], list[str]]:
    """Time each detector; give what was measured, and why any could not be."""
    timings, missing = [], []
    for name, environment in WAYS.items():
        ended = subprocess.run(  # noqa: S603 -- our own
            [sys.executable, "-c", DETECT, str(study), str(weights or "")],
            capture_output=True,
            check=False,
            text=True,
            env={**os.environ, **environment},
        )
        if ended.returncode == 0:
            timings.append(Timing(detector=name, **json.loads(ended.stdout)))
        else:
            missing.append(f"{name}: {ended.stderr.strip().splitlines()[-1]}")
    return timings, missing


def table_of(study: Path, timings: list[Timing]) -> Table:
    """Lay the timings out, one detector a row."""
    table = Table(title=f"{study.name}: seconds to detect; limit {LIMIT_S:.0f} s, aim {AIM_S:.0f} s on two processors")
    table.add_column("detector")
    for head in ("precision", "threads", "first", "quickest of 3", "CPU", "candidates", "peak MiB"):
        table.add_column(head, justify="right")
    for one in timings:
        table.add_row(
            one.detector,
            one.precision,
            str(one.threads),
            f"{one.first_s:.2f}",
            f"{one.wall_s:.2f}",
            f"{one.cpu_s:.2f}",
            str(one.marks),
            f"{one.peak_mib:.0f}",
        )
    return table


def main() -> None:
    """Time the detectors on one study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path, metavar="STUDY")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="with these weights instead of the shipped ones")
    asked = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 200)
    timings, missing = time_detectors(asked.study, asked.weights)
    console.print(table_of(asked.study, timings))
    for line in missing:
        console.print(line)


if __name__ == "__main__":
    main()
