"""Screenings that break down: by time, by memory, by a crash, with the station; each is told, none is lost."""

import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pydicom
import pytest

from running_station import RunningStation, run_station, start_station, storescu, wait_until, write_config
from sending import Scanner, renamed

STATES = "select state, outcome, attempts, reason_en from screenings"


def documents_of(station: RunningStation) -> Path:
    return station.data / station.rows("select folder from screenings")[0][0] / "documents"


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ("timeout_s = 0.5", "it took longer than 0 s"),
        ("memory_mb = 300", "it was ended by the system|it ended with status|a fault in the program"),
    ],
    ids=["time", "memory"],
)
def test_a_study_that_breaks_its_limits_is_set_aside_with_documents_and_delivered(
    tmp_path: Path, tiny_study: Path, limits: str, reason: str
) -> None:
    share = tmp_path / "share"
    share.mkdir()
    rest = f'[[destinations]]\nkind = "folder"\nname = "share"\npath = "{share}"'
    with run_station(tmp_path, screening=limits, rest=rest) as station:
        storescu(station.port, sorted(tiny_study.iterdir()))
        states = station.wait_for_screenings(1)
        wait_until(lambda: station.rows("select 1 from deliveries where state = 'delivered'"))
        findings = json.loads((documents_of(station) / "findings.json").read_text())
        told = [event["reason"] for event in station.events("screening broke down")]
        objects = sorted(path.name for path in (documents_of(station).parent / "objects").iterdir())
        report = pydicom.dcmread(documents_of(station).parent / "objects" / "sr.dcm")
        sent = pydicom.dcmread(next(iter(sorted(tiny_study.iterdir()))), stop_before_pixels=True)

        assert objects == ["report-pdf.dcm", "sc-01.dcm", "sr.dcm"]
        assert report.StudyInstanceUID == sent.StudyInstanceUID
        assert report.PatientID == sent.PatientID
        assert "111245" in str(report)  # DCM: no algorithms succeeded
        assert states == [("set aside", "failed")]
        assert findings["outcome"] == "failed"
        assert len(told) == 2
        assert all(re.search(reason, one) for one in told), told
        assert station.get("/health/live")[0] == 200


def test_a_poisonous_study_is_set_aside_with_documents_and_the_next_is_screened(
    tmp_path: Path, tiny_study: Path
) -> None:
    """The engine breaks down by its own settings here; the next start has them right."""
    slices = sorted(tiny_study.iterdir())
    write_config(tmp_path)
    station = start_station(tmp_path, LIANYI_MAX_MARKS="none")  # not a number: `lianyi screen` ends with status 2
    try:
        storescu(station.port, slices[:3])
        states = station.wait_for_screenings(1)
        findings = json.loads((documents_of(station) / "findings.json").read_text())
        report = (documents_of(station) / "report.html").read_text()
    finally:
        assert station.stop() == 0

    assert states == [("set aside", "failed")]
    assert station.rows(STATES) == [("set aside", "failed", 2, "settings or installation are wrong")]
    assert findings["outcome"] == "failed"
    assert "设置或安装有误" in report
    assert (documents_of(station) / "report.pdf").is_file()
    assert list((station.data / "work").iterdir()) == []

    repaired = start_station(tmp_path)
    try:
        storescu(repaired.port, slices[:4])
        assert set(repaired.wait_for_screenings(2)) == {("set aside", "failed"), ("finished", "refused")}
    finally:
        assert repaired.stop() == 0


def test_a_killed_station_leaves_no_screening_behind(tmp_path: Path, tiny_study: Path) -> None:
    write_config(tmp_path)
    station = start_station(tmp_path)
    storescu(station.port, sorted(tiny_study.iterdir()))
    wait_until(lambda: station.events("screening began"))
    children = wait_until(lambda: children_of(station.process.pid))
    station.kill()
    wait_until(lambda: not any(is_alive(child) for child in children), 10)
    again = start_station(tmp_path)
    try:
        assert again.wait_for_screenings(1) == [("finished", "screened")]
        assert again.rows("select starts, attempts from screenings") == [(2, 0)]
        assert again.rows("select count(*) from screenings") == [(1,)]
    finally:
        assert again.stop() == 0


def test_a_screening_that_was_cut_off_often_lets_others_go_first(tmp_path: Path, tiny_study: Path) -> None:
    slices = sorted(tiny_study.iterdir())
    write_config(tmp_path)
    config = (tmp_path / "station.toml").read_text().replace("retry_s = 0.1", "retry_s = 5.0")
    (tmp_path / "station.toml").write_text(config)
    station = start_station(tmp_path)
    storescu(station.port, slices)
    wait_until(lambda: station.events("screening began"))
    station.kill()
    with closing(sqlite3.connect(station.data / "station.sqlite")) as connection:
        connection.execute("update screenings set starts = 3")
        connection.commit()
    again = start_station(tmp_path)
    try:
        wait_until(lambda: again.events("screening rests"))
        Scanner(again.port).send(renamed(slices[:3], "other"))
        again.wait_for_screenings(2)
        ended = again.rows("select starts, outcome from screenings order by finished_at")
    finally:
        assert again.stop() == 0

    assert ended == [(1, "refused"), (4, "screened")]


def children_of(number: int) -> list[int]:
    found = Path(f"/proc/{number}/task").glob("*/children")
    return [int(one) for path in found for one in path.read_text().split()]


def is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0]
    return state != "Z"
