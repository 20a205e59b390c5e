"""The job of screening: freeze the input, run the child, keep its results whole, queue their deliveries.

It may be cut off at any point and come again: the results folder appears in one step, and the row is written after it.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pydicom
from sqlalchemy import select
from sqlalchemy.orm import Session

from lianyi.station.clock import now
from lianyi.station.config import StationConfig
from lianyi.station.database import (
    Delivery,
    DeliveryState,
    Outcome,
    ResultObject,
    Screening,
    ScreeningState,
    Sessions,
    Study,
)
from lianyi.station.events import EventLog
from lianyi.station.folders import Folders, sync_folder, sync_tree
from lianyi.station.metrics import Metrics
from lianyi.station.priors import NotFetched, Wanted, fetch_prior
from lianyi.station.screening.command import Child, Ended, environment_of, failure_words, screen_words
from lianyi.station.screening.queue import instances_of
from lianyi.station.screening.words import reason_of

MOST_STARTS = 100
"""A study is set aside when so many starts of its screening came to no end: it may be what takes the station down.

An engineering choice: high enough that power cuts alone do not reach it.
"""

FEW_STARTS = 3
"""From so many on, it waits before it begins again, so that other studies go first.  An engineering choice."""

_LONGEST_REST_S = 120.0


_OF_FAILURES = {"timeout_s": 300.0, "memory_mb": 8000}
"""Limits of writing a failure's documents: only the study's headers are read, so its own limits need not be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningParts:
    """What screening works with; *ask_delivery* and *ask_again* queue jobs for a delivery and for this screening."""

    config: StationConfig
    folders: Folders
    sessions: Sessions
    child: Child
    log: EventLog
    metrics: Metrics
    ask_deliveries: Callable[[int], None]
    ask_again: Callable[[int], None]


