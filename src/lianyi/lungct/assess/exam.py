"""The whole exam: as its most suspicious nodule decides, over everything that is not known of any of them.

Nodules that cannot be more suspicious than one already decided drop out before anything is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lianyi.lungct.assess.judge import Answer
from lianyi.lungct.assess.solve import Tree, gather, paths
from lianyi.lungct.assess.table import Management, Option, Table
from lianyi.lungct.assess.words import of_nodule
from lianyi.lungct.domain.words import Sentence, runs

_MOST_FACTS = 3
"""More open facts than these are listed, not tried: a page of ifs helps nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One nodule and what the table says of it."""

    nodule_id: int
    tree: Tree


def most_suspicious(table: Table, standings: tuple[Standing, ...]) -> tuple[Tree, int | None]:
    """Combine the nodules of one exam; give the answer, and the nodule that decides it where one does."""
    if len(standings) == 1:
        return standings[0].tree, standings[0].nodule_id
    floor = max((_rank(table, one.tree) for one in standings if isinstance(one.tree, Answer)), default=-1)
    open_ones = [one for one in standings if not isinstance(one.tree, Answer) and _best(table, one.tree) > floor]
    facts = {of_nodule(fact, one.nodule_id) for one in open_ones for path in paths(one.tree) for fact, _ in path.facts}
    if len(facts) > _MOST_FACTS:
        return _at_least(table, standings, open_ones), None
    relevant = (*(one for one in standings if isinstance(one.tree, Answer)), *open_ones)
    tree = _combine(table, relevant, {})
    decider = _decider(table, relevant) if isinstance(tree, Answer) and not open_ones else None
    return tree, decider


def _combine(table: Table, standings: tuple[Standing, ...], assumed: Mapping[str, Option]) -> Tree:
    settled = [replace(one, tree=_walk(one, assumed)) for one in standings]
    for one in settled:
        if not isinstance(one.tree, Answer):
            fact = one.tree.fact
            named = of_nodule(fact, one.nodule_id)
            ways = [
                (option, _combine(table, tuple(settled), {**assumed, named: option}))
                for option in (option for tried, _ in one.tree.ways for option in tried)
            ]
            return gather(named, ways)
    return _decide(table, [(one.nodule_id, one.tree) for one in settled if isinstance(one.tree, Answer)])


def _walk(one: Standing, assumed: Mapping[str, Option]) -> Tree:
    """Follow what is assumed as far as it leads."""
    tree = one.tree
    while not isinstance(tree, Answer):
        chosen = assumed.get(of_nodule(tree.fact, one.nodule_id))
        if chosen is None:
            return tree
        tree = next(below for tried, below in tree.ways if chosen in tried)
    return tree


def _decide(table: Table, answers: list[tuple[int, Answer]]) -> Answer:
    """Give the most suspicious answer; where a nodule has none for lack of a fact or of a row, say so."""
    nodule_id, top = max(answers, key=lambda one: table.rank(one[1].category))
    without = [
        (number, answer) for number, answer in answers if answer.category is None and not answer.management.is_outside
    ]
    if len(answers) == 1 or (top.category is None and len({answer.says for _, answer in answers}) == 1):
        return top
    if not without or table.rank(top.category) == len(table.order) - 1:
        step = Sentence(f"最可疑：结节 {nodule_id}", f"most suspicious: nodule {nodule_id}")
        return replace(top, trace=(step, *top.trace))
    numbers = runs(number for number, _ in without)
    least_zh = f"至少 {top.called.zh}（结节 {nodule_id}）；" if top.called else ""
    least_en = f"at least {top.called.en} (nodule {nodule_id}); " if top.called else ""
    words = Sentence(
        f"{least_zh}结节 {'、'.join(numbers)} 未能分类，请医师判断",
        f"{least_en}nodule {', '.join(numbers)} not classified: a doctor decides",
    )
    return Answer(
        category=None,
        management=Management(words=words, due_months=None),
        trace=(words, *top.trace),
        wanted=tuple(dict.fromkeys(of_nodule(fact, number) for number, answer in without for fact in answer.wanted)),
        is_answered=all(answer.is_answered for _, answer in without),
    )


def _at_least(table: Table, standings: tuple[Standing, ...], open_ones: list[Standing]) -> Answer:
    decided = [(one.nodule_id, one.tree) for one in standings if isinstance(one.tree, Answer)]
    worst = [
        min((path.answer for path in paths(one.tree)), key=lambda answer: table.rank(answer.category))
        for one in open_ones
    ]
    least = max((*(answer for _, answer in decided), *worst), key=lambda answer: table.rank(answer.category))
    numbers = runs(one.nodule_id for one in open_ones)
    known = least.called
    words = Sentence(
        f"{f'至少 {known.zh}；' if known else ''}结节 {'、'.join(numbers)} 缺少资料，不能定出全检查的分类",
        f"{f'at least {known.en}; ' if known else ''}facts are missing of nodules {', '.join(numbers)}, so that the "
        "exam cannot be classified",
    )
    missing = [
        of_nodule(fact, one.nodule_id) for one in open_ones for path in paths(one.tree) for fact, _ in path.facts
    ]
    return Answer(
        category=None,
        management=Management(words=words, due_months=None),
        trace=(words,),
        wanted=tuple(dict.fromkeys(missing)),
        is_answered=False,
    )


def _rank(table: Table, tree: Tree) -> int:
    return table.rank(tree.category) if isinstance(tree, Answer) else -1


def _best(table: Table, tree: Tree) -> int:
    return max(
        len(table.order) if not path.answer.is_answered else table.rank(path.answer.category) for path in paths(tree)
    )


def _decider(table: Table, standings: tuple[Standing, ...]) -> int | None:
    top = max(standings, key=lambda one: _rank(table, one.tree))
    return top.nodule_id if _rank(table, top.tree) >= 0 else None
