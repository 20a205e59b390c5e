"""What ``lianyi status`` tells, read from the database whether a station runs or not; no patient in it."""

from __future__ import annotations

import fcntl
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select

from lianyi.lungct.domain.errors import Misconfigured
from lianyi.station.config import StationConfig
from lianyi.station.database import (
    Delivery,
    DeliveryState,
    Instance,
    Rejection,
    Screening,
    ScreeningState,
    Sessions,
    Study,
    open_engine,
)
from lianyi.station.database.engine import database_url
from lianyi.station.database.migrate import newest_revision, revision_of

_LAST = 20  # how many of each list are told; an engineering choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A screening or delivery that a person must know of."""

    what: str
    number: int
    state: str
    attempts: int
    next_try_at: datetime | None
    reason_zh: str
    reason_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The station in figures; times are UTC."""

    is_running: bool
    schema: str | None
    studies: int
    instances: int
    instance_bytes: int
    incomplete_studies: int
    screenings: dict[str, int]
    outcomes: dict[str, int]
    superseded: int
    deliveries: dict[str, dict[str, int]]
    troubles: tuple[Trouble, ...]
    rejections: tuple[dict[str, Any], ...]
    disk_free_bytes: int
    disk_low_bytes: int

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON takes it."""
        return asdict(self)


def read_status(config: StationConfig) -> Status:
    """Read the station's state.

    Raises:
        Misconfigured: there is no station there, or its database does not answer.
    """
    root = config.data.resolve()
    if not (root / "station.lock").exists():
        raise Misconfigured(
            zh=f"{root} 中没有工作站的数据；请检查 --config，或先运行 lianyi serve。",
            en=f"there is no station in {root}; check --config, or run lianyi serve first.",
        )
    engine = open_engine(database_url(config.database.url, root))
    try:
        return _read(config, root, engine)
    except sa.exc.OperationalError as error:
        kind = type(error.orig).__name__ if error.orig else type(error).__name__
        raise Misconfigured(
            zh=f"数据库没有应答（{kind}），请检查 database.url 与数据库服务。",
            en=f"the database does not answer ({kind}); check database.url and the server.",
        ) from None
    finally:
        engine.dispose()


def _read(config: StationConfig, root: Path, engine: sa.Engine) -> Status:
    revision = revision_of(engine)
    if revision != newest_revision():
        raise Misconfigured(
            zh="数据库的结构与本版本不一致；请先用本版本运行一次 lianyi serve。",
            en="the database is of another version than this program; run lianyi serve of this version once.",
        )
    with Sessions(engine).read() as session:

        def count(*wanted: Any) -> int:
            return session.scalar(select(func.count()).where(*wanted)) or 0

        by_state = select(Screening.state, func.count()).group_by(Screening.state)
        by_outcome = select(Screening.outcome, func.count()).where(Screening.outcome.is_not(None))
        deliveries: dict[str, dict[str, int]] = {}
        by_way = select(Delivery.destination, Delivery.state, func.count())
        for name, state, many in session.execute(by_way.group_by(Delivery.destination, Delivery.state)):
            deliveries.setdefault(name, {})[state] = many
        rejections = session.scalars(select(Rejection).order_by(Rejection.last_at.desc()).limit(_LAST))
        return Status(
            is_running=is_running(root),
            schema=revision,
            studies=count(Study.id.is_not(None)),
            instances=count(Instance.id.is_not(None)),
            instance_bytes=session.scalar(select(func.sum(Instance.size_bytes))) or 0,
            incomplete_studies=count(Study.is_changed),
            screenings={str(state): many for state, many in session.execute(by_state)},
            outcomes={str(k): v for k, v in session.execute(by_outcome.group_by(Screening.outcome))},
            superseded=count(Screening.is_superseded),
            deliveries=deliveries,
            troubles=(*_screening_troubles(session), *_delivery_troubles(session)),
            rejections=tuple(
                {"peer": one.peer, "reason": one.reason, "sop_class": one.sop_class_uid, "count": one.count}
                for one in rejections
            ),
            disk_free_bytes=shutil.disk_usage(root).free,
            disk_low_bytes=config.disk.low_mb * 1_000_000,
        )


def _screening_troubles(session: sa.orm.Session) -> list[Trouble]:
    wanted = (
        select(Screening)
        .where((Screening.state == ScreeningState.SET_ASIDE) | (Screening.attempts > 0))
        .order_by(Screening.id.desc())
        .limit(_LAST)
    )
    return [
        Trouble(
            what="screening",
            number=row.id,
            state=row.state,
            attempts=row.attempts,
            next_try_at=row.next_try_at,
            reason_zh=row.reason_zh or "",
            reason_en=row.reason_en or "",
        )
        for row in session.scalars(wanted)
    ]


def _delivery_troubles(session: sa.orm.Session) -> list[Trouble]:
    wanted = (
        select(Delivery)
        .where((Delivery.state == DeliveryState.FAILED) | Delivery.reason_en.is_not(None))
        .order_by(Delivery.id.desc())
        .limit(_LAST)
    )
    return [
        Trouble(
            what=f"delivery to {row.destination}",
            number=row.id,
            state=row.state,
            attempts=row.attempts,
            next_try_at=row.next_try_at,
            reason_zh=row.reason_zh or "",
            reason_en=row.reason_en or "",
        )
        for row in session.scalars(wanted)
    ]


def is_running(root: Path) -> bool:
    """Tell whether a station holds the data folder."""
    lock = os.open(root / "station.lock", os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(lock)
