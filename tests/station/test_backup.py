"""A backup taken while the station runs, put back elsewhere; what is kept long enough is removed, and nothing else."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pydicom
import pytest

from lianyi.station.clock import now
from lianyi.station.database import Sessions, open_engine
from lianyi.station.database.engine import database_url
from lianyi.station.folders import Folders
from lianyi.station.receive.keep import Keeper
from lianyi.station.retention import remove_finished
from running_station import run_station, start_station, storescu, wait_until, write_config
from sending import Scanner, renamed


def lianyi(*words: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "lianyi", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_a_backup_of_a_running_station_is_put_back_and_goes_on(tmp_path: Path, tiny_study: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    write_config(there)
    slices = sorted(tiny_study.iterdir())
    away = f'[[destinations]]\nkind = "folder"\nname = "away"\npath = "{tmp_path / "away"}"'
    with run_station(here, rest=away) as station:
        storescu(station.port, slices[:3])
        station.wait_for_screenings(1)
        wait_until(lambda: station.rows("select 1 from deliveries where attempts > 0"))
        taken = lianyi("backup", tmp_path / "copy", "--config", here / "station.toml")
        instances = station.rows("select sop_uid, path, sha256 from instances")
    put_back = lianyi("restore", tmp_path / "copy", "--config", there / "station.toml")
    again_refused = lianyi("restore", tmp_path / "copy", "--config", there / "station.toml")
    write_config(there, rest=away)
    (tmp_path / "away").mkdir()
    restored = start_station(there)
    try:
        wait_until(lambda: restored.rows("select 1 from deliveries where state = 'delivered'"))
        assert restored.rows("select sop_uid, path, sha256 from instances") == instances
        assert [pydicom.dcmread(restored.data / path).SOPInstanceUID for _, path, _ in instances] == [
            uid for uid, _, _ in instances
        ]
    finally:
        assert restored.stop() == 0

    assert taken.returncode == put_back.returncode == 0, taken.stderr + put_back.stderr
    assert again_refused.returncode == 2
    assert "there is a station in" in again_refused.stderr


@pytest.mark.parametrize("damage", ["changed", "absent", "no manifest"])
def test_a_damaged_backup_is_not_put_back(tmp_path: Path, tiny_study: Path, damage: str) -> None:
    with run_station(tmp_path) as station:
        storescu(station.port, sorted(tiny_study.iterdir())[:1])
        copy = tmp_path / "copy"
        assert lianyi("backup", copy, "--config", tmp_path / "station.toml").returncode == 0
    image = next(copy.glob("studies/*/*/*.dcm"))
    if damage == "changed":
        image.write_bytes(image.read_bytes()[:-1] + b"x")
    elif damage == "absent":
        image.unlink()
    else:
        (copy / "manifest.json").unlink()
    other = tmp_path / "other"
    other.mkdir()
    write_config(other)
    ended = lianyi("restore", copy, "--config", other / "station.toml")

    assert ended.returncode == 2
    assert not (other / "data" / "station.sqlite").exists()


def test_only_old_and_finished_studies_are_removed(tmp_path: Path, tiny_study: Path) -> None:
    slices = sorted(tiny_study.iterdir())[:2]
    old, young, stuck = (renamed(slices, name) for name in ("old", "young", "stuck"))
    with run_station(tmp_path) as station:
        scanner = Scanner(station.port)
        for study in (old, young, stuck):
            scanner.send(study)
        station.wait_for_screenings(3)
    engine = open_engine(database_url(None, tmp_path / "data"))
    sessions, folders = Sessions(engine), Folders((tmp_path / "data").resolve())
    keeper = Keeper(folders, sessions, low_bytes=0)
    with engine.begin() as connection:
        for study in (old, stuck):
            connection.exec_driver_sql(
                "update studies set last_received_at = '2020-01-01 00:00:00' where study_uid = ?",
                (str(study[0].StudyInstanceUID),),
            )
        connection.exec_driver_sql(
            "insert into deliveries (screening_id, destination, state, attempts, job, queued_at)"
            " select c.id, 'pacs', 'failed', 9, 0, '2020-01-01 00:00:00' from screenings c"
            " join studies s on s.id = c.study_id where s.study_uid = ?",
            (str(stuck[0].StudyInstanceUID),),
        )
    removed = remove_finished(sessions, folders, keeper, before=now() - timedelta(days=30))
    engine.dispose()

    assert removed == 1
    assert {row[0] for row in station.rows("select study_uid from studies")} == {
        str(study[0].StudyInstanceUID) for study in (young, stuck)
    }
    assert station.rows("select count(*) from instances") == [(4,)]
    assert len(list(station.data.glob("studies/*/*/*.dcm"))) == 4
    assert len(list(station.data.glob("results/*"))) == 2


def test_a_study_that_is_being_received_is_not_removed(tmp_path: Path) -> None:
    engine = open_engine(database_url(None, tmp_path))
    keeper = Keeper(Folders(tmp_path), Sessions(engine), low_bytes=0)
    assert keeper._begin("1.2")
    with keeper.closed_to("1.2") as while_kept:
        pass
    keeper._end("1.2")
    with keeper.closed_to("1.2") as afterwards:
        refused = keeper._begin("1.2")
    engine.dispose()

    assert (while_kept, afterwards, refused) == (False, True, False)
