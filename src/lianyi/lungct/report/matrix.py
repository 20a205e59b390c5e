"""Each nodule by each guideline: the category, and the reasons with the sizes that were judged."""

from __future__ import annotations

from dataclasses import dataclass, field

from lianyi.lungct.domain.assessment import Assessment, Branch
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.report.answers import title_of
from lianyi.lungct.report.figures import half_up
from lianyi.lungct.report.ways import ends_the_guideline, folded, is_about_indication, one_way, ranges
from lianyi.lungct.report.wording import Language, pick, say

_FEW = 6
"""So many nodules get all their folded lines on paper; of more, each gets the first."""

_FEW_LINES = 2
_SHORT = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One nodule by one guideline.

    Attributes:
        category: a short one; "" where it is words, or none.
        reasons: the trace, the size that was judged in it.
        lines: conditional answers, folded.
        ways: every case in full, where folding left some out.
    """

    category: str
    reasons: list[str]
    lines: list[str] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """One nodule."""

    nodule_id: int
    cells: list[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The table.

    Attributes:
        titles: of the guidelines, left to right.
        rows: nodules, in the order of the nodule table.
        otherwise: by guideline, what would change a category, with the nodules that it holds for.
        notes: what all of it rests on, and which marks were left out.
        is_long: more nodules than fit with all their lines.
    """

    titles: list[str]
    rows: list[MatrixRow]
    otherwise: list[list[str]]
    notes: list[str]
    is_long: bool


def matrix_of(outcome: Screened, language: Language) -> Matrix | None:
    """Lay out every nodule-level assessment; None where no nodule was judged."""
    if outcome.assessed is None or outcome.case is None or not outcome.case.nodules:
        return None
    judged: dict[str, dict[int, Assessment]] = {}
    for one in outcome.assessed.assessments:
        if one.level == "nodule" and one.nodule_id is not None:
            judged.setdefault(one.guideline, {})[one.nodule_id] = one
    judged = {
        guideline: by_nodule
        for guideline, by_nodule in judged.items()
        if any(one.called is not None or one.conditional for one in by_nodule.values())
    }
    if not judged:
        return None
    ids = [nodule.id for nodule in outcome.case.nodules]
    is_long = len(ids) > _FEW
    return Matrix(
        titles=[title_of(guideline, language) for guideline in judged],
        rows=[
            MatrixRow(
                nodule_id=number,
                cells=[_cell(by_nodule[number], language, is_long=is_long) for by_nodule in judged.values()],
            )
            for number in ids
        ],
        otherwise=[_otherwise(list(by_nodule.values()), language) for by_nodule in judged.values()],
        notes=[*_premises(judged, language), *_left_out(outcome, ids, language)],
        is_long=is_long,
    )


def _cell(assessment: Assessment, language: Language, *, is_long: bool) -> Cell:
    own = [step for step in assessment.trace if step not in assessment.premises]
    if assessment.called is None and assessment.conditional and not _is_firm(assessment):
        ways = [one for one in assessment.conditional if not is_about_indication(one)]
        lines = folded(ways, language)
        given = [step for step in own if step != assessment.management]
        return Cell(
            category="",
            reasons=[pick(step, language) for step in given],
            lines=_few(lines, language) if is_long else lines,
            ways=[one_way(one, language) for one in ways] if len(ways) > len(lines) or is_long else [],
        )
    category = pick(assessment.called, language) if assessment.called else ""
    return Cell(category=category if len(category) <= _SHORT else "", reasons=[pick(step, language) for step in own])


def _few(lines: list[str], language: Language) -> list[str]:
    """Keep what fits where there are many nodules, and count the rest; one of two is never dropped."""
    if len(lines) <= _FEW_LINES:
        return lines
    return [lines[0], say("more_ways", language, n=len(lines) - 1)]


def _is_firm(assessment: Assessment) -> bool:
    """Whether the guideline's "no answer" is its answer, and not for lack of a fact."""
    return all(is_about_indication(one) or one.called is None for one in assessment.conditional)


def _otherwise(assessments: list[Assessment], language: Language) -> list[str]:
    """Say once what would change a category that stands, and of which nodules."""
    nodules: dict[str, list[int]] = {}
    for one in assessments:
        for branch in one.conditional:
            if _changes(one, branch) and one.nodule_id is not None:
                nodules.setdefault(one_way(branch, language), []).append(one.nodule_id)
    return [say("of_nodules", language, text=text, ids=ranges(ids, language)) for text, ids in nodules.items()]


def _changes(assessment: Assessment, branch: Branch) -> bool:
    return (
        assessment.called is not None and not is_about_indication(branch) and not ends_the_guideline(assessment, branch)
    )


def _premises(judged: dict[str, dict[int, Assessment]], language: Language) -> list[str]:
    """Say what holds for all nodules once, with the guidelines that say it."""
    found: dict[str, list[str]] = {}
    for guideline, by_nodule in judged.items():
        first = next(iter(by_nodule.values()))
        for step in first.premises:
            found.setdefault(pick(step, language), []).append(title_of(guideline, language))
    return [f"{say('enumerate', language).join(who)}: {text}" for text, who in found.items()]


def _left_out(outcome: Screened, ids: list[int], language: Language) -> list[str]:
    left = [nodule.id for nodule in outcome.nodules if nodule.id not in ids]
    if not left:
        return []
    return [say("not_counted", language, p=half_up(outcome.counted_from, 2), ids=ranges(left, language))]
