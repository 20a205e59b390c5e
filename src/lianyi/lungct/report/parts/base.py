"""What all parts of ``findings.json`` share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from lianyi.lungct.domain.words import Sentence
from lianyi.lungct.report.wording import Language, pick

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Length = Annotated[float, Field(ge=0.0)]
Seconds = Annotated[float, Field(ge=0.0)]


class Part(BaseModel):
    """No NaN, no infinity; a field that a later version added is passed over."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, frozen=True)


def said(sentences: tuple[Sentence, ...], language: Language) -> list[str]:
    """Give sentences in the language of the report."""
    return [pick(sentence, language) for sentence in sentences]
