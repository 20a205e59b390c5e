"""``lianyi assess``: what guidelines and risk models say of nodules, without images."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lianyi import __version__
from lianyi.cli.context import ContextFile
from lianyi.cli.exits import Exit
from lianyi.cli.terminal import console_for
from lianyi.lungct.domain.errors import Misconfigured
from lianyi.settings import Language, read_settings

if TYPE_CHECKING:
    from lianyi.lungct.exchange import AssessmentDocument, AssessmentPart, RiskPart


def assess(
    nodules: Annotated[
        Path,
        typer.Argument(
            metavar="NODULES.json",
            exists=True,
            dir_okay=False,
            help="结节（lianyi.nodules 或 findings.json）。 The nodules, or a findings.json.",
            show_default=False,
        ),
    ],
    context: ContextFile = None,
    lang: Annotated[
        Language | None,
        typer.Option("--lang", help="语言，默认中文。 Language; Chinese unless set.", show_default=False),
    ] = None,
    as_json: Annotated[  # noqa: FBT002 -- typer makes a flag of it
        bool, typer.Option("--json", help="打印 JSON，别无他物。 Print JSON, and nothing else.")
    ] = False,
) -> None:
    """按指南和风险模型判断结节，不看影像。 Judge nodules by guidelines and risk models, without images."""
    try:
        settings = read_settings()
    except Misconfigured as error:
        console_for(sys.stderr).print(str(error))
        raise typer.Exit(Exit.USAGE) from None
    # pydantic's models and the tables are read only now: --help must not wait for them.
    from lianyi.lungct.assess import GUIDELINES, UNCONFIRMED_GUIDELINES, assess_case  # noqa: PLC0415 -- see above
    from lianyi.lungct.exchange import NotAssessable, read_case, write_assessments  # noqa: PLC0415

    try:
        reading = read_case(nodules.read_bytes(), context.read_bytes() if context else None)
    except NotAssessable as error:
        console_for(sys.stderr).print(f"{error.zh}\n{error.en}")
        raise typer.Exit(Exit.USAGE) from None
    guidelines = (*GUIDELINES, *(UNCONFIRMED_GUIDELINES if settings.unconfirmed_rules else ()))
    document = write_assessments(
        assess_case(reading.case, reading.context, guidelines=guidelines),
        case=reading.case,
        context=reading.context,
        notes=reading.notes,
        software=f"lianyi {__version__}",
        language=lang or settings.language,
    )
    if as_json:
        sys.stdout.buffer.write(document.to_json().encode())
        sys.stdout.buffer.flush()
        return
    for note in reading.notes:
        console_for(sys.stderr).print(f"注意 {note.zh}\nnote {note.en}")
    console_for(sys.stdout).print(_text(document))


def _text(document: AssessmentDocument) -> str:
    """Tell it in lines for a person: Chinese, and English beside."""
    count = document.nodule_count
    provisional = "" if document.reviewed else "（暂定，以医师确认为准 provisional, if these are confirmed）"
    lines = [f"结节数 nodules: {count}{provisional}"]
    lines += [line for assessment in document.assessments for line in _of_guideline(assessment)]
    lines += [line for risk in document.risks for line in _of_model(risk)]
    lines.append("仅供医师参考，由医师判断。 For a doctor, who decides.")
    return "\n".join(lines)


def _of_guideline(assessment: AssessmentPart) -> list[str]:
    who = "全检查 exam" if assessment.level == "exam" else f"结节 nodule {assessment.nodule_id}"
    unconfirmed = "" if assessment.confirmed else "  [未核对原文 unconfirmed]"
    category = f"{assessment.category or '—'}{assessment.modifier}"
    lines = [
        "",
        f"{assessment.guideline}  {who}: {category}{unconfirmed}",
        f"  {assessment.management_zh}",
        f"  {assessment.management_en}",
    ]
    lines += [f"  · {zh}｜{en}" for zh, en in zip(assessment.trace_zh, assessment.trace_en, strict=True)]
    for branch in assessment.conditional:
        lines.append(f"  ? {branch.condition_zh} → {branch.category or '—'} {branch.management_zh}")
        lines.append(f"    {branch.condition_en} → {branch.category or '—'} {branch.management_en}")
    if assessment.missing:
        lines.append(f"  缺少 missing: {', '.join(assessment.missing)}")
    return lines


def _of_model(risk: RiskPart) -> list[str]:
    unconfirmed = "" if risk.confirmed else "  [未核对原文 unconfirmed]"
    value = "—" if risk.probability is None else f"{100 * risk.probability:.1f} %"
    who = f"结节 nodule {risk.nodule_id}"
    not_valid = "" if risk.valid else "  [超出适用范围 outside its range]"
    lines = [
        "",
        f"{risk.model}  {who}  恶性概率 probability of malignancy: {value}{not_valid}{unconfirmed}",
        "  输入 inputs: " + ", ".join(f"{name}={_shown(given)}" for name, given in risk.inputs.items()),
    ]
    lines += [
        f"  ? {one.condition_zh}｜{one.condition_en} → {100 * one.probability:.1f} %"
        for one in (*risk.otherwise, *risk.conditional)
    ]
    lines += [f"  · {zh}｜{en}" for zh, en in zip(risk.notes_zh, risk.notes_en, strict=True)]
    if risk.missing:
        lines.append(f"  缺少 missing: {', '.join(risk.missing)}")
    return lines


def _shown(given: object) -> str:
    if given is None:
        return "?"
    if isinstance(given, bool):
        return "是 yes" if given else "否 no"
    return f"{given:.6g}" if isinstance(given, float) else str(given)
