"""Sizes of a nodule with their uncertainty: as measured, or a wide one where none was measured."""

from __future__ import annotations

from dataclasses import dataclass

from lianyi.lungct.domain.measurement import Measurement
from lianyi.lungct.domain.nodule import Nodule

_UNKNOWN_DIAMETER_MM = 1.5
"""Half a 95 % interval of one diameter; wide on purpose: of two, 2.1 mm, more than any growth threshold asks."""

# 95 % of repeated volumes differ by up to 27 % (MILD, ../shared/clinical/rules.md section 8); one of them alone,
# between breaths and scanners, is here given as much.
_UNKNOWN_VOLUME_SHARE = 0.27


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Mean diameter (mm), volume (mm3) and mass (mg)."""

    mean_diameter: Measurement
    volume: Measurement
    mass: Measurement


def sizes_of(nodule: Nodule) -> Sizes:
    """Give what was measured with its uncertainty, otherwise the bare numbers with a wide one."""
    measured = nodule.measurements
    if measured is not None:
        return Sizes(mean_diameter=measured.mean_diameter, volume=measured.volume, mass=measured.mass)
    volume = nodule.volume_mm3
    mass = volume * max(1.0 + nodule.mean_hu / 1000.0, 0.0)  # 1 mm3 of water is 1 mg
    return Sizes(
        mean_diameter=Measurement(value=nodule.mean_diameter_mm, unit="mm", uncertainty=_UNKNOWN_DIAMETER_MM),
        volume=Measurement(value=volume, unit="mm3", uncertainty=_UNKNOWN_VOLUME_SHARE * volume),
        mass=Measurement(value=mass, unit="mg", uncertainty=_UNKNOWN_VOLUME_SHARE * mass),
    )
