"""Choosing the one series to screen, and saying why every other one was not.

First what rules a series out (:class:`Unfit`), then a rank (:data:`_RANKS`): a list of criteria, the weightiest
first, each with the words for a series that loses by it.  The reason given for a series that was not chosen is
the first criterion in which it is worse than the chosen one.

Whose chest, and of which day, is not a matter of rank: two patients are refused, and of one patient's studies
the most recent is taken and the others are named in a caution.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from lianyi.lungct.dicom.instances import FoundSeries
from lianyi.lungct.dicom.words import CHEST, PROJECTED, REFORMATTED, is_elsewhere
from lianyi.lungct.domain.errors import Caution, CautionCode, Refusal, RefusalCode
from lianyi.lungct.domain.kernels import Sharpness, sharpness
from lianyi.lungct.domain.study import NotChosen
from lianyi.lungct.domain.uids import SeriesUID

_COVERS_LUNGS_MM = 200.0
"""A judgement, not a norm: the lungs of small adults are about this high, so a shorter series shows part of
them.  It only ranks; how much of the lungs is missing is measured later, on the lungs themselves."""

_SHORTFALL_MM = 25.0
"""How much shorter a series may be before that outweighs everything else."""

_THICKNESS_CLASSES_MM = (1.5, 2.0, 2.5, 3.0, 5.0)
"""Within a class the kernel matters more than the thickness.  1.5 mm: sections for measuring nodules
(Fleischner Society, Bankier et al., Radiology 2017;285:584); 2.5 and 5 mm: the gates of screening; the rest are steps
between them."""

_NAMED_IN_REFUSAL = 10


class Unfit(Enum):
    """What rules a series out; words in both languages."""

    NOT_CT = ("不是 CT 图像", "not a CT image")
    LOCALIZER = ("定位像", "localizer")
    ELSEWHERE = ("不是胸部", "not the chest")
    NOT_AXIAL = ("不是横断面", "not axial")
    PROJECTED = ("投影或三维后处理图像", "projection or 3D rendering")


@dataclass(frozen=True, slots=True)
class Choice:
    """The series to screen, the others with reasons, and what must be known about the choice."""

    chosen: FoundSeries
    not_chosen: tuple[NotChosen, ...]
    cautions: tuple[Caution, ...]


class NothingToScreen(Exception):
    """No series fits.

    Attributes:
        reason: the refusal.
        not_chosen: why each series does not fit.
    """

    def __init__(self, reason: Refusal, not_chosen: tuple[NotChosen, ...]) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.not_chosen = not_chosen


@dataclass(frozen=True, slots=True)
class _Rank:
    value: Callable[[FoundSeries], float]
    why: Callable[[FoundSeries], tuple[str, str]]


def unfit(series: FoundSeries) -> Unfit | None:
    """Tell what rules a series out, or None."""
    facts, image_type = series.facts, set(series.first.image_type)
    if not series.first.is_ct:
        return Unfit.NOT_CT
    if series.first.is_localizer:
        return Unfit.LOCALIZER
    if image_type & PROJECTED:
        return Unfit.PROJECTED
    words = f"{facts.series_description} {series.first.protocol}"
    if is_elsewhere(body_part=facts.body_part, series=words, study=facts.study_description):
        return Unfit.ELSEWHERE
    return None if series.is_axial else Unfit.NOT_AXIAL


def _is_derived(series: FoundSeries) -> bool:
    image_type = series.first.image_type
    return image_type[:1] == ("DERIVED",) or bool(set(image_type) & REFORMATTED)


def _thickness_class(series: FoundSeries) -> int:
    if series.thickness_mm is None:
        return len(_THICKNESS_CLASSES_MM)
    return sum(series.thickness_mm > limit + 0.01 for limit in _THICKNESS_CLASSES_MM)


def _thicker(series: FoundSeries) -> tuple[str, str]:
    if series.thickness_mm is None:
        return "层厚未知", "slice thickness unknown"
    return f"层厚较厚（{series.thickness_mm:g} mm）", f"thicker slices ({series.thickness_mm:g} mm)"


def _names_chest(series: FoundSeries) -> bool:
    return bool(CHEST.search(f"{series.facts.body_part} {series.facts.series_description}".upper()))


def _shorter(series: FoundSeries) -> tuple[str, str]:
    extent = round(series.extent_mm)
    return f"覆盖范围较小（{extent} mm）", f"covers less ({extent} mm)"


def _sharper(series: FoundSeries) -> tuple[str, str]:
    kernel = series.facts.kernel
    return (f"重建卷积核不如所选序列合适（{kernel or '未注明'}）", f"less suitable kernel ({kernel or 'not stated'})")


_RANKS: tuple[_Rank, ...] = (
    _Rank(lambda one: not one.has_places, lambda _: ("没有切片位置信息", "slice positions missing")),
    _Rank(lambda one: max(0.0, _COVERS_LUNGS_MM - one.extent_mm) // _SHORTFALL_MM, _shorter),
    # What will be refused when it is assembled ranks behind what can be screened, derived or not.
    _Rank(lambda one: one.has_missing_slices, lambda _: ("缺层", "slices are missing")),
    _Rank(lambda one: one.has_gaps, lambda _: ("层间有间隔", "gaps between slices")),
    _Rank(_is_derived, lambda _: ("后处理重建，非原始图像", "derived, not original")),
    _Rank(_thickness_class, _thicker),
    _Rank(lambda one: not _names_chest(one), lambda _: ("未注明胸部", "does not name the chest")),
    _Rank(lambda one: sharpness(one.facts.kernel), _sharper),
    _Rank(lambda one: one.thickness_mm or 0.0, _thicker),
    _Rank(lambda one: -one.slices, lambda one: (f"层数较少（{one.slices} 层）", f"fewer slices ({one.slices})")),
)


def _rank(series: FoundSeries) -> tuple[float, ...]:
    return tuple(float(rank.value(series)) for rank in _RANKS)


def _order(series: FoundSeries) -> tuple[tuple[float, ...], str, str]:
    return _rank(series), series.facts.study_uid, series.facts.series_uid


def _person(series: FoundSeries) -> tuple[object, ...]:
    """Give what tells patients apart: their number, or name and birth date where there is none."""
    patient = series.first.patient
    return (patient.id,) if patient.id else ("", patient.name, patient.birth_date)


def _by_study(series: Sequence[FoundSeries]) -> dict[str, date | None]:
    """Give each study's day, the latest of its series; None where a series does not say."""
    days: dict[str, list[date | None]] = {}
    for one in series:
        days.setdefault(one.facts.study_uid, []).append(one.facts.acquired.date() if one.facts.acquired else None)
    return {
        uid: None if None in listed else max(day for day in listed if day is not None) for uid, listed in days.items()
    }


