"""From a nodule, its chest and its patient to the facts that a table asks for, rounded as its edition says."""

from __future__ import annotations

from decimal import Decimal

from lianyi.lungct.assess.judge import first_row
from lianyi.lungct.assess.lookup import Derived, Known, Lookup, Unknown, Value
from lianyi.lungct.assess.rounding import half_up
from lianyi.lungct.assess.table import Size, Table
from lianyi.lungct.domain.case import Case, NoduleFacts
from lianyi.lungct.domain.context import Context

_WHOLE = Decimal(1)
_CORE_STEP_MM = Decimal("0.1")


def facts_of(nodule: NoduleFacts, case: Case, context: Context, table: Table) -> dict[str, Value | Derived | None]:
    """Give what is known of a nodule, under the names that rows use; None where it is unknown."""
    return {
        "density": _density(nodule, table),
        "size": size_of(nodule, table),
        "solid_core": _length(nodule.solid_core_mean_diameter_mm, min(table.diameter_step_mm, _CORE_STEP_MM)),
        "solid_core_status": nodule.solid_core_status,
        "status": nodule.status
        or ("baseline" if context.has_prior is False else _status_by_size(nodule, context, table)),
        "margin": nodule.margin or ("spiculated" if nodule.spiculated else None),
        "suspicious": is_suspicious(nodule),
        "juxtapleural": _juxtapleural(nodule),
        "node_form": None if nodule.perifissural is None else nodule.perifissural and is_suspicious(nodule) is not True,
        "airway": _level_asked if nodule.airway == "unknown level" else nodule.airway,
        "cystic": _kind_asked if nodule.cystic == "unknown kind" else nodule.cystic,
        "cyst_change": nodule.cyst_change,
        "calcification_pattern": nodule.calcification_pattern,
        "fat": nodule.fat,
        "proven_benign": nodule.proven_benign,
        "prior_category": nodule.prior_category or (context.prior_category if case.nodule_count == 1 else None),
        "crossed": lambda facts: _crossed(nodule, table, facts),
        "model_says_cancer": None if nodule.model_probability is None else nodule.model_probability >= 0.5,
        "contrast": None if case.contrast == "unknown" else case.contrast,
        "number": "single" if case.nodule_count == 1 else "multiple",
        **patient_facts(context),
    }


def patient_facts(context: Context) -> dict[str, Value | None]:
    """Give what all nodules of the chest share."""
    months, age = context.months_since_prior, context.age_years
    return {
        "indication": context.indication,
        "has_prior": context.has_prior,
        "age_years": None if age is None else Size(value=Decimal(str(age)), unit="years"),
        "known_cancer": context.known_cancer,
        "immunosuppressed": context.immunosuppressed,
        "fleischner_high_risk": context.fleischner_high_risk,
        "risk_factors": context.risk_factors,
        "months_since_prior": None if months is None else Size(value=Decimal(str(months)), unit="months"),
    }


def exam_facts(case: Case, context: Context, table: Table) -> Known:
    """Give what the rows for the whole exam ask for."""
    new = [nodule for nodule in case.nodules if nodule.status == "new"]
    large = [
        nodule
        for nodule in new
        if nodule.density == "solid" and (size := size_of(nodule, table)) is not None and size.unit == "mm"
        if size.value >= 8  # ACR Lung-RADS v2022, category 0: solid nodules of 8 mm or more in a short interval
    ]
    return {
        **patient_facts(context),
        "prior_ct_pending": context.prior_ct_pending,
        "lungs_not_evaluable": context.lungs_not_evaluable,
        "infection_suspected": context.infection_suspected,
        "new_nodules": Size(value=Decimal(len(new)), unit=""),
        "infection_possible": bool(large or (new and context.immunosuppressed)),
    }


def size_of(nodule: NoduleFacts, table: Table) -> Size | None:
    """Give the size that a table judges: the mean diameter, or the volume where no diameter is known."""
    step = table.diameter_step_mm
    if nodule.mean_diameter_mm is not None:
        return _length(nodule.mean_diameter_mm, step)
    if nodule.long_axis_mm is not None and nodule.short_axis_mm is not None:
        axes = [Decimal(str(axis)) for axis in (nodule.long_axis_mm, nodule.short_axis_mm)]
        if step < _WHOLE:  # Lung-RADS measures each axis to 0.1 mm before the mean; Fleischner rounds the mean
            axes = [half_up(axis, step) for axis in axes]
        return Size(value=half_up(sum(axes) / 2, step), unit="mm")
    if nodule.volume_mm3 is not None and table.judges_volume:
        return Size(value=half_up(nodule.volume_mm3, _WHOLE), unit="mm³")
    return None


def is_suspicious(nodule: NoduleFacts) -> bool | None:
    """Tell whether a feature raises suspicion (Lung-RADS 4X); None where nobody looked at the margin."""
    if nodule.suspicious_features or nodule.spiculated or nodule.margin == "spiculated":
        return True
    return None if nodule.spiculated is None and nodule.margin is None else False


def _length(value: float | None, step: Decimal) -> Size | None:
    return None if value is None else Size(value=half_up(value, step), unit="mm")


def _density(nodule: NoduleFacts, table: Table) -> str | None:
    if table.classifies_cysts and nodule.cystic not in {None, "none"}:
        return "cyst"
    return nodule.density.value if nodule.density else None


def _juxtapleural(nodule: NoduleFacts) -> bool | None:
    """Perifissural nodules are juxtapleural ones too (ACR Lung-RADS v2022, note on juxtapleural nodules)."""
    if nodule.shape not in {None, "oval", "lentiform", "triangular"}:
        return False
    if nodule.juxtapleural or nodule.perifissural:
        return True
    return nodule.juxtapleural


def _status_by_size(nodule: NoduleFacts, context: Context, table: Table) -> str | None:
    """Judge growth by the edition's own definition, where the prior diameter is known and the status is not."""
    now, prior = size_of(nodule, table), _length(nodule.prior_mean_diameter_mm, table.diameter_step_mm)
    if now is None or prior is None or now.unit != "mm" or not table.growth:
        return None
    gain_mm = now.value - prior.value
    if (at_least := table.growth.get("from_mm")) is not None:
        return "growing" if gain_mm >= at_least else "stable"
    if gain_mm <= table.growth["over_mm"]:
        return "stable"
    if context.months_since_prior is None:
        return None
    months, within = Decimal(str(context.months_since_prior)), table.growth["within_months"]
    if months <= within or gain_mm * within > table.growth["over_mm"] * months:
        return "growing"
    return "slow-growing"


def _crossed(nodule: NoduleFacts, table: Table, facts: Lookup) -> bool | None:
    """Tell whether a stable nodule crossed a size threshold since the prior CT.

    By the prior diameter where it is known; otherwise a nodule whose size today asks for no more than its prior
    category crossed none, and one whose size asks for more may have.
    """
    if nodule.cystic not in {None, "none"} or nodule.airway not in {None, "none"}:
        return False  # not classified by size
    rank_now = table.rank(first_row(table, facts.instead(status="baseline")).category)
    prior = _length(nodule.prior_mean_diameter_mm, table.diameter_step_mm)
    if prior is not None:
        before = first_row(table, facts.instead(status="baseline", size=prior))
        return rank_now > table.rank(before.category)
    category = facts.ask("prior_category")
    return False if rank_now <= table.rank(str(category)) else None


def _level_asked(_: Lookup) -> Value | None:
    raise Unknown("airway")


def _kind_asked(_: Lookup) -> Value | None:
    raise Unknown("cystic")
