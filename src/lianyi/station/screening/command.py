"""Run ``lianyi screen`` in a child of its own, within time and memory; the seam to the clinical engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from lianyi.station.config import Screening

# Exit statuses of the command line (`lianyi screen --help`): it looked, or said why not; anything else is a fault.
ANSWERED: Final = frozenset({0, 3})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a child ended; *status* is negative for a signal."""

    status: int
    is_out_of_time: bool
    is_stopped: bool

    @property
    def has_answered(self) -> bool:
        """Whether it screened or refused."""
        return self.status in ANSWERED and not self.is_out_of_time


class Child:
    """Runs one program after the other; :meth:`stop` ends the one that runs, from another thread."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_stopped = False

    def run(self, words: list[str], limits: Screening, *, environment: dict[str, str] | None = None) -> Ended:
        """Run a program to its end, or to the end of its time."""
        confined = [sys.executable, "-m", "lianyi.station.screening.confined"]
        limited = [*confined, str(os.getpid()), str(limits.memory_mb), str(limits.nice), *words]
        with self._changing:
            if self._is_stopped:
                return Ended(status=-signal.SIGTERM, is_out_of_time=False, is_stopped=True)
            running = subprocess.Popen(  # noqa: S603 -- our own command line
                limited,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, **(environment or {})},
            )
            self._running.add(running)
        is_out_of_time = False
        try:
            running.wait(limits.timeout_s)
        except subprocess.TimeoutExpired:
            is_out_of_time = True
        finally:
            _kill_group(running)
            running.wait()
            with self._changing:
                self._running.discard(running)
        return Ended(status=running.returncode, is_out_of_time=is_out_of_time, is_stopped=self._is_stopped)

    def stop(self) -> None:
        """End what runs; nothing runs after it."""
        with self._changing:
            self._is_stopped = True
            for running in self._running:
                _kill_group(running)


def _kill_group(running: subprocess.Popen[bytes]) -> None:
    """Kill a child and what it started; the leader may be gone while others of its group are not."""
    try:
        os.killpg(running.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def screen_words(study: Path, out: Path, objects: Path, limits: Screening, *, prior: Path | None = None) -> list[str]:
    """Give the command line that screens a folder, and compares it with that of a prior CT."""
    words = [sys.executable, "-m", "lianyi", "screen", str(study), "--out", str(out), "--lang", limits.language]
    if takes_option("--dicom-out"):
        words += ["--dicom-out", str(objects)]
    if prior is not None:
        words += ["--prior", str(prior)]
    return words


def failure_words(  # noqa: PLR0913 -- of what, where to, and what is said
    study: Path, out: Path, objects: Path, limits: Screening, *, zh: str, en: str
) -> list[str]:
    """Give the command line that writes documents and objects of a screening that could not be done."""
    folders = map(str, (study, out, objects))
    return [sys.executable, "-m", "lianyi.cli.not_screened", *folders, limits.language, zh, en]


def environment_of(limits: Screening) -> dict[str, str]:
    """Give the environment that keeps a child within its threads."""
    if limits.threads is None:
        return {}
    threads = str(limits.threads)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "LIANYI_THREADS")
    return dict.fromkeys(names, threads)


@lru_cache
def takes_option(option: str) -> bool:
    """Tell whether this version of ``lianyi screen`` has an option; DICOM objects come with ``--dicom-out``."""
    words = [sys.executable, "-m", "lianyi", "screen", "--help"]
    asked = subprocess.run(  # noqa: S603 -- our own command line
        words, capture_output=True, check=False, env={**os.environ, "COLUMNS": "200"}
    )
    return option.encode() in asked.stdout
