"""What the caller knows about the run, and the documents print: versions, settings, times."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSensitivity:
    """How many nodules of one size a detector found on a test set.

    Attributes:
        from_mm: smallest mean diameter of the size class, inclusive.
        below_mm: upper end, exclusive; None for the open class.
        found: nodules found.
        total: nodules there were.
    """

    from_mm: float
    below_mm: float | None
    found: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.found <= self.total or self.total < 1:
            raise ValueError(f"found {self.found} of {self.total}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """What was measured of a detector at one operating point.

    Attributes:
        sensitivity: by size.
        source: on what it was measured, (Chinese, English).
        false_marks_per_chest: there; None when it was not counted.
    """

    sensitivity: tuple[MeasuredSensitivity, ...]
    source: tuple[str, str]
    false_marks_per_chest: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run of the program.

    Attributes:
        software: name and version, for example "lianyi 0.1.0".
        started: when screening began, with its time zone.
        timing_s: seconds by stage; further stages may be added.
        settings: the settings in force.
        versions: of Python, the platform and the libraries, by name.
        ability: measured for this detector at this operating point; None when nobody measured it.
    """

    software: str
    started: datetime
    timing_s: dict[str, float]
    settings: dict[str, JsonValue] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    ability: Ability | None = None

    def __post_init__(self) -> None:
        if self.started.tzinfo is None:
            raise ValueError("started needs a time zone")
