"""Words for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

_RUN = 3
"""Fewer numbers in a row are listed one by one."""


class Sentence(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str


def runs(numbers: Iterable[int]) -> list[str]:
    """List numbers in order, three and more in a row as a range.

    >>> runs([7, 1, 2, 3, 9])
    ['1–3', '7', '9']
    """
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return [
        text
        for run in found
        for text in ([f"{run[0]}–{run[-1]}"] if len(run) >= _RUN else [str(number) for number in run])
    ]
