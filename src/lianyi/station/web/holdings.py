"""What the station holds: received instances and its own results, in one list for search and retrieval."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from lianyi.station.database import Instance, ResultObject, Screening, Series, Sessions, Study
from lianyi.station.receive.heading import read_heading


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An instance that is held; *study* and *series* are DICOM JSON."""

    study_uid: str
    series_uid: str
    sop_uid: str
    sop_class_uid: str
    number: int | None
    path: Path
    study: dict[str, Any]
    series: dict[str, Any]


class Holdings:
    """Reads what is held from the database, and of results from their files."""

    def __init__(self, sessions: Sessions, root: Path) -> None:
        self._sessions = sessions
        self._root = root

    def find(
        self, study_uid: str | None = None, series_uid: str | None = None, sop_uid: str | None = None
    ) -> list[Held]:
        """Give the instances of a study, a series or all; one only, with its UID."""
        received = select(Study, Series, Instance).join(Series, Series.study_id == Study.id)
        received = received.join(Instance, Instance.series_id == Series.id).order_by(Instance.id)
        made = select(Study, ResultObject).join(Screening, Screening.study_id == Study.id)
        made = made.join(ResultObject, ResultObject.screening_id == Screening.id).order_by(ResultObject.id)
        if study_uid is not None:
            received, made = received.where(Study.study_uid == study_uid), made.where(Study.study_uid == study_uid)
        if series_uid is not None:
            received = received.where(Series.series_uid == series_uid)
            made = made.where(ResultObject.series_uid == series_uid)
        if sop_uid is not None:
            received, made = received.where(Instance.sop_uid == sop_uid), made.where(ResultObject.sop_uid == sop_uid)
        with self._sessions.read() as session:
            images = session.execute(received).all()
            results = session.execute(made).all()
        held = [
            Held(
                study_uid=study.study_uid,
                series_uid=series.series_uid,
                sop_uid=instance.sop_uid,
                sop_class_uid=instance.sop_class_uid,
                number=instance.number,
                path=self._root / instance.path,
                study=study.header,
                series=series.header,
            )
            for study, series, instance in images
        ]
        newest = {result.sop_uid: (study, result) for study, result in results}  # the same UID may have come again
        for study, result in newest.values():
            series_part, number = _of_result(self._root / result.path)
            held.append(
                Held(
                    study_uid=study.study_uid,
                    series_uid=result.series_uid,
                    sop_uid=result.sop_uid,
                    sop_class_uid=result.sop_class_uid,
                    number=number,
                    path=self._root / result.path,
                    study=study.header,
                    series=series_part,
                )
            )
        return held


@lru_cache(maxsize=4096)
def _of_result(path: Path) -> tuple[dict[str, Any], int | None]:
    """Give the series' part of a result's heading; a result never changes."""
    import pydicom  # noqa: PLC0415 -- beside its only use

    ds = pydicom.dcmread(path, stop_before_pixels=True)
    data = path.read_bytes()
    begins = 144 + int(ds.file_meta.FileMetaInformationGroupLength)
    heading = read_heading(data[begins:], str(ds.file_meta.TransferSyntaxUID))
    return heading.series, heading.number
