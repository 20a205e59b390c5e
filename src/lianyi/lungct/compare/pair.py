"""Whether two CTs may be laid beside each other at all: one patient, two studies, the prior first."""

from __future__ import annotations

from lianyi.lungct.domain.errors import Refusal, RefusalCode
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.domain.study import Patient
from lianyi.lungct.domain.words import Sentence


def days_between(current: Screened, prior: Screened) -> int | None:
    """Count the days from the prior CT to the current; None where a header has no date."""
    now, then = current.series.facts.acquired, prior.series.facts.acquired
    return None if now is None or then is None else (now.date() - then.date()).days


def require_prior_first(current: Screened, prior: Screened) -> tuple[Sentence, ...]:
    """Refuse one study given twice, and a prior that is the later of the two.

    Returns:
        A sentence where a header has no date, so that the order could not be checked.

    Raises:
        Refusal: NO_PRIOR.
    """
    now, then = current.series.facts, prior.series.facts
    if now.study_uid == then.study_uid or now.series_uid == then.series_uid:
        raise Refusal(
            RefusalCode.NO_PRIOR,
            zh="给出的两份影像属于同一次检查，没有前后可比；请给出另一次检查作为既往 CT。",
            en="Both inputs are of the same study, so there is no then and now; give another study as the prior CT.",
        )
    days = days_between(current, prior)
    if days is None:
        return (
            Sentence(
                "至少一次 CT 的头信息没有检查日期，前后次序按给出的次序，未能核对。",
                "A header has no date: the order of the two CTs is as given and could not be checked.",
            ),
        )
    if days < 0 or (
        days == 0 and now.acquired is not None and then.acquired is not None and now.acquired < then.acquired
    ):
        raise Refusal(
            RefusalCode.NO_PRIOR,
            zh=f"作为既往给出的 CT（{then.acquired:%Y-%m-%d}）晚于本次 CT（{now.acquired:%Y-%m-%d}）；"
            "请把较早的一次放在前面再比较。",
            en=f"The CT given as the prior ({then.acquired:%Y-%m-%d}) is later than the current one "
            f"({now.acquired:%Y-%m-%d}); give the earlier one first and compare again.",
        )
    return ()


def require_one_patient(current: Patient, prior: Patient, *, is_vouched_for: bool) -> tuple[Sentence, ...]:
    """Refuse two CTs whose headers do not say that they are of one patient, unless a person vouches for it.

    Hospitals change patient IDs, so a person may; that is then said on every document.

    Raises:
        Refusal: OTHER_PATIENT.
    """
    named = {patient.id.strip() for patient in (current, prior)}
    born = {patient.birth_date for patient in (current, prior)} - {None}
    sexes = {patient.sex for patient in (current, prior)} & {"M", "F"}
    if len(named) == 1 and named != {""} and len(born) < 2 and len(sexes) < 2:
        return ()
    if is_vouched_for:
        return (
            Sentence(
                "两次 CT 的病人号、出生日期或性别不一致或缺失；操作者确认为同一患者（--same-patient）。",
                "Patient ID, birth date or sex of the two CTs differ or are absent; "
                "the operator vouched for one patient (--same-patient).",
            ),
        )
    raise Refusal(
        RefusalCode.OTHER_PATIENT,
        zh="两次 CT 的病人号、出生日期或性别不一致或缺失，不能确定是同一患者；"
        "请核对，确为同一患者（如换过病人号）时加上 --same-patient 再比较。",
        en="Patient ID, birth date or sex of the two CTs differ or are absent, so they may be of two patients; check, "
        "and if they are of one (an ID was changed), compare again with --same-patient.",
    )
