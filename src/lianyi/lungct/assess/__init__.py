"""From measured nodules and a patient's context to what the guidelines and the risk models say.

Rules are tables in ``tables/``; :mod:`judge` reads them, :mod:`solve` makes answers conditional where facts are
missing, :mod:`exam` finds the most suspicious nodule.  No image is looked at here.
"""

from __future__ import annotations

from dataclasses import replace

from lianyi.lungct.assess.explain import rule_names, rule_page
from lianyi.lungct.assess.guidelines import assess_by
from lianyi.lungct.assess.risks import mayo_band, risks_of
from lianyi.lungct.assess.table import GUIDELINES, UNCONFIRMED_GUIDELINES, read_table
from lianyi.lungct.domain.assessment import Assessed
from lianyi.lungct.domain.case import Case
from lianyi.lungct.domain.context import Context

__all__ = ["GUIDELINES", "UNCONFIRMED_GUIDELINES", "assess_case", "rule_names", "rule_page"]


def assess_case(case: Case, context: Context, *, guidelines: tuple[str, ...] = GUIDELINES) -> Assessed:
    """Judge a case by each guideline, and compute each risk model for each nodule.

    Args:
        case: the nodules; before review those of the balanced operating point, ``is_reviewed`` False.
        context: the patient; what is not known stays unknown, and makes answers conditional.
        guidelines: which; the unconfirmed ones only where a site has switched them on.

    Returns:
        Guidelines side by side in the order given, the exam first; then the models by nodule.
    """
    known = {*GUIDELINES, *UNCONFIRMED_GUIDELINES}
    if unknown := [name for name in guidelines if name not in known]:
        raise ValueError(f"no such guideline: {', '.join(unknown)}")
    # By id: of two nodules of one rank the first decides, and that must not depend on the order of a list.
    case = replace(case, nodules=tuple(sorted(case.nodules, key=lambda nodule: nodule.id)))
    bands = {nodule.id: mayo_band(nodule, case, context) for nodule in case.nodules}
    known_bands = {number: band for number, band in bands.items() if band is not None}
    return Assessed(
        assessments=tuple(
            assessment
            for name in guidelines
            for assessment in assess_by(read_table(name), case, context, mayo_bands=known_bands)
        ),
        risks=tuple(risk for nodule in case.nodules for risk in risks_of(nodule, case, context)),
    )
