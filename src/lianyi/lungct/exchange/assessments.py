"""``assessments[]`` and ``risks[]`` as ``findings.json`` holds them, and the document that ``lianyi assess`` prints.

Fields are added, never renamed.  Each sentence comes in the language asked for, and in both beside it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from lianyi.lungct.domain.assessment import Assessed, Assessment, Branch, Due, Otherwise, Risk
from lianyi.lungct.domain.case import Case
from lianyi.lungct.domain.context import Context
from lianyi.lungct.domain.words import Sentence
from lianyi.lungct.exchange.context import ContextDocument
from lianyi.lungct.exchange.schemas import schema_of

Language = Literal["zh", "en"]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
InputValue = bool | int | float | str | None


class _Part(BaseModel):
    """No NaN, no infinity."""

    model_config = ConfigDict(
        extra="ignore", allow_inf_nan=False, frozen=True, validate_by_name=True, validate_by_alias=True
    )


class DuePart(_Part):
    """When to look again, in months from the current CT, and as dates where its date is known."""

    from_months: int
    to_months: int
    from_date: date | None
    to_date: date | None

    @classmethod
    def of(cls, due: Due | None) -> Self | None:
        """Write a due time, or null."""
        if due is None:
            return None
        return cls(from_months=due.from_months, to_months=due.to_months, from_date=due.from_date, to_date=due.to_date)


class ConditionalPart(_Part):
    """One "if … then …"; *if* names each fact and those of its values that lead here."""

    if_: dict[str, list[str]] = Field(alias="if")
    condition: str
    condition_zh: str
    condition_en: str
    category: str | None
    management: str
    management_zh: str
    management_en: str
    due: DuePart | None
    trace: list[str]

    @classmethod
    def of(cls, branch: Branch, language: Language) -> Self:
        """Write a branch."""
        return cls.model_validate(
            {
                "if": {fact: list(values) for fact, values in branch.facts},
                "condition": getattr(branch.condition, language),
                "condition_zh": branch.condition.zh,
                "condition_en": branch.condition.en,
                "category": branch.category,
                "management": getattr(branch.management, language),
                "management_zh": branch.management.zh,
                "management_en": branch.management.en,
                "due": DuePart.of(branch.due),
                "trace": _in(branch.trace, language),
            }
        )


class AssessmentPart(_Part):
    """One guideline's answer; *category* is null where it depends on what is missing, or where there is none."""

    guideline: str
    edition: str
    level: Literal["exam", "nodule"]
    nodule_id: int | None
    category: str | None
    modifier: str
    management: str
    management_zh: str
    management_en: str
    due: DuePart | None
    trace: list[str]
    trace_zh: list[str]
    trace_en: list[str]
    missing: list[str]
    conditional: list[ConditionalPart]
    confirmed: bool
    provisional: bool

    @classmethod
    def of(cls, assessment: Assessment, language: Language) -> Self:
        """Write an assessment."""
        return cls(
            guideline=assessment.guideline,
            edition=assessment.edition,
            level=assessment.level,
            nodule_id=assessment.nodule_id,
            category=assessment.category,
            modifier=assessment.modifier,
            management=getattr(assessment.management, language),
            management_zh=assessment.management.zh,
            management_en=assessment.management.en,
            due=DuePart.of(assessment.due),
            trace=_in(assessment.trace, language),
            trace_zh=_in(assessment.trace, "zh"),
            trace_en=_in(assessment.trace, "en"),
            missing=list(assessment.missing),
            conditional=[ConditionalPart.of(branch, language) for branch in assessment.conditional],
            confirmed=assessment.is_confirmed,
            provisional=assessment.is_provisional,
        )


class OtherwisePart(_Part):
    """The probability if some inputs were otherwise, or were what is not known."""

    if_: dict[str, InputValue] = Field(alias="if")
    condition: str
    condition_zh: str
    condition_en: str
    probability: Share

    @classmethod
    def of(cls, otherwise: Otherwise, language: Language) -> Self:
        """Write what would change."""
        return cls.model_validate(
            {
                "if": dict(otherwise.inputs),
                "condition": getattr(otherwise.condition, language),
                "condition_zh": otherwise.condition.zh,
                "condition_en": otherwise.condition.en,
                "probability": otherwise.probability,
            }
        )


class RiskPart(_Part):
    """One model's probability of malignancy, unrounded; null where an input is missing or out of range."""

    model: str
    edition: str
    nodule_id: int
    probability: Share | None
    inputs: dict[str, InputValue]
    valid: bool
    missing: list[str]
    notes: list[str]
    notes_zh: list[str]
    notes_en: list[str]
    otherwise: list[OtherwisePart]
    conditional: list[OtherwisePart]
    confirmed: bool
    provisional: bool

    @classmethod
    def of(cls, risk: Risk, language: Language) -> Self:
        """Write a risk."""
        return cls(
            model=risk.model,
            edition=risk.edition,
            nodule_id=risk.nodule_id,
            probability=risk.probability,
            inputs=dict(risk.inputs),
            valid=risk.valid,
            missing=list(risk.missing),
            notes=_in(risk.notes, language),
            notes_zh=_in(risk.notes, "zh"),
            notes_en=_in(risk.notes, "en"),
            otherwise=[OtherwisePart.of(one, language) for one in risk.otherwise],
            conditional=[OtherwisePart.of(one, language) for one in risk.conditional],
            confirmed=risk.is_confirmed,
            provisional=risk.is_provisional,
        )


class AssessmentDocument(_Part):
    """``lianyi.assessment/1``: what ``lianyi assess --json`` prints."""

    schema_: Literal["lianyi.assessment/1"] = Field(default="lianyi.assessment/1", alias="schema")
    software: str
    nodule_count: int
    reviewed: bool
    context: ContextDocument
    assessments: list[AssessmentPart]
    risks: list[RiskPart]
    notes: list[str]

    def to_json(self) -> str:
        """Give the document as it is printed: two spaces, UTF-8 kept readable."""
        return self.model_dump_json(by_alias=True, indent=2, ensure_ascii=False) + "\n"


def write_assessments(  # noqa: PLR0913 -- each is a part of the document
    assessed: Assessed, *, case: Case, context: Context, notes: tuple[Sentence, ...], software: str, language: Language
) -> AssessmentDocument:
    """Put a case and what was said of it into a document."""
    return AssessmentDocument(
        software=software,
        nodule_count=case.nodule_count,
        reviewed=case.is_reviewed,
        context=ContextDocument.of(context),
        assessments=[AssessmentPart.of(one, language) for one in assessed.assessments],
        risks=[RiskPart.of(one, language) for one in assessed.risks],
        notes=_in(notes, language),
    )


def schema_text() -> str:
    """Give the JSON Schema of the document, as shipped in ``assessment.schema.json``."""
    return schema_of(AssessmentDocument, mode="serialization")


def _in(sentences: tuple[Sentence, ...], language: Language) -> list[str]:
    return [getattr(sentence, language) for sentence in sentences]
