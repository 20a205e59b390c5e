"""Several files become the three lists that are measured; whatever is left out or missing is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lianyi.evaluate.errors import NotMeasurable
from lianyi.evaluate.lists import Chest, Mark, TrueNodule
from lianyi.evaluate.reading import MarkList, NoduleList
from lianyi.lungct.domain.uids import SeriesUID

# Headers give a thickness to 0.01 mm at best.
_SAME_THICKNESS_MM = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What the reader of the numbers must know; one sentence in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """What is measured, and what must be said about it."""

    chests: tuple[Chest, ...]
    nodules: tuple[TrueNodule, ...]
    marks: tuple[Mark, ...]
    notes: tuple[Note, ...]


def gather(
    marks: MarkList,
    nodules: NoduleList,
    *,
    ignored: Sequence[TrueNodule] = (),
    chests: Sequence[Chest] | None = None,
) -> Lists:
    """Put the lists together.

    Args:
        marks: to be judged.
        nodules: counted findings, and ignored ones if they are in the same file.
        ignored: more findings that neither help nor hurt.
        chests: exactly these are measured on; without them, every chest that *marks* or *nodules* names.

    Raises:
        NotMeasurable: two lists give a chest different slice thicknesses.
    """
    notes = list(_notes_on_chests(marks, nodules, is_listed=chests is not None))
    named = [*(chests or ()), *marks.chests, *nodules.chests]
    thickness_mm = _thicknesses(named)
    kept = dict.fromkeys(chest.series_uid for chest in (named if chests is None else chests))
    findings = [*nodules.nodules, *ignored]
    inside = [finding for finding in findings if finding.series_uid in kept]
    if lost := sum(finding.is_counted for finding in findings) - sum(finding.is_counted for finding in inside):
        notes.append(
            Note(
                zh=f"{lost} 个结节所属序列不在胸部列表中，没有计入。",
                en=f"{lost} nodules are of series that are not among the chests, and are left out.",
            )
        )
    return Lists(
        chests=tuple(Chest(series_uid=uid, slice_thickness_mm=thickness_mm.get(uid)) for uid in kept),
        nodules=tuple(inside),
        marks=marks.marks,
        notes=tuple(notes),
    )


def _notes_on_chests(marks: MarkList, nodules: NoduleList, *, is_listed: bool) -> Iterable[Note]:
    if marks.not_screened:
        yield Note(
            zh=f"{marks.not_screened} 份 findings.json 没有完成初筛，没有标记；其序列若在列表中，其结节按漏检计。",
            en=f"{marks.not_screened} findings.json say that nothing was screened; where such a series is among the "
            "chests, its nodules count as missed.",
        )
    if not (is_listed or marks.names_every_chest or nodules.names_every_chest):
        yield Note(
            zh="没有胸部列表：既无结节又无标记的胸部没有计入，每例假标记数可能偏高；请用 --chests 列出全部序列。",
            en="Without a list of chests those with neither nodule nor mark are not counted, and the false marks a "
            "chest may be too many; list every series with --chests.",
        )


def _thicknesses(chests: Iterable[Chest]) -> dict[SeriesUID, float]:
    known: dict[SeriesUID, float] = {}
    for chest in chests:
        if chest.slice_thickness_mm is None:
            continue
        first = known.setdefault(chest.series_uid, chest.slice_thickness_mm)
        if abs(first - chest.slice_thickness_mm) > _SAME_THICKNESS_MM:
            raise NotMeasurable(
                zh=f"同一序列在两份列表中的层厚不同（{first} 与 {chest.slice_thickness_mm} mm）；请核对。",
                en=f"Two lists give one series {first} and {chest.slice_thickness_mm} mm of slice thickness; "
                "find out which is right.",
            )
    return known
