"""The command line, as a subprocess, on one small phantom that is made and screened once."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

Lianyi = Callable[..., "subprocess.CompletedProcess[bytes]"]


@dataclass(frozen=True)
class Run:
    """A finished `lianyi screen`: how it ended, what it printed, where it wrote."""

    status: int
    stdout: str
    stderr: str
    folder: Path


def call_lianyi(*words: str | Path, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "lianyi", *map(str, words)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "error", "COLUMNS": "200", **environment},
    )


def screen(*words: str | Path, out: Path, **environment: str) -> Run:
    ended = call_lianyi("screen", *words, "--out", out, **environment)
    return Run(ended.returncode, ended.stdout.decode(), ended.stderr.decode(), out)


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small chest of 2.5 mm slices with three nodules."""
    folder = tmp_path_factory.mktemp("phantom") / "study"
    made = call_lianyi(
        "phantom", folder, "--seed", "3", "--nodules", "3", "--slice-mm", "2.5", "--matrix", "256", "--pixel-mm", "1.5"
    )
    assert made.returncode == 0, made.stderr.decode()
    return folder


@pytest.fixture(scope="session")
def screened(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return screen(study, out=tmp_path_factory.mktemp("screened") / "new" / "folder")


@pytest.fixture(scope="session")
def screened_as_json(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return screen(study, "--json", "--lang", "en", out=tmp_path_factory.mktemp("json"))


@pytest.fixture(scope="session")
def refused(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same study with a slice taken from its middle."""
    gap = tmp_path_factory.mktemp("gap")
    slices = sorted(study.glob("*.dcm"))
    for path in slices[: len(slices) // 2] + slices[len(slices) // 2 + 1 :]:
        (gap / path.name).hardlink_to(path)
    return screen(gap, out=tmp_path_factory.mktemp("refused"))


@pytest.fixture(scope="session")
def lianyi() -> Lianyi:
    """Call the command line: ``lianyi("info", "--json", LIANYI_MAX_MARKS="3")``."""
    return call_lianyi


@pytest.fixture(scope="session")
def screening() -> Callable[..., Run]:
    """Call `lianyi screen`: ``screening(study, "--context", file, out=folder)``."""
    return screen
