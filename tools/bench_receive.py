"""How fast the station receives: 300 slices of 512 x 512 while a screening runs, sent by dcmtk's storescu."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pydicom
from pydicom.uid import generate_uid

from lianyi.phantom import PhantomSpec, write_phantom

SLICES = 300
CONFIG = 'data = "data"\n[dicom]\nport = 0\n[http]\nport = 0\n[screening]\nsettle_s = 0.2\n[disk]\nlow_mb = 1\n'


def main() -> None:
    """Send once to an idle station, once while it screens, and print slices a second."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large = _large(folder)
        small = folder / "small"
        spec = PhantomSpec(seed=5, nodules=1, juxtapleural=0, matrix=(256, 256), slice_step_mm=2.5)
        write_phantom(small, spec)
        (folder / "station.toml").write_text(CONFIG)
        station, port = _start(folder)
        try:
            print(f"idle:            {_send(port, large[0]):6.1f} slices/s")
            _wait_for(folder, "queued|running", is_there=False)
            _send(port, small)
            _wait_for(folder, "running", is_there=True)
            rate = _send(port, large[1])
            after = "still ran" if _count(folder, "running") else "had ended"
            print(f"while screening: {rate:6.1f} slices/s (the screening {after} after it)")
        finally:
            station.send_signal(signal.SIGTERM)
            station.wait(60)


def _large(folder: Path) -> list[Path]:
    """Two series of SLICES full-size slices, each with random pixels."""
    spec = PhantomSpec(seed=6, nodules=0, matrix=(512, 512), pixel_spacing_mm=(0.7, 0.7), slice_step_mm=60.0)
    write_phantom(folder / "one", spec)
    first = min((folder / "one").glob("IM*"))
    made = []
    for number in range(2):
        target = folder / f"large-{number}"
        target.mkdir()
        ds = pydicom.dcmread(first)
        ds.StudyInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid()
        for place in range(SLICES):
            ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            ds.InstanceNumber = place + 1
            ds.PixelData = os.urandom(2 * 512 * 512)
            ds.save_as(target / f"{place:04d}")
        made.append(target)
    return made


def _start(folder: Path) -> tuple[subprocess.Popen[str], int]:
    words = [sys.executable, "-m", "lianyi", "serve", "--config", str(folder / "station.toml")]
    log = (folder / "log").open("w")
    station = subprocess.Popen(words, stderr=log, text=True)  # noqa: S603 -- our own command line
    while True:
        for line in (folder / "log").read_text().splitlines():
            if '"started"' in line:
                return station, int(json.loads(line)["port"])
        time.sleep(0.1)


def _send(port: int, folder: Path) -> float:
    paths = [str(path) for path in sorted(folder.iterdir()) if path.suffix != ".json"]
    began = time.perf_counter()
    words = ["storescu", "-aet", "SCANNER", "-aec", "LIANYI", "127.0.0.1", str(port), *paths]
    subprocess.run(words, check=True)  # noqa: S603 -- Debian's dcmtk
    return len(paths) / (time.perf_counter() - began)


def _count(folder: Path, states: str) -> int:
    marks = ",".join("?" * len(states.split("|")))
    connection = sqlite3.connect(folder / "data" / "station.sqlite")
    query = f"select count(*) from screenings where state in ({marks})"  # noqa: S608 -- question marks only
    found = connection.execute(query, states.split("|")).fetchone()
    connection.close()
    return int(found[0])


def _wait_for(folder: Path, states: str, *, is_there: bool) -> None:
    time.sleep(1.0)
    while (_count(folder, states) > 0) is not is_there:
        time.sleep(0.1)


if __name__ == "__main__":
    main()
