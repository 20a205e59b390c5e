"""The lungs as a whole, and which marks were counted as nodules."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field

from lianyi.lungct.domain.case import Case
from lianyi.lungct.domain.whole_lung import WholeLung
from lianyi.lungct.report.parts.base import Length, Part, Share


class EmphysemaPart(Part):
    """Share of the lungs below -950 HU, and why it may not be read as emphysema where it may not."""

    share: Share | None
    readable: bool
    reasons_zh: list[str]
    reasons_en: list[str]


class OutsideTaskPart(Part):
    """Something large that is no nodule: the doctor must look."""

    kind: Literal["consolidation", "effusion"]
    side: Literal["left", "right"]
    volume_ml: Length
    instance_number: int


class WholeLungPart(Part):
    """The lungs as a whole."""

    emphysema: EmphysemaPart
    outside_task: list[OutsideTaskPart]

    @classmethod
    def of(cls, whole: WholeLung) -> Self:
        """Write it."""
        index = whole.emphysema
        return cls(
            emphysema=EmphysemaPart(
                share=index.share,
                readable=index.is_readable,
                reasons_zh=[why.zh for why in index.reasons],
                reasons_en=[why.en for why in index.reasons],
            ),
            outside_task=[
                OutsideTaskPart(
                    kind=one.kind, side=one.side, volume_ml=one.volume_ml, instance_number=one.instance_number
                )
                for one in whole.outside_task
            ],
        )


class CountedPart(Part):
    """Which marks guidelines and models took for nodules: before review those of the balanced point."""

    count: Annotated[int, Field(ge=0)]
    nodule_ids: list[int]
    at_probability: Share
    reviewed: bool

    @classmethod
    def of(cls, case: Case, at_probability: float) -> Self:
        """Write the count."""
        return cls(
            count=case.nodule_count,
            nodule_ids=[nodule.id for nodule in case.nodules],
            at_probability=at_probability,
            reviewed=case.is_reviewed,
        )