def _best(fit: Sequence[FoundSeries]) -> FoundSeries:
    """Give the best series of one patient's most recent study; of all studies when a date is not known."""
    days = _by_study(fit)
    known = [day for day in days.values() if day is not None]
    latest = max(known) if len(known) == len(days) else None
    return min((one for one in fit if latest is None or days[one.facts.study_uid] == latest), key=_order)


def _why_not(series: FoundSeries, chosen: FoundSeries, *, is_requested: bool) -> tuple[str, str]:
    if (reason := unfit(series)) is not None:
        return reason.value
    if _person(series) != _person(chosen):
        return "属于另一位患者", "of another patient"
    if series.facts.study_uid != chosen.facts.study_uid:
        return "属于另一次检查", "of another study"
    if is_requested:
        return "另行指定了序列", "another series was requested"
    for rank, mine_value, theirs_value in zip(_RANKS, _rank(series), _rank(chosen), strict=True):
        if mine_value > theirs_value:
            return rank.why(series)
    return "与所选序列相当", "equal to the chosen series"


def _not_chosen(series: FoundSeries, why: tuple[str, str]) -> NotChosen:
    return NotChosen(
        series_uid=series.facts.series_uid, description=series.facts.series_description, zh=why[0], en=why[1]
    )


def _nothing_fits(found: Sequence[FoundSeries]) -> NothingToScreen:
    reasons = [(series, unfit(series)) for series in found]
    kinds = {reason for _, reason in reasons}
    not_chosen = tuple(_not_chosen(series, reason.value) for series, reason in reasons if reason is not None)
    if kinds == {Unfit.NOT_CT}:
        modalities = ", ".join(sorted({series.facts.modality or "?" for series in found}))
        refusal = Refusal(
            RefusalCode.NOT_CT,
            zh=f"这里没有 CT 图像（检查类型：{modalities}）；本软件只读胸部 CT。请选择胸部 CT 检查。",
            en=f"There is no CT image here (modality: {modalities}); only chest CT is read. Give a chest CT study.",
        )
    elif Unfit.ELSEWHERE in kinds:
        parts = sorted({series.facts.body_part or "?" for series, reason in reasons if reason is Unfit.ELSEWHERE})
        refusal = Refusal(
            RefusalCode.NOT_CHEST,
            zh=f"这不是胸部 CT（检查部位：{'、'.join(parts)}）。"
            "请选择胸部 CT 序列；若部位填写有误，请用序列 UID 指定。",
            en=f"This is not a chest CT (body part: {', '.join(parts)}). Give a chest CT series; "
            "if the body part is wrong, request the series by its UID.",
        )
    else:
        words = {reason.value for reason in kinds if reason is not None}
        refusal = Refusal(
            RefusalCode.NO_SUITABLE_SERIES,
            zh=f"没有可用于筛查的横断面胸部 CT 序列（只有：{'、'.join(sorted(zh for zh, _ in words))}）。"
            "请导出原始薄层横断面序列。",
            en=f"No axial chest CT series to screen (only: {', '.join(sorted(en for _, en in words))}). "
            "Export the original thin axial series.",
        )
    return NothingToScreen(refusal, not_chosen)


