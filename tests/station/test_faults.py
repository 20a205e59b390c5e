"""Kills at random moments, repeats, floods: afterwards the sender's counts and the database's are the same."""

import random
import threading
from pathlib import Path

import pydicom
import pytest

from running_station import RunningStation, free_port, run_station, start_station, wait_until, write_config
from sending import Scanner, renamed


def settings(tmp_path: Path, port: int) -> dict[str, str]:
    (tmp_path / "share").mkdir()
    share = f'[[destinations]]\nkind = "folder"\nname = "share"\npath = "{tmp_path / "share"}"'
    return {"dicom": f"port = {port}", "rest": share}


def write_with_port(tmp_path: Path, port: int) -> None:
    chosen = settings(tmp_path, port)
    path = write_config(tmp_path, rest=chosen["rest"])
    path.write_text(path.read_text().replace("[dicom]\nport = 0", f"[dicom]\nport = {port}"))


def is_at_rest(station: RunningStation) -> bool:
    """Whether nothing waits: no incomplete study, no open screening, no open delivery."""
    return station.rows(
        "select (select count(*) from studies where is_changed)"
        " + (select count(*) from screenings where state in ('queued', 'running'))"
        " + (select count(*) from deliveries where state = 'waiting')"
    ) == [(0,)]


def reconcile(station: RunningStation, scanner: Scanner, studies: list[list[pydicom.Dataset]], kills: int) -> None:
    """Print the counts side by side, and hold them against each other."""
    sent = {str(ds.SOPInstanceUID) for study in studies for ds in study}
    kept = [row[0] for row in station.rows("select sop_uid from instances")]
    files = list(station.data.glob("studies/*/*/*.dcm"))
    current = station.rows("select study_id, instances from screenings where not is_superseded and state = 'finished'")
    delivered = [row[0] for row in station.rows("select screening_id from deliveries where state = 'delivered'")]
    arrived = [path.parent.parent.name for path in (station.folder / "share").glob("*/documents/findings.json")]
    table = [
        ("kills", kills, ""),
        ("instances", len(sent), "wanted"),
        ("", scanner.sent, "sent, repeats included"),
        ("", len(scanner.acknowledged), "acknowledged to the sender"),
        ("", len(kept), "rows"),
        ("", len(files), "files"),
        ("studies", len(studies), "sent"),
        ("", station.rows("select count(*) from studies")[0][0], "rows"),
        ("screenings", len(current), "finished and current"),
        ("", station.rows("select count(*) from screenings where is_superseded")[0][0], "superseded by late slices"),
        ("", station.rows("select sum(starts) from screenings")[0][0], "starts"),
        ("deliveries", len(delivered), "rows delivered"),
        ("", len(arrived), "results in the share"),
    ]
    print("\n" + "\n".join(f"{what:12}{count:6}  {which}" for what, count, which in table))  # noqa: T201 -- the table is what the test is for

    assert set(kept) == scanner.acknowledged == sent
    assert len(kept) == len(sent)
    for path, size in station.rows("select path, size_bytes from instances"):
        assert (station.data / path).stat().st_size == size
    assert sorted(count for _, count in current) == sorted(len(study) for study in studies)
    assert len({study for study, _ in current}) == len(studies)
    assert len(set(delivered)) == len(delivered) == len(set(arrived)) == len(arrived)
    currents = {row[0] for row in station.rows("select id from screenings where not is_superseded")}
    assert currents <= set(delivered)
    assert station.rows("select count(*) from screenings where state = 'set aside'") == [(0,)]


@pytest.mark.parametrize(
    ("kills", "seed"),
    [
        (2, 1),
        pytest.param(10, 2, marks=pytest.mark.slow),
        pytest.param(50, 3, marks=[pytest.mark.slow, pytest.mark.timeout(3000)]),
    ],
)
def test_nothing_is_lost_or_doubled_over_kills_at_random_moments(
    tmp_path: Path, tiny_study: Path, kills: int, seed: int
) -> None:
    slices = sorted(tiny_study.iterdir())
    studies = [renamed(slices if n == 0 else slices[:3], f"kills {n}") for n in range(max(3, kills))]
    port = free_port()
    write_with_port(tmp_path, port)
    scanner = Scanner(port)
    sending = threading.Thread(target=lambda: [scanner.send(study, 2400) for study in studies])
    sending.start()
    moments = random.Random(seed)
    for _ in range(kills):
        station = start_station(tmp_path)
        threading.Event().wait(moments.uniform(0.0, 8.0))
        station.kill()
    station = start_station(tmp_path)
    try:
        sending.join(2400)
        wait_until(lambda: is_at_rest(station), 1200)
        reconcile(station, scanner, studies, kills)
    finally:
        assert station.stop() == 0


def test_a_study_that_comes_three_times_interleaved_with_another_is_there_once(
    tmp_path: Path, tiny_study: Path
) -> None:
    slices = sorted(tiny_study.iterdir())[:4]
    one, other = renamed(slices, "one"), renamed(slices, "other")
    interleaved = [ds for pair in zip(one, other, strict=True) for ds in pair]
    with run_station(tmp_path, rest=settings(tmp_path, 0)["rest"]) as station:
        scanner = Scanner(station.port)
        for _ in range(3):
            scanner.send(interleaved)
        wait_until(lambda: station.rows("select 1 from deliveries") and is_at_rest(station))
        reconcile(station, scanner, [one, other], 0)

        assert scanner.sent == 24
        assert station.rows("select count(*) from screenings") == [(2,)]


@pytest.mark.parametrize("count", [6, pytest.param(200, marks=[pytest.mark.slow, pytest.mark.timeout(3000)])])
def test_many_small_studies_at_once_are_all_screened(tmp_path: Path, tiny_study: Path, count: int) -> None:
    slices = sorted(tiny_study.iterdir())[:2]
    studies = [renamed(slices, f"small {n}") for n in range(count)]
    with run_station(tmp_path, rest=settings(tmp_path, 0)["rest"]) as station:
        scanners = [Scanner(station.port) for _ in range(4)]
        threads = [
            threading.Thread(target=lambda n=n: [scanners[n].send(study) for study in studies[n::4]]) for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_until(lambda: station.rows("select 1 from deliveries") and is_at_rest(station), 2400)
        for one in scanners[1:]:
            scanners[0].acknowledged |= one.acknowledged
            scanners[0].sent += one.sent
        reconcile(station, scanners[0], studies, 0)
