"""The only wiring: settings in, the engine's kit out."""

from __future__ import annotations

from lianyi.lungct.detect import ClassicalDetector
from lianyi.lungct.domain.outcome import OperatingPoint
from lianyi.lungct.pipeline import Kit
from lianyi.settings import Settings


def build_kit(settings: Settings) -> Kit:
    """Give the detector and the operating point that these settings ask for."""
    return Kit(
        detector=ClassicalDetector(),
        operating_point=OperatingPoint(
            name=settings.operating_point_name,
            probability=settings.operating_point_probability,
            max_marks=settings.max_marks,
        ),
    )
