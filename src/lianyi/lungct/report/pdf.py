"""The PDF report, set by Typst.

Texts reach the template as one JSON value and pictures as files of a folder made for the occasion;
nothing is ever pasted into markup, so a patient's name cannot be read as a command.  Fonts come from
:mod:`fonts` alone.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import typst

from lianyi.lungct.report.fonts import FAMILY, font_file
from lianyi.lungct.report.page import Report
from lianyi.lungct.report.refusal_page import NotScreened

_TEMPLATES = ("paper.typ", "report.typ", "not_screened.typ")


def pdf_of(page: Report | NotScreened, pictures: dict[str, bytes], *, made: datetime) -> bytes:
    """Lay a page out as PDF; *pictures* are JPEG bytes by the file names the page uses."""
    main = "report.typ" if isinstance(page, Report) else "not_screened.typ"
    with TemporaryDirectory(prefix="lianyi-") as name:
        folder = Path(name)
        for template in _TEMPLATES:
            source = (files("lianyi.lungct.report") / "templates" / template).read_bytes()
            (folder / template).write_bytes(source)
        for file, data in pictures.items():
            (folder / file).write_bytes(data)
        document: bytes = typst.compile(
            str(folder / main),
            root=str(folder),
            font_paths=[str(font_file(weight).parent) for weight in ("regular", "bold")],
            ignore_system_fonts=True,
            sys_inputs={"page": json.dumps(asdict(page), ensure_ascii=False), "font": FAMILY},
            timestamp=made.replace(microsecond=0),  # typst takes whole seconds
        )
    return document
