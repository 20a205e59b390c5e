"""Keep an instance: whole on disk and in the database before the sender is told so; twice the same is once.

Where an instance comes again with other content under the same SOP Instance UID, the first is kept: a result may
already rest on it, and the standard says that a UID names one object (PS3.5 2024e, section 9).
"""

from __future__ import annotations

import hashlib
import shutil
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lianyi.station.clock import now
from lianyi.station.database import Instance, Rejection, Series, Sessions, Study
from lianyi.station.folders import Folders, place_durably
from lianyi.station.receive.heading import Heading

_MOST_KINDS = 1000
"""Kinds of rejections that are told apart; whoever makes up names fills no disk.  An engineering choice."""


class Kept(Enum):
    """What became of an instance."""

    NEW = "new"
    SAME = "same as before"
    OTHER_CONTENT = "other content under a known UID; the first is kept"


class DiskFull(Exception):
    """There is less room than the watermark asks for, or the study is just being removed; the sender must try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An instance as it comes in.

    Attributes:
        head: preamble and file header.
        dataset: the rest, as sent.
        transfer_syntax: of the dataset.
        peer: who sent it.
    """

    head: bytes
    dataset: bytes
    transfer_syntax: str
    peer: str


class Keeper:
    """Keeps instances in the data folder and the database.

    Args:
        folders: the data folder.
        sessions: of the database.
        low_bytes: less free room than this counts as full.
    """

    def __init__(self, folders: Folders, sessions: Sessions, *, low_bytes: int) -> None:
        self._folders = folders
        self._sessions = sessions
        self._low_bytes = low_bytes
        self._changing = threading.Lock()
        self._busy: Counter[str] = Counter()
        self._closed: set[str] = set()
        self._free: Callable[[], int] = lambda: shutil.disk_usage(folders.root).free

    def has_room_for(self, size_bytes: int) -> bool:
        """Tell whether the watermark is kept after so many bytes."""
        return self._free() - size_bytes >= self._low_bytes

    def keep(self, arrival: Arrival, heading: Heading) -> Kept:
        """Keep an instance; when this returns, it is on disk.

        Raises:
            DiskFull: not now.
            OSError: the disk does not take it.
        """
        if not self._begin(heading.study_uid):
            raise DiskFull
        try:
            return self._keep(arrival, heading)
        finally:
            self._end(heading.study_uid)

    @contextmanager
    def closed_to(self, study_uid: str) -> Iterator[bool]:
        """Keep nothing of a study for a while, so that it can be removed; False where something is being kept."""
        with self._changing:
            is_free = self._busy[study_uid] == 0 and study_uid not in self._closed
            if is_free:
                self._closed.add(study_uid)
        try:
            yield is_free
        finally:
            if is_free:
                with self._changing:
                    self._closed.discard(study_uid)

    def _begin(self, study_uid: str) -> bool:
        with self._changing:
            if study_uid in self._closed:
                return False
            self._busy[study_uid] += 1
            return True

    def _end(self, study_uid: str) -> None:
        with self._changing:
            self._busy[study_uid] -= 1
            if not self._busy[study_uid]:
                del self._busy[study_uid]

    def _keep(self, arrival: Arrival, heading: Heading) -> Kept:
        content = hashlib.sha256(arrival.dataset).hexdigest()
        known = self._known(heading.sop_uid)
        if known is None:
            size = len(arrival.head) + len(arrival.dataset)
            if not self.has_room_for(size):
                raise DiskFull
            relative = self._folders.instance_path(heading.study_uid, heading.series_uid, heading.sop_uid, content)
            partial = self._folders.incoming / uuid.uuid4().hex
            try:
                place_durably(arrival.head + arrival.dataset, partial, self._folders.root / relative)
            finally:
                partial.unlink(missing_ok=True)
            if self._write_row(arrival, heading, content, str(relative), size):
                return Kept.NEW
            known = self._known(heading.sop_uid)
        return Kept.SAME if known == content else Kept.OTHER_CONTENT

    def _known(self, sop_uid: str) -> str | None:
        with self._sessions.read() as session:
            return session.scalar(select(Instance.sha256).where(Instance.sop_uid == sop_uid))

    def _write_row(self, arrival: Arrival, heading: Heading, content: str, path: str, size: int) -> bool:
        """Write the rows; False where another association was faster with the same instance."""
        for _ in range(3):  # a study's or a series' own row may be written by another one at the same time
            try:
                with self._sessions.write() as session:
                    if session.scalar(select(Instance.id).where(Instance.sop_uid == heading.sop_uid)):
                        return False
                    series = _series_row(session, heading)
                    session.add(
                        Instance(
                            series_id=series.id,
                            sop_uid=heading.sop_uid,
                            sop_class_uid=heading.sop_class_uid,
                            transfer_syntax_uid=arrival.transfer_syntax,
                            path=path,
                            sha256=content,
                            size_bytes=size,
                            received_at=now(),
                            peer=arrival.peer,
                            number=heading.number,
                        )
                    )
            except IntegrityError:
                continue
            return True
        return False


def _series_row(session: Session, heading: Heading) -> Series:
    """Give the series, made if need be; its study is locked until the transaction ends, and marked as changed."""
    study = session.scalar(select(Study).where(Study.study_uid == heading.study_uid).with_for_update())
    if study is None:
        study = Study(study_uid=heading.study_uid, first_received_at=now(), header=heading.study)
        session.add(study)
    study.last_received_at = now()
    study.is_changed = True
    session.flush()
    series = session.scalar(select(Series).where(Series.study_id == study.id, Series.series_uid == heading.series_uid))
    if series is None:
        series = Series(study_id=study.id, series_uid=heading.series_uid, header=heading.series)
        session.add(series)
        session.flush()
    return series


class Rejections:
    """Counts what was not kept, in the database; a flood of it makes one row."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._counting = threading.Lock()

    def count(self, *, peer: str, reason: str, sop_class_uid: str = "") -> None:
        """Count one; *reason* is of our own words."""
        peer, reason, sop_class_uid = _printable(peer)[:64], reason[:100], _printable(sop_class_uid)[:64]
        with self._counting, self._sessions.write() as session:
            row = session.scalar(
                select(Rejection).where(
                    Rejection.peer == peer, Rejection.reason == reason, Rejection.sop_class_uid == sop_class_uid
                )
            )
            if row is None and (session.scalar(select(func.count(Rejection.id))) or 0) >= _MOST_KINDS:
                peer = sop_class_uid = "*"
                row = session.scalar(select(Rejection).where(Rejection.peer == "*", Rejection.reason == reason))
            if row is None:
                row = Rejection(peer=peer, reason=reason, sop_class_uid=sop_class_uid, count=0, first_at=now())
                session.add(row)
            row.count += 1
            row.last_at = now()


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())
