"""The station put together: the only file that knows all of its parts and the order in which they start and stop."""

from __future__ import annotations

import os
import shutil
import threading
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from lianyi.lungct.domain.errors import Misconfigured
from lianyi.station.clock import now
from lianyi.station.config import StationConfig
from lianyi.station.database import (
    Delivery,
    DeliveryState,
    Screening,
    ScreeningState,
    Sessions,
    Study,
    migrate,
    open_engine,
)
from lianyi.station.database.engine import database_url
from lianyi.station.delivering import DeliveryParts, DeliveryWork
from lianyi.station.events import EventLog
from lianyi.station.folders import Folders
from lianyi.station.jobs import Jobs, Kind
from lianyi.station.metrics import Metrics
from lianyi.station.receive.complete import Completion
from lianyi.station.receive.keep import Keeper, Rejections
from lianyi.station.receive.node import Node, NodeParts
from lianyi.station.receive.tls import server_context
from lianyi.station.retention import remove_finished
from lianyi.station.screening.command import Child, takes_option
from lianyi.station.screening.queue import queue_screening
from lianyi.station.screening.work import ScreeningParts, ScreeningWork

_LOOK_S = 0.5  # how often complete studies are looked for; an engineering choice
_RECONCILE_S = 60.0  # how often the rows are held against the queue; the same
_DELIVERY_PRIORITY = 100


