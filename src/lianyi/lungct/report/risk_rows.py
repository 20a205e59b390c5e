"""Risk models by nodule: the number with its inputs beside it, what would change it, and why it is withheld."""

from __future__ import annotations

from dataclasses import dataclass

from lianyi.lungct.domain.assessment import Otherwise, Risk
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.report.figures import half_up
from lianyi.lungct.report.ways import ranges
from lianyi.lungct.report.wording import Language, pick, say
from lianyi.lungct.report.wording_judged import MODELS

_BROCK = ("brock-2b", "brock-2a", "brock-1b", "brock-1a")
"""The fullest first: the one shown is the first that gives a number, or else the first that gives branches."""

_MOST_BRANCHES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskCell:
    """One model on one nodule: its number, or a range where it depends on what is missing; then the details."""

    model: str
    value: str
    inputs: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRow:
    """One nodule."""

    nodule_id: int
    cells: list[RiskCell]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskTable:
    """Rows of nodules for which some model is valid, and one line for each reason why others are not."""

    rows: list[RiskRow]
    notes: list[str]


def risk_table(outcome: Screened, language: Language) -> RiskTable | None:
    """Lay the models out; None where none was asked."""
    if outcome.assessed is None or not outcome.assessed.risks:
        return None
    by_nodule: dict[int, list[Risk]] = {}
    for risk in outcome.assessed.risks:
        by_nodule.setdefault(risk.nodule_id, []).append(risk)
    rows, withheld = [], []
    for number, risks in by_nodule.items():
        shown = [one for one in _chosen(risks) if one.is_confirmed]
        answering = [one for one in shown if one.valid and (one.probability is not None or one.conditional)]
        withheld += [one for one in shown if one not in answering]
        cells = [_cell(one, language) for one in answering]
        if cells:
            rows.append(RiskRow(nodule_id=number, cells=cells))
    return RiskTable(rows=rows, notes=[*_withheld(withheld, language), *_unconfirmed(outcome, language)])


def _chosen(risks: list[Risk]) -> list[Risk]:
    """Give one of the Brock models, the fullest that answers, and each other model."""
    named = {risk.model: risk for risk in risks}
    brock = [named[name] for name in _BROCK if name in named]
    answering = [one for one in brock if one.probability is not None] or [one for one in brock if one.conditional]
    return [*(answering or brock)[:1], *(risk for risk in risks if risk.model not in _BROCK)]


def _cell(risk: Risk, language: Language) -> RiskCell:
    model, inputs = (
        _title(risk.model, language),
        say("enumerate", language).join(pick(one, language) for one in risk.known),
    )
    if risk.probability is not None:
        return RiskCell(
            model=model,
            value=percent(risk.probability, language),
            inputs=inputs,
            detail=say("and_then", language).join(_if(one, language) for one in risk.otherwise),
        )
    values = [one.probability for one in risk.conditional]
    low, high = half_up(100 * min(values), 1), half_up(100 * max(values), 1)
    branches = [_if(one, language) for one in risk.conditional]
    return RiskCell(
        model=model,
        value=say("percent", language, n=f"{low}–{high}"),
        inputs=inputs,
        detail=say("and_then", language).join(branches)
        if len(branches) <= _MOST_BRANCHES
        else _missing(risk, language),
    )


def _missing(risk: Risk, language: Language) -> str:
    return say(
        "risk_missing", language, facts=say("enumerate", language).join(pick(one, language) for one in risk.asked)
    )


def percent(probability: float, language: Language) -> str:
    """Print a probability of malignancy in percent to one decimal."""
    return say("percent", language, n=half_up(100 * probability, 1))


def _if(one: Otherwise, language: Language) -> str:
    return say("risk_if", language, condition=pick(one.condition, language), p=percent(one.probability, language))


def _title(model: str, language: Language) -> str:
    return pick(MODELS.get(model, (model, model)), language)


def _withheld(risks: list[Risk], language: Language) -> list[str]:
    """Say why models are not shown, one line for each reason."""
    found: dict[str, dict[int, list[str]]] = {}
    for risk in risks:
        why = _missing(risk, language) if risk.valid else pick(risk.notes[0], language)
        by_nodule = found.setdefault(why, {})
        by_nodule.setdefault(risk.nodule_id, []).append(_title(risk.model, language))
    join = say("enumerate", language)
    lines = []
    for why, nodules in found.items():
        models = join.join(dict.fromkeys(name for names in nodules.values() for name in names))
        lines.append(say("risk_invalid", language, models=models, ids=ranges(tuple(nodules), language), why=why))
    return lines


def _unconfirmed(outcome: Screened, language: Language) -> list[str]:
    risks = outcome.assessed.risks if outcome.assessed else ()
    names = dict.fromkeys(_title(one.model, language) for one in risks if not one.is_confirmed)
    if not names:
        return []
    return [say("risk_unconfirmed", language, models=say("enumerate", language).join(names))]
