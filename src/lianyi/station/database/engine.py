"""One engine for SQLite and PostgreSQL, each set so that a commit is on disk when it returns."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

_DRIVER: Final = "psycopg"  # version 3; SQLAlchemy loads it by this name

# Milliseconds that a writer waits for another one; an engineering choice.
_BUSY_MS = 30_000


def database_url(url: str | None, folder: Path, file: str = "station.sqlite") -> str:
    """Give SQLAlchemy's URL: the one that was set, by psycopg 3, or a file in the data folder."""
    if url is None:
        return f"sqlite:///{folder.resolve() / file}"
    return url.replace("postgresql://", f"postgresql+{_DRIVER}://", 1)


def open_engine(url: str) -> sa.Engine:
    """Open a database; SQLite in write-ahead mode with ``synchronous=FULL`` and foreign keys held to."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_MS / 1000}, pool_size=10, max_overflow=20)
    keep_on_disk(engine)

    # A transaction that reads first and writes later could fail on another writer in between: take the lock at once.
    @event.listens_for(engine, "begin")
    def _take_lock(connection: sa.Connection) -> None:
        reads = connection.get_execution_options().get("reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def keep_on_disk(engine: sa.Engine) -> None:
    """Have every connection of a SQLite engine write ahead and wait for the disk."""

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: object) -> None:  # noqa: ANN401 -- sqlite3's connection, as SQLAlchemy hands it
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")


class Sessions:
    """Opens sessions; rows stay readable after one is closed."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._write = sessionmaker(engine, expire_on_commit=False)
        self._read = sessionmaker(engine.execution_options(reads=True), expire_on_commit=False)

    def write(self) -> AbstractContextManager[Session]:
        """Open a session that commits at its end, or writes nothing where it fails."""
        return self._write.begin()

    def read(self) -> AbstractContextManager[Session]:
        """Open a session that only reads, and never waits for a writer."""
        return self._read()
