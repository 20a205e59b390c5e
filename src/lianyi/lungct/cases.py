"""From measured marks to the case that guidelines judge: what is known passes through, what is not stays None.

Nothing is guessed here.  A lobe that is not sure (:data:`~lianyi.lungct.domain.location.SURE_OF_LOBE`) is not known,
and models then answer for upper lobe and not; where it is sure they still say what changes if it were otherwise.
Which marks count as nodules, and when a score is clear enough to be called a fact, is decided here and nowhere else.
"""

from __future__ import annotations

from dataclasses import replace

from lianyi.lungct.domain.case import Case, NoduleFacts, Status
from lianyi.lungct.domain.context import Context
from lianyi.lungct.domain.growth import Growth
from lianyi.lungct.domain.measurement import Measurement
from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.outcome import Screened

_HALF = 0.5
"""A score of the surface says yes or no only where its whole 95 % interval lies on one side of this; an engineering
choice, as the scores are ours."""

DAYS_IN_A_MONTH = 365.25 / 12

_OLDEST_YEARS = 130
"""A header's age beyond this is a slip of the keyboard, and not known."""


def case_of(screened: Screened, context: Context) -> Case:
    """Give the nodules of a first look as a guideline sees them, none confirmed yet.

    Counted are the marks at or above ``screened.counted_at`` (the balanced operating point), at most as many as it
    allows: marks that only a more sensitive point lists are no nodules until a doctor accepts them.  Marks of any
    size count; what a small one means is the tables' business.  A stricter operating point lists fewer marks than
    the balanced one would, and then those listed are all that is counted.

    Args:
        screened: measured, and compared with a prior CT if there is one.
        context: completed by :func:`context_of`.
    """
    point = screened.counted_at
    counted = screened.nodules
    if point is not None:
        counted = tuple(nodule for nodule in counted if nodule.probability >= point.probability)[: point.max_marks]
    growth = screened.compared.growth if screened.compared else {}
    return Case(
        nodules=tuple(_facts(nodule, growth.get(nodule.id), context) for nodule in counted),
        nodule_count=len(counted),
        is_reviewed=False,
        contrast=screened.series.facts.contrast,
        slice_thickness_mm=screened.slice_thickness_mm,
    )


def context_of(given: Context, screened: Screened) -> Context:
    """Complete what was given of a patient by what header and comparison say.

    What was given stays, but for the prior CT: that one was read, and its own header says when it was made.

    Age, sex and date come from the header, that part of the lungs was not seen from the first look itself, and the
    time since the prior CT from the comparison.  Nothing else is filled in.
    """
    patient, acquired = screened.series.patient, screened.series.facts.acquired
    compared, age = screened.compared, patient.age_years
    found: dict[str, object] = {
        "age_years": age if age is not None and 0 <= age <= _OLDEST_YEARS else None,
        "sex": patient.sex if patient.sex in {"M", "F"} else None,
        "study_date": acquired.date() if acquired else None,
        "lungs_not_evaluable": True if screened.is_partial else None,
        "has_prior": True if compared else None,
        "months_since_prior": compared.days / DAYS_IN_A_MONTH if compared and compared.days is not None else None,
    }
    missing = {name: value for name, value in found.items() if value is not None and getattr(given, name) is None}
    if compared:
        missing["has_prior"] = True  # a prior CT that was read is there, whatever was said
        if found["months_since_prior"] is not None:
            missing["months_since_prior"] = found["months_since_prior"]
    return replace(given, **missing)  # type: ignore[arg-type]


def _facts(nodule: Nodule, growth: Growth | None, context: Context) -> NoduleFacts:
    measured, location = nodule.measurements, nodule.location
    core = measured.solid_core
    return NoduleFacts(
        id=nodule.id,
        density=nodule.density,
        mean_diameter_mm=nodule.mean_diameter_mm,
        long_axis_mm=nodule.long_axis_mm,
        short_axis_mm=nodule.short_axis_mm,
        volume_mm3=nodule.volume_mm3,
        solid_core_mean_diameter_mm=core.mean_diameter.value if core else None,
        status=_status(growth, context),
        prior_mean_diameter_mm=_prior_mm(growth),
        lobe=location.sure_lobe if location else None,
        lingula=location.lingula if location and location.sure_lobe else None,
        spiculated=_clear(measured.surface.spiculation) if measured.surface else None,
        calcification_pattern=measured.calcification_pattern,
        fat=measured.fat,
        perifissural=False if location and location.perifissural is False else None,  # a doctor must see a "yes"
    )


def _status(growth: Growth | None, context: Context) -> Status | None:
    """Say "baseline" or "new"; whether a nodule grew is judged by each guideline from the prior diameter."""
    if context.has_prior is False:
        return "baseline"
    return "new" if growth and growth.change == "new" else None


def _prior_mm(growth: Growth | None) -> float | None:
    """Give the prior diameter where the detector marked the nodule then, and the change can be told.

    What only looking again found may be a piece of vessel: whether the nodule is new then stays open.
    """
    if growth is None or growth.prior is None or growth.change == "cannot be told" or not growth.prior_was_marked:
        return None
    return growth.prior.mean_diameter_mm


def _clear(score: Measurement) -> bool | None:
    """Tell whether a score says yes or no; None where its interval holds both."""
    low, high = score.interval
    if low > _HALF:
        return True
    return False if high < _HALF else None
