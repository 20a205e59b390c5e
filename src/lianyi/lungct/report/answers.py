"""The exam by each guideline, side by side: category, next step and its date, and when the column holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from lianyi.lungct.domain.assessment import Assessment, Branch, Due
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.report.figures import half_up
from lianyi.lungct.report.ways import at_baseline, ends_the_guideline, folded, is_about_indication, one_way
from lianyi.lungct.report.wording import Language, pick, say
from lianyi.lungct.report.wording_judged import CANNOT_BE_GIVEN, GATES, GUIDELINES, MEANT_FOR

_SHORT = 6
"""A category of so few characters is set large."""

_NOTES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One guideline's answer for the exam, ready to be laid out.

    Attributes:
        title: of the guideline.
        holds: when it is meant for this patient, where that is not known: "if for screening".
        condition: what the category rests on where that is not known: "if no prior CT"; often "".
        category: as people say it; "open" in words where it depends on what is missing, a dash where there is none.
        is_short: whether the category is a mark to be set large, and not words.
        management: next step, or why there is no answer.
        due: when, as dates where the date of the CT is known; "" where it is not a matter of time.
        is_now: due at once.
        notes: what would change it, the first few.
        ways: every other case, for those who unfold it.
    """

    title: str
    holds: str
    condition: str
    category: str
    is_short: bool
    management: str
    due: str
    is_now: bool
    notes: list[str] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)


def answers_of(outcome: Screened, language: Language) -> list[Answer]:
    """Give one column for each guideline, in the order in which they were judged."""
    if outcome.assessed is None:
        return []
    is_known = outcome.context is not None and outcome.context.indication is not None
    return [_answer(one, language, is_known=is_known) for one in outcome.assessed.assessments if one.level == "exam"]


def title_of(guideline: str, language: Language) -> str:
    """Give a guideline's short title; its name where nobody gave it one."""
    return pick(GUIDELINES.get(guideline, (guideline, guideline)), language)


def provisional_line(outcome: Screened, language: Language) -> str:
    """Say once that all of this waits for a doctor, and on how many nodules it rests."""
    if outcome.case is None:
        return ""
    key = "provisional" if outcome.case.nodule_count else "provisional_none"
    return say(key, language, n=outcome.case.nodule_count, p=half_up(outcome.counted_from, 2))


def when(due: Due | None, language: Language) -> str:
    """Give a due time as dates; as months where the date of the CT is not known."""
    if due is None:
        return ""
    if due.to_months == 0:
        return say("due_now", language)
    if due.from_date is None or due.to_date is None:
        span = str(due.to_months) if due.from_months == due.to_months else f"{due.from_months}–{due.to_months}"
        return say("due_months", language, n=span)
    if due.from_date == due.to_date:
        return due.from_date.isoformat()
    return say("due_span", language, first=due.from_date.isoformat(), last=due.to_date.isoformat())


def _answer(assessment: Assessment, language: Language, *, is_known: bool) -> Answer:
    lead = at_baseline(assessment)
    meant = MEANT_FOR.get(assessment.guideline)
    others = [one for one in assessment.conditional if one is not lead and _is_for_the_column(one)]
    is_forked = lead is None and assessment.called is None and 0 < len(others) <= _NOTES
    title = title_of(assessment.guideline, language)
    if not assessment.is_confirmed:
        title += " · " + say("unconfirmed", language)
    answered = lead or assessment
    category = _category(assessment, lead, language)
    dues = {one.due for one in others}
    due = dues.pop() if is_forked and len(dues) == 1 else answered.due  # the same whatever the missing fact is
    return Answer(
        title=title,
        holds=say(f"if_{meant}", language) if meant and not is_known else "",
        condition=pick(lead.condition, language) if lead else "",
        category=category,
        is_short=len(category) <= _SHORT and answered.called is not None,
        management="" if is_forked else pick(answered.management, language),
        due=when(due, language),
        is_now=due is not None and due.to_months == 0,
        notes=[_with_step(one, language) for one in others]
        if is_forked
        else _notes(assessment, others, lead, language),
        ways=folded(others, language) if len(others) > _NOTES else [],
    )


def _is_for_the_column(branch: Branch) -> bool:
    """Whether a branch says more than the column's head, and of a fact that somebody could supply."""
    facts = {fact.rpartition(": ")[2] for fact, _ in branch.facts}
    return not is_about_indication(branch) and not facts <= CANNOT_BE_GIVEN


def _with_step(branch: Branch, language: Language) -> str:
    """Say a branch with its next step: where these are all there is to say."""
    if branch.called is None:
        return one_way(branch, language)
    return say("and_then", language).join((one_way(branch, language), pick(branch.management, language)))


def _category(assessment: Assessment, lead: Branch | None, language: Language) -> str:
    if lead is not None and lead.called is not None:
        return pick(lead.called, language)
    if assessment.called is not None:
        return pick(assessment.called, language) + assessment.modifier
    return say("open", language) if set(assessment.missing) - GATES else "—"


def _notes(assessment: Assessment, others: list[Branch], lead: Branch | None, language: Language) -> list[str]:
    """Give what decided, then what would change it, in few lines."""
    notes = []
    if lead is not None and not others:
        notes.append(say("or_else", language, text=pick(assessment.management, language)))
    if assessment.called is not None and assessment.nodule_id is not None:
        notes.append(say("from_nodule", language, id=assessment.nodule_id))
    changing = folded([one for one in others if not ends_the_guideline(assessment, one)], language)
    notes += changing[:_NOTES]
    if len(changing) > _NOTES:
        notes.append(say("more_ways", language, n=len(changing) - _NOTES))
    ending = [one for one in others if ends_the_guideline(assessment, one)]
    if ending:
        facts = say("enumerate", language).join(pick(one.parts[0], language) for one in ending if one.parts)
        notes.append(say("not_for", language, facts=facts))
    return notes
