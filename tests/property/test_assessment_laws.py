"""Laws of the assessment: growth never reassures, order and names never matter, nothing unknown is called benign."""

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.lungct.assess import GUIDELINES, assess_case
from lianyi.lungct.assess.facts import facts_of
from lianyi.lungct.assess.solve import Fork, Tree, paths, solve
from lianyi.lungct.assess.table import UNCONFIRMED_GUIDELINES, read_table
from lianyi.lungct.domain import case as words
from lianyi.lungct.domain.assessment import Assessment
from lianyi.lungct.domain.case import Case, NoduleFacts
from lianyi.lungct.domain.context import Context
from lianyi.lungct.domain.nodule import Density

law = settings(deadline=None, max_examples=25)  # nothing here depends on wall time
EVERY = (*GUIDELINES, *UNCONFIRMED_GUIDELINES)
BENIGN = {"complete", "central", "popcorn", "ring"}

maybe = st.sampled_from([None, False, True])


def some_of(kind: object) -> st.SearchStrategy[object]:
    return st.sampled_from([None, *get_args(kind)])


lengths_mm = st.floats(min_value=0.5, max_value=60.0)
nodules = st.builds(
    NoduleFacts,
    id=st.just(1),
    density=st.sampled_from([None, *Density]),
    mean_diameter_mm=st.none() | lengths_mm,
    solid_core_mean_diameter_mm=st.none() | lengths_mm,
    solid_core_status=some_of(words.Status),
    status=some_of(words.Status),
    prior_mean_diameter_mm=st.none() | lengths_mm,
    prior_category=st.sampled_from([None, "0", "1", "2", "3", "4A", "4B", "4X"]),
    lobe=some_of(words.Lobe),
    spiculated=maybe,
    shape=some_of(words.Shape),
    calcification_pattern=some_of(words.Calcification),
    fat=maybe,
    juxtapleural=maybe,
    perifissural=maybe,
    airway=some_of(words.Airway),
    cystic=some_of(words.Cystic),
    cyst_change=some_of(words.CystChange),
)
patients = st.builds(
    Context,
    indication=st.sampled_from([None, "screening", "incidental"]),
    age_years=st.none() | st.integers(min_value=18, max_value=95),
    sex=st.sampled_from([None, "M", "F"]),
    smoking=st.sampled_from([None, "never", "former", "current"]),
    known_cancer=maybe,
    immunosuppressed=maybe,
    fleischner_high_risk=maybe,
    risk_factors=maybe,
    months_since_prior=st.none() | st.integers(min_value=0, max_value=60),
    infection_suspected=maybe,
    prior_category=st.sampled_from([None, "2", "3", "4A"]),
)


def chest(*found: NoduleFacts, contrast: str = "no") -> Case:
    return Case(nodules=found, nodule_count=len(found), is_reviewed=True, contrast=contrast)  # type: ignore[arg-type]


def assessed(case: Case, context: Context, guideline: str) -> tuple[Assessment, ...]:
    return assess_case(case, context, guidelines=(guideline,)).assessments


def ranks(guideline: str, nodule: NoduleFacts, context: Context) -> list[int] | None:
    """How suspicious each possible answer is; None where one of them is no category."""
    table = read_table(guideline)
    answers = [path.answer.category for path in paths(solve(table, facts_of(nodule, chest(nodule), context, table)))]
    return None if None in answers else sorted(table.rank(answer) for answer in answers)


def forks_of(tree: Tree) -> Iterator[Fork]:
    if isinstance(tree, Fork):
        yield tree
        for _, below in tree.ways:
            yield from forks_of(below)


@pytest.mark.parametrize("guideline", EVERY)
@law
@given(nodule=nodules, context=patients, small=lengths_mm, large=lengths_mm)
def test_a_category_never_falls_when_only_the_size_grows(
    guideline: str, nodule: NoduleFacts, context: Context, small: float, large: float
) -> None:
    small, large = sorted((small, large))
    before = ranks(guideline, replace(nodule, mean_diameter_mm=small, solid_core_mean_diameter_mm=None), context)
    after = ranks(guideline, replace(nodule, mean_diameter_mm=large, solid_core_mean_diameter_mm=None), context)

    if before is not None and after is not None:
        assert before[0] <= after[0]
        assert before[-1] <= after[-1]


