"""``lianyi explain R03``: the page of a code, in the terminal."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.markdown import Markdown

from lianyi.cli.terminal import console_for
from lianyi.refusal_pages import refusal_pages


def _codes(incomplete: str) -> list[str]:
    return [code for code in refusal_pages() if code.startswith(incomplete.upper())]


def explain(
    code: Annotated[
        str,
        typer.Argument(
            metavar="CODE", help="例如 R03 或 W02。 For example R03 or W02.", autocompletion=_codes, show_default=False
        ),
    ],
) -> None:
    """解释一个拒绝或提示代码。 Explain a refusal (R..) or a warning (W..)."""
    pages = refusal_pages()
    page = pages.get(code.upper())
    if page is None:
        raise typer.BadParameter(f"没有代码 no such code: {code}（{', '.join(pages)}）", param_hint="CODE")
    console = console_for(sys.stdout)
    console.print(Markdown(page) if console.is_terminal else page)
