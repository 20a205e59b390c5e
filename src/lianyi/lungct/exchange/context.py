"""``context.json``: what is known of a patient beside the images.

A name that is not of this model is refused: a misspelt fact would otherwise count as not known, in silence.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lianyi.lungct.domain.context import Context, FdgUptake, Indication, LungRadsCategory, Sex, Smoking
from lianyi.lungct.exchange.schemas import schema_of

Age = Annotated[float, Field(ge=0.0, le=130.0)]
Amount = Annotated[float, Field(ge=0.0)]


class ContextDocument(BaseModel):
    """Every field may be left out or null: then it is not known, and never assumed."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)

    indication: Indication | None = None
    age_years: Age | None = None
    sex: Sex | None = None
    smoking: Smoking | None = None
    pack_years: Amount | None = None
    years_since_quit: Amount | None = None
    family_history_lung_cancer: bool | None = None
    family_history_any_cancer: bool | None = None
    emphysema: bool | None = None
    extrathoracic_cancer_over_5_years_ago: bool | None = None
    known_cancer: bool | None = None
    immunosuppressed: bool | None = None
    fleischner_high_risk: bool | None = None
    fdg_uptake: FdgUptake | None = None
    has_prior: bool | None = None
    months_since_prior: Amount | None = None
    prior_category: LungRadsCategory | None = None
    symptoms: bool | None = None
    risk_factors: bool | None = None
    prior_ct_pending: bool | None = None
    lungs_not_evaluable: bool | None = None
    infection_suspected: bool | None = None
    other_significant_findings: bool | None = None
    study_date: date | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.smoking == "never" and (self.pack_years or self.years_since_quit):
            raise ValueError("never smoked, yet pack_years or years_since_quit")
        if self.smoking == "current" and self.years_since_quit:
            raise ValueError("smokes, yet years_since_quit")
        if self.has_prior is False and (self.months_since_prior or self.prior_category):
            raise ValueError("no prior CT, yet months_since_prior or prior_category")
        if self.family_history_lung_cancer and self.family_history_any_cancer is False:
            raise ValueError("lung cancer in the family, yet no cancer in the family")
        return self

    @classmethod
    def of(cls, context: Context) -> Self:
        """Write what is known; whatever the header says passes, so that nothing is dropped on the way."""
        return cls.model_construct(**{name: getattr(context, name) for name in cls.model_fields})

    def to_domain(self) -> Context:
        """Give the same as a word of the domain."""
        return Context(**{name: getattr(self, name) for name in type(self).model_fields})


def schema_text() -> str:
    """Give the JSON Schema of ``context.json``, as shipped in ``context.schema.json``."""
    return schema_of(ContextDocument, mode="validation")
