"""A guideline as a table: rows of conditions, read from ``tables/*.toml``, each with its source.

The first row whose conditions hold gives the category.  A row says in ``when`` what must hold, and what happens
where a fact is not known: by default it is asked for (the answer becomes conditional); under ``want`` the row does
not hold, and the fact is listed as missing; under ``pass`` the row does not hold, and nothing is said.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, Literal

from lianyi.lungct.domain.words import Sentence

IfUnknown = Literal["ask", "want", "pass"]

GUIDELINES = ("lung-rads-2022", "fleischner-2017", "c-lung-rads", "china-ldct-2025")
UNCONFIRMED_GUIDELINES = ("china-ldct-2023", "china-consensus-2024")
"""Graded [1] or [M] in our sources: judged only where the site has switched them on, and marked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A length, a volume or another number, rounded as the edition says; *tried* words a band that is only supposed."""

    value: Decimal
    unit: Literal["mm", "mm³", "months", "years", ""]
    tried: Sentence | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Bounds of a number, in mm (or the fact's own unit), and in mm³ for a nodule known by its volume only."""

    at_least: Decimal | None = None
    over: Decimal | None = None
    below: Decimal | None = None
    at_most: Decimal | None = None
    volume: Range | None = None

    def holds(self, size: Size) -> bool:
        """Tell whether the size lies within."""
        if size.unit == "mm³":
            if self.volume is None:
                raise ValueError("this table has no bounds for volumes")
            return self.volume._holds(size.value)  # noqa: SLF001 -- its own kind
        return self._holds(size.value)

    def _holds(self, value: Decimal) -> bool:
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.over is None or value > self.over)
            and (self.below is None or value < self.below)
            and (self.at_most is None or value <= self.at_most)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One fact, and what it must be: one of some values, or within bounds."""

    fact: str
    one_of: tuple[str | bool, ...] = ()
    within: Range | None = None
    if_unknown: IfUnknown = "ask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Management:
    """A next step.

    Attributes:
        words: what to do.
        due_months: from and to; None where it is not a matter of time.
        is_outside: whether the edition deliberately leaves such a nodule aside, so that it leaves nothing open.
    """

    words: Sentence
    due_months: tuple[int, int] | None
    is_outside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row; ``as_if`` judges again with some facts replaced, ``words`` says why where no condition does.

    ``called`` is the category as people say it.
    """

    category: str | None
    management: Management
    conditions: tuple[Condition, ...]
    as_if: tuple[tuple[str, str], ...]
    words: Sentence | None
    source: str
    called: Sentence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """A second look at a category already given: these become another where the condition holds."""

    of: tuple[str, ...]
    row: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A value that a missing fact may have; of a band of numbers, its lower bound stands for it."""

    value: str | bool | Size
    words: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One edition of one guideline."""

    guideline: str
    edition: str
    title: Sentence
    source: str
    is_confirmed: bool
    order: tuple[str, ...]
    diameter_step_mm: Decimal
    judges_volume: bool
    growth: dict[str, Decimal]
    rows: tuple[Row, ...]
    upgrades: tuple[Upgrade, ...]
    exam_rows: tuple[Row, ...] = ()
    options: dict[str, tuple[Option, ...]] = field(default_factory=dict)
    notes: tuple[Sentence, ...] = ()
    thickest_slice_mm: Decimal | None = None

    @property
    def classifies_cysts(self) -> bool:
        """Whether cysts have rows of their own, so that those by density are not for them."""
        return any(condition.fact == "cystic" for row in self.rows for condition in row.conditions)

    def rank(self, category: str | None) -> int:
        """Tell how suspicious a category is among the others; no category comes before all."""
        return -1 if category is None else self.order.index(category)


