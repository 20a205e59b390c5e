"""One measured quantity."""

from __future__ import annotations

from typing import Self

from lianyi.lungct.domain.measurement import Measurement, Unit
from lianyi.lungct.report.parts.base import Length, Part


class MeasurementPart(Part):
    """Unrounded; *uncertainty* is half the width of the 95 % interval, in the same unit (UCUM; "1" has none)."""

    value: float
    unit: Unit
    uncertainty: Length

    @classmethod
    def of(cls, measurement: Measurement) -> Self:
        """Write a measurement."""
        return cls(value=measurement.value, unit=measurement.unit, uncertainty=measurement.uncertainty)
