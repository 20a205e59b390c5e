"""The interpreter: a table and some facts in, a category and the reasons out.

The same few lines serve every guideline; what differs between them is data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lianyi.lungct.assess.lookup import Lookup, Value
from lianyi.lungct.assess.table import Condition, Management, Row, Size, Table
from lianyi.lungct.assess.words import arrow, say_facts
from lianyi.lungct.domain.words import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A category with its reasons.

    Attributes:
        category: None where the guideline does not answer.
        called: the category as people say it.
        management: next step.
        trace: the rows that led there.
        wanted: facts that were wanted in vain, in the order asked.
        is_answered: False where a fact is missing that has no short list of values (a size).
    """

    category: str | None
    management: Management
    trace: tuple[Sentence, ...]
    wanted: tuple[str, ...] = ()
    is_answered: bool = True
    called: Sentence | None = None

    @property
    def says(self) -> tuple[str | None, Sentence, bool]:
        """What two answers must share to be the same answer."""
        return self.category, self.management.words, self.is_answered


def judge(table: Table, facts: Lookup) -> Answer:
    """Find the first row that holds, then the upgrades of its category.

    Raises:
        Unknown: the rows need a fact that nobody gave.
    """
    answer = first_row(table, facts)
    for upgrade in table.upgrades:
        if answer.category in upgrade.of and (met := met_by(upgrade.row, facts)) is not None:
            answer = replace(
                answer,
                category=upgrade.row.category,
                called=upgrade.row.called,
                management=upgrade.row.management,
                trace=(*answer.trace, step(upgrade.row, met)),
            )
    return replace(answer, wanted=tuple(facts.wanted))


def first_row(table: Table, facts: Lookup) -> Answer:
    """Find the first row that holds, without upgrades.

    Raises:
        Unknown: the rows need a fact that nobody gave.
    """
    for row in table.rows:
        met = met_by(row, facts)
        if met is None:
            continue
        if row.as_if:
            # Judged as if: the fact that led here is replaced, so that the same row cannot hold again.
            inner = first_row(table, facts.instead(**dict(row.as_if)))
            return replace(inner, trace=(step(row, met), *inner.trace))
        return answer_of(row, met)
    raise ValueError(f"{table.guideline} must end with a row that always holds")


def answer_of(row: Row, met: dict[str, Value]) -> Answer:
    """Give the answer of a row that holds."""
    return Answer(category=row.category, called=row.called, management=row.management, trace=(step(row, met),))


def met_by(row: Row, facts: Lookup) -> dict[str, Value] | None:
    """Give the facts that make a row hold, or None where it does not."""
    met: dict[str, Value] = {}
    for condition in row.conditions:
        asked = {"ask": facts.ask, "want": facts.want, "pass": facts.peek}[condition.if_unknown]
        value = asked(condition.fact)
        if value is None or not holds(condition, value):
            return None
        met[condition.fact] = value
    return met


def holds(condition: Condition, value: Value) -> bool:
    """Tell whether a fact is as a condition wants it."""
    if condition.within is not None:
        return isinstance(value, Size) and condition.within.holds(value)
    return value in condition.one_of


def step(row: Row, met: dict[str, Value]) -> Sentence:
    """Say one step: the facts, then what follows from them."""
    because = say_facts(met)
    outcome = row.words
    if row.called is not None:
        said = arrow(because, row.called)
        return said if outcome is None else Sentence(f"{said.zh}（{outcome.zh}）", f"{said.en} ({outcome.en})")
    return arrow(because, outcome or row.management.words)
