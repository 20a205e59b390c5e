"""The HTML report: one file, nothing fetched, pictures and styles inside."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from lianyi.lungct.report.comparison_page import ComparisonPage
from lianyi.lungct.report.page import Report
from lianyi.lungct.report.refusal_page import NotScreened


def _source(name: str) -> str:
    return (files("lianyi.lungct.report") / "templates" / name).read_text(encoding="utf-8")


@cache
def _template(name: str) -> Template:
    """Load a template; everything put into it is escaped."""
    environment = Environment(
        loader=FunctionLoader(_source), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name)


def html_of(page: Report | NotScreened, pictures: dict[str, bytes]) -> str:
    """Lay a page out as HTML; *pictures* are JPEG bytes by the file names the page uses."""
    name = "report.html.j2" if isinstance(page, Report) else "not_screened.html.j2"
    inline = {file: f"data:image/jpeg;base64,{b64encode(data).decode('ascii')}" for file, data in pictures.items()}
    return _template(name).render(page=page, sheet=page.sheet, words=page.words, pictures=inline)


def comparison_html(page: ComparisonPage, pictures: dict[str, str]) -> str:
    """Lay a comparison out as HTML; *pictures* are data URLs by the file names the page uses."""
    return _template("comparison.html.j2").render(page=page, pictures=pictures)
