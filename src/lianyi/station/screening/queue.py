"""Queue a study's screening as it is now; an earlier one of the same study is superseded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lianyi import __version__
from lianyi.station.clock import now
from lianyi.station.database import Instance, Screening, ScreeningState, Series, Sessions, Study

ORDINARY = 100
"""Priority of a study that nobody waits for; the lower, the sooner."""


def identity_of(contents: Iterable[tuple[str, str]]) -> str:
    """Derive a screening's identity from its inputs (SOP Instance UID, sha256) and our version."""
    listed = "\n".join(f"{sop_uid} {sha256}" for sop_uid, sha256 in sorted(contents))
    return hashlib.sha256(f"lianyi {__version__}\n{listed}".encode()).hexdigest()


def queue_screening(sessions: Sessions, study_uid: str) -> int | None:
    """Queue a screening of what a study holds now.

    Returns:
        The screening's number; None where nothing came since the last one.
    """
    with sessions.write() as session:
        study = session.scalar(select(Study).where(Study.study_uid == study_uid).with_for_update())
        if study is None or not study.is_changed:
            return None
        study.is_changed = False
        instances = instances_of(session, study.id)
        identity = identity_of((one.sop_uid, one.sha256) for one in instances)
        if session.scalar(select(Screening.id).where(Screening.identity == identity)):
            return None
        session.execute(update(Screening).where(Screening.study_id == study.id).values(is_superseded=True))
        screening = Screening(
            study_id=study.id,
            identity=identity,
            instances=len(instances),
            last_instance_id=max(one.id for one in instances),
            state=ScreeningState.QUEUED,
            priority=ORDINARY,
            queued_at=now(),
        )
        session.add(screening)
        session.flush()
        return screening.id


def instances_of(session: Session, study_id: int, *, up_to: int | None = None) -> list[Instance]:
    """Give a study's instances in the order they came; *up_to* leaves out those that came later."""
    wanted = select(Instance).join(Series).where(Series.study_id == study_id).order_by(Instance.id)
    if up_to is not None:
        wanted = wanted.where(Instance.id <= up_to)
    return list(session.scalars(wanted))
