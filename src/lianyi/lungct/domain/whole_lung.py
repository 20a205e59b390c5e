"""What is said of the lungs as a whole, beside nodules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lianyi.lungct.domain.nodule import Side
from lianyi.lungct.domain.words import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class EmphysemaIndex:
    """Share of the lungs below -950 HU.

    Attributes:
        share: 0 to 1; None where it could not be computed.
        is_readable: whether it may be read as emphysema on this scan.
        reasons: why it may not (slices too thick, sharp kernel, contrast, lungs cut off); empty where it may.
    """

    share: float | None
    is_readable: bool
    reasons: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideTask:
    """Something large that is no nodule and not this tool's task: the doctor must look.

    Attributes:
        kind: what it looks like.
        side: of which lung.
        volume_ml: roughly.
        instance_number: of the slice that shows most of it.
    """

    kind: Literal["consolidation", "effusion"]
    side: Side
    volume_ml: float
    instance_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeLung:
    """The lungs as a whole."""

    emphysema: EmphysemaIndex
    outside_task: tuple[OutsideTask, ...]
