"""Conditional answers: where a fact is missing, every value it may have is tried, and equal answers are one.

The tree of trials keeps only the facts that change the answer; a fact that makes no difference vanishes from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from lianyi.lungct.assess.judge import Answer, judge
from lianyi.lungct.assess.lookup import Known, Lookup, Unknown
from lianyi.lungct.assess.table import Management, Option, Size, Table
from lianyi.lungct.assess.words import asked_for, options_of, whatever

Judge = Callable[[Lookup], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """The answer depends on this fact: each group of values leads on to its own."""

    fact: str
    ways: tuple[tuple[tuple[Option, ...], Tree], ...]


Tree = Answer | Fork


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One way through a tree: what would have to be so, and the answer."""

    facts: tuple[tuple[str, tuple[Option, ...]], ...]
    answer: Answer


def options(table: Table, fact: str) -> tuple[Option, ...]:
    """Give the values that a fact may have; none for a number that the table does not cut into bands."""
    return table.options.get(fact) or options_of(fact)


def solve(table: Table, known: Known) -> Tree:
    """Judge a nodule, trying each value of a fact that is needed and not known."""
    return _solve(table, known, lambda facts: judge(table, facts))


def _solve(table: Table, known: Known, judged: Judge) -> Tree:
    try:
        return judged(Lookup(known))
    except Unknown as gap:
        fact = gap.fact
    tried = _possible(options(table, fact), fact, known)
    if not tried:
        return Answer(
            category=None,
            management=Management(words=asked_for(fact), due_months=None),
            trace=(asked_for(fact),),
            wanted=(fact,),
            is_answered=False,
        )
    ways = [(option, _solve(table, {**known, fact: option.value}, judged)) for option in tried]
    return gather(fact, ways)


def _possible(tried: tuple[Option, ...], fact: str, known: Known) -> tuple[Option, ...]:
    """Leave out bands of the solid part that begin above the whole nodule; a band stands for its lower bound."""
    whole = known.get("size")
    if fact != "solid_core" or not isinstance(whole, Size) or whole.unit != "mm":
        return tried
    return tuple(option for option in tried if not isinstance(option.value, Size) or option.value.value <= whole.value)


def gather(fact: str, ways: list[tuple[Option, Tree]]) -> Tree:
    """Put values with the same consequences together; where all have the same, there is nothing to ask."""
    groups: list[tuple[list[Option], Tree]] = []
    for option, tree in ways:
        for options_so_far, other in groups:
            if same(tree, other):
                options_so_far.append(option)
                break
        else:
            groups.append(([option], tree))
    if len(groups) == 1:
        return _regardless(fact, [tree for _, tree in ways])
    return Fork(fact=fact, ways=tuple((tuple(tried), tree) for tried, tree in groups))


def same(one: Tree, other: Tree) -> bool:
    """Tell whether two trees say the same of everything."""
    if isinstance(one, Answer) and isinstance(other, Answer):
        return one.says == other.says
    if isinstance(one, Fork) and isinstance(other, Fork):
        return (
            one.fact == other.fact
            and len(one.ways) == len(other.ways)
            and all(
                mine == theirs and same(my_tree, their_tree)
                for (mine, my_tree), (theirs, their_tree) in zip(one.ways, other.ways, strict=True)
            )
        )
    return False


def _regardless(fact: str, trees: list[Tree]) -> Tree:
    """Keep of the reasons those that hold for every value tried, and say that the fact changes nothing."""
    first = trees[0]
    answers = [tree for tree in trees if isinstance(tree, Answer)]
    if not isinstance(first, Answer) or len(trees) == 1:
        return first
    shared = tuple(step for step in first.trace if all(step in answer.trace for answer in answers))
    category = first.called or first.management.words
    missing = tuple(dict.fromkeys(one for answer in answers for one in answer.wanted))
    return replace(first, trace=(*shared, whatever(fact, category)), wanted=missing)


def paths(tree: Tree, before: tuple[tuple[str, tuple[Option, ...]], ...] = ()) -> Iterator[Path]:
    """Walk every way through a tree."""
    if isinstance(tree, Answer):
        yield Path(facts=before, answer=tree)
        return
    for tried, below in tree.ways:
        yield from paths(below, (*before, (tree.fact, tried)))


def forked(tree: Tree) -> tuple[str, ...]:
    """Name the facts that the answer depends on, outermost first."""
    return tuple(dict.fromkeys(fact for path in paths(tree) for fact, _ in path.facts))


def wanted(tree: Tree) -> tuple[str, ...]:
    """Name the facts that some answer of the tree wanted in vain."""
    return tuple(dict.fromkeys(fact for path in paths(tree) for fact in path.answer.wanted))


def exceptions(table: Table, known: Known, tree: Tree) -> tuple[Path, ...]:
    """Find what the facts wanted in vain would change, one at a time, where the answer is otherwise firm."""
    if isinstance(tree, Fork):
        return ()
    found = []
    for fact in tree.wanted:
        changing: list[tuple[list[Option], Answer]] = []
        for option in options(table, fact):
            other = solve(table, {**known, fact: option.value})
            if not isinstance(other, Answer) or other.says == tree.says:
                continue
            for group, answer in changing:
                if answer.says == other.says:
                    group.append(option)
                    break
            else:
                changing.append(([option], other))
        found += [Path(facts=((fact, tuple(group)),), answer=answer) for group, answer in changing]
    return tuple(found)
