"""The JSON documents: lists of marks and of nodules by chest, and the part of ``findings.json`` that is measured.

Both lists name *every* chest that was looked at, which a table of marks cannot do: a chest without a mark has no row.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from lianyi.lungct.domain.nodule import Density

Place = tuple[float, float, float]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Length = Annotated[float, Field(gt=0.0)]


class _Part(BaseModel):
    """No NaN, no infinity; a field that a later version added is passed over."""

    model_config = ConfigDict(
        extra="ignore", allow_inf_nan=False, frozen=True, validate_by_name=True, validate_by_alias=True
    )


class MarkPart(_Part):
    """A place that a detector points at."""

    center_lps_mm: Place
    probability: Share


class MarkedChest(_Part):
    """A chest with its marks, or with none."""

    series_uid: str
    slice_thickness_mm: Length | None = None
    marks: list[MarkPart]


class MarksDocument(_Part):
    """``lianyi.marks/1``."""

    schema_: Literal["lianyi.marks/1"] = Field(default="lianyi.marks/1", alias="schema")
    chests: list[MarkedChest]


class TrueNodulePart(_Part):
    """What readers say is there."""

    center_lps_mm: Place
    diameter_mm: Length | None
    readers: Annotated[int, Field(ge=0)]
    density: Density | None = None


class ReadChest(_Part):
    """A chest with what readers found there, or with nothing."""

    series_uid: str
    slice_thickness_mm: Length | None = None
    nodules: list[TrueNodulePart]


class NodulesDocument(_Part):
    """``lianyi.nodules/1``."""

    schema_: Literal["lianyi.nodules/1"] = Field(default="lianyi.nodules/1", alias="schema")
    chests: list[ReadChest]


class ScreenedStudy(_Part):
    """Of ``findings.json``: which series, how thick its slices."""

    series_uid: str
    slice_thickness_mm: Length | None


class ScreeningDocument(_Part):
    """Of ``findings.json``: how the screening ended, and what it marked."""

    schema_: Literal["lianyi.findings/1"] = Field(alias="schema")
    outcome: Literal["screened", "partly", "refused", "failed"]
    study: ScreenedStudy | None
    nodules: list[MarkPart]
