"""`lianyi serve` with a real sender: what is sent is kept once, screened, and told; it stops as it is asked to."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from running_station import (
    RunningStation,
    free_port,
    need,
    run_station,
    start_station,
    storescu,
    wait_until,
    write_config,
)


def test_a_study_that_is_sent_is_screened_and_delivered(tmp_path: Path, tiny_study: Path) -> None:
    rest = '[[destinations]]\nkind = "folder"\nname = "share"\npath = "{}"'.format(tmp_path / "share")
    (tmp_path / "share").mkdir()
    with run_station(tmp_path, rest=rest) as station:
        sent = storescu(station.port, sorted(tiny_study.iterdir()))
        assert sent.returncode == 0, sent.stderr
        screenings = station.wait_for_screenings(1)
        wait_until(lambda: station.rows("select * from deliveries where state = 'delivered'"))
        arrived = list((tmp_path / "share").glob("*/documents/findings.json"))

        assert screenings == [("finished", "screened")]
        assert station.rows("select count(*) from instances") == [(len(list(tiny_study.iterdir())),)]
        assert len(arrived) == 1
        assert json.loads(arrived[0].read_text())["outcome"] == "screened"


def test_an_echo_is_answered(station: RunningStation) -> None:
    words = [need("echoscu"), "-aec", "LIANYI", "127.0.0.1", str(station.port)]

    assert subprocess.run(words, check=False).returncode == 0


def test_health_and_metrics_are_told_without_a_word_of_the_patient(station: RunningStation, tiny_study: Path) -> None:
    storescu(station.port, sorted(tiny_study.iterdir())[:3])
    station.wait_for_screenings(1)
    live, ready, metrics = station.get("/health/live"), station.get("/health/ready"), station.get("/metrics")

    assert live[0] == ready[0] == metrics[0] == 200
    assert 'lianyi_instances_received_total{known="no"} 3.0' in metrics[1]
    assert 'lianyi_screenings_total{outcome="refused"} 1.0' in metrics[1]
    told = metrics[1] + station.log.read_text()
    names = station.rows("select header from studies")[0][0]
    patient = json.loads(names)["00100010"]["Value"][0]["Alphabetic"]
    assert patient
    assert patient not in told
    assert station.rows("select study_uid from studies")[0][0] not in told


def test_a_second_station_on_the_same_folder_is_refused(station: RunningStation) -> None:
    words = [sys.executable, "-m", "lianyi", "serve", "--config", str(station.folder / "station.toml")]
    second = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)

    assert second.returncode == 2
    assert "another lianyi serve uses the data folder" in second.stderr
    assert "已由另一个" in second.stderr


@pytest.mark.parametrize("part", ["dicom", "http"])
def test_a_port_that_is_taken_is_told(station: RunningStation, tmp_path: Path, part: str) -> None:
    other = tmp_path / "other"
    other.mkdir()
    port = station.port if part == "dicom" else station.http_port
    config = (station.folder / "station.toml").read_text().replace(f"[{part}]\nport = 0", f"[{part}]\nport = {port}")
    (other / "station.toml").write_text(config)
    words = [sys.executable, "-m", "lianyi", "serve", "--config", str(other / "station.toml")]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == 2
    assert "cannot listen" in ended.stderr


def test_a_database_that_does_not_answer_is_told(tmp_path: Path) -> None:
    write_config(tmp_path, rest=f'[database]\nurl = "postgresql://lianyi:secret@127.0.0.1:{free_port()}/lianyi"')
    words = [sys.executable, "-m", "lianyi", "serve", "--config", str(tmp_path / "station.toml")]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == 2
    assert "the database does not answer" in ended.stderr
    assert "secret" not in ended.stderr


def test_a_stopped_station_leaves_its_work_to_the_next_start(tmp_path: Path, tiny_study: Path) -> None:
    with run_station(tmp_path) as station:
        storescu(station.port, sorted(tiny_study.iterdir()))
        wait_until(lambda: station.events("screening began"))
        assert station.stop() == 0
        assert station.rows("select state, starts, attempts from screenings") == [("queued", 0, 0)]
    again = start_station(tmp_path)
    try:
        assert again.wait_for_screenings(1) == [("finished", "screened")]
    finally:
        assert again.stop() == 0


def test_without_a_configuration_it_serves_this_machine(tmp_path: Path) -> None:
    for port in (11112, 8042):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                taken.bind(("127.0.0.1", port))
            except OSError:
                pytest.skip(f"port {port} is taken on this machine")
    log = tmp_path / "log"
    with log.open("wb") as stream:
        words = [sys.executable, "-m", "lianyi", "serve"]
        serving = subprocess.Popen(words, cwd=tmp_path, stderr=stream, stdin=subprocess.DEVNULL)
    try:
        wait_until(lambda: '"serving"' in log.read_text())
        echoed = subprocess.run([need("echoscu"), "-aec", "LIANYI", "127.0.0.1", "11112"], check=False)
    finally:
        serving.send_signal(signal.SIGINT)

    assert serving.wait(60) == 0
    assert echoed.returncode == 0
    assert (tmp_path / "lianyi-station" / "station.sqlite").is_file()
    assert (tmp_path / "lianyi-station").stat().st_mode & 0o077 == 0
