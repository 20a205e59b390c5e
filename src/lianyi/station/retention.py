"""Remove what was kept long enough: only studies that are screened, and delivered everywhere."""

from __future__ import annotations

import shutil
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lianyi.station.database import Delivery, DeliveryState, Screening, ScreeningState, Sessions, Study
from lianyi.station.folders import Folders, hashed
from lianyi.station.receive.keep import Keeper

_OPEN = (ScreeningState.QUEUED, ScreeningState.RUNNING)


def remove_finished(sessions: Sessions, folders: Folders, keeper: Keeper, *, before: datetime) -> int:
    """Remove studies whose last slice came before a time, with all that was made of them.

    One that waits for its screening, or has a delivery that waits or failed, stays, however old.

    Returns:
        How many studies were removed.
    """
    with sessions.read() as session:
        old = session.scalars(select(Study.study_uid).where(Study.last_received_at < before)).all()
    return sum(_remove(sessions, folders, keeper, study_uid, before) for study_uid in old)


def _remove(sessions: Sessions, folders: Folders, keeper: Keeper, study_uid: str, before: datetime) -> bool:
    with keeper.closed_to(study_uid) as is_free:
        if not is_free:
            return False
        with sessions.write() as session:
            study = session.scalar(select(Study).where(Study.study_uid == study_uid).with_for_update())
            if study is None or study.last_received_at >= before or not _is_done(session, study):
                return False
            results = [
                folder
                for folder in session.scalars(select(Screening.folder).where(Screening.study_id == study.id))
                if folder
            ]
            session.delete(study)
        # The rows went first: a file without a row takes room, a row without its file is a broken promise.
        shutil.rmtree(folders.root / "studies" / hashed(study_uid), ignore_errors=True)
        for folder in results:
            shutil.rmtree(folders.root / folder, ignore_errors=True)
    return True


def _is_done(session: Session, study: Study) -> bool:
    if study.is_changed:
        return False
    screenings = select(func.count()).where(Screening.study_id == study.id, Screening.state.in_(_OPEN))
    deliveries = (
        select(func.count())
        .select_from(Delivery)
        .join(Screening, Delivery.screening_id == Screening.id)
        .where(Screening.study_id == study.id, Delivery.state != DeliveryState.DELIVERED)
    )
    return not session.scalar(screenings) and not session.scalar(deliveries)
