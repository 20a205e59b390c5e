"""``lianyi explain R03``, ``explain lung-rads-3``, ``explain brock``: the page of a code or of a rule."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.markdown import Markdown

from lianyi.cli.terminal import console_for
from lianyi.refusal_pages import refusal_pages


def _codes(incomplete: str) -> list[str]:
    codes = [code for code in refusal_pages() if code.startswith(incomplete.upper())]
    return codes + [name for name in _rules() if name.startswith(incomplete.lower())]


def explain(
    code: Annotated[
        str,
        typer.Argument(
            metavar="CODE",
            help="例如 R03、W02、lung-rads-3、fleischner、brock。 For example R03, lung-rads-3, brock.",
            autocompletion=_codes,
            show_default=False,
        ),
    ],
) -> None:
    """解释一个代码、指南分类或风险模型。 Explain a code (R.., W..), a guideline's category, or a risk model."""
    pages = refusal_pages()
    page = pages.get(code.upper()) or _rule(code)
    if page is None:
        known = ", ".join([*pages, *_rules()])
        raise typer.BadParameter(f"没有代码 no such code: {code}（{known}）", param_hint="CODE")
    console = console_for(sys.stdout)
    console.print(Markdown(page) if console.is_terminal else page)


def _rule(name: str) -> str | None:
    from lianyi.lungct.assess import rule_page  # noqa: PLC0415 -- R03 must not wait for the tables

    return rule_page(name)


def _rules() -> tuple[str, ...]:
    from lianyi.lungct.assess import rule_names  # noqa: PLC0415 -- as above

    return rule_names()
