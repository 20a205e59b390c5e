"""Which mark lies on which nodule: LUNA16's rule.

A mark lies on a finding when it is closer to its centre than its radius: *strictly* closer, so a mark exactly
on the surface misses, as in the challenge's evaluation.

=============================  ==================================================================
a mark that lies on            is
=============================  ==================================================================
a counted nodule               a **hit** if it is the most probable one there, else **repeated**:
                               neither a second hit nor a false mark
two counted nodules            may be the hit of both
only an ignored finding        **ignored**: neither helps nor hurts
nothing                        a **false** mark
=============================  ==================================================================

Source:
    Setio et al., Medical Image Analysis 2017;42:1-13, section 2.3, and the challenge's evaluation script.
    The script also keeps only the hundred most probable marks of a chest; here a list is taken as it is given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from lianyi.evaluate.lists import Chest, Mark, TrueNodule
from lianyi.lungct.domain.uids import SeriesUID

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Verdict(StrEnum):
    """What became of a mark."""

    HIT = "hit"
    REPEATED = "repeated"
    IGNORED = "ignored"
    FALSE = "false"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Matching:
    """Every counted nodule with the probability it was found at, and every false mark.

    Attributes:
        chests: in the order of their UIDs, so that nothing depends on the order they were listed in.
        nodules: the counted ones.
        nodule_chest: for each nodule, which of *chests*.
        nodule_probability: of its most probable mark; -inf where no mark lies on it.
        false_chest: for each false mark, which of *chests*.
        false_probability: of each false mark.
        verdicts: one for each mark, in the order the marks were given.
    """

    chests: tuple[Chest, ...]
    nodules: tuple[TrueNodule, ...]
    nodule_chest: Integers
    nodule_probability: Floats
    false_chest: Integers
    false_probability: Floats
    verdicts: tuple[Verdict, ...]


class _OfChest(Protocol):
    @property
    def series_uid(self) -> SeriesUID: ...


Place = TypeVar("Place", bound=_OfChest)


def match(chests: Sequence[Chest], nodules: Sequence[TrueNodule], marks: Sequence[Mark]) -> Matching:
    """Judge every mark, chest by chest."""
    ordered = tuple(sorted(chests, key=lambda chest: chest.series_uid))
    number_of = {chest.series_uid: number for number, chest in enumerate(ordered)}
    counted = tuple(nodule for nodule in nodules if nodule.is_counted)
    counted_in = _by_chest(counted)
    ignored_in = _by_chest([nodule for nodule in nodules if not nodule.is_counted])
    found_at = np.full(len(counted), -np.inf)
    verdicts = [Verdict.FALSE] * len(marks)
    for series_uid, own in _by_chest(marks).items():
        own_marks = [mark for _, mark in own]
        own_nodules = counted_in[series_uid]
        on_nodule = _lies_on(own_marks, [nodule for _, nodule in own_nodules])
        on_ignored = _lies_on(own_marks, [nodule for _, nodule in ignored_in[series_uid]])
        best = {
            number: max(
                np.flatnonzero(on_nodule[:, column]).tolist(), key=lambda row: _preference(own_marks[row], nodule)
            )
            for column, (number, nodule) in enumerate(own_nodules)
            if on_nodule[:, column].any()
        }
        for number, row in best.items():
            found_at[number] = own_marks[row].probability
        hits = set(best.values())
        for row, (number, _) in enumerate(own):
            if row in hits:
                verdicts[number] = Verdict.HIT
            elif on_nodule[row].any():
                verdicts[number] = Verdict.REPEATED
            elif on_ignored[row].any():
                verdicts[number] = Verdict.IGNORED
    false = [mark for mark, verdict in zip(marks, verdicts, strict=True) if verdict is Verdict.FALSE]
    return Matching(
        chests=ordered,
        nodules=counted,
        nodule_chest=np.array([number_of[nodule.series_uid] for nodule in counted], dtype=np.int64),
        nodule_probability=found_at,
        false_chest=np.array([number_of[mark.series_uid] for mark in false], dtype=np.int64),
        false_probability=np.array([mark.probability for mark in false], dtype=np.float64),
        verdicts=tuple(verdicts),
    )


def _by_chest(places: Sequence[Place]) -> defaultdict[SeriesUID, list[tuple[int, Place]]]:
    """Group by series, each with its number in the list."""
    groups: defaultdict[SeriesUID, list[tuple[int, Place]]] = defaultdict(list)
    for number, place in enumerate(places):
        groups[place.series_uid].append((number, place))
    return groups


def _lies_on(marks: Sequence[Mark], findings: Sequence[TrueNodule]) -> npt.NDArray[np.bool_]:
    """Tell for each mark (rows) and finding (columns) whether the one lies on the other."""
    if not findings:
        return np.zeros((len(marks), 0), dtype=bool)
    marks_xyz = np.array([mark.center_lps_mm for mark in marks])
    findings_xyz = np.array([finding.center_lps_mm for finding in findings])
    radii_mm = np.array([finding.radius_mm for finding in findings])
    squares_mm2 = ((marks_xyz[:, np.newaxis, :] - findings_xyz) ** 2).sum(axis=2)
    return np.asarray(squares_mm2 < radii_mm**2)


def _preference(mark: Mark, nodule: TrueNodule) -> tuple[float, ...]:
    """Order the marks on a nodule: the most probable, then the nearest, then by place, never by the list's order."""
    offsets = np.subtract(mark.center_lps_mm, nodule.center_lps_mm)
    return (mark.probability, -float(offsets @ offsets), *mark.center_lps_mm)
