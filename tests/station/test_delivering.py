"""Deliveries: each destination by itself, again with a growing wait, once, and never forgotten."""

from pathlib import Path

import pytest

from lianyi.station.delivering import wait_s
from running_station import run_station, start_station, storescu, wait_until, write_config

STATES = "select destination, state from deliveries order by destination"


def folders(**paths: Path) -> str:
    return "".join(
        f'[[destinations]]\nkind = "folder"\nname = "{name}"\npath = "{path}"\n' for name, path in paths.items()
    )


def test_a_destination_that_is_away_is_tried_until_it_is_back_and_the_other_does_not_wait(
    tmp_path: Path, tiny_study: Path
) -> None:
    here, away = tmp_path / "here", tmp_path / "away"
    here.mkdir()
    with run_station(tmp_path, rest=folders(here=here, away=away)) as station:
        storescu(station.port, sorted(tiny_study.iterdir())[:3])
        wait_until(lambda: station.rows("select 1 from deliveries where destination = 'away' and attempts > 2"))
        assert station.rows(STATES) == [("away", "waiting"), ("here", "delivered")]
        reason = station.rows("select reason_zh, reason_en, next_try_at from deliveries where destination = 'away'")[0]
        away.mkdir()
        wait_until(lambda: station.rows(STATES) == [("away", "delivered"), ("here", "delivered")])

        assert "无法写入" in reason[0]
        assert "cannot be written" in reason[1]
        assert len(list(away.iterdir())) == len(list(here.iterdir())) == 1


def test_a_delivery_outlives_a_kill(tmp_path: Path, tiny_study: Path) -> None:
    away = tmp_path / "away"
    write_config(tmp_path, rest=folders(away=away))
    station = start_station(tmp_path)
    storescu(station.port, sorted(tiny_study.iterdir())[:3])
    wait_until(lambda: station.rows("select 1 from deliveries where attempts > 1"))
    station.kill()
    away.mkdir()
    again = start_station(tmp_path)
    try:
        wait_until(lambda: again.rows(STATES) == [("away", "delivered")])
        assert len(list(away.iterdir())) == 1
    finally:
        assert again.stop() == 0


def test_a_destination_that_was_taken_out_of_the_configuration_fails_and_says_so(
    tmp_path: Path, tiny_study: Path
) -> None:
    write_config(tmp_path, rest=folders(away=tmp_path / "away"))
    station = start_station(tmp_path)
    storescu(station.port, sorted(tiny_study.iterdir())[:3])
    wait_until(lambda: station.rows("select 1 from deliveries where attempts > 0"))
    assert station.stop() == 0
    with run_station(tmp_path) as again:
        wait_until(lambda: again.rows(STATES) == [("away", "failed")])

        assert "not in station.toml" in again.rows("select reason_en from deliveries")[0][0]


@pytest.mark.parametrize(("attempts", "wait"), [(1, 5.0), (2, 10.0), (3, 20.0), (9, 900.0), (100_000, 900.0)])
def test_the_wait_doubles_up_to_the_longest(attempts: int, wait: float) -> None:
    assert wait_s(attempts, 5.0, 900.0) == wait
