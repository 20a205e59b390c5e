"""Whether volumes of two CTs may be compared; where not, why, for a doctor.

Diameters are always shown, with their uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass

from lianyi.lungct.domain.kernels import Sharpness, sharpness
from lianyi.lungct.domain.study import Contrast
from lianyi.lungct.domain.words import Sentence

# ../shared/clinical/rules.md section 8 (PMC5989730: doubling times at 2.5 to 5 mm are "extremely wide"): refuse
# where thicknesses differ or exceed this.
_THICKEST_MM = 2.5
_PRINTED_MM = 0.015
_PRINTED_SHARE = 0.02
"""Headers print decimals: thicknesses closer than this are the same."""

_BREATH_SHARE = 0.20
"""Engineering choice: were a nodule to swell with its lung, a difference of breath below this stays below the
25 % of volume that count as growth."""

_FEWEST_DAYS = 28
"""Engineering choice: over less than four weeks even a fast doubling is within the error of volumes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How one CT was made.

    Attributes:
        slice_thickness_mm: nominal; None where the header has none.
        kernel: as the header names it; "" where it does not.
        contrast: as the header says.
        lungs_ml: volume of both lungs, what was cut off estimated and added.
    """

    slice_thickness_mm: float | None
    kernel: str
    contrast: Contrast
    lungs_ml: float


def why_not_volumes(now: Conditions, then: Conditions) -> tuple[Sentence, ...]:
    """Say why volumes cannot be compared; empty where they can."""
    return tuple(
        one for one in (_thickness(now, then), _kernel(now, then), _contrast(now, then), _breath(now, then)) if one
    )


def why_not_times(days: int | None) -> tuple[Sentence, ...]:
    """Say why no doubling time can be given for this interval; empty where one can."""
    if days is None:
        return (Sentence("至少一次 CT 没有检查日期，无法计算倍增时间", "a date is absent: no doubling time"),)
    if days < _FEWEST_DAYS:
        return (
            Sentence(
                f"两次 CT 只相隔 {days} 天（少于 {_FEWEST_DAYS} 天），不计算倍增时间",
                f"only {days} days between the CTs (fewer than {_FEWEST_DAYS}): no doubling time",
            ),
        )
    return ()


def _thickness(now: Conditions, then: Conditions) -> Sentence | None:
    new_mm, old_mm = now.slice_thickness_mm, then.slice_thickness_mm
    if new_mm is None or old_mm is None:
        return Sentence("至少一次 CT 没有注明层厚", "a slice thickness is not given")
    if abs(new_mm - old_mm) > max(_PRINTED_MM, _PRINTED_SHARE * max(new_mm, old_mm)):
        return Sentence(
            f"两次层厚不同（既往 {old_mm:g} mm，本次 {new_mm:g} mm）",
            f"slice thicknesses differ (then {old_mm:g} mm, now {new_mm:g} mm)",
        )
    if max(new_mm, old_mm) > _THICKEST_MM + _PRINTED_MM:
        return Sentence(
            f"层厚 {max(new_mm, old_mm):g} mm，超过 {_THICKEST_MM:g} mm",
            f"slices of {max(new_mm, old_mm):g} mm exceed {_THICKEST_MM:g} mm",
        )
    return None


def _kernel(now: Conditions, then: Conditions) -> Sentence | None:
    """Compare kernels by how sharp they are; those of unknown sharpness only where their names are equal."""
    names = [one.kernel.strip().lower() for one in (now, then)]
    if not all(names):
        return Sentence("至少一次 CT 没有注明重建核", "a reconstruction kernel is not given")
    ranks = [sharpness(name) for name in names]
    if names[0] == names[1] or ranks[0] == ranks[1] != Sharpness.UNKNOWN:
        return None
    return Sentence(
        f"重建核不同（既往 {then.kernel}，本次 {now.kernel}）",
        f"reconstruction kernels differ (then {then.kernel}, now {now.kernel})",
    )


def _contrast(now: Conditions, then: Conditions) -> Sentence | None:
    if (now.contrast == "yes") == (then.contrast == "yes"):
        return None
    which = ("本次", "now") if now.contrast == "yes" else ("既往", "then")
    return Sentence(f"只有一次用了造影剂（{which[0]}）", f"contrast medium in one of them only ({which[1]})")


def _breath(now: Conditions, then: Conditions) -> Sentence | None:
    larger, smaller = max(now.lungs_ml, then.lungs_ml), min(now.lungs_ml, then.lungs_ml)
    if larger <= 0 or 1 - smaller / larger <= _BREATH_SHARE:
        return None
    return Sentence(
        f"吸气程度不同：肺容积既往 {then.lungs_ml:.0f} mL，本次 {now.lungs_ml:.0f} mL，"
        f"相差超过 {100 * _BREATH_SHARE:.0f} %",
        f"another depth of breath: lungs of {then.lungs_ml:.0f} mL then and {now.lungs_ml:.0f} mL now, "
        f"over {100 * _BREATH_SHARE:.0f} % apart",
    )
