"""What is known of a patient beside the images: the facts that guidelines and risk models ask for.

Every fact may be unknown (None), and an unknown fact is never replaced by a likely one: a rule that needs it
answers conditionally instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Indication = Literal["screening", "incidental"]
Sex = Literal["M", "F"]
Smoking = Literal["never", "former", "current"]
FdgUptake = Literal["none", "faint", "moderate", "intense"]
LungRadsCategory = Literal["0", "1", "2", "3", "4A", "4B", "4X"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The patient, as far as known; None is "not known" everywhere.

    Attributes:
        indication: why the CT was made; Lung-RADS is for screening, Fleischner for incidental nodules.
        age_years: at the time of this CT.
        sex: as the models know it.
        smoking: ever or now; "never" and "former" differ for the VA model.
        pack_years: packs a day times years.
        years_since_quit: of a former smoker.
        family_history_lung_cancer: in the family, lung.
        family_history_any_cancer: in the family, any organ.
        emphysema: seen or known.
        extrathoracic_cancer_over_5_years_ago: the Mayo model's item.
        known_cancer: a malignancy now or under follow-up; Fleischner is not for these patients.
        immunosuppressed: Fleischner is not for these patients either.
        fleischner_high_risk: the clinician's estimate, in the sense of Fleischner 2017.
        fdg_uptake: of the nodule on PET, for Herder.
        has_prior: whether there is a prior CT at all; without one every nodule is "baseline".
        months_since_prior: from the prior CT to this one.
        prior_category: Lung-RADS category of the prior CT.
        symptoms: of the chest, told by the patient; no rule here asks for it, the report prints it.
        risk_factors: any risk factor for lung cancer in the sense of the Chinese consensus of 2024.
        prior_ct_pending: a prior CT is known and being fetched (Lung-RADS 0).
        lungs_not_evaluable: part or all of the lungs cannot be evaluated (Lung-RADS 0).
        infection_suspected: the doctor takes the findings for inflammation or infection (Lung-RADS 0).
        other_significant_findings: new ones, beside the nodules (Lung-RADS modifier S).
        study_date: of this CT; due dates count from it.
    """

    indication: Indication | None = None
    age_years: float | None = None
    sex: Sex | None = None
    smoking: Smoking | None = None
    pack_years: float | None = None
    years_since_quit: float | None = None
    family_history_lung_cancer: bool | None = None
    family_history_any_cancer: bool | None = None
    emphysema: bool | None = None
    extrathoracic_cancer_over_5_years_ago: bool | None = None
    known_cancer: bool | None = None
    immunosuppressed: bool | None = None
    fleischner_high_risk: bool | None = None
    fdg_uptake: FdgUptake | None = None
    has_prior: bool | None = None
    months_since_prior: float | None = None
    prior_category: LungRadsCategory | None = None
    symptoms: bool | None = None
    risk_factors: bool | None = None
    prior_ct_pending: bool | None = None
    lungs_not_evaluable: bool | None = None
    infection_suspected: bool | None = None
    other_significant_findings: bool | None = None
    study_date: date | None = None
