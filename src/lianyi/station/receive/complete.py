"""When a study is complete: a few seconds after its last association ended as it should, or after a quiet time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable


class Completion:
    """Knows which studies are being sent, and which are complete; safe from any thread.

    Args:
        settle_s: after the end of the last association that sent to the study.
        quiet_s: after its last slice, where an association broke off or stays open.
        clock: seconds, always rising.
    """

    def __init__(self, *, settle_s: float, quiet_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._settle_s = settle_s
        self._quiet_s = quiet_s
        self._clock = clock
        self._changing = threading.Lock()
        self._due_s: dict[str, float] = {}
        self._sent_by: dict[Hashable, set[str]] = {}

    def slice_came(self, study_uid: str, sender: Hashable | None = None) -> None:
        """Note that a study got an instance; *sender* is the association, None where there is none any more."""
        with self._changing:
            self._due_s[study_uid] = self._clock() + self._quiet_s
            if sender is not None:
                self._sent_by.setdefault(sender, set()).add(study_uid)

    def sender_ended(self, sender: Hashable, *, as_it_should: bool) -> None:
        """Note that an association is over; one that broke off leaves its studies to the quiet time."""
        with self._changing:
            studies = self._sent_by.pop(sender, set())
            if not as_it_should:
                return
            still_sent = set().union(*self._sent_by.values()) if self._sent_by else set()
            for study_uid in studies - still_sent:
                if study_uid in self._due_s:
                    self._due_s[study_uid] = self._clock() + self._settle_s

    def take_complete(self) -> list[str]:
        """Give the studies that have become complete, each once."""
        now_s = self._clock()
        with self._changing:
            complete = [study_uid for study_uid, due_s in self._due_s.items() if due_s <= now_s]
            for study_uid in complete:
                del self._due_s[study_uid]
        return complete

    @property
    def waiting(self) -> int:
        """How many studies are not complete yet."""
        with self._changing:
            return len(self._due_s)
