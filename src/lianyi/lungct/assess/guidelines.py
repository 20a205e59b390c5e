"""One guideline on one case: each nodule, then the exam; conditional where facts are missing."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from lianyi.lungct.assess.exam import Standing, most_suspicious
from lianyi.lungct.assess.facts import exam_facts, facts_of
from lianyi.lungct.assess.judge import Answer, answer_of, met_by
from lianyi.lungct.assess.lookup import Known, Lookup
from lianyi.lungct.assess.solve import Path, Tree, exceptions, forked, options, paths, solve, wanted
from lianyi.lungct.assess.table import Management, Row, Table
from lianyi.lungct.assess.vocabulary import OF_THE_PATIENT
from lianyi.lungct.assess.words import bare, field_of, label_of, of_nodule, say_fact, say_facts, say_option, say_options
from lianyi.lungct.domain.assessment import Assessment, Branch, Due, Level
from lianyi.lungct.domain.case import Case
from lianyi.lungct.domain.context import Context
from lianyi.lungct.domain.words import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A tree, and what facts wanted in vain would change of it."""

    tree: Tree
    unless: tuple[Path, ...]
    nodule_id: int | None
    asked: tuple[str, ...] = ()


def assess_by(table: Table, case: Case, context: Context, *, mayo_bands: dict[int, str]) -> Iterator[Assessment]:
    """Judge a case by one table: the exam first, then each nodule.

    Args:
        table: of the guideline.
        case: the nodules.
        context: the patient.
        mayo_bands: by nodule, where the Mayo model could be computed; one consensus asks for it.
    """
    known: dict[int, Known] = {
        nodule.id: {**facts_of(nodule, case, context, table), "mayo_band": mayo_bands.get(nodule.id)}
        for nodule in case.nodules
    }
    trees = {number: solve(table, facts) for number, facts in known.items()}
    yield _assessment(table, case, context, _exam(table, case, context, known, trees), "exam")
    for number, tree in trees.items():
        judged = _Judged(tree=tree, unless=exceptions(table, known[number], tree), nodule_id=number)
        assessment = _assessment(table, case, context, judged, "nodule")
        yield replace(assessment, trace=_with_size(assessment.trace, known[number]))


def _with_size(trace: tuple[Sentence, ...], known: Known) -> tuple[Sentence, ...]:
    """Begin the reasons with the nodule as it was given, where no step of them says its size."""
    given = {fact: value for fact in ("size", "density", "status") if (value := Lookup(known).peek(fact)) is not None}
    if "size" not in given or any(say_fact("size", given["size"]).en in one.en for one in trace):
        return trace
    return (say_facts(given), *trace)


def _exam(table: Table, case: Case, context: Context, known: dict[int, Known], trees: dict[int, Tree]) -> _Judged:
    facts = exam_facts(case, context, table)
    if not trees:
        return _Judged(tree=_nothing_found(table, case, facts), unless=(), nodule_id=None)
    tree, decider = most_suspicious(table, _standings(trees))
    looked = Lookup(facts)
    zero = _of_the_whole(table, looked)
    if zero is not None and zero.category is not None:
        own = tree.trace if isinstance(tree, Answer) else ()
        return _Judged(tree=replace(zero, trace=(*zero.trace, *own)), unless=(), nodule_id=None)
    unless = _exam_exceptions(table, known, trees, tree)
    if context.has_prior is None and len(known) > 1 and (baseline := _if_first(table, known, trees, tree)):
        return _Judged(tree=tree, unless=(baseline, *unless), nodule_id=None, asked=("has_prior",))
    if looked.wanted and isinstance(tree, Answer):
        tree = replace(tree, wanted=(*tree.wanted, *looked.wanted))
        unless += tuple(_if_so(table, facts, row, fact) for fact in looked.wanted for row in table.exam_rows[-1:])
    return _Judged(tree=tree, unless=unless, nodule_id=decider)


