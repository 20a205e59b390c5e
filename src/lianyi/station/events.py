"""The station's log: events as JSON lines, built of numbers, names of peers and our own words, never of headers.

What libraries say is counted, not written: their messages quote header values (decision 0008).
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import warnings
from datetime import UTC, datetime
from typing import TextIO

_LIBRARIES = ("pynetdicom", "pydicom", "dbos", "uvicorn", "sqlalchemy", "alembic", "highdicom", "asyncio", "httpx")


class EventLog:
    """Writes one event a line; safe from any thread."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._writing = threading.Lock()

    def write(self, event: str, **facts: str | float | bool | None) -> None:
        """Write an event; *facts* hold no patient data: internal numbers, counts, peers, codes, kinds of errors."""
        line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
        with self._writing:
            try:
                self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
                self._stream.flush()
            except (OSError, ValueError):  # nobody reads any more; the station goes on
                pass


class _Counted(logging.Handler):
    """Tells that a library complained, and of what kind the error was, without its words."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(level=logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        place = f"{record.module}:{record.lineno}"
        self._log.write("library complained", library=record.name.split(".")[0], at_line=place, kind=kind)


def keep_libraries_silent(log: EventLog) -> None:
    """Have libraries' words replaced by an event each, and their warnings dropped."""
    warnings.simplefilter("ignore")
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        logger.handlers = [_Counted(log)]
        logger.propagate = False
        logger.setLevel(logging.WARNING)
