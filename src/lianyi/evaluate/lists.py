"""The three lists a measurement begins with: chests, the nodules that readers found, the marks to be judged.

Places are DICOM LPS millimetres of the series they name, which is what LUNA16 calls world coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from lianyi.evaluate.errors import NotMeasurable
from lianyi.lungct.domain.nodule import Density
from lianyi.lungct.domain.uids import SeriesUID

# LUNA16 (Setio et al., Medical Image Analysis 2017;42:1-13), reference standard: accepted by at least three of four
# readers, and at least 3 mm.
COUNTED_READERS = 3
COUNTED_DIAMETER_MM = 3.0

# LUNA16's evaluation takes 10 mm for an excluded finding whose diameter nobody measured.
UNMEASURED_DIAMETER_MM = 10.0

PlaceLps = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chest:
    """One CT series that was looked at, with nodules or without.

    Attributes:
        series_uid: which.
        slice_thickness_mm: nominal; None where it is unknown.
    """

    series_uid: SeriesUID
    slice_thickness_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueNodule:
    """What readers say is there.

    Attributes:
        series_uid: the chest.
        center_lps_mm: x, y, z.
        diameter_mm: a mark hits within half of it; None where nobody measured it, as LUNA16's excluded findings.
        readers: how many called it a nodule of 3 mm or more.
        density: None where the readers gave none.
    """

    series_uid: SeriesUID
    center_lps_mm: PlaceLps
    diameter_mm: float | None
    readers: int
    density: Density | None = None

    @property
    def is_counted(self) -> bool:
        """Whether it must be found; any other finding is ignored: a mark on it neither helps nor hurts."""
        return (
            self.readers >= COUNTED_READERS and self.diameter_mm is not None and self.diameter_mm >= COUNTED_DIAMETER_MM
        )

    @property
    def radius_mm(self) -> float:
        """Closer than this to the centre, a mark lies on it."""
        return (UNMEASURED_DIAMETER_MM if self.diameter_mm is None else self.diameter_mm) / 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place that a detector points at.

    Attributes:
        series_uid: the chest.
        center_lps_mm: x, y, z.
        probability: that it is a nodule, 0 to 1.
    """

    series_uid: SeriesUID
    center_lps_mm: PlaceLps
    probability: float


def require_measurable(chests: Sequence[Chest], nodules: Sequence[TrueNodule], marks: Sequence[Mark]) -> None:
    """Refuse lists that no number may be made of.

    Raises:
        NotMeasurable: no chest; a chest or a nodule twice; a nodule or a mark of no listed chest; a coordinate,
            diameter or probability that is none; no diameter where enough readers agree.
    """
    known = {chest.series_uid for chest in chests}
    if not known:
        raise NotMeasurable(zh="没有任何胸部序列，无法计算。", en="There is no chest to measure on.")
    if len(known) < len(chests):
        _refuse_twice("胸部", "chests", len(chests) - len(known))
    counted = [(nodule.series_uid, nodule.center_lps_mm) for nodule in nodules if nodule.is_counted]
    if twice := len(counted) - len(set(counted)):  # a finding ignored twice changes nothing
        _refuse_twice("结节", "nodules", twice)
    _require_known("结节", "nodules", [nodule.series_uid for nodule in nodules], known)
    _require_known("标记", "marks", [mark.series_uid for mark in marks], known)
    _require_numbers(nodules, marks)
    for chest in chests:
        if chest.slice_thickness_mm is not None and not (
            isfinite(chest.slice_thickness_mm) and chest.slice_thickness_mm > 0
        ):
            raise NotMeasurable(
                zh=f"层厚应为正数，实际为 {chest.slice_thickness_mm}；不知道时请留空。",
                en=f"A slice thickness of {chest.slice_thickness_mm} mm is none; leave it out where it is unknown.",
            )


def _refuse_twice(zh: str, en: str, count: int) -> None:
    raise NotMeasurable(
        zh=f"列表中有 {count} 个{zh}重复出现；每个只能列一次，请删去重复的行。",
        en=f"{count} of the {en} are listed more than once; list each once.",
    )


def _require_known(zh: str, en: str, series_uids: Sequence[SeriesUID], known: set[SeriesUID]) -> None:
    strangers = [number for number, series_uid in enumerate(series_uids, 1) if series_uid not in known]
    if strangers:
        raise NotMeasurable(
            zh=f"{len(series_uids)} 个{zh}中有 {len(strangers)} 个（第一个是第 {strangers[0]} 个）"
            "所属序列不在胸部列表中；请补全胸部列表，或删去这些行。",
            en=f"{len(strangers)} of {len(series_uids)} {en}, the first being number {strangers[0]}, are of a series "
            "that is not among the chests; complete the list of chests, or drop them.",
        )


def _require_numbers(nodules: Sequence[TrueNodule], marks: Sequence[Mark]) -> None:
    for zh, en, places in (("结节", "nodule", nodules), ("标记", "mark", marks)):
        centers = np.array([place.center_lps_mm for place in places], dtype=float).reshape(-1, 3)
        if not (is_place := np.isfinite(centers).all(axis=1)).all():
            number = int(np.argmin(is_place)) + 1
            raise NotMeasurable(
                zh=f"第 {number} 个{zh}的坐标不是有限的数；请改正。",
                en=f"Coordinates of {en} number {number} are not finite numbers; correct them.",
            )
    for number, nodule in enumerate(nodules, 1):
        if nodule.diameter_mm is not None and not (isfinite(nodule.diameter_mm) and nodule.diameter_mm > 0):
            raise NotMeasurable(
                zh=f"第 {number} 个结节的直径应为正数，实际为 {nodule.diameter_mm}；请改正。",
                en=f"Nodule number {number} has a diameter of {nodule.diameter_mm} mm; it must be positive.",
            )
        if nodule.diameter_mm is None and nodule.readers >= COUNTED_READERS:
            raise NotMeasurable(
                zh=f"第 {number} 个结节有 {nodule.readers} 位读者标注，却没有直径，无法判断是否计入；请补上直径。",
                en=f"Nodule number {number} was marked by {nodule.readers} readers but has no diameter, so nobody can "
                "tell whether it counts; give its diameter.",
            )
    for number, mark in enumerate(marks, 1):
        if not 0.0 <= mark.probability <= 1.0:  # false for NaN too
            raise NotMeasurable(
                zh=f"第 {number} 个标记的概率应在 0 与 1 之间，实际为 {mark.probability}；请改正。",
                en=f"Mark number {number} has a probability of {mark.probability}; it must lie between 0 and 1.",
            )