class Station:
    """A station: started, it receives, screens and delivers until it is stopped.

    Attributes:
        node: the DICOM node; its ports are known once it is started.
        keeper, completion, rejections, sessions, metrics, log: for the web's side of receiving.
    """

    def __init__(self, config: StationConfig, log: EventLog) -> None:
        self.config = config
        self.log = log
        self.metrics = Metrics()
        self.folders = Folders(config.data.resolve()).make()
        self._lock = self.folders.lock()
        self.folders.empty_unfinished()
        url = database_url(config.database.url, self.folders.root)
        engine = open_engine(url)
        try:
            migrate(engine)
        except OperationalError as error:
            kind = type(error.orig).__name__ if error.orig else type(error).__name__
            raise Misconfigured(
                zh=f"数据库没有应答（{kind}），请检查 database.url 与数据库服务后重新启动。",
                en=f"the database does not answer ({kind}); check database.url and the server, then start again.",
            ) from None
        self.sessions = Sessions(engine)
        self.keeper = Keeper(self.folders, self.sessions, low_bytes=config.disk.low_mb * 1_000_000)
        self.rejections = Rejections(self.sessions)
        self.completion = Completion(settle_s=config.screening.settle_s, quiet_s=config.screening.quiet_s)
        self.node = Node(
            NodeParts(
                config=config,
                keeper=self.keeper,
                rejections=self.rejections,
                completion=self.completion,
                log=log,
                metrics=self.metrics,
                tls=server_context(config.tls) if config.tls else None,
            )
        )
        self._child = Child()
        self._jobs = self._make_jobs()
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._watch_studies, name="studies", daemon=True)

    def _make_jobs(self) -> Jobs:
        config = self.config
        screening = ScreeningWork(
            ScreeningParts(
                config=config,
                folders=self.folders,
                sessions=self.sessions,
                child=self._child,
                log=self.log,
                metrics=self.metrics,
                ask_deliveries=self._ask_deliveries,
                ask_again=self._ask_screening,
            )
        )
        delivering = DeliveryWork(
            DeliveryParts(
                config=config,
                folders=self.folders,
                sessions=self.sessions,
                log=self.log,
                metrics=self.metrics,
                ask_again=self._ask_delivery,
            )
        )
        kinds = (
            Kind(name="screen", work=screening.screen, at_once=config.screening.at_once),
            Kind(name="deliver", work=delivering.deliver, at_once=config.delivery.at_once),
        )
        return Jobs(database_url(config.database.url, self.folders.root, "jobs.sqlite"), kinds)

    def start(self) -> None:
        """Take up what an earlier run left, then begin to receive.

        Raises:
            OSError: a port is taken.
        """
        takes_option("--dicom-out")  # asked once, before anybody waits for it
        self._jobs.start()
        self._jobs.forget_finished()
        self._note_unfinished()
        self.reconcile()
        self._remove_old()
        self._watch.start()
        self.node.start()
        self.log.write(
            "started",
            process=os.getpid(),
            port=self.node.port,
            tls_port=self.node.tls_port,
            title=self.config.dicom.ae_title,
        )

    def stop(self) -> None:
        """Stop receiving, end the screening that runs, and leave the rest for the next start."""
        self.node.stop()
        self._stopping.set()
        if self._watch.is_alive():
            self._watch.join(10)
        self._child.stop()
        self._jobs.stop()
        self.sessions.engine.dispose()
        self.log.write("stopped")
        os.close(self._lock)

    def is_ready(self) -> bool:
        """Tell whether the station can receive: its database answers and the disk has room."""
        try:
            with self.sessions.read() as session:
                session.scalar(select(1))
        except Exception:  # noqa: BLE001 -- whatever keeps the database from answering
            return False
        return self.keeper.has_room_for(0) and self._watch.is_alive()

    def refresh_metrics(self) -> None:
        """Bring the gauges up to date."""
        self.metrics.free_bytes.set(shutil.disk_usage(self.folders.root).free)
        self.metrics.associations.set(self.node.associations)
        with self.sessions.read() as session:
            for state in ScreeningState:
                count = session.scalar(select(func.count()).where(Screening.state == state))
                self.metrics.rows.labels(table="screenings", state=state).set(count or 0)
            for way in DeliveryState:
                count = session.scalar(select(func.count()).where(Delivery.state == way))
                self.metrics.rows.labels(table="deliveries", state=way).set(count or 0)

    def reconcile(self) -> None:
        """Ask for the job of every row that is not done; a job that is over without its row gets a new one."""
        with self.sessions.read() as session:
            open_states = (ScreeningState.QUEUED, ScreeningState.RUNNING)
            screenings = session.scalars(select(Screening.id).where(Screening.state.in_(open_states))).all()
            waiting = select(Delivery.id).where(Delivery.state == DeliveryState.WAITING)
            deliveries = session.scalars(waiting).all()
        for number in screenings:
            self._ask_screening(number)
        for number in deliveries:
            self._ask_delivery(number)

    def _note_unfinished(self) -> None:
        """Have studies that were cut off, by us or by their sender, wait for the quiet time."""
        with self.sessions.read() as session:
            unfinished = session.scalars(select(Study.study_uid).where(Study.is_changed)).all()
        for study_uid in unfinished:
            self.completion.slice_came(study_uid)

    def _watch_studies(self) -> None:
        waited_s = 0.0
        while not self._stopping.wait(_LOOK_S):
            try:
                self._queue_complete()
                waited_s += _LOOK_S
                if waited_s >= _RECONCILE_S:
                    waited_s = 0.0
                    self.reconcile()
                    self._jobs.forget_finished()
                    self._remove_old()
            except Exception as error:  # noqa: BLE001 -- the watch must go on, and the rows are still there
                self.log.write("watch stumbled", kind=type(error).__name__)

    def _remove_old(self) -> None:
        if self.config.disk.keep_days is None:
            return
        before = now() - timedelta(days=self.config.disk.keep_days)
        removed = remove_finished(self.sessions, self.folders, self.keeper, before=before)
        if removed:
            self.log.write("old studies removed", studies=removed)

    def _queue_complete(self) -> None:
        for study_uid in self.completion.take_complete():
            try:
                number = queue_screening(self.sessions, study_uid)
            except Exception:
                self.completion.slice_came(study_uid)  # later, then
                raise
            if number is not None:
                self.log.write("screening queued", screening=number)
                self._ask_screening(number)

    def _ask_screening(self, number: int) -> None:
        with self.sessions.read() as session:
            row = session.get_one(Screening, number)
        wait = _seconds_until(row.next_try_at)
        if not self._jobs.ask("screen", number, row.job, priority=row.priority, wait_s=wait):
            with self.sessions.write() as session:
                row = session.get_one(Screening, number)
                row.job += 1
            self._jobs.ask("screen", number, row.job, priority=row.priority)

    def _ask_deliveries(self, screening: int) -> None:
        with self.sessions.read() as session:
            wanted = select(Delivery.id).where(
                Delivery.screening_id == screening, Delivery.state == DeliveryState.WAITING
            )
            numbers = session.scalars(wanted).all()
        for number in numbers:
            self._ask_delivery(number)

    def _ask_delivery(self, number: int) -> None:
        with self.sessions.read() as session:
            row = session.get_one(Delivery, number)
        wait = _seconds_until(row.next_try_at)
        if not self._jobs.ask("deliver", number, row.job, priority=_DELIVERY_PRIORITY, wait_s=wait):
            with self.sessions.write() as session:
                row = session.get_one(Delivery, number)
                row.job += 1
            self._jobs.ask("deliver", number, row.job, priority=_DELIVERY_PRIORITY)


def _seconds_until(moment: datetime | None) -> float:
    return 0.0 if moment is None else max(0.0, (moment - now()).total_seconds())