def _of_the_whole(table: Table, facts: Lookup) -> Answer | None:
    """Give what the table says of the exam whatever its nodules; None where it says nothing."""
    for row in table.exam_rows:
        met = met_by(row, facts)
        if met is not None:
            return answer_of(row, met)
    return None


def _if_first(table: Table, known: dict[int, Known], trees: dict[int, Tree], tree: Tree) -> Path | None:
    """Say what the exam would be without a prior CT, where too much is open to try it all: the usual first look."""
    if not isinstance(tree, Answer) or tree.is_answered:
        return None
    first = {
        number: solve(table, {**facts, "status": "baseline"}) if facts["status"] is None else trees[number]
        for number, facts in known.items()
    }
    answer, _ = most_suspicious(table, _standings(first))
    if not isinstance(answer, Answer) or not answer.is_answered:
        return None
    no_prior = next(option for option in options(table, "has_prior") if option.value is False)
    return Path(facts=(("has_prior", (no_prior,)),), answer=answer)


def _if_so(table: Table, facts: Known, row: Row, fact: str) -> Path:
    """Say what the whole exam would be if a fact wanted in vain were so."""
    option = options(table, fact)[0]
    met = met_by(row, Lookup({**facts, fact: option.value})) or {}
    return Path(facts=((fact, (option,)),), answer=answer_of(row, met))


def _exam_exceptions(table: Table, known: dict[int, Known], trees: dict[int, Tree], tree: Tree) -> tuple[Path, ...]:
    """Find what the facts wanted in vain, of any nodule, would change of the exam."""
    if not isinstance(tree, Answer):
        return ()
    several = len(trees) > 1
    sought = dict.fromkeys((bare(fact), number) for number, own in trees.items() for fact in wanted(own))
    found: dict[tuple[str, object], list[Path]] = {}
    for fact, number in sought:
        shared = fact in OF_THE_PATIENT
        if shared and number != min(trees):
            continue
        for option in options(table, fact):
            changed = {
                one: solve(table, {**facts, fact: option.value}) if shared or one == number else trees[one]
                for one, facts in known.items()
            }
            other, _ = most_suspicious(table, _standings(changed))
            if isinstance(other, Answer) and other.says != tree.says:
                named = of_nodule(fact, number) if several else fact
                found.setdefault((named, other.says), []).append(Path(facts=((named, (option,)),), answer=other))
    return tuple(
        Path(facts=((group[0].facts[0][0], tuple(path.facts[0][1][0] for path in group)),), answer=group[0].answer)
        for group in found.values()
    )


def _standings(trees: dict[int, Tree]) -> tuple[Standing, ...]:
    return tuple(Standing(nodule_id=number, tree=tree) for number, tree in sorted(trees.items()))


def _nothing_found(table: Table, case: Case, facts: Known) -> Answer:
    """Judge an exam without a nodule: only Lung-RADS has a row for it, and only once a doctor confirms it."""
    whole = _of_the_whole(table, Lookup(facts))
    if whole is not None:
        return whole
    none_listed = Sentence("没有列出结节", "no nodule is listed")
    if not table.exam_rows:
        words = Sentence("没有结节可按本指南判断", "no nodule to judge by this guideline")
        return Answer(category=None, management=Management(words=words, due_months=None), trace=(none_listed,))
    row = next(row for row in table.rows if row.category == table.order[0])
    if not case.is_reviewed:
        words = Sentence(
            "须医师确认没有结节后才能分类", "classified only once a doctor confirms that there is no nodule"
        )
        return Answer(
            category=None,
            management=Management(words=words, due_months=None),
            trace=(none_listed, words),
            wanted=("is_reviewed",),
        )
    found = Sentence(f"没有结节 → {row.category}", f"no nodule → {row.category}")
    return replace(answer_of(row, {}), trace=(found,))


