"""The job of delivering: one result to one destination, again with a growing wait until it is taken.

A delivery that was cut off comes again; that it then arrives once is the destination's identity at work
(:mod:`lianyi.station.destinations`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from lianyi.station.clock import now
from lianyi.station.config import StationConfig
from lianyi.station.database import Delivery, DeliveryState, ResultObject, Screening, Sessions
from lianyi.station.destinations import Destination, NotDelivered, Package, deliver
from lianyi.station.events import EventLog
from lianyi.station.folders import Folders
from lianyi.station.metrics import Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryParts:
    """What delivering works with; *ask_again* queues the next attempt."""

    config: StationConfig
    folders: Folders
    sessions: Sessions
    log: EventLog
    metrics: Metrics
    ask_again: Callable[[int], None]


class DeliveryWork:
    """Does the jobs of delivering."""

    def __init__(self, parts: DeliveryParts) -> None:
        self._parts = parts
        self._destinations: dict[str, Destination] = {one.name: one for one in parts.config.destinations}

    def deliver(self, number: int) -> None:
        """Make one attempt at what row *number* asks for; delivered already, it does nothing."""
        found = self._begin(number)
        if found is None:
            return
        name, package = found
        try:
            destination = self._destinations.get(name)
            if destination is None:
                raise NotDelivered(  # noqa: TRY301 -- told like any other reason
                    zh="配置中已没有这个目的地，请在 station.toml 中恢复。",
                    en="this destination is not in station.toml any more; put it back there.",
                    is_final=True,
                )
            deliver(package, destination)
        except NotDelivered as reason:
            self._fall_back(number, name, reason)
        except Exception as error:  # noqa: BLE001 -- whatever a destination does, the row must go on
            kind = type(error).__name__
            fault = NotDelivered(
                zh=f"程序出错（{kind}），稍后再试。",
                en=f"a fault in the program ({kind}); it is tried again.",
                is_final=False,
            )
            self._fall_back(number, name, fault)
        else:
            self._finish(number, name)

    def _begin(self, number: int) -> tuple[str, Package] | None:
        with self._parts.sessions.write() as session:
            row = session.get(Delivery, number, with_for_update=True)
            if row is None or row.state != DeliveryState.WAITING:
                return None
            row.attempts += 1
            row.first_try_at = row.first_try_at or now()
            row.next_try_at = None
            screening = session.get_one(Screening, row.screening_id)
            objects = session.scalars(select(ResultObject.path).where(ResultObject.screening_id == screening.id))
            root = self._parts.folders.root
            package = Package(
                identity=screening.identity,
                documents=root / (screening.folder or "") / "documents",
                objects=tuple(root / path for path in objects),
            )
            return row.destination, package

    def _finish(self, number: int, name: str) -> None:
        with self._parts.sessions.write() as session:
            row = session.get_one(Delivery, number)
            row.state = DeliveryState.DELIVERED
            row.delivered_at = now()
            row.reason_zh = row.reason_en = None
        self._parts.metrics.delivered(name, "delivered")
        self._parts.log.write("delivered", delivery=number, destination=name)

    def _fall_back(self, number: int, name: str, reason: NotDelivered) -> None:
        limits = self._parts.config.delivery
        with self._parts.sessions.write() as session:
            row = session.get_one(Delivery, number)
            row.reason_zh, row.reason_en = reason.zh, reason.en
            tried_s = (now() - (row.first_try_at or now())).total_seconds()
            is_over = reason.is_final or tried_s > limits.give_up_after_s
            if is_over:
                row.state = DeliveryState.FAILED
            else:
                row.job += 1
                row.next_try_at = now() + timedelta(
                    seconds=wait_s(row.attempts, limits.first_wait_s, limits.longest_wait_s)
                )
        self._parts.metrics.delivered(name, "failed" if is_over else "put off")
        self._parts.log.write("not delivered", delivery=number, destination=name, is_final=is_over, reason=reason.en)
        if not is_over:
            self._parts.ask_again(number)


def wait_s(attempts: int, first_s: float, longest_s: float) -> float:
    """Give the wait after so many attempts: doubled each time, up to the longest."""
    return min(longest_s, first_s * 2.0 ** min(attempts - 1, 60))