class ScreeningWork:
    """Does the jobs of screening, one after the other for each core budget."""

    def __init__(self, parts: ScreeningParts) -> None:
        self._parts = parts

    def screen(self, number: int) -> None:
        """Screen what row *number* asks for; done already, or superseded, it does nothing."""
        parts = self._parts
        inputs = self._begin(number)
        if inputs is None:
            return
        if isinstance(inputs, _Rest):
            parts.log.write("screening rests", screening=number)
            parts.ask_again(number)
            return
        began_s = time.monotonic()
        results = parts.folders.root / "results" / f"{number:06d}-{inputs.identity[:12]}"
        ended: Ended | None = None
        reason: tuple[str, str] | None = None
        if inputs.start > MOST_STARTS and not results.is_dir():
            reason = ("每次初筛时工作站都中断", "the station went down each time it was screened")
        elif not results.is_dir():  # else the power failed between the folder and its row
            try:
                ended = self._compute(number, inputs, results)
            except OSError as error:
                said = error.strerror or type(error).__name__
                reason = (f"磁盘出错：{said}", f"the disk failed: {said}")
        if ended is not None and ended.is_stopped and not results.is_dir():
            self._put_back(number)
            return
        if results.is_dir():
            self._finish(number, results, time.monotonic() - began_s)
            return
        self._fall_back(number, results, inputs.paths, reason or reason_of(ended, parts.config.screening))

    def _put_back(self, number: int) -> None:
        """Leave the screening to the next start of the station, which ends as it should: nothing is held against it."""
        with self._parts.sessions.write() as session:
            row = session.get_one(Screening, number, with_for_update=True)
            row.state = ScreeningState.QUEUED
            row.starts -= 1
            row.job += 1

    def _begin(self, number: int) -> _Inputs | _Rest | None:
        """Count the start before it is made, so that a study that takes the station down is set aside too."""
        with self._parts.sessions.write() as session:
            row = session.get(Screening, number, with_for_update=True)
            if row is None or row.state not in {ScreeningState.QUEUED, ScreeningState.RUNNING}:
                return None
            if row.is_superseded:
                row.state = ScreeningState.SKIPPED
                row.finished_at = now()
                return None
            if row.state == ScreeningState.RUNNING and row.starts >= FEW_STARTS:
                rest_s = min(_LONGEST_REST_S, self._parts.config.screening.retry_s * row.starts)
                row.state = ScreeningState.QUEUED
                row.job += 1
                row.next_try_at = now() + timedelta(seconds=rest_s)
                return _Rest()
            row.state = ScreeningState.RUNNING
            row.starts += 1
            row.started_at = now()
            row.next_try_at = None
            instances = instances_of(session, row.study_id, up_to=row.last_instance_id)
            return _Inputs(
                identity=row.identity,
                paths=tuple(one.path for one in instances),
                start=row.starts,
                header=session.get_one(Study, row.study_id).header,
            )

    def _compute(self, number: int, inputs: _Inputs, results: Path) -> Ended:
        work = self._parts.folders.work / str(number)
        study, out, objects = self._lay_out(work, inputs.paths)
        limits = self._parts.config.screening
        self._parts.log.write("screening began", screening=number, slices=len(inputs.paths), start=inputs.start)
        prior = self._fetch_prior(number, inputs.header, work)
        words = screen_words(study, out, objects, limits, prior=prior)
        ended = self._parts.child.run(words, limits, environment=environment_of(limits))
        if ended.has_answered and (out / "findings.json").is_file():
            self._put(work, results)
        shutil.rmtree(work, ignore_errors=True)
        return ended

    def _fetch_prior(self, number: int, header: dict[str, Any], work: Path) -> Path | None:
        """Fetch the patient's last CT where the station knows whom to ask; a first look is not lost for want of it."""
        source, wanted = self._parts.config.priors, _wanted(header)
        if source is None or wanted is None:
            return None
        folder = work / "prior"
        folder.mkdir()
        try:
            count = fetch_prior(source, wanted, folder)
        except NotFetched as why:
            self._parts.log.write("prior not fetched", screening=number, reason=why.reason)
            return None
        except Exception as error:  # noqa: BLE001 -- whatever the PACS does, the study is screened
            self._parts.log.write("prior not fetched", screening=number, reason=type(error).__name__)
            return None
        self._parts.log.write("prior fetched", screening=number, instances=count)
        return folder if count else None

    def _lay_out(self, work: Path, paths: tuple[str, ...]) -> tuple[Path, Path, Path]:
        """Make the folders of a child anew: the study as it is screened, documents and objects."""
        shutil.rmtree(work, ignore_errors=True)
        folders = (work / "study", work / "out" / "documents", work / "out" / "objects")
        for folder in folders:
            folder.mkdir(parents=True)
        for place, path in enumerate(paths):
            _link(self._parts.folders.root / path, folders[0] / f"{place:06d}.dcm")
        return folders

    def _put(self, work: Path, results: Path) -> None:
        """Have the results appear in one step, on disk."""
        sync_tree(work / "out")
        (work / "out").rename(results)
        sync_folder(results.parent)

    def _finish(self, number: int, results: Path, seconds: float, reason: tuple[str, str] | None = None) -> None:
        """Write the row of what came of it, and queue its deliveries."""
        parts = self._parts
        outcome = Outcome(json.loads((results / "documents" / "findings.json").read_bytes())["outcome"])
        with parts.sessions.write() as session:
            row = session.get(Screening, number, with_for_update=True)
            if row is None:
                return
            row.state = ScreeningState.SET_ASIDE if reason else ScreeningState.FINISHED
            row.outcome = outcome
            row.reason_zh, row.reason_en = reason or (None, None)
            row.folder = str(results.relative_to(parts.folders.root))
            row.finished_at = now()
            _add_objects(session, number, results, parts.folders.root)
            if not row.is_superseded:
                _add_deliveries(session, number, [one.name for one in parts.config.destinations])
        parts.metrics.screened(outcome, seconds)
        parts.log.write("screened", screening=number, outcome=outcome, seconds=round(seconds, 1))
        parts.ask_deliveries(number)

    def _fall_back(self, number: int, results: Path, paths: tuple[str, ...], reason: tuple[str, str]) -> None:
        """Try again later, or set the study aside with documents that say why."""
        parts = self._parts
        limits = parts.config.screening
        with parts.sessions.write() as session:
            row = session.get(Screening, number, with_for_update=True)
            if row is None:
                return
            row.attempts = attempts = limits.attempts if row.starts > MOST_STARTS else row.attempts + 1
            row.reason_zh, row.reason_en = reason
            if attempts < limits.attempts:
                row.state = ScreeningState.QUEUED
                row.job += 1
                row.next_try_at = now() + timedelta(seconds=limits.retry_s * 2 ** (attempts - 1))
        parts.log.write("screening broke down", screening=number, attempt=attempts, reason=reason[1])
        if attempts < limits.attempts:
            parts.ask_again(number)
            return
        work = parts.folders.work / f"{number}-not-screened"
        study, documents, objects = self._lay_out(work, paths)
        zh = f"未能完成初筛：{reason[0]}。没有首看结果，不表示没有结节，请照常阅片。"
        en = f"Not screened: {reason[1]}. There is no first look, which does not mean that there is no nodule."
        words = failure_words(study, documents, objects, limits, zh=zh, en=en)
        parts.child.run(words, limits.model_copy(update=_OF_FAILURES))
        if not (documents / "findings.json").is_file():
            raise NotWritten
        self._put(work, results)
        shutil.rmtree(work, ignore_errors=True)
        self._finish(number, results, 0.0, reason)


