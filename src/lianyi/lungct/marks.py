"""From ranked candidates to the nodules of the table: one for one thing, none dropped in silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lianyi.lungct.domain.errors import Caution, CautionCode
from lianyi.lungct.domain.image import CtVolume, LungFields
from lianyi.lungct.domain.nodule import Candidate, Density, Nodule
from lianyi.lungct.domain.outcome import OperatingPoint
from lianyi.lungct.domain.study import Contrast
from lianyi.lungct.measure import measure_nodule


def measure_marks(
    volume: CtVolume, lungs: LungFields, candidates: Sequence[Candidate], operating_point: OperatingPoint
) -> tuple[tuple[Nodule, ...], tuple[Caution, ...]]:
    """Measure the candidates at or above the operating point, most probable first.

    Two candidates whose segmentations meet at a centre are one nodule, kept
    under the more probable mark; a candidate that cannot be outlined is no
    nodule of the table, but is counted and placed in a caution.
    """
    nodules: list[Nodule] = []
    unmeasured: list[int] = []
    left_out = 0
    for candidate in candidates:
        if candidate.probability < operating_point.probability:
            continue
        nodule = measure_nodule(volume, lungs, candidate, id=len(nodules) + 1)
        if nodule is None:
            unmeasured.append(_instance_number(volume, candidate))
            continue
        if any(_is_same(nodule, earlier) for earlier in nodules):
            continue
        if len(nodules) == operating_point.max_marks:
            left_out += 1
            continue
        nodules.append(nodule)
    cautions = []
    if left_out:
        cautions.append(
            Caution(
                code=CautionCode.MARK_LIMIT,
                zh=f"达到每例 {operating_point.max_marks} 处标记的上限，另有 {left_out} 处置信度较低的未列出。",
                en=f"The limit of {operating_point.max_marks} marks was reached; "
                f"{left_out} less confident are not listed.",
            )
        )
    if unmeasured:
        numbers = sorted(set(unmeasured))
        cautions.append(
            Caution(
                code=CautionCode.UNMEASURED_MARKS,
                zh=f"另有 {len(unmeasured)} 处标记勾画不出边界，未列入表中，"
                f"请看图像号 {'、'.join(map(str, numbers))}。",
                en=f"{len(unmeasured)} more marks could not be outlined and are not in the table; "
                f"look at images {', '.join(map(str, numbers))}.",
            )
        )
    return tuple(nodules), tuple(cautions)


def _instance_number(volume: CtVolume, candidate: Candidate) -> int:
    """Which image a candidate lies on, or nearest to."""
    k = round(volume.grid.locate(candidate.center).k)
    return volume.instances[min(max(k, 0), len(volume.instances) - 1)][1]


def _is_same(one: Nodule, other: Nodule) -> bool:
    return _covers(one, other) or _covers(other, one)


def _covers(one: Nodule, other: Nodule) -> bool:
    """Whether the other's centre lies inside the one's segmentation."""
    grid = one.mask.grid
    place = grid.locate(other.center)
    index = (round(place.k), round(place.j), round(place.i))
    inside = all(0 <= n < size for n, size in zip(index, grid.shape, strict=True))
    return inside and bool(one.mask.values_kji[index])


def without_enhancement(nodules: Sequence[Nodule], contrast: Contrast) -> tuple[Nodule, ...]:
    """Take back every pattern of calcification where what is dense may be contrast medium; "none" stays."""
    if contrast == "no":
        return tuple(nodules)
    return tuple(
        nodule
        if nodule.measurements.calcification_pattern in {None, "none"}
        else replace(nodule, measurements=replace(nodule.measurements, calcification_pattern=None))
        for nodule in nodules
    )


def question_calcification(nodules: Sequence[Nodule], contrast: Contrast) -> tuple[Caution, ...]:
    """Warn where high density may be contrast medium: "calcified" reassures, and must not do so wrongly."""
    calcified = [nodule.id for nodule in nodules if nodule.density == Density.CALCIFIED]
    if not calcified or contrast == "no":
        return ()
    marks = "、".join(map(str, calcified))
    given_zh = "用了造影剂" if contrast == "yes" else "未注明是否用造影剂"
    given_en = "contrast was given" if contrast == "yes" else "the header does not say whether contrast was given"
    return (
        Caution(
            code=CautionCode.CALCIFIED_OR_ENHANCED,
            zh=f"标记 {marks} 按 CT 值归为钙化，但本次{given_zh}，也可能是强化的血管，不能据此认为良性。",
            en=f"Marks called calcified by their HU ({marks.replace('、', ', ')}) may be enhanced vessels: "
            f"{given_en}; do not take them for benign.",
        ),
    )
