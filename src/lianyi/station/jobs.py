"""Durable jobs; the door of DBOS (decision 0013).

A job is "look at row *number*", under a name that no other job has: the kind, the number and how many jobs the row
had before.  Asking for the same job again changes nothing.  The queue is rebuilt from the rows at each start, so
losing it loses nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, EnqueueOptions

from lianyi.station.database.engine import keep_on_disk

# Fixed, so that jobs queued before an upgrade are taken up after it.
_VERSION: Final = "station-1"
_EXECUTOR: Final = "station"
_AT_ONCE: Final = 500  # jobs forgotten in one go; an engineering choice
_OVER: Final = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of job: what is done with a row's number, and how many such jobs run at the same time."""

    name: str
    work: Callable[[int], None]
    at_once: int


class Jobs:
    """The queues of one station; one in a process.

    Args:
        url: of the database that holds the queues.
        kinds: of jobs.
        poll_s: between two looks at a queue.
        stuck_s: after which a job that counts as running, and does not, is asked for anew.
    """

    def __init__(self, url: str, kinds: tuple[Kind, ...], *, poll_s: float = 0.25, stuck_s: float = 20.0) -> None:
        self._kinds = kinds
        self._poll_s = poll_s
        self._stuck_s = stuck_s
        self._running: set[str] = set()
        self._idle_since_s: dict[str, float] = {}
        config: DBOSConfig = {
            "name": "lianyi-station",
            "system_database_url": url,
            "application_version": _VERSION,
            "executor_id": _EXECUTOR,
            "log_level": "WARNING",
            "use_listen_notify": False,
            "enable_otlp": False,
        }
        self._engine: sa.Engine | None = None
        if url.startswith("sqlite"):
            self._engine = sa.create_engine(url, pool_size=20, max_overflow=20)
            keep_on_disk(self._engine)
            config["system_database_engine"] = self._engine
        DBOS(config=config)
        for kind in kinds:
            DBOS.workflow(name=kind.name, max_recovery_attempts=None)(_job_of(kind.work, self._running))

    def start(self) -> None:
        """Take up what was left, and work until :meth:`stop`."""
        DBOS.launch()
        for kind in self._kinds:
            DBOS.register_queue(
                kind.name,
                worker_concurrency=kind.at_once,
                polling_interval_sec=self._poll_s,
                on_conflict="always_update",
            )

    def ask(self, kind: str, number: int, job: int, *, priority: int = 100, wait_s: float = 0.0) -> bool:
        """Ask for a job once; asked for again, nothing changes.

        Returns:
            False where that very job is over: the row has not gone on as it must, and needs another job.
        """
        name = f"{kind}-{number}-{job}"
        before = DBOS.get_workflow_status(name)
        if before is not None and self._is_stuck(name, before.status):
            DBOS.delete_workflows([name])
            before = None
        if before is not None:
            return before.status not in _OVER
        options: EnqueueOptions = {
            "workflow_name": kind,
            "queue_name": kind,
            "workflow_id": name,
            "app_version": _VERSION,
            "priority": priority,
        }
        if wait_s > 0:
            options["delay_seconds"] = wait_s
        DBOS.enqueue_workflow_with_options(options, number)
        return True

    def _is_stuck(self, name: str, status: str) -> bool:
        """Tell whether a job counts as running and has not been for a while.

        A kill in the middle of asking can leave a job without its argument, which DBOS takes up and cannot begin.
        """
        if status != "PENDING" or name in self._running:
            self._idle_since_s.pop(name, None)
            return False
        return time.monotonic() - self._idle_since_s.setdefault(name, time.monotonic()) > self._stuck_s

    def forget_finished(self) -> None:
        """Remove the jobs that are over; their rows know what came of them."""
        while True:
            over = DBOS.list_workflows(status=sorted(_OVER), limit=_AT_ONCE, load_input=False, load_output=False)
            DBOS.delete_workflows([job.workflow_id for job in over])
            if len(over) < _AT_ONCE:
                return

    def stop(self) -> None:
        """Stop taking up jobs; those that run are left, and are taken up at the next start."""
        DBOS.destroy(destroy_registry=True)
        if self._engine is not None:
            self._engine.dispose()


def _job_of(work: Callable[[int], None], running: set[str]) -> Callable[[int], None]:
    def job(number: int) -> None:
        name = str(DBOS.workflow_id)
        running.add(name)
        try:
            work(number)
        finally:
            running.discard(name)

    return job
