"""The sentences that HL7 and FHIR carry to whoever reads the worklist, in the destination's language."""

from __future__ import annotations

from lianyi.lungct.report.findings import Findings
from lianyi.lungct.report.parts.nodule import NodulePart
from lianyi.settings import Language

UNCONFIRMED: dict[Language, str] = {
    "zh": "首看结果，未经医师确认；没有标记不等于没有结节；不寻找急症。",
    "en": "First look, unconfirmed by a doctor; no mark does not mean no nodule; emergencies are not looked for.",
}
LOBES: dict[str, dict[Language, str]] = {
    "right upper": {"zh": "右肺上叶", "en": "right upper lobe"},
    "right middle": {"zh": "右肺中叶", "en": "right middle lobe"},
    "right lower": {"zh": "右肺下叶", "en": "right lower lobe"},
    "left upper": {"zh": "左肺上叶", "en": "left upper lobe"},
    "left lower": {"zh": "左肺下叶", "en": "left lower lobe"},
}
DENSITIES: dict[str, dict[Language, str]] = {
    "solid": {"zh": "实性", "en": "solid"},
    "part-solid": {"zh": "部分实性", "en": "part-solid"},
    "ground-glass": {"zh": "磨玻璃", "en": "ground-glass"},
    "calcified": {"zh": "钙化", "en": "calcified"},
}


def is_screened(findings: Findings) -> bool:
    """Tell whether there is a result: refused and failed studies have none."""
    return findings.outcome in {"screened", "partly"}


def overall(findings: Findings, language: Language) -> str:
    """Say how the screening ended, and how far it may be trusted."""
    zh = language == "zh"
    if findings.outcome == "refused":
        reasons = " ".join(f"[{one.code}] {one.message_zh if zh else one.message_en}" for one in findings.refusals)
        return f"拒绝初筛，没有结果，请照常阅片。{reasons}" if zh else f"Refused, no result: read as usual. {reasons}"
    if findings.outcome == "failed":
        return "未能完成初筛，没有结果，请照常阅片。" if zh else "Screening failed, no result: read as usual."
    count = len(findings.nodules)
    if zh:
        ended = "部分初筛（有肺组织未分析）" if findings.outcome == "partly" else "已初筛"
        found = f"标出 {count} 处" if count else "未标出结节"
        return f"{ended}：{found}。{UNCONFIRMED['zh']}"
    ended = "Partly screened (part of the lungs was not analysed)" if findings.outcome == "partly" else "Screened"
    found = f"{count} mark{'s' if count > 1 else ''}" if count else "no nodule marked"
    return f"{ended}: {found}. {UNCONFIRMED['en']}"


def lobe(nodule: NodulePart, language: Language) -> str:
    """Name the lobe, or the lung where the lobe is not known."""
    if nodule.location is not None:
        return LOBES[nodule.location.lobe][language]
    if language == "zh":
        return "左肺" if nodule.side == "left" else "右肺"
    return f"{nodule.side} lung"


def categories(findings: Findings, nodule_id: int | None, language: Language) -> list[tuple[str, str]]:
    """Give (guideline and edition, category) for a nodule, or for the exam with None.

    Only settled categories of rules that were read in their original; an edition named in Chinese stays out of English.
    """
    return [
        (
            f"{one.guideline} {one.edition}" if language == "zh" or one.edition.isascii() else one.guideline,
            f"{one.category}{one.modifier}",
        )
        for one in findings.assessments
        if one.category is not None
        and one.confirmed
        and (one.level == "exam" if nodule_id is None else one.level == "nodule" and one.nodule_id == nodule_id)
    ]


def highest_suspicion(findings: Findings) -> float | None:
    """Give the highest suspicion rating of the study's nodules; None where no nodule has one."""
    return max((one.suspicion_rating for one in findings.nodules if one.suspicion_rating is not None), default=None)
