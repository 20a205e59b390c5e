"""Time and memory of a whole screening, stage by stage: `make bench`.

Every study is screened in a process of its own, so that its peak memory is its own.  Beside the seconds stands
a ratio to a reference measured on the same files in the same run (pydicom alone reading and decoding them), since
seconds differ between machines and with what else they do.  Nothing in the tests depends on these numbers.

    python tools/bench.py [STUDY...] [--out out/bench.json]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import bench_detectors
from rich.console import Console
from rich.table import Table

REPOSITORY = Path(__file__).resolve().parents[1]
REAL = REPOSITORY.parent / "shared" / "data" / "ct"
STAGES = ("read", "volume", "lungs", "detect", "measure", "report")
MIB = 2**20
DETECTED = "LIDC-IDRI-0002"
"""The detectors are timed apart on this series where it is among the studies: 512 x 512 x 261."""
LIMIT_S, AIM_S = 30.0, 10.0
LIMIT_MIB, AIM_MIB = 3072, 1536

REFERENCE = """
import sys
from pathlib import Path
from time import perf_counter
import pydicom
began = perf_counter()
for path in Path(sys.argv[1]).rglob("*"):
    if path.is_file() and pydicom.misc.is_dicom(path):
        pydicom.dcmread(path).pixel_array
print(perf_counter() - began)
"""


@dataclass(frozen=True, kw_only=True)
class Result:
    """One study, screened once.

    Attributes:
        study: its folder's name.
        outcome: as in findings.json.
        slices: of the series that was screened.
        marks: how many.
        timing_s: seconds by stage and in all, as in findings.json.
        share: of the total, by stage.
        wall_s: of the whole process, start of Python included.
        cpu_s: user and system time of the process.
        peak_mib: greatest resident memory of the process.
        pydicom_s: reading and decoding the same files with pydicom alone.
        total_by_pydicom: total over that.
    """

    study: str
    outcome: str
    slices: int
    marks: int
    timing_s: dict[str, float]
    share: dict[str, float]
    wall_s: float
    cpu_s: float
    peak_mib: float
    pydicom_s: float
    total_by_pydicom: float


def spend(*words: str) -> tuple[float, float, float]:
    """Run a command to its end; give wall seconds, processor seconds and peak MiB of that process alone.

    Raises:
        RuntimeError: it failed; its own words say why.
    """
    with tempfile.TemporaryFile() as said:
        began = os.times().elapsed
        child = subprocess.Popen(words, stdout=said, stderr=said, stdin=subprocess.DEVNULL)  # noqa: S603 -- our own
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = os.times().elapsed - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in (0, 3):  # screened or refused
            said.seek(0)
            raise RuntimeError(f"{' '.join(words)} ended with {child.returncode}:\n{said.read().decode()}")
    return wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / MIB


def measure(study: Path, out: Path) -> Result:
    """Screen one study and time the reference on its files."""
    reference = subprocess.run(  # noqa: S603 -- our own
        [sys.executable, "-c", REFERENCE, str(study)], capture_output=True, check=True, text=True
    )
    pydicom_s = float(reference.stdout)
    wall_s, cpu_s, peak_mib = spend(sys.executable, "-m", "lianyi", "screen", str(study), "--out", str(out))
    findings = json.loads((out / "findings.json").read_text(encoding="utf-8"))
    timing_s = findings["timing_s"]
    return Result(
        study=study.name,
        outcome=findings["outcome"],
        slices=findings["study"]["slices"] if findings["study"] else 0,
        marks=len(findings["nodules"]),
        timing_s=timing_s,
        share={stage: seconds / timing_s["total"] for stage, seconds in timing_s.items() if stage != "total"},
        wall_s=wall_s,
        cpu_s=cpu_s,
        peak_mib=peak_mib,
        pydicom_s=pydicom_s,
        total_by_pydicom=timing_s["total"] / pydicom_s,
    )


def table_of(results: list[Result]) -> Table:
    """Lay the results out, one study a row."""
    table = Table(
        title=f"seconds by stage; limit {LIMIT_S:.0f} s and {LIMIT_MIB} MiB, aim {AIM_S:.0f} s and {AIM_MIB} MiB"
    )
    table.add_column("study")
    for head in ("slices", "marks", *STAGES, "total", "CPU", "peak MiB", "x pydicom"):
        table.add_column(head, justify="right")
    for result in results:
        stages = [
            f"{result.timing_s[stage]:.1f} ({100 * result.share[stage]:.0f} %)" if stage in result.timing_s else "-"
            for stage in STAGES
        ]
        table.add_row(
            result.study if result.outcome == "screened" else f"{result.study} ({result.outcome})",
            str(result.slices),
            str(result.marks),
            *stages,
            f"{result.timing_s['total']:.1f}",
            f"{result.cpu_s:.1f}",
            f"{result.peak_mib:.0f}",
            f"{result.total_by_pydicom:.1f}",
        )
    return table


def main() -> None:
    """Measure what was asked for, or else a phantom and every real series there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="*", type=Path, metavar="STUDY")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "out" / "bench.json")
    asked = parser.parse_args()

    console = Console(width=None if sys.stdout.isatty() else 200)
    with tempfile.TemporaryDirectory(prefix="lianyi-bench-") as scratch:
        studies = list(asked.studies)
        if not studies:
            phantom = Path(scratch) / "phantom-1.25mm"
            spend(sys.executable, "-m", "lianyi", "phantom", str(phantom), "--seed", "1", "--slice-mm", "1.25")
            studies = [phantom, *(sorted(path for path in REAL.iterdir() if path.is_dir()) if REAL.is_dir() else [])]
            if not REAL.is_dir():
                console.print("real CTs are absent (../shared/data/ct): the phantom alone is measured")
        timed = next((study for study in studies if study.name == DETECTED), studies[0])
        results = []
        for number, study in enumerate(studies):
            results.append(measure(study, Path(scratch) / f"report-{number}"))
            console.print(f"{study.name}: {results[-1].timing_s['total']:.1f} s, {results[-1].peak_mib:.0f} MiB")
        timings, missing = bench_detectors.time_detectors(timed, None)
    console.print(table_of(results))
    console.print(bench_detectors.table_of(timed, timings))
    for line in missing:
        console.print(line)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    machine = {"processors": len(os.sched_getaffinity(0)), "platform": platform.platform()}
    written = {
        "schema": "lianyi.bench/1",
        "machine": machine,
        "results": [asdict(result) for result in results],
        "detectors": {"study": timed.name, "timings": [asdict(timing) for timing in timings]},
    }
    asked.out.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    console.print(f"written: {asked.out}")


if __name__ == "__main__":
    main()
