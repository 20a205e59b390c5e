"""A station as its own process, as an operator starts it, and what a test asks of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

# Quick, so that tests do not wait: no behaviour depends on the figures.
QUICK = """
data = "data"
[dicom]
port = 0
{dicom}
[http]
port = 0
[screening]
settle_s = 0.3
quiet_s = 2.0
retry_s = 0.1
nice = 0
{screening}
[delivery]
first_wait_s = 0.1
longest_wait_s = 0.5
[disk]
low_mb = 1
{rest}
"""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def need(program: str) -> str:
    """Give the program's path, or skip the test by its name."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


def wait_until(is_so: Callable[[], Any], limit_s: float = 60.0, what: str = "nothing came of it") -> Any:
    """Wait for a condition, with a generous limit; give what it gave."""
    until = time.monotonic() + limit_s
    while True:
        given = is_so()
        if given:
            return given
        assert time.monotonic() < until, what
        time.sleep(0.05)


@dataclass
class RunningStation:
    """`lianyi serve`, running."""

    folder: Path
    process: subprocess.Popen[bytes]
    log: Path
    port: int = 0
    tls_port: int | None = None
    http_port: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if name is None or line["event"] == name]

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with sqlite3.connect(f"file:{self.data}/station.sqlite?mode=ro", uri=True, timeout=30) as connection:
            rows = connection.execute(query, values).fetchall()
        connection.close()
        return rows

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def wait_for_screenings(self, count: int, limit_s: float = 180.0) -> list[tuple[Any, ...]]:
        """Wait until so many screenings are over; give their states and outcomes."""
        query = "select state, outcome from screenings where state in ('finished', 'set aside', 'skipped')"
        wait_until(lambda: len(self.rows(query)) >= count, limit_s, f"not {count} screenings: {self.log.read_text()}")
        return self.rows(query)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()


def write_config(folder: Path, *, dicom: str = "", screening: str = "", rest: str = "") -> Path:
    path = folder / "station.toml"
    path.write_text(QUICK.format(dicom=dicom, screening=screening, rest=rest))
    return path


def start_station(folder: Path, **environment: str) -> RunningStation:
    """Start a station on a folder's station.toml, and wait until it serves."""
    log = folder / "log"
    began = len(log.read_text().splitlines()) if log.exists() else 0
    with log.open("ab") as stream:
        words = [sys.executable, "-m", "lianyi", "serve", "--config", str(folder / "station.toml")]
        process = subprocess.Popen(words, stderr=stream, stdin=subprocess.DEVNULL, env={**os.environ, **environment})
    running = RunningStation(folder, process, log)

    def serving() -> bool:
        assert process.poll() is None, log.read_text()
        lines = [json.loads(line) for line in log.read_text().splitlines()[began:] if line.startswith("{")]
        for line in lines:
            if line["event"] == "started":
                running.port, running.tls_port = line["port"], line["tls_port"]
            if line["event"] == "serving":
                running.http_port = line["http_port"]
        return running.http_port > 0

    wait_until(serving)
    return running


@contextmanager
def run_station(folder: Path, *, dicom: str = "", screening: str = "", rest: str = "") -> Iterator[RunningStation]:
    """Run a station for a while; it must stop cleanly when asked."""
    write_config(folder, dicom=dicom, screening=screening, rest=rest)
    running = start_station(folder)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            status = running.stop()
            assert status == 0, running.log.read_text()


def storescu(
    port: int, paths: Sequence[Path], *words: str, title: str = "SCANNER", called: str = "LIANYI"
) -> subprocess.CompletedProcess[str]:
    """Send with dcmtk's storescu, as a scanner does."""
    command = [need("storescu"), "-aet", title, "-aec", called, *words, "127.0.0.1", str(port), *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
