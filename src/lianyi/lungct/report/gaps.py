"""What is known of the patient, and what is missing: only what would change an answer, and whose."""

from __future__ import annotations

from dataclasses import fields

from lianyi.lungct.domain.assessment import Assessment
from lianyi.lungct.domain.context import Context
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.report.answers import title_of
from lianyi.lungct.report.wording import Language, pick, say
from lianyi.lungct.report.wording_judged import CANNOT_BE_GIVEN, KNOWN, MODELS, PRIOR_FACTS

_FIRST = ("indication", "prior")
"""Asked before all others: which guideline is meant, and whether a nodule was there before."""


def gap_lines(outcome: Screened, language: Language) -> list[str]:
    """Say what is missing with the guidelines and models that it changes, those that the same ones ask for together."""
    if outcome.assessed is None:
        return []
    labels: dict[str, str] = {
        "indication": say("gap_indication", language),
        "prior": say("gap_prior", language),
    }
    wanted: dict[str, dict[str, None]] = {}
    for one in outcome.assessed.assessments:
        if one.level == "exam":
            continue
        changing = {bare(fact) for branch in one.conditional for fact, _ in branch.facts}
        for fact, words in zip(one.missing, one.asked, strict=True):
            if fact in CANNOT_BE_GIVEN or not (bare(fact) in changing or _is_open(one)):
                continue
            key = "prior" if fact in PRIOR_FACTS else fact
            labels.setdefault(key, pick(words, language))
            wanted.setdefault(key, {})[title_of(one.guideline, language)] = None
    for risk in outcome.assessed.risks:
        if not (risk.valid and risk.is_confirmed):
            continue
        for fact, words in zip(risk.missing, risk.asked, strict=True):
            labels.setdefault(fact, pick(words, language))
            wanted.setdefault(fact, {})[pick(MODELS[risk.model], language).split(" ")[0]] = None
    ordered = sorted(
        wanted, key=lambda fact: (_FIRST.index(fact) if fact in _FIRST else len(_FIRST), -len(wanted[fact]))
    )
    together: dict[tuple[str, ...], list[str]] = {}
    for fact in ordered:
        together.setdefault(tuple(wanted[fact]), []).append(labels[fact])
    join = say("enumerate", language)
    return [say("gap", language, fact=join.join(facts), who=join.join(who)) for who, facts in together.items()]


def bare(fact: str) -> str:
    """Take the nodule off a fact's name ("nodule 2: status")."""
    return fact.rpartition(": ")[2]


def _is_open(assessment: Assessment) -> bool:
    return assessment.called is None and not assessment.conditional


def known_line(context: Context | None, language: Language) -> str:
    """Say in one line what is known of the patient: what was judged with."""
    said = []
    for one in fields(Context):
        value = getattr(context, one.name) if context else None
        if value is None or one.name == "study_date":
            continue
        words = KNOWN.get(f"{one.name}_{value}") or KNOWN[one.name]
        said.append(pick(words, language).format(n=f"{value:g}" if isinstance(value, float | int) else value))
    if not said:
        return say("known_none", language)
    return say("known", language, facts=say("enumerate", language).join(said))