def _several_patients(found: Sequence[FoundSeries], people: int) -> NothingToScreen:
    refusal = Refusal(
        RefusalCode.SEVERAL_PATIENTS,
        zh=f"这里有 {people} 名患者的胸部 CT，软件不替人决定看谁。请只给出一名患者的文件夹，或用 --series 指定序列。",
        en=f"There are chest CTs of {people} patients here, and the software does not decide whom to look at. "
        "Give one patient's folder, or name the series with --series.",
    )
    undecided = ("属于多名患者之一", "one of several patients")
    return NothingToScreen(
        refusal, tuple(_not_chosen(one, reason.value if (reason := unfit(one)) else undecided) for one in found)
    )


def _require_one_patient(here: Sequence[FoundSeries], found: Sequence[FoundSeries]) -> None:
    people = len({_person(series) for series in here})
    if people > 1:
        raise _several_patients(found, people)


def _requested(found: Sequence[FoundSeries], uid: SeriesUID) -> FoundSeries:
    here = [series for series in found if series.facts.series_uid == uid]
    if not here:
        listed = sorted({series.facts.series_uid for series in found})
        names, more = ", ".join(listed[:_NAMED_IN_REFUSAL]), len(listed) - _NAMED_IN_REFUSAL
        refusal = Refusal(
            RefusalCode.SERIES_NOT_FOUND,
            zh=f"找不到指定的序列。这里有 {len(listed)} 个序列：{names}{' 等' if more > 0 else ''}。请核对序列 UID。",
            en=f"The requested series is not here. Found {len(listed)}: {names}{' and more' if more > 0 else ''}. "
            "Check the series UID.",
        )
        raise NothingToScreen(
            refusal, tuple(_not_chosen(one, ("不是指定的序列", "not the requested series")) for one in found)
        )
    ct = [series for series in here if series.first.is_ct]
    if not ct:
        raise _nothing_fits(here)
    _require_one_patient(ct, found)
    return min(ct, key=lambda series: (series.first.is_localizer, _order(series)))


def _of_other_studies(fit: Sequence[FoundSeries], chosen: FoundSeries) -> list[Caution]:
    """Say which of one patient's studies was chosen, when there are several to choose from."""
    days = _by_study((chosen, *fit))
    others = len(days) - 1
    if not others:
        return []
    day = days[chosen.facts.study_uid]
    zh, en = (day.isoformat(), day.isoformat()) if day else ("日期不详", "date unknown")
    return [
        Caution(
            code=CautionCode.OTHER_STUDIES,
            zh=f"同一患者另有 {others} 次检查未初筛；本次初筛的是 {zh} 的检查。请确认是要看的那一次。",
            en=f"{others} other {'study' if others == 1 else 'studies'} of the same patient "
            f"{'was' if others == 1 else 'were'} not screened; the one screened is of {en}. "
            "Make sure it is the one meant.",
        )
    ]


def choose(found: Sequence[FoundSeries], *, requested: SeriesUID | None) -> Choice:
    """Choose the series to screen.

    Args:
        found: every series there is; at least one.
        requested: a series the caller insists on; overrides the choice, not the later gates.

    Raises:
        NothingToScreen: R02, R08, R16, R21 or R23.
    """
    fit = [series for series in found if unfit(series) is None]
    if requested is None:
        if not fit:
            raise _nothing_fits(found)
        _require_one_patient(fit, found)
        chosen = _best(fit)
    else:
        chosen = _requested(found, requested)
        fit = [series for series in fit if _person(series) == _person(chosen)]
    is_override = unfit(chosen) is not None or _best(fit) is not chosen
    cautions = []
    if is_override:
        reason = unfit(chosen)
        zh, en = reason.value if reason else _why_not(chosen, _best(fit), is_requested=False)
        cautions.append(
            Caution(
                code=CautionCode.REQUESTED_SERIES,
                zh=f"所读序列由用户指定，自动选择不会选它（{zh}）。",
                en=f"The series was requested; it would not have been chosen ({en}).",
            )
        )
    cautions += _of_other_studies(fit, chosen)
    if sharpness(chosen.facts.kernel) >= Sharpness.SHARP:
        cautions.append(
            Caution(
                code=CautionCode.SHARP_KERNEL,
                zh=f"该序列使用锐利卷积核（{chosen.facts.kernel}）重建，噪声较大，密度和体积测量可能受影响；"
                "如有标准或软组织重建序列，请改用。",
                en=f"The series has a sharp kernel ({chosen.facts.kernel}): more noise, and density and volume may be "
                "affected. Give a standard or soft tissue reconstruction if there is one.",
            )
        )
    others = (series for series in found if series is not chosen)
    return Choice(
        chosen=chosen,
        not_chosen=tuple(_not_chosen(series, _why_not(series, chosen, is_requested=is_override)) for series in others),
        cautions=tuple(cautions),
    )
