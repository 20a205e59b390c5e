"""A FROC as rows, one a class of nodules: what the table, the JSON and the CSV have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lianyi.evaluate.froc import Froc, FrocPart

GROUPS = {
    "all": ("全部", "all"),
    "size": ("直径", "diameter"),
    "density": ("密度", "density"),
    "thickness": ("层厚", "slice thickness"),
}

_ZH = {
    "all": "全部",
    "ground-glass": "磨玻璃",
    "part-solid": "部分实性",
    "solid": "实性",
    "calcified": "钙化",
    "unknown": "不详",
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Row:
    """One class of nodules.

    Attributes:
        group: a key of :data:`GROUPS`.
        name: of the class, as in the API.
        part: its numbers.
    """

    group: str
    name: str
    part: FrocPart

    @property
    def label(self) -> str:
        """What a person reads: Chinese first, English beside."""
        return f"{_ZH[self.name]} {self.name}" if self.name in _ZH else self.name


def rows_of(froc: Froc) -> Iterator[Row]:
    """Give the whole, then each class that has a nodule or a chest."""
    yield Row(group="all", name="all", part=froc)
    for group, parts in (("size", froc.by_size), ("density", froc.by_density), ("thickness", froc.by_thickness)):
        for name, part in parts.items():
            yield Row(group=group, name=name, part=part)
