"""A risk model as a table of coefficients, read from ``tables/*.toml``: p = 1 / (1 + e^-x), x linear in its terms."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import exp
from typing import Any

from lianyi.lungct.domain.assessment import InputValue
from lianyi.lungct.domain.words import Sentence

FAMILIES = ("brock", "mayo", "pku", "va", "herder")
"""Publications; Brock has four models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One line of the table: the input, and what it adds.

    Attributes:
        name: of the input.
        equals: the term counts fully where the input is this, and not at all otherwise; None: the number counts.
        transform: of the number; "" for none, "inverse root of cm" for (mm / 10) to the power of -1/2.
        centre: subtracted from the (transformed) number.
        coefficient: factor.
    """

    name: str
    equals: str | bool | None
    transform: str
    centre: float
    coefficient: float

    def adds(self, value: InputValue) -> float:
        """Give what this term adds to x for a known input."""
        if self.equals is not None:
            return self.coefficient if value == self.equals else 0.0
        number = float(value or 0.0)
        if self.transform:
            number = (number / 10.0) ** -0.5
        return self.coefficient * (number - self.centre)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskModel:
    """One model.

    Attributes:
        name: as ``lianyi explain`` takes it.
        family: of the publication.
        edition: publication and table.
        title: what it is called.
        is_confirmed: whether the coefficients were read in the primary publication.
        is_for_baseline_screening: whether it was made from baseline screening CT only.
        size_range_mm: from and to; None where our source names none.
        constant: of x.
        terms: the table.
        notes: to be known beside the number.
    """

    name: str
    family: str
    edition: str
    title: Sentence
    is_confirmed: bool
    is_for_baseline_screening: bool
    size_range_mm: tuple[float, float] | None
    constant: float
    terms: tuple[Term, ...]
    notes: tuple[Sentence, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of what it asks for, each once."""
        return tuple(dict.fromkeys(term.name for term in self.terms))

    def probability(self, inputs: dict[str, InputValue]) -> float:
        """Give the probability of malignancy, 0 to 1, from all its inputs."""
        x = self.constant + sum(term.adds(inputs[term.name]) for term in self.terms)
        return 1.0 / (1.0 + exp(-x))


@cache
def read_models(family: str) -> tuple[RiskModel, ...]:
    """Give the models of one publication."""
    text = (resources.files(__package__) / "tables" / f"{family}.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    bounds = raw.get("size_mm")
    return tuple(
        RiskModel(
            name=version["model"],
            family=family,
            edition=raw["edition"],
            title=Sentence(*raw["title"]),
            is_confirmed=raw["confirmed"],
            is_for_baseline_screening=raw.get("screening_baseline_only", False),
            size_range_mm=(float(bounds["from"]), float(bounds["to"])) if bounds else None,
            constant=float(version["constant"]),
            terms=tuple(_term(part) for part in version["terms"]),
            notes=tuple(Sentence(*note) for note in raw["notes"]),
        )
        for version in raw["version"]
    )


def every_model() -> tuple[RiskModel, ...]:
    """Give all models, in the order in which they are shown."""
    return tuple(model for family in FAMILIES for model in read_models(family))


def _term(part: dict[str, Any]) -> Term:
    return Term(
        name=part["input"],
        equals=part.get("equals"),
        transform=part.get("transform", ""),
        centre=float(part.get("centre", 0.0)),
        coefficient=float(part["coefficient"]),
    )
