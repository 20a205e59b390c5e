"""Durable jobs on SQLite and on a real PostgreSQL: asked for once, kept over a kill -9, no word to the network."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from lianyi.station.database.engine import database_url

WORKER = """
import sys, time
from pathlib import Path
from lianyi.station.jobs import Jobs, Kind

url, folder, mode = sys.argv[1], Path(sys.argv[2]), sys.argv[3]

def work(number):
    with (folder / "began").open("a") as file:
        file.write(f"{number}\\n")
    if mode == "hang":
        time.sleep(600)
    with (folder / "ended").open("a") as file:
        file.write(f"{number}\\n")

jobs = Jobs(url, (Kind(name="work", work=work, at_once=1),), poll_s=0.05, stuck_s=0.5)
jobs.start()
if mode == "forget":
    jobs.forget_finished()
answers = [jobs.ask("work", number, 0, priority=100 - number) for number in map(int, sys.argv[4:])]
(folder / "asked").write_text(repr(answers))
if mode == "again":
    for _ in range(100):
        time.sleep(0.1)
        jobs.ask("work", int(sys.argv[4]), 0)
sys.stdin.read()
jobs.stop()
"""


def start(url: str, folder: Path, mode: str, *numbers: int) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-c", WORKER, url, str(folder), mode, *map(str, numbers)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, env={**os.environ})


def lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def wait_until(is_so: Callable[[], object], limit_s: float = 60.0) -> None:
    until = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < until, "nothing came of it"
        time.sleep(0.05)


def stop(worker: "subprocess.Popen[bytes]") -> None:
    worker.communicate(b"")
    assert worker.returncode == 0


def test_jobs_run_once_each_and_the_urgent_first(database: str, tmp_path: Path) -> None:
    worker = start(database, tmp_path, "work", 1, 2, 3, 4, 5, 5, 5)
    wait_until(lambda: len(lines(tmp_path / "ended")) >= 5)
    again = start(database, tmp_path, "work")  # looks only
    stop(worker)
    stop(again)

    ran = [int(one) for one in lines(tmp_path / "ended")]
    assert sorted(ran) == [1, 2, 3, 4, 5]
    assert ran[1:] == sorted(ran[1:], reverse=True)  # the first may have begun before the others were asked for


def test_a_job_that_a_kill_cut_off_is_taken_up_again(database: str, tmp_path: Path) -> None:
    killed = start(database, tmp_path, "hang", 1, 2, 3)
    wait_until(lambda: lines(tmp_path / "began") and (tmp_path / "asked").exists())
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()

    worker = start(database, tmp_path, "work")
    wait_until(lambda: len(lines(tmp_path / "ended")) >= 3)
    stop(worker)

    assert sorted(lines(tmp_path / "ended")) == ["1", "2", "3"]
    assert len(lines(tmp_path / "began")) == 4  # the one that was cut off began twice


def test_a_job_that_is_over_is_not_taken_up_and_says_so(database: str, tmp_path: Path) -> None:
    first = start(database, tmp_path, "work", 1)
    wait_until(lambda: lines(tmp_path / "ended"))
    stop(first)
    (tmp_path / "asked").unlink()
    second = start(database, tmp_path, "work", 1, 2)
    wait_until(lambda: len(lines(tmp_path / "ended")) == 2 and (tmp_path / "asked").exists())
    stop(second)

    assert lines(tmp_path / "ended") == ["1", "2"]
    assert (tmp_path / "asked").read_text() == "[False, True]"


def test_a_job_that_a_kill_left_without_its_argument_is_asked_for_anew(tmp_path: Path) -> None:
    """What a kill between DBOS's two writes leaves, made by hand: the job is there, what it is to do is not."""
    url = database_url(None, tmp_path, "jobs.sqlite")
    first = start(url, tmp_path, "hang", 1, 2)
    wait_until(lambda: lines(tmp_path / "began") and (tmp_path / "asked").exists())
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    with closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as connection:
        tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            columns = {row[1] for row in connection.execute(f"pragma table_info({table})")}
            if {"workflow_uuid", "inputs"} <= columns:
                connection.execute(f"update {table} set inputs = null where workflow_uuid = 'work-2-0'")  # noqa: S608
        connection.commit()
    second = start(url, tmp_path, "again", 2)
    wait_until(lambda: sorted(lines(tmp_path / "ended")) == ["1", "2"])
    stop(second)


def test_jobs_that_are_over_are_forgotten(database: str, tmp_path: Path) -> None:
    first = start(database, tmp_path, "work", 1, 2, 3)
    wait_until(lambda: len(lines(tmp_path / "ended")) == 3)
    stop(first)
    (tmp_path / "asked").unlink()
    second = start(database, tmp_path, "forget", 1)
    wait_until(lambda: len(lines(tmp_path / "ended")) == 4)
    stop(second)

    assert (tmp_path / "asked").read_text() == "[True]"  # asked for anew: nothing is known of it any more


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to take the network away")
def test_jobs_need_no_network(tmp_path: Path) -> None:
    words = ["unshare", "-n", sys.executable, "-c", WORKER, database_url(None, tmp_path), str(tmp_path), "work", "1"]
    worker = subprocess.Popen(words, stdin=subprocess.PIPE)
    wait_until(lambda: lines(tmp_path / "ended"))
    stop(worker)

    assert lines(tmp_path / "ended") == ["1"]


def test_jobs_open_no_connection(tmp_path: Path) -> None:
    """Not even to be refused: a socket that is neither local nor asked for fails the worker."""
    guard = (
        "import socket\n"
        "def refuse(self, address, *rest):\n"
        "    open('connected', 'a').write(repr(address))\n"
        "    raise OSError('no network')\n"
        "socket.socket.connect = socket.socket.connect_ex = refuse\n"
        "def lookup(*words, **rest):\n"
        "    open('connected', 'a').write(repr(words))\n"
        "    raise OSError('no network')\n"
        "socket.getaddrinfo = lookup\n"
    )
    words = [sys.executable, "-c", guard + WORKER, database_url(None, tmp_path), str(tmp_path), "work", "1"]
    worker = subprocess.Popen(words, stdin=subprocess.PIPE, cwd=tmp_path)
    wait_until(lambda: lines(tmp_path / "ended"))
    stop(worker)

    assert not (tmp_path / "connected").exists()
