"""Sizes of a nodule with how far each may be wrong *when it is compared with the same nodule on another CT*.

On two CTs made alike, what outlining does wrong it does wrong twice, and the change keeps little of it: there the
error that counts is that of repeating a measurement.  On CTs made differently the whole error of each counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from lianyi.lungct.domain.measurement import Measurement
from lianyi.lungct.domain.nodule import Nodule

_REPEATED_DIAMETER_MM = 1.5
"""Half a 95 % interval of one diameter, measured again: engineering choice, wide on purpose (a phantom with other
noise moves by less than 0.5 mm); of two, 2.1 mm, more than any growth threshold asks."""

# 95 % of repeated volumes differ by up to 27 % (MILD, ../shared/clinical/rules.md section 8); one of them alone,
# between breaths and scanners, is here given as much.
_REPEATED_VOLUME_SHARE = 0.27


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Mean diameter (mm), volume (mm3) and mass (mg)."""

    mean_diameter: Measurement
    volume: Measurement
    mass: Measurement


def sizes_of(nodule: Nodule, *, is_alike: bool) -> Sizes:
    """Give mean diameter, volume and mass with the uncertainty that counts in a comparison.

    Args:
        nodule: as measured.
        is_alike: whether both CTs were made alike, so that their volumes may be compared.
    """
    measured = nodule.measurements

    def sized(one: Measurement, repeated: float) -> Measurement:
        uncertainty = repeated if is_alike else max(one.uncertainty, repeated)
        return Measurement(value=one.value, unit=one.unit, uncertainty=uncertainty)

    return Sizes(
        mean_diameter=sized(measured.mean_diameter, _REPEATED_DIAMETER_MM),
        volume=sized(measured.volume, _REPEATED_VOLUME_SHARE * measured.volume.value),
        mass=sized(measured.mass, _REPEATED_VOLUME_SHARE * measured.mass.value),
    )