@cache
def read_table(guideline: str) -> Table:
    """Give the table of a guideline, by the name that ``lianyi explain`` takes."""
    text = (resources.files(__package__) / "tables" / f"{guideline}.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text, parse_float=Decimal)
    managements = {name: _management(part) for name, part in raw["management"].items()}
    called = {category: Sentence(*words) for category, words in raw.get("called", {}).items()}

    def rows(parts: list[dict[str, Any]]) -> tuple[Row, ...]:
        return tuple(_row(part, managements, called, raw["source"]) for part in parts)

    return Table(
        guideline=raw["guideline"],
        edition=raw["edition"],
        title=Sentence(*raw["title"]),
        source=raw["source"],
        is_confirmed=raw["confirmed"],
        order=tuple(raw["order"]),
        diameter_step_mm=Decimal(raw["diameter_step_mm"]),
        judges_volume=raw["judges_volume"],
        growth={name: Decimal(value) for name, value in raw.get("growth", {}).items()},
        rows=rows(raw["row"]),
        upgrades=tuple(
            Upgrade(of=tuple(part["of"]), row=row)
            for part, row in zip(raw.get("upgrade", []), rows(raw.get("upgrade", [])), strict=True)
        ),
        exam_rows=rows(raw.get("exam", [])),
        options={fact: tuple(_option(fact, part) for part in parts) for fact, parts in raw.get("options", {}).items()},
        notes=tuple(Sentence(*note) for note in raw.get("notes", [])),
        thickest_slice_mm=Decimal(raw["thickest_slice_mm"]) if "thickest_slice_mm" in raw else None,
    )


def _management(part: dict[str, Any]) -> Management:
    due = part.get("due")
    return Management(
        words=Sentence(part["zh"], part["en"]),
        due_months=(due[0], due[1]) if due else None,
        is_outside=part.get("outside", False),
    )


def _row(part: dict[str, Any], managements: dict[str, Management], called: dict[str, Sentence], source: str) -> Row:
    soft: dict[str, IfUnknown] = {
        **dict.fromkeys(part.get("want", ()), "want"),
        **dict.fromkeys(part.get("pass", ()), "pass"),
    }
    as_if = tuple(part.get("as_if", {}).items())
    nothing = Management(words=Sentence("", ""), due_months=None)
    category = part.get("category") or None
    return Row(
        category=category,
        management=nothing if as_if else managements[part["management"]],
        conditions=tuple(
            _condition(fact, wanted, soft.get(fact, "ask")) for fact, wanted in part.get("when", {}).items()
        ),
        as_if=as_if,
        words=Sentence(*part["words"]) if "words" in part else None,
        source=part.get("source", source),
        called=called.get(category, Sentence(category, category)) if category else None,
    )


def _condition(fact: str, wanted: Any, if_unknown: IfUnknown) -> Condition:  # noqa: ANN401 -- what TOML holds
    if isinstance(wanted, dict):
        bounds = {name: Decimal(value) for name, value in wanted.items()}
        plain = {_BOUNDS[name]: value for name, value in bounds.items() if not name.endswith("_mm3")}
        volumes = {_BOUNDS[name.removesuffix("_mm3")]: value for name, value in bounds.items() if name.endswith("_mm3")}
        volume = _range(volumes) if volumes else None
        return Condition(fact=fact, within=replace(_range(plain), volume=volume), if_unknown=if_unknown)
    values: list[str | bool] = wanted if isinstance(wanted, list) else [wanted]
    return Condition(fact=fact, one_of=tuple(values), if_unknown=if_unknown)


def _range(bounds: dict[str, Decimal]) -> Range:
    return Range(
        at_least=bounds.get("at_least"),
        over=bounds.get("over"),
        below=bounds.get("below"),
        at_most=bounds.get("at_most"),
    )


_BOUNDS = {"from": "at_least", "over": "over", "below": "below", "to": "at_most"}


def _option(fact: str, part: dict[str, Any]) -> Option:
    words = Sentence(part["zh"], part["en"])
    size = Size(value=Decimal(part["value"]), unit=_UNITS.get(fact, ""), tried=words)
    return Option(value=size, words=words)


_UNITS: dict[str, Literal["mm", "months", "years"]] = {
    "solid_core": "mm",
    "months_since_prior": "months",
    "age_years": "years",
}
