"""The tables themselves: every row reachable, sourced and worded; rounding half up; pages of rules."""

from decimal import Decimal

import pytest

from lianyi.lungct.assess import GUIDELINES, UNCONFIRMED_GUIDELINES, rule_names, rule_page
from lianyi.lungct.assess.coefficients import every_model
from lianyi.lungct.assess.inputs import LABELS
from lianyi.lungct.assess.rounding import half_up
from lianyi.lungct.assess.table import read_table
from lianyi.lungct.assess.vocabulary import FACTS

EVERY = (*GUIDELINES, *UNCONFIRMED_GUIDELINES)


@pytest.mark.parametrize("guideline", EVERY)
def test_a_table_asks_for_facts_that_have_words_and_gives_categories_that_have_a_rank(guideline: str) -> None:
    table = read_table(guideline)
    rows = [*table.rows, *table.exam_rows, *(upgrade.row for upgrade in table.upgrades)]

    assert {condition.fact for row in rows for condition in row.conditions} <= set(FACTS)
    assert {row.category for row in table.rows} - {None} | {upgrade.row.category for upgrade in table.upgrades} == set(
        table.order
    )
    assert all(row.source and (row.management.words.zh or row.as_if) for row in rows)
    values = {(condition.fact, value) for row in rows for condition in row.conditions for value in condition.one_of}
    assert [pair for pair in sorted(values, key=str) if pair[1] not in FACTS[pair[0]].values] == []


@pytest.mark.parametrize("guideline", EVERY)
def test_the_last_row_of_a_table_always_holds_and_answers_nothing(guideline: str) -> None:
    last = read_table(guideline).rows[-1]

    assert (last.conditions, last.category) == ((), None)


def test_only_what_was_read_in_its_original_is_shown_by_default() -> None:
    assert all(read_table(guideline).is_confirmed for guideline in GUIDELINES)
    assert not any(read_table(guideline).is_confirmed for guideline in UNCONFIRMED_GUIDELINES)
    assert {model.name for model in every_model() if not model.is_confirmed} == {"pku", "va", "herder"}


def test_models_ask_for_inputs_that_have_words() -> None:
    assert {name for model in every_model() for name in model.inputs} <= set(LABELS)


@pytest.mark.parametrize(
    ("value", "step", "rounded"),
    [
        (8.5, "1", "9"),
        (7.5, "1", "8"),
        (5.49, "1", "5"),
        (7.95, "0.1", "8.0"),
        (5.95, "0.1", "6.0"),
        (2.675, "0.01", "2.68"),
        (7.949999, "0.1", "7.9"),
        (112.5, "1", "113"),
    ],
)
def test_a_half_goes_up(value: float, step: str, rounded: str) -> None:
    assert half_up(value, Decimal(step)) == Decimal(rounded)


@pytest.mark.parametrize("name", rule_names())
def test_every_rule_has_a_page_with_its_source_in_both_languages(name: str) -> None:
    page = rule_page(name)

    assert page is not None
    assert page.startswith("### ")
    assert "来源 source: " in page
    assert "→" in page or "p = 1" in page


def test_pages_show_the_numbers_of_the_tables() -> None:
    assert "≥6 <8 mm (≥113 <268 mm³)" in (rule_page("lung-rads-3") or "")
    assert "-5.3854 × ((大小 size / 10)^-0.5 − 1.58114)" in (rule_page("brock-2b") or "")
    assert "4 to 30 mm only" in (rule_page("mayo") or "")
    assert "Not verified" in (rule_page("china-consensus-2024") or "")
    assert "Not verified" not in (rule_page("LUNG-RADS-4X") or "")


def test_a_page_of_a_category_holds_no_other_category() -> None:
    page = rule_page("lung-rads-4a") or ""

    assert "**4A**" in page
    assert "**4B**" not in page


@pytest.mark.parametrize("name", ["lung-rads-5", "brock-3", "", "lung"])
def test_what_is_no_rule_has_no_page(name: str) -> None:
    assert rule_page(name) is None


@pytest.mark.parametrize("guideline", EVERY)
def test_a_category_that_is_a_slug_has_words_for_people(guideline: str) -> None:
    table = read_table(guideline)
    rows = [*table.rows, *table.exam_rows, *(upgrade.row for upgrade in table.upgrades)]

    for row in rows:
        assert (row.called is None) == (row.category is None)
        if row.called is not None and row.category is not None and "-" in row.category:
            assert row.category not in row.called
            assert all(row.called)
