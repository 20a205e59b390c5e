"""The whole station on a real PostgreSQL: one URL, and the same behaviour over a kill."""

from pathlib import Path
from typing import Any

import psycopg

from running_station import start_station, storescu, wait_until, write_config


def test_one_url_puts_the_station_on_postgresql(tmp_path: Path, tiny_study: Path, postgresql_database: str) -> None:
    (tmp_path / "share").mkdir()
    rest = f'[[destinations]]\nkind = "folder"\nname = "share"\npath = "{tmp_path / "share"}"\n'
    write_config(tmp_path, rest=f'{rest}[database]\nurl = "{postgresql_database}"')

    def rows(query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(postgresql_database) as connection:
            return connection.execute(query).fetchall()  # type: ignore[call-overload]

    station = start_station(tmp_path)
    storescu(station.port, sorted(tiny_study.iterdir()))
    wait_until(lambda: station.events("screening began"))
    station.kill()
    again = start_station(tmp_path)
    try:
        wait_until(lambda: rows("select 1 from deliveries where state = 'delivered'"))
        storescu(again.port, sorted(tiny_study.iterdir())[:3])
        ready = again.get("/health/ready")

        assert rows("select state, outcome, starts from screenings") == [("finished", "screened", 2)]
        assert rows("select count(*) from instances") == [(79,)]
        assert len(list((tmp_path / "share").iterdir())) == 1
        assert ready[0] == 200
        assert not (again.data / "station.sqlite").exists()
        assert not (again.data / "jobs.sqlite").exists()
    finally:
        assert again.stop() == 0