def _assessment(table: Table, case: Case, context: Context, judged: _Judged, level: Level) -> Assessment:
    tree = judged.tree
    ways = tuple(paths(tree))
    firm = ways[0].answer if len(ways) == 1 else None
    missing = {field_of(fact): label_of(fact) for fact in (*judged.asked, *forked(tree), *wanted(tree))}
    branches = (*(ways if firm is None else ()), *judged.unless)
    return Assessment(
        guideline=table.guideline,
        edition=table.edition,
        level=level,
        nodule_id=judged.nodule_id,
        category=firm.category if firm else None,
        called=firm.called if firm else None,
        modifier=_modifier(table, context, firm) if level == "exam" else "",
        management=firm.management.words if firm else _depends(ways),
        due=_due(firm.management, context.study_date) if firm else None,
        trace=(*_said_first(table, case), *(firm.trace if firm else (_depends(ways),))),
        missing=tuple(missing),
        asked=tuple(missing.values()),
        premises=_said_first(table, case),
        conditional=tuple(_branch(path, context.study_date) for path in branches),
        is_confirmed=table.is_confirmed,
        is_provisional=not case.is_reviewed,
    )


def _modifier(table: Table, context: Context, firm: Answer | None) -> str:
    """Give Lung-RADS's S, which is added to a category and not to the lack of one."""
    has_category = firm is None or firm.category is not None
    return "S" if table.exam_rows and has_category and context.other_significant_findings else ""


def _said_first(table: Table, case: Case) -> tuple[Sentence, ...]:
    """Say what the answer rests on: slices too thick for the edition, and the number of nodules."""
    said = []
    thickness_mm, thickest_mm = case.slice_thickness_mm, table.thickest_slice_mm
    if thickness_mm is not None and thickest_mm is not None and thickness_mm > thickest_mm:
        said.append(
            Sentence(
                f"层厚 {thickness_mm:g} mm，超过 {thickest_mm} mm，大小不够准确",
                f"slices of {thickness_mm:g} mm, thicker than {thickest_mm} mm: sizes are less certain",
            )
        )
    if any(condition.fact == "number" for row in table.rows for condition in row.conditions):
        said.append(_counted(case))
    return tuple(said)


def _counted(case: Case) -> Sentence:
    """Say the number of nodules, and whether it may still change."""
    zh, en = f"结节数 {case.nodule_count}", f"{case.nodule_count} nodule{'s' if case.nodule_count != 1 else ''}"
    if case.is_reviewed:
        return Sentence(zh, en)
    return Sentence(f"{zh}；暂定，以医师确认这些结节为准", f"{en}; provisional, if these are confirmed")


def _depends(ways: tuple[Path, ...]) -> Sentence:
    said = [path.answer.called or path.answer.management.words for path in ways]
    zh, en = dict.fromkeys(one.zh for one in said), dict.fromkeys(one.en for one in said)
    return Sentence(f"取决于缺少的资料：{' / '.join(zh)}", f"depends on what is missing: {' / '.join(en)}")


def _branch(path: Path, studied: date | None) -> Branch:
    return Branch(
        facts=tuple(
            (field_of(fact), tuple(_written(option.value, option.words) for option in tried))
            for fact, tried in path.facts
        ),
        condition=say_options(path.facts),
        parts=tuple(say_option(fact, tried) for fact, tried in path.facts),
        category=path.answer.category,
        called=path.answer.called,
        management=path.answer.management.words,
        due=_due(path.answer.management, studied),
        trace=path.answer.trace,
    )


def _written(value: object, words: Sentence) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else words.en


def _due(management: Management, studied: date | None) -> Due | None:
    if management.due_months is None:
        return None
    first, last = management.due_months
    return Due(
        from_months=first,
        to_months=last,
        from_date=None if studied is None else months_after(studied, first),
        to_date=None if studied is None else months_after(studied, last),
    )


def months_after(day: date, months: int) -> date:
    """Give the same day so many months later, or the month's last where it is shorter.

    >>> months_after(date(2025, 8, 31), 6)
    datetime.date(2026, 2, 28)
    """
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
