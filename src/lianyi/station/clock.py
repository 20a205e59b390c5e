"""The time of day, in one place: the database holds UTC without a zone, as SQLite cannot keep one."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Give the time in UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)
