"""What a person sees: two consoles, and progress by stage that is silent when nobody watches.

Answers go to stdout, progress and complaints to stderr, so that a pipe gets answers only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from lianyi.settings import Language

Tell = Callable[[str, int, int], None]

STAGES: dict[str, dict[Language, str]] = {
    "read": {"zh": "读取影像", "en": "reading"},
    "volume": {"zh": "重建容积", "en": "assembling"},
    "lungs": {"zh": "寻找肺野", "en": "lung fields"},
    "detect": {"zh": "寻找结节", "en": "finding nodules"},
    "measure": {"zh": "测量", "en": "measuring"},
    "locate": {"zh": "定位肺叶", "en": "placing"},
    "whole lung": {"zh": "全肺评估", "en": "whole lung"},
    "compare": {"zh": "与既往比较", "en": "comparing"},
    "assess": {"zh": "对照指南", "en": "assessing"},
    "report": {"zh": "撰写报告", "en": "writing"},
    "phantom": {"zh": "生成体模", "en": "phantom"},
}


def survive_any_locale() -> None:
    """Print "?" for a character the terminal's encoding lacks, instead of failing on it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def console_for(stream: TextIO) -> Console:
    """Give a console that neither guesses at markup nor breaks paths in the middle."""
    return Console(file=stream, soft_wrap=True, markup=False, highlight=False)


@contextmanager
def progress_by_stage(language: Language) -> Iterator[Tell | None]:
    """Give a function that shows ``(stage, done, total)`` on the terminal, or None when nobody watches."""
    console = console_for(sys.stderr)
    if not console.is_terminal:
        yield None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        tasks = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                words = STAGES.get(stage)
                tasks[stage] = bars.add_task(words[language] if words else stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield tell
