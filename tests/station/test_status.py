"""`lianyi status`: what waits, what failed and why, whether the station runs or not."""

import json
import subprocess
import sys
from pathlib import Path

from running_station import run_station, storescu, wait_until


def status(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "lianyi", "status", "--config", str(folder / "station.toml"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_status_tells_what_was_done_and_what_waits(tmp_path: Path, tiny_study: Path) -> None:
    rest = f'[[destinations]]\nkind = "folder"\nname = "away"\npath = "{tmp_path / "away"}"'
    with run_station(
        tmp_path, dicom='unknown_peers = "refuse"', rest=f'{rest}\n[[peers]]\nae_title = "SCANNER"'
    ) as station:
        storescu(station.port, sorted(tiny_study.iterdir())[:3])
        storescu(station.port, sorted(tiny_study.iterdir())[:3], title="STRANGER")
        wait_until(lambda: station.rows("select 1 from deliveries where attempts > 0 and reason_en is not null"))
        told = json.loads(status(tmp_path, "--json").stdout)
        said = status(tmp_path).stdout
    after = json.loads(status(tmp_path, "--json").stdout)

    assert told["is_running"] is True
    assert after["is_running"] is False
    assert (told["studies"], told["instances"], told["incomplete_studies"]) == (1, 3, 0)
    assert told["screenings"] == {"finished": 1}
    assert told["outcomes"] == {"refused": 1}
    assert told["deliveries"] == {"away": {"waiting": 1}}
    assert told["troubles"][0]["what"] == "delivery to away"
    assert told["rejections"] == [{"peer": "STRANGER", "reason": "unknown AE title", "sop_class": "", "count": 1}]
    assert "共享是否已挂载" in said
    assert "运行中" in said


def test_where_there_is_no_station_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "station.toml").write_text('data = "nothing"')
    ended = status(tmp_path)

    assert ended.returncode == 2
    assert "there is no station" in ended.stderr
