"""What the report says in sentences: how it ended, what was not looked at, what is open, what must be known."""

from __future__ import annotations

from lianyi.lungct.domain.outcome import Refused, Screened
from lianyi.lungct.objects.ending import Ending, Failure
from lianyi.lungct.objects.header import Answered


def sentences(ending: Ending, answered: Answered) -> list[str]:
    """Say how it ended, what was not looked at and what must be known, each a text of its own."""
    both = answered.words.both
    if isinstance(ending, Failure):
        return [both(ending.zh, ending.en)]
    told = [both(one.zh, f"{one.en} [{one.code.value}]") for one in ending.cautions]
    if isinstance(ending, Refused):
        why = ending.reason
        return [
            both(
                f"拒绝初筛（{why.code.value}）：{why.zh}没有首看结果，不表示没有结节。",
                f"Refused ({why.code.value}): {why.en} "
                "Nothing was looked at, which does not mean that there is no nodule.",
            ),
            *told,
        ]
    unseen = [both(f"没有分析：{one.zh}", f"Not analysed: {one.en}") for one in ending.not_analysed]
    return [
        _headline(ending, answered),
        *_compared(ending, answered),
        *_open_categories(ending, answered),
        *unseen,
        *told,
    ]


def _compared(ending: Screened, answered: Answered) -> list[str]:
    """Say with which prior CT it was compared, and what is gone since."""
    compared = ending.compared
    if compared is None:
        return []
    day = compared.prior_date.isoformat() if compared.prior_date else None
    both = answered.words.both
    told = [
        both(f"已与既往 CT（{day or '日期未知'}）比较。", f"Compared with the prior CT ({day or 'date not known'}).")
    ]
    if gone := len(compared.gone):
        told.append(
            both(f"既往 {gone} 处结节本次没有找到。", f"{gone} nodule(s) of the prior CT were not found again.")
        )
    return told


def _headline(ending: Screened, answered: Answered) -> str:
    count = len(ending.nodules)
    partly = ("部分初筛（部分肺组织没有看到）。", "Partly screened (part of the lungs was not seen). ")
    lead = partly if ending.is_partial else ("", "")
    if not count:
        return answered.words.both(
            lead[0] + "本工作点没有标出结节；这不等于没有结节。待医师审核。",
            lead[1] + "No nodule marked at this operating point; nodules may still be there. Awaiting a doctor.",
        )
    return answered.words.both(
        lead[0] + f"标出 {count} 处可疑结节，请医师逐一判断。",
        lead[1] + f"{count} suspicious nodule(s) marked; a doctor decides on each.",
    )


def _open_categories(ending: Screened, answered: Answered) -> list[str]:
    """Say which guidelines give no category of the exam yet, and what is missing."""
    if ending.assessed is None:
        return []
    return [
        answered.words.both(
            f"{one.edition}：待定，还缺：{'、'.join(fact.zh for fact in one.asked)}",
            f"{one.edition}: open, missing: {', '.join(fact.en for fact in one.asked)}",
        )
        for one in ending.assessed.assessments
        if one.level == "exam" and one.category is None and one.asked
    ]
