"""Measurements of a made nodule, for tests that need a nodule and not how it was measured."""

from __future__ import annotations

import math

from lianyi.lungct.domain.measurement import Measurement, Measurements


def plain_measurements(*, long_mm: float, short_mm: float, volume_mm3: float, hu: float) -> Measurements:
    """Exact axial values, each with a round uncertainty; nothing is told of surface and composition."""

    def mm(value: float) -> Measurement:
        return Measurement(value=value, unit="mm", uncertainty=0.5)

    long_axis, short_axis, mean = mm(long_mm), mm(short_mm), mm((long_mm + short_mm) / 2)
    return Measurements(
        long_axis=long_axis,
        short_axis=short_axis,
        mean_diameter=mean,
        axial_long_axis=long_axis,
        axial_short_axis=short_axis,
        axial_mean_diameter=mean,
        volume=Measurement(value=volume_mm3, unit="mm3", uncertainty=0.1 * volume_mm3),
        equivalent_diameter=mm((6 * volume_mm3 / math.pi) ** (1 / 3)),
        mean_density=Measurement(value=hu, unit="HU", uncertainty=30.0),
        mass=Measurement(value=volume_mm3 * (1 + hu / 1000), unit="mg", uncertainty=0.1 * volume_mm3),
        solid_core=None,
        surface=None,
        calcification_pattern=None,
        fat=None,
        has_cavity=False,
    )