class NotWritten(Exception):
    """Not even the documents of a failure could be written; the job is looked at again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inputs:
    identity: str
    paths: tuple[str, ...]
    start: int
    header: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Rest:
    """It was cut off several times, and waits so that others go first."""


def _wanted(header: dict[str, Any]) -> Wanted | None:
    """Tell whose prior and before which day; None where the study does not say."""

    def value(tag: str) -> str:
        values = header.get(tag, {}).get("Value") or [""]
        return str(values[0]).strip()

    patient_id, study_uid, study_date = value("00100020"), value("0020000D"), value("00080020")
    try:
        day = datetime.strptime(study_date, "%Y%m%d").date()  # noqa: DTZ007 -- a date of DICOM has no zone
    except ValueError:
        return None
    return Wanted(patient_id=patient_id, study_uid=study_uid, study_date=day) if patient_id else None


def _link(source: Path, target: Path) -> None:
    """Give an instance a second name; where the file system has no hard links, a symbolic one."""
    try:
        os.link(source, target)
    except OSError:
        target.symlink_to(source)


def _add_objects(session: Session, number: int, results: Path, root: Path) -> None:
    """Write a row for each DICOM object, once for each screening."""
    known = set(session.scalars(select(ResultObject.sop_uid).where(ResultObject.screening_id == number)))
    for path in sorted((results / "objects").glob("*.dcm")):
        data = path.read_bytes()
        ds = pydicom.dcmread(path, specific_tags=["SOPInstanceUID", "SOPClassUID", "SeriesInstanceUID"])
        if str(ds.SOPInstanceUID) in known:
            continue
        session.add(
            ResultObject(
                screening_id=number,
                series_uid=str(ds.SeriesInstanceUID),
                sop_uid=str(ds.SOPInstanceUID),
                sop_class_uid=str(ds.SOPClassUID),
                path=str(path.relative_to(root)),
                sha256=sha256(data).hexdigest(),
                size_bytes=len(data),
            )
        )


def _add_deliveries(session: Session, number: int, destinations: list[str]) -> None:
    known = set(session.scalars(select(Delivery.destination).where(Delivery.screening_id == number)))
    for name in destinations:
        if name not in known:
            session.add(Delivery(screening_id=number, destination=name, state=DeliveryState.WAITING, queued_at=now()))
