"""Two screened chests to one comparison: checks first, then comparing, with measuring handed in."""

from __future__ import annotations

from dataclasses import replace

from lianyi.lungct.compare import compare_chests, require_one_patient, require_prior_first
from lianyi.lungct.domain.errors import Caution, CautionCode, Refusal
from lianyi.lungct.domain.growth import Compared
from lianyi.lungct.domain.nodule import Candidate, Nodule
from lianyi.lungct.domain.outcome import Refused, Screened
from lianyi.lungct.measure import measure_nodule


def compare_with_prior(current: Screened, prior: Screened, *, is_same_patient: bool) -> Compared:
    """Compare two CTs of one patient.

    Args:
        current: the later one.
        prior: the earlier one.
        is_same_patient: a person vouches for it where the headers do not tell.

    Raises:
        Refusal: NO_PRIOR, OTHER_PATIENT or NOT_REGISTERED.
    """
    cautions = require_one_patient(current.series.patient, prior.series.patient, is_vouched_for=is_same_patient)
    cautions += require_prior_first(current, prior)
    return replace(compare_chests(current, prior, measure=_measure), cautions=cautions)


def with_prior(current: Screened, prior: Screened | Refused, *, is_same_patient: bool) -> Screened:
    """Add the comparison to a screened chest; where there can be none, say so and keep the rest."""
    try:
        if isinstance(prior, Refused):
            raise prior.reason
        compared = compare_with_prior(current, prior, is_same_patient=is_same_patient)
    except Refusal as reason:
        return replace(current, cautions=(*current.cautions, _not_compared(reason)))
    cautions = tuple(Caution(code=CautionCode.PRIOR_CAUTION, zh=one.zh, en=one.en) for one in compared.cautions)
    return replace(current, compared=compared, cautions=(*current.cautions, *cautions))


def without_prior(current: Screened) -> Screened:
    """Say of a screened chest that the comparison failed by a fault of this program, and keep the rest."""
    caution = Caution(
        code=CautionCode.PRIOR_NOT_COMPARED,
        zh="没有与既往 CT 比较：程序在读取或比较既往 CT 时出错。本次首看不受影响；请自行对照既往 CT，并联系管理员。",
        en="Not compared with the prior CT: the program failed while reading or comparing it. This first look stands; "
        "compare with the prior CT yourself, and tell the administrator.",
    )
    return replace(current, cautions=(*current.cautions, caution))


def _not_compared(reason: Refusal) -> Caution:
    return Caution(
        code=CautionCode.PRIOR_NOT_COMPARED,
        zh=f"没有与既往 CT 比较（{reason.code.value}）：{reason.zh}",
        en=f"Not compared with the prior CT ({reason.code.value}): {reason.en}",
    )


def _measure(chest: Screened, candidate: Candidate) -> Nodule | None:
    return measure_nodule(chest.volume, chest.lungs, candidate, id=1)