@pytest.mark.parametrize("guideline", ["lung-rads-2022", "c-lung-rads", "china-ldct-2025"])
@law
@given(nodule=nodules, context=patients, three_mm=st.tuples(lengths_mm, lengths_mm, lengths_mm).map(sorted))
def test_a_category_never_falls_when_only_the_solid_part_grows(
    guideline: str, nodule: NoduleFacts, context: Context, three_mm: list[float]
) -> None:
    small, large, whole = three_mm
    part_solid = replace(nodule, density=Density.PART_SOLID, mean_diameter_mm=whole, prior_mean_diameter_mm=None)

    before = ranks(guideline, replace(part_solid, solid_core_mean_diameter_mm=small), context)
    after = ranks(guideline, replace(part_solid, solid_core_mean_diameter_mm=large), context)

    if before is not None and after is not None:
        assert before[0] <= after[0]
        assert before[-1] <= after[-1]


@pytest.mark.parametrize("guideline", EVERY)
@law
@given(found=st.lists(nodules, min_size=1, max_size=4), context=patients, seed=st.randoms(use_true_random=False))
def test_the_order_of_the_nodules_changes_nothing(
    guideline: str, found: list[NoduleFacts], context: Context, seed: object
) -> None:
    numbered = [replace(nodule, id=number) for number, nodule in enumerate(found, 1)]
    shuffled = list(numbered)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]

    one, other = (assessed(chest(*order), context, guideline) for order in (numbered, shuffled))

    assert one[0] == other[0]
    assert sorted(one[1:], key=lambda said: said.nodule_id or 0) == sorted(
        other[1:], key=lambda said: said.nodule_id or 0
    )


@law
@given(nodule=nodules, context=patients, contrast=st.sampled_from(["yes", "no", "unknown"]))
def test_category_1_needs_fat_or_a_benign_pattern_seen_without_contrast(
    nodule: NoduleFacts, context: Context, contrast: str
) -> None:
    (exam, said) = assessed(chest(nodule, contrast=contrast), context, "lung-rads-2022")

    if "1" in {exam.category, said.category}:
        assert nodule.fat or (nodule.calcification_pattern in BENIGN and contrast == "no")


@pytest.mark.parametrize("guideline", EVERY)
@law
@given(nodule=nodules, context=patients)
def test_every_nodule_is_answered_with_a_reason(guideline: str, nodule: NoduleFacts, context: Context) -> None:
    for said in assessed(chest(nodule), context, guideline):
        assert said.trace
        assert all(step.zh and step.en for step in said.trace)
        assert said.management.zh
        assert said.management.en
        assert (said.category is None) or (said.category in {*read_table(guideline).order, "0"})


@pytest.mark.parametrize("guideline", EVERY)
@law
@given(nodule=nodules, context=patients)
def test_a_conditional_answer_names_only_facts_that_change_it(
    guideline: str, nodule: NoduleFacts, context: Context
) -> None:
    table = read_table(guideline)
    tree = solve(table, facts_of(nodule, chest(nodule), context, table))

    for fork in forks_of(tree):
        consequences = [
            [(path.facts, path.answer.says) for path in paths(below)]  # what follows from each group of values
            for _, below in fork.ways
        ]
        assert len(consequences) > 1, fork.fact
        assert all(one not in consequences[:number] for number, one in enumerate(consequences)), fork.fact


@law
@given(nodule=nodules, context=patients)
def test_the_exam_of_one_nodule_says_what_the_nodule_says(nodule: NoduleFacts, context: Context) -> None:
    exam, said = assessed(chest(nodule), context, "lung-rads-2022")

    if exam.category != "0":
        assert exam.category == said.category
        assert [branch.category for branch in said.conditional] == [
            branch.category for branch in exam.conditional if branch.category != "0"
        ]


@law
@given(found=st.lists(nodules, min_size=2, max_size=4), context=patients)
def test_the_exam_is_never_less_suspicious_than_a_nodule(found: list[NoduleFacts], context: Context) -> None:
    numbered = [replace(nodule, id=number) for number, nodule in enumerate(found, 1)]
    table = read_table("lung-rads-2022")

    exam, *each = assessed(chest(*numbered), context, "lung-rads-2022")

    if exam.category not in {None, "0"}:
        assert table.rank(exam.category) == max(table.rank(said.category) for said in each)


@law
@given(nodule=nodules, context=patients)
def test_a_probability_lies_between_none_and_all_and_misses_nothing(nodule: NoduleFacts, context: Context) -> None:
    for risk in assess_case(chest(nodule), context, guidelines=()).risks:
        if risk.probability is not None:
            assert 0.0 < risk.probability < 1.0
            assert risk.missing == ()
        for one in (*risk.otherwise, *risk.conditional):
            assert 0.0 <= one.probability <= 1.0
