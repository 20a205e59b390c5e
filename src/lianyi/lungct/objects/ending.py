"""How a run ended, a fault included."""

from __future__ import annotations

from dataclasses import dataclass

from lianyi.lungct.domain.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A fault of ours ended the run; sentence for whoever must act, in both languages."""

    zh: str
    en: str


Ending = Outcome | Failure
"""How a run ended, a fault included."""
