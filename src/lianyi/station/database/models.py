"""The tables."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# DICOM PS3.5 2024e, section 9: a UID has at most 64 characters.
_UID = String(64)


class ScreeningState(StrEnum):
    """How far a screening is."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    SET_ASIDE = "set aside"
    SKIPPED = "skipped"  # superseded before it began


class Outcome(StrEnum):
    """How it ended, in the words of findings.json."""

    SCREENED = "screened"
    PARTLY = "partly"
    REFUSED = "refused"
    FAILED = "failed"


class DeliveryState(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Base(DeclarativeBase):
    """All tables."""

    type_annotation_map = {str: String(64), datetime: DateTime(), dict[str, Any]: JSON()}  # noqa: RUF012 -- SQLAlchemy's own form


class Study(Base):
    """A study; *header* is the study's part of its first instance, as DICOM JSON.

    *is_changed*: instances came since its last screening was queued.
    """

    __tablename__ = "studies"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_uid: Mapped[str] = mapped_column(_UID, unique=True)
    first_received_at: Mapped[datetime]
    last_received_at: Mapped[datetime]
    is_changed: Mapped[bool] = mapped_column(index=True)
    header: Mapped[dict[str, Any]]


class Series(Base):
    """A series of a study."""

    __tablename__ = "series"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"), index=True)
    series_uid: Mapped[str] = mapped_column(_UID)
    header: Mapped[dict[str, Any]]

    __table_args__ = (UniqueConstraint("study_id", "series_uid"),)


class Instance(Base):
    """An instance as received; *path* is relative to the data folder, *sha256* is of its dataset, file header apart."""

    __tablename__ = "instances"

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"), index=True)
    sop_uid: Mapped[str] = mapped_column(_UID, unique=True)
    sop_class_uid: Mapped[str] = mapped_column(_UID)
    transfer_syntax_uid: Mapped[str] = mapped_column(_UID)
    path: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime]
    peer: Mapped[str]
    number: Mapped[int | None]


class Screening(Base):
    """A screening of a study as it was at one time.

    *starts* counts how often it began, *attempts* how often it broke down, *job* how many jobs it had.
    *identity* is derived from the instances and our version; *folder* is relative to the data folder.
    """

    __tablename__ = "screenings"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"), index=True)
    identity: Mapped[str] = mapped_column(unique=True)
    instances: Mapped[int]
    last_instance_id: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)
    is_superseded: Mapped[bool] = mapped_column(default=False)
    priority: Mapped[int]
    outcome: Mapped[str | None]
    starts: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    job: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    reason_zh: Mapped[str | None] = mapped_column(Text)
    reason_en: Mapped[str | None] = mapped_column(Text)
    folder: Mapped[str | None] = mapped_column(String(200))
    queued_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ResultObject(Base):
    """A DICOM object that a screening yielded.

    A later screening of the same study may yield the same objects again, under the same UIDs: where what came late
    changed nothing of what was looked at.
    """

    __tablename__ = "result_objects"

    id: Mapped[int] = mapped_column(primary_key=True)
    screening_id: Mapped[int] = mapped_column(ForeignKey("screenings.id", ondelete="CASCADE"), index=True)
    series_uid: Mapped[str] = mapped_column(_UID)
    sop_uid: Mapped[str] = mapped_column(_UID, index=True)
    sop_class_uid: Mapped[str] = mapped_column(_UID)
    path: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("screening_id", "sop_uid"),)


class Delivery(Base):
    """A result on its way to one destination."""

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(primary_key=True)
    screening_id: Mapped[int] = mapped_column(ForeignKey("screenings.id", ondelete="CASCADE"), index=True)
    destination: Mapped[str] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    job: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime]
    first_try_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    reason_zh: Mapped[str | None] = mapped_column(Text)
    reason_en: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (UniqueConstraint("screening_id", "destination"),)


class Rejection(Base):
    """What was not kept, counted by peer, reason and kind of object, so that a flood of it takes no room."""

    __tablename__ = "rejections"

    id: Mapped[int] = mapped_column(primary_key=True)
    peer: Mapped[str]
    reason: Mapped[str] = mapped_column(String(100))
    sop_class_uid: Mapped[str] = mapped_column(_UID)
    count: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("peer", "reason", "sop_class_uid"),)
