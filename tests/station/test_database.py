"""The database, SQLite and a real PostgreSQL: migrated at start, on disk when it says so, never of a newer version."""

from importlib.resources import files
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from lianyi.lungct.domain.errors import Misconfigured
from lianyi.station.clock import now
from lianyi.station.database import Base, Rejection, Sessions, Study, migrate, open_engine
from lianyi.station.database.engine import database_url
from lianyi.station.database.migrate import newest_revision, revision_of
from lianyi.station.receive.keep import Rejections


def test_the_steps_lead_to_the_tables_of_this_version(database: str) -> None:
    engine = open_engine(database)
    migrate(engine)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    revision = revision_of(engine)
    engine.dispose()

    assert differences == []
    assert revision == newest_revision()


def test_migrating_again_changes_nothing(database: str) -> None:
    engine = open_engine(database)
    migrate(engine)
    sessions = Sessions(engine)
    with sessions.write() as session:
        session.add(Study(study_uid="1.2", first_received_at=now(), last_received_at=now(), is_changed=True, header={}))
    migrate(engine)
    with sessions.read() as session:
        count = session.scalar(sa.select(sa.func.count()).select_from(Study))
    engine.dispose()

    assert count == 1


def test_a_database_of_a_newer_version_is_left_alone(database: str) -> None:
    engine = open_engine(database)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    with pytest.raises(Misconfigured, match="newer version"):
        migrate(engine)
    engine.dispose()


def test_sqlite_writes_ahead_waits_for_the_disk_and_holds_to_foreign_keys(tmp_path: Path) -> None:
    engine = open_engine(database_url(None, tmp_path))
    with engine.connect() as connection:
        set_to = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    engine.dispose()

    assert set_to == ["wal", 2, 1]  # 2 is FULL (sqlite.org, "PRAGMA synchronous")


def test_a_transaction_that_fails_leaves_nothing(database: str) -> None:
    engine = open_engine(database)
    migrate(engine)
    sessions = Sessions(engine)

    def write_half() -> None:
        with sessions.write() as session:
            session.add(
                Study(study_uid="1.2", first_received_at=now(), last_received_at=now(), is_changed=True, header={})
            )
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    with sessions.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Study)) == 0
    engine.dispose()


def test_a_hundred_rejections_make_one_row(database: str) -> None:
    engine = open_engine(database)
    migrate(engine)
    sessions = Sessions(engine)
    rejections = Rejections(sessions)
    for _ in range(100):
        rejections.count(peer="X" * 100, reason="why", sop_class_uid="1.2")
    with sessions.read() as session:
        rows = [(row.peer, row.count) for row in session.scalars(sa.select(Rejection))]
    engine.dispose()

    assert rows == [("X" * 64, 100)]


def test_the_steps_are_part_of_the_package() -> None:
    names = {path.name for path in (files("lianyi.station.database") / "migrations").iterdir()}

    assert {"env.py", "script.py.mako", "versions"} <= names
