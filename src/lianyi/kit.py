"""The only wiring: settings in, the engine's kit out."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from lianyi.lungct.assess import GUIDELINES, UNCONFIRMED_GUIDELINES
from lianyi.lungct.detect import CLASSICAL_INSTEAD, ClassicalDetector, LearnedDetector, RuntimeUnavailable
from lianyi.lungct.domain.errors import Misconfigured
from lianyi.lungct.domain.outcome import OperatingPoint
from lianyi.lungct.models import Manifest, Weights, shipped_weights
from lianyi.lungct.pipeline import Kit
from lianyi.lungct.report import Ability, MeasuredSensitivity
from lianyi.settings import PointName, Settings

CUSTOM = "custom"
"""What an operating point that nobody named is called once its numbers are no named one's."""

EVERYTHING = OperatingPoint(name="all", probability=0.02, max_marks=100)
"""Of every detector; not for reading, but for evaluating: whatever is left out here cannot be counted."""

CLASSICAL = OperatingPoint(name="balanced", probability=0.5, max_marks=20)
"""The one operating point of the classical detector: its score has no measured others (docs/model-cards)."""


def build_kit(settings: Settings) -> Kit:
    """Give the detector and the operating point that these settings ask for.

    An operating point's name stands for its numbers, so other numbers never carry it, nor what was measured at it.

    Raises:
        Misconfigured: the weights are missing or changed, the runtime cannot be loaded although the learned
            detector was asked for by name, or the detector has no operating point of that name.
    """
    weights = None if settings.detector == "classical" else shipped_weights()
    if weights is None:
        if settings.detector == "learned":
            raise Misconfigured(
                zh="本安装不含学习型检出器的权重；请安装含权重的版本，或改用经典检出器。",
                en="This installation holds no weights for the learned detector; install one that does, or choose "
                "the classical detector.",
            )
        return _classical_kit(settings)
    try:
        return learned_kit(weights, settings)
    except RuntimeUnavailable as error:
        if settings.detector == "learned":
            raise Misconfigured(
                zh="这台机器无法载入学习型检出器的运行库（OpenVINO）；请重新安装 lianyi，或改用经典检出器。",
                en=f"This machine cannot load the learned detector's runtime, OpenVINO ({error}); install lianyi "
                "again, or choose the classical detector.",
            ) from error
        # A point or a probability that was meant for the other detector says nothing about this one.
        own = {
            "operating_point": "all" if settings.operating_point == "all" else "balanced",
            "operating_point_name": None,
            "operating_point_probability": None,
        }
        return replace(_classical_kit(settings.model_copy(update=own)), cautions=(CLASSICAL_INSTEAD,))


def learned_kit(weights: Weights, settings: Settings) -> Kit:
    """Give the learned detector with these weights, at the operating point that the settings ask for.

    Raises:
        RuntimeUnavailable: this machine cannot load the runtime.
        Misconfigured: a precision was asked for that this processor lacks.
    """
    detector = LearnedDetector(weights, threads=settings.threads, precision=settings.precision)
    measured = weights.manifest.operating_points
    named: dict[PointName, OperatingPoint] = {
        name: OperatingPoint(name=name, probability=one.probability, max_marks=one.max_marks)
        for name, one in measured.items()
    }
    point = _point(settings, {**named, "all": EVERYTHING})
    return Kit(
        detector=detector,
        operating_point=point,
        counted_at=named["balanced"],
        guidelines=_guidelines(settings),
        ability=_ability(weights.manifest, point),
        settings={
            "detector": "learned",
            "precision": detector.manner.precision,
            "threads": detector.manner.threads,
        },
    )


def _classical_kit(settings: Settings) -> Kit:
    """Give the classical detector.

    Raises:
        Misconfigured: it has no operating point of that name.
    """
    points: dict[PointName, OperatingPoint] = {"balanced": CLASSICAL, "all": EVERYTHING}
    if settings.operating_point not in points:
        raise Misconfigured(
            zh=f"经典检出器没有名为 {settings.operating_point} 的工作点，只有 balanced 和 all。",
            en=f"The classical detector has no operating point {settings.operating_point}; it has balanced and all.",
        )
    return Kit(
        detector=ClassicalDetector(),
        operating_point=_point(settings, points),
        counted_at=CLASSICAL,
        guidelines=_guidelines(settings),
        settings={"detector": "classical"},
    )


def _guidelines(settings: Settings) -> tuple[str, ...]:
    return (*GUIDELINES, *(UNCONFIRMED_GUIDELINES if settings.unconfirmed_rules else ()))


def _point(settings: Settings, points: dict[PointName, OperatingPoint]) -> OperatingPoint:
    """Give the named point, with the numbers that the settings put in place of its own."""
    named = points[settings.operating_point]
    given = settings.operating_point_probability
    probability = named.probability if given is None else given
    max_marks = named.max_marks if settings.max_marks is None else settings.max_marks
    called = settings.operating_point_name or named.name
    point = OperatingPoint(name=called, probability=probability, max_marks=max_marks)
    is_reserved = called in get_args(PointName)
    return replace(point, name=CUSTOM) if is_reserved and point not in points.values() else point


def _ability(manifest: Manifest, point: OperatingPoint) -> Ability | None:
    """Give what was measured at this very point, whatever it is called; None where nothing was."""
    for measured in manifest.operating_points.values():
        if (measured.probability, measured.max_marks) == (point.probability, point.max_marks):
            source = manifest.sensitivity_source
            return Ability(
                sensitivity=tuple(
                    MeasuredSensitivity(from_mm=one.from_mm, below_mm=one.below_mm, found=one.found, total=one.total)
                    for one in measured.sensitivity
                ),
                source=(source.zh, source.en),
                false_marks_per_chest=measured.false_marks_per_chest,
            )
    return None
