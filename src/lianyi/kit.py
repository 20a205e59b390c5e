"""The only wiring: settings in, the engine's kit out."""

from __future__ import annotations

from lianyi.lungct.domain.outcome import OperatingPoint
from lianyi.lungct.pipeline import Kit
from lianyi.settings import Settings

CUSTOM = "custom"
"""What an operating point that nobody named is called once its numbers are not the shipped ones."""


def build_kit(settings: Settings) -> Kit:
    """Give the detector as shipped, at its own operating point or the one these settings ask for.

    The shipped point's name stands for its numbers, so other numbers never carry it.
    """
    kit = Kit()
    shipped = kit.operating_point
    given = settings.operating_point_probability
    probability = shipped.probability if given is None else given
    max_marks = shipped.max_marks if settings.max_marks is None else settings.max_marks
    name = settings.operating_point_name or shipped.name
    if name == shipped.name and (probability, max_marks) != (shipped.probability, shipped.max_marks):
        name = CUSTOM
    point = OperatingPoint(name=name, probability=probability, max_marks=max_marks)
    return Kit(detector=kit.detector, operating_point=point)
