"""Every case of the tables in ``tests/cases``, none wrong."""

import pytest

from assess_cases import Row, due_of, judged, rows
from lianyi.lungct.assess.table import read_table

ROWS = rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_case_is_judged_as_the_published_table_says(row: Row) -> None:
    said = judged(row)

    if row.category == "?":
        fact, _, categories = row.depends.partition(": ")
        assert said.category is None
        assert said.missing[0] == fact
        assert {branch.category or "-" for branch in said.conditional} == set(categories.split("/"))
    elif row.category == "-":
        assert said.category is None
        assert row.depends == "" or row.depends in said.missing
        assert all(branch.category is None for branch in said.conditional) or not row.depends
    else:
        assert said.category == row.category
        assert due_of(said) == row.due


def test_there_are_over_300_cases_and_no_two_are_the_same() -> None:
    told = [(row.guideline, row.case, row.context) for row in ROWS]

    assert len(told) >= 300
    assert [row.name for number, row in enumerate(ROWS) if told[number] in told[:number]] == []


@pytest.mark.parametrize(
    "guideline",
    ["lung-rads-2022", "fleischner-2017", "c-lung-rads", "china-ldct-2025", "china-ldct-2023", "china-consensus-2024"],
)
def test_each_category_of_each_table_has_a_case(guideline: str) -> None:
    """Where the table has a range, the cases hold both its sides; here only that none is forgotten."""
    expected = {row.category for row in ROWS if row.guideline == guideline}
    expected |= {
        category
        for row in ROWS
        if row.guideline == guideline and row.category == "?"
        for category in row.depends.partition(": ")[2].split("/")
    }

    assert set(read_table(guideline).order) <= expected
