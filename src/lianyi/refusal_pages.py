"""The pages behind the codes: ``docs/refusals.md``, which is shipped with the package."""

from __future__ import annotations

import re
from importlib import resources

_HEADING = re.compile(r"^### ([RW]\d\d)\b.*$", re.MULTILINE)


def refusal_pages() -> dict[str, str]:
    """Give every page by its code, in the document's order, heading included."""
    text = (resources.files("lianyi") / "refusals.md").read_text(encoding="utf-8")
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    pages = {}
    for heading, end in zip(headings, ends, strict=True):
        page = text[heading.start() : end]
        pages[heading[1]] = re.split(r"^## ", page, maxsplit=1, flags=re.MULTILINE)[0].strip()
    return pages
