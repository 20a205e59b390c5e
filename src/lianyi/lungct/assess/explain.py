"""The rules as a person reads them: the rows of a guideline, or the coefficients of a model, with their source."""

from __future__ import annotations

from functools import cache

from lianyi.lungct.assess.coefficients import FAMILIES, RiskModel, Term, read_models
from lianyi.lungct.assess.inputs import LABELS, WORDS
from lianyi.lungct.assess.table import Row, Table, read_table
from lianyi.lungct.assess.words import say_condition
from lianyi.lungct.domain.words import Sentence

SHORT = {
    "lung-rads": "lung-rads-2022",
    "fleischner": "fleischner-2017",
    "c-lung-rads": "c-lung-rads",
    "china-ldct-2025": "china-ldct-2025",
    "china-ldct-2023": "china-ldct-2023",
    "china-consensus-2024": "china-consensus-2024",
}
"""What a guideline is called before a category, as in ``lung-rads-3``; its full name will do too."""


@cache
def rule_names() -> tuple[str, ...]:
    """Give every name that :func:`rule_page` knows: guidelines, their categories, models."""
    names: dict[str, None] = {}
    for short, guideline in SHORT.items():
        table = read_table(guideline)
        names |= dict.fromkeys((short, guideline))
        names |= dict.fromkeys(f"{short}-{category}".lower() for category in _categories(table))
    for family in FAMILIES:
        names |= dict.fromkeys((family, *(model.name for model in read_models(family))))
    return tuple(names)


def rule_page(name: str) -> str | None:
    """Give the page of a rule in Chinese and English, as Markdown; None where there is no such rule."""
    name = name.lower()
    for family in FAMILIES:
        models = read_models(family)
        chosen = [model for model in models if name in {family, model.name}]
        if chosen:
            return _models_page(chosen)
    for short, guideline in SHORT.items():
        table = read_table(guideline)
        if name in {short, guideline}:
            return _table_page(table, None)
        for category in _categories(table):
            if name in {f"{short}-{category}".lower(), f"{guideline}-{category}".lower()}:
                return _table_page(table, category)
    return None


def _categories(table: Table) -> tuple[str, ...]:
    of_exam = dict.fromkeys(row.category for row in table.exam_rows if row.category)
    return (*of_exam, *table.order)


def _table_page(table: Table, category: str | None) -> str:
    unconfirmed = "" if table.is_confirmed else "\n**未核对原文，默认不显示。** *Not verified; not shown by default.*\n"
    lines = [
        f"### {table.guideline}{f' · {category}' if category else ''}",
        "",
        f"{table.title.zh}　{table.title.en}",
        unconfirmed,
        f"版本 edition: {table.edition}",
        "",
    ]
    rows = [*table.exam_rows, *table.rows, *(upgrade.row for upgrade in table.upgrades)]
    for row in rows:
        if row.category is not None and category in {None, row.category}:
            lines += _row_lines(row, table)
    lines += [f"- {note.zh}\n  {note.en}" for note in table.notes]
    lines += ["", f"来源 source: {table.source}"]
    return "\n".join(lines)


def _row_lines(row: Row, table: Table) -> list[str]:
    said = [say_condition(condition) for condition in row.conditions]
    if upgraded := [upgrade.of for upgrade in table.upgrades if upgrade.row is row]:
        of = " / ".join(upgraded[0])
        said = [Sentence(f"{of} 类", f"category {of}"), *said]
    lines = [
        f"- **{row.category}**：{'，'.join(one.zh for one in said)} → {row.management.words.zh}",
        f"  {', '.join(one.en for one in said)} → {row.management.words.en}",
    ]
    return [*lines, f"  来源 source: {row.source}"] if row.source != table.source else lines


def _models_page(models: list[RiskModel]) -> str:
    first = models[0]
    confirmed = "" if first.is_confirmed else "**系数未核对原文。** *Coefficients not verified in the original.*"
    lines = [
        f"### {' · '.join(model.name for model in models)}",
        "",
        f"{first.title.zh}　{first.title.en}",
        confirmed,
        "",
    ]
    lines += ["p = 1 / (1 + e^-x)", ""]
    for model in models:
        lines.append(f"{model.name}: x = {model.constant:g}")
        lines += [f"  {term.coefficient:+g} × {_term(term)}" for term in model.terms]
        lines.append("")
    if first.size_range_mm is not None:
        low, high = first.size_range_mm
        lines.append(f"- 只用于 {low:g}–{high:g} mm\n  for {low:g} to {high:g} mm only")
    lines += [f"- {note.zh}\n  {note.en}" for note in first.notes]
    return "\n".join([*lines, "", f"来源 source: {first.edition}"])


def _term(term: Term) -> str:
    label = LABELS[term.name]
    both = f"{label.zh} {label.en}"
    if term.equals is not None:
        words = WORDS.get(term.equals) if isinstance(term.equals, str) else None
        return f"{both}{f'：{words.zh} {words.en}' if words else ''}"
    number = f"({both} / 10)^-0.5" if term.transform else both
    return f"({number} − {term.centre:g})" if term.centre else number
