"""Conditional answers made short: many "if … then …" folded by the fact that comes first, none of them lost."""

from __future__ import annotations

from collections.abc import Sequence

from lianyi.lungct.domain.assessment import Assessment, Branch
from lianyi.lungct.domain.words import runs
from lianyi.lungct.report.wording import Language, pick, say

BASELINE = (("has_prior", "false"), ("status", "baseline"))
"""What a first CT would make true; the answer for it leads, as it is the usual case, but only with its "if"."""


def outcome_of(branch: Branch, language: Language) -> str:
    """Give a branch's category as people say it, or its next step where it has none."""
    return pick(branch.called or branch.management, language)


def one_way(branch: Branch, language: Language) -> str:
    """Say a branch in full."""
    return say("leads_to", language, condition=pick(branch.condition, language), outcome=outcome_of(branch, language))


def folded(branches: Sequence[Branch], language: Language) -> list[str]:
    """Say branches in as few lines as their first facts differ; what a line leaves open shows all its outcomes."""
    groups: dict[str, list[Branch]] = {}
    for branch in branches:
        groups.setdefault(pick(branch.parts[0] if branch.parts else branch.condition, language), []).append(branch)
    lines = []
    for first, group in groups.items():
        if len(group) == 1:
            lines.append(one_way(group[0], language))
            continue
        outcomes = dict.fromkeys(outcome_of(branch, language) for branch in group)
        joined = say("or_ways", language).join(outcomes)
        lines.append(say("leads_to", language, condition=say("if", language, fact=first), outcome=joined))
    return lines


def at_baseline(assessment: Assessment) -> Branch | None:
    """Find the branch for "no prior CT", where that alone decides an answer that is otherwise open."""
    if assessment.called is not None:
        return None
    for branch in assessment.conditional:
        if len(branch.facts) == 1 and any(branch.facts[0] == (fact, (value,)) for fact, value in BASELINE):
            return branch
    return None


def is_about_indication(branch: Branch) -> bool:
    """Whether the branch only says for whom the guideline is meant, which its column's head says already."""
    return {fact for fact, _ in branch.facts} == {"indication"}


def ends_the_guideline(assessment: Assessment, branch: Branch) -> bool:
    """Whether the guideline has an answer, and in this case would have none."""
    return assessment.called is not None and branch.called is None


def ranges(numbers: Sequence[int], language: Language) -> str:
    """List nodules, runs of three and more as "1–20"."""
    return say("enumerate", language).join(runs(numbers))
