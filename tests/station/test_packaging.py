"""What is handed to a hospital: the unit, the example and the bundle say what the program does."""

import configparser
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import typer

from lianyi.cli.app import app
from lianyi.station.config import read_config
from running_station import need

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGING = REPOSITORY / "packaging"


def test_the_example_is_a_configuration() -> None:
    config = read_config(PACKAGING / "station.toml")

    assert config.dicom.unknown_peers == "refuse"
    assert [peer.ae_title for peer in config.peers] == ["CT01"]


def test_the_unit_runs_a_command_that_exists() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(PACKAGING / "lianyi.service")
    words = unit["Service"]["ExecStart"].split()
    command = typer.main.get_command(app).commands[words[1]]  # type: ignore[attr-defined]

    assert Path(words[0]).name == "lianyi"
    assert words[2] in {option for parameter in command.params for option in parameter.opts}


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    verify = need("systemd-analyze")
    unit = tmp_path / "lianyi.service"
    text = (PACKAGING / "lianyi.service").read_text()
    unit.write_text(text.replace("/opt/lianyi/venv/bin/lianyi", sys.executable).replace("=lianyi\n", "=root\n"))
    ended = subprocess.run([verify, "verify", unit], capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("script", ["packaging/install.sh", "tools/bundle.sh"])
def test_a_script_is_one_that_the_shell_can_read(script: str) -> None:
    assert subprocess.run(["sh", "-n", REPOSITORY / script], check=False).returncode == 0


@pytest.mark.slow
def test_the_wheel_holds_the_steps_of_the_database(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(
        REPOSITORY, copy, ignore=shutil.ignore_patterns(".git", ".venv", "dist", "out", "tests", "train", ".*_cache")
    )
    words = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", tmp_path, copy]
    subprocess.run(words, check=True, capture_output=True)
    names = zipfile.ZipFile(next(tmp_path.glob("lianyi-*.whl"))).namelist()

    assert "lianyi/station/database/migrations/versions/0001_first.py" in names
    assert "lianyi/station/database/migrations/script.py.mako" in names
