"""What is known of a nodule and its patient, as the rows ask for it; a gap stops the asker by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Union

from lianyi.lungct.assess.table import Size

Value = str | bool | Size
Derived = Callable[["Lookup"], Value | None]
Known = Mapping[str, Union[Value, Derived, None]]  # noqa: UP007 -- a forward reference inside


class Unknown(Exception):
    """A row needs a fact that nobody gave."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


class Lookup:
    """The facts of one judgement; remembers which were wanted in vain."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self.wanted: dict[str, None] = {}

    def peek(self, fact: str) -> Value | None:
        """Give a fact, or None where it is unknown."""
        value = self._known.get(fact)
        return value(self) if callable(value) else value

    def want(self, fact: str) -> Value | None:
        """Give a fact; where it is unknown, remember that it was wanted."""
        value = self.peek(fact)
        if value is None:
            self.wanted[fact] = None
        return value

    def ask(self, fact: str) -> Value:
        """Give a fact that cannot be done without.

        Raises:
            Unknown: nobody gave it.
        """
        value = self.peek(fact)
        if value is None:
            raise Unknown(fact)
        return value

    def instead(self, **facts: Value) -> Lookup:
        """Give the same facts with some replaced; what it wants in vain is remembered here too."""
        other = Lookup({**self._known, **facts})
        other.wanted = self.wanted
        return other
