"""What is known of the patient, and what is missing: only what would change an answer, and whose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from lianyi.lungct.domain.assessment import Assessed, Assessment
from lianyi.lungct.domain.context import Context
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.domain.words import Sentence
from lianyi.lungct.report.answers import title_of
from lianyi.lungct.report.figures import half_up
from lianyi.lungct.report.ways import ranges
from lianyi.lungct.report.wording import WORDS, Language, pick, say
from lianyi.lungct.report.wording_judged import CANNOT_BE_GIVEN, GATES, KNOWN, MODELS, PRIOR_FACTS

_FIRST = ("indication", "prior")
"""Asked before all others: which guideline is meant, and whether a nodule was there before."""


_REVIEW = "is_reviewed"
"""Wanted of an exam without a nodule: a doctor must confirm that there is none."""

_OF_PATIENT = frozenset({*(one.name for one in fields(Context)), _REVIEW})


def gap_lines(outcome: Screened, language: Language) -> list[str]:
    """Say what is missing with the guidelines and models that it changes, those that the same ones ask for together."""
    if outcome.assessed is None:
        return []
    labels: dict[str, str] = {}
    wanted: dict[str, dict[str, None]] = {}
    nodules: dict[str, dict[int, None]] = {}
    for fact, words, who, number in _asked(outcome.assessed, language):
        key = "prior" if fact in PRIOR_FACTS else fact
        word = "gap_prior_read" if key == "prior" and outcome.compared else f"gap_{key}"
        labels.setdefault(key, say(word, language) if word in WORDS else pick(words, language))
        wanted.setdefault(key, {})[who] = None
        nodules.setdefault(key, {})[number] = None
    join = say("enumerate", language)
    for fact in wanted:
        if fact != "prior" and fact not in _OF_PATIENT:
            labels[fact] = say("of_nodules", language, text=labels[fact], ids=ranges(tuple(nodules[fact]), language))
    ordered = sorted(
        wanted, key=lambda fact: (_FIRST.index(fact) if fact in _FIRST else len(_FIRST), -len(wanted[fact]))
    )
    together: dict[tuple[str, ...], list[str]] = {}
    for fact in ordered:
        together.setdefault(tuple(wanted[fact]), []).append(labels[fact])
    return [say("gap", language, fact=join.join(facts), who=join.join(who)) for who, facts in together.items()]


def _asked(assessed: Assessed, language: Language) -> Iterator[tuple[str, Sentence, str, int]]:
    """Give each missing fact that would change an answer: its name, its words, who asks, of which nodule."""
    for one in assessed.assessments:
        if one.level == "exam":
            for fact, words in zip(one.missing, one.asked, strict=True):
                if fact == _REVIEW:
                    yield fact, words, title_of(one.guideline, language), 0
            continue
        if one.nodule_id is None:
            continue
        changing = {bare(fact) for branch in one.conditional for fact, _ in branch.facts}
        for fact, words in zip(one.missing, one.asked, strict=True):
            if fact in GATES or (fact not in CANNOT_BE_GIVEN and (bare(fact) in changing or _is_open(one))):
                yield fact, words, title_of(one.guideline, language), one.nodule_id
    for risk in assessed.risks:
        if risk.valid and risk.is_confirmed:
            model = pick(MODELS[risk.model], language).split(" ")[0]
            for fact, words in zip(risk.missing, risk.asked, strict=True):
                yield fact, words, model, risk.nodule_id


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
        said.append(pick(words, language).format(n=_short(value)))
    if not said:
        return say("known_none", language)
    return say("known", language, facts=say("enumerate", language).join(said))


def _short(value: object) -> str:
    """Print a number to one decimal at most."""
    return half_up(value, 1).removesuffix(".0") if isinstance(value, float | int) else str(value)
