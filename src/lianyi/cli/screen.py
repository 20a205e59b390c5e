"""``lianyi screen``: one chest CT in, documents out."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lianyi.cli.context import ContextFile
from lianyi.cli.exits import Exit
from lianyi.cli.fault import tell_fault, write_fault
from lianyi.cli.terminal import console_for, progress_by_stage
from lianyi.lungct.domain.errors import Misconfigured
from lianyi.lungct.domain.uids import SeriesUID
from lianyi.settings import DetectorName, Language, PointName, Settings, read_settings

if TYPE_CHECKING:
    from lianyi.lungct.domain.context import Context
    from lianyi.lungct.pipeline import Kit
    from lianyi.lungct.report import Findings


OUTCOMES: dict[str, dict[Language, str]] = {
    "screened": {"zh": "已完成初筛", "en": "screened"},
    "partly": {
        "zh": "已部分初筛（部分肺组织不在扫描范围内）",
        "en": "partly screened (part of the lungs lies outside the images)",
    },
    "refused": {"zh": "拒绝初筛", "en": "refused"},
    "failed": {"zh": "未能完成", "en": "failed"},
}

DOCUMENTS = ("findings.json", "report.html", "report.pdf", "provenance.json", "fault.txt")

EXITS = {"screened": Exit.SCREENED, "partly": Exit.SCREENED, "refused": Exit.REFUSED, "failed": Exit.FAILED}


def screen(  # noqa: PLR0913, PLR0917 -- typer makes an option of each
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH",
            exists=True,
            help="影像所在的文件夹、.zip 或文件。 A folder (searched to the bottom), a .zip, or files.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="DIR",
            file_okay=False,
            help="结果写入此文件夹。 Where the documents go.",
            show_default=False,
        ),
    ],
    series: Annotated[
        str | None,
        typer.Option("--series", metavar="UID", help="指定序列。 Screen this series and no other.", show_default=False),
    ] = None,
    lang: Annotated[
        Language | None,
        typer.Option(
            "--lang", help="报告语言，默认中文。 Language of the report; Chinese unless set.", show_default=False
        ),
    ] = None,
    context: ContextFile = None,
    detector: Annotated[
        DetectorName | None,
        typer.Option(
            "--detector",
            help="检出器；不指定时用随软件安装的。 Which detector; as shipped unless set.",
            show_default=False,
        ),
    ] = None,
    operating_point: Annotated[
        PointName | None,
        typer.Option(
            "--operating-point",
            help="工作点：灵敏、均衡（默认）、特异；all 仅供评测。 Balanced unless set; all is for evaluation.",
            show_default=False,
        ),
    ] = None,
    prior: Annotated[
        Path | None,
        typer.Option(
            "--prior",
            metavar="PATH",
            exists=True,
            help="既往 CT，一并比较。 A prior CT to compare with.",
            show_default=False,
        ),
    ] = None,
    same_patient: Annotated[  # noqa: FBT002 -- typer makes a flag of it
        bool,
        typer.Option(
            "--same-patient",
            help="已核对既往 CT 为同一患者，尽管病人号等不一致。 "
            "I checked that the prior is of the same patient although IDs differ.",
        ),
    ] = False,
    dicom_out: Annotated[
        Path | None,
        typer.Option(
            "--dicom-out",
            metavar="DIR",
            file_okay=False,
            help="另把结果写成 DICOM 对象（SR、SEG、GSPS、截图、PDF）。 Also write the result as DICOM objects.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[  # noqa: FBT002 -- typer makes a flag of it
        bool,
        typer.Option(
            "--json", help="在标准输出打印 findings.json，别无他物。 Print findings.json, and nothing else, to stdout."
        ),
    ] = False,
) -> None:
    """初筛一次胸部 CT，标出可疑结节。 Screen one chest CT for nodules.

    \b
    退出码 Exit status:
      0 已初筛（或部分初筛）  screened, or partly
      2 用法、设置或安装有误  wrong usage, settings or installation
      3 拒绝初筛              refused: the input must not be screened
      4 未能完成              failed: a fault of this program
    """  # noqa: D301 -- \b is click's mark for a paragraph that must keep its lines
    try:
        settings = _with_options(read_settings(), detector, operating_point)
    except Misconfigured as error:
        raise misconfigured(error) from None
    patient = None if context is None else _read_context(context)
    language: Language = settings.language if lang is None else lang
    _clear_folder(out)
    if dicom_out is not None:
        require_writable(dicom_out, "--dicom-out")

    requested = None if series is None else SeriesUID(series)
    kit: Kit | None = None
    try:
        # The engine is imported only now: --help and a wrong path must not wait for it.
        from lianyi.kit import build_kit  # noqa: PLC0415 -- see above
        from lianyi.lungct.pipeline import first_read  # noqa: PLC0415 -- see above

        if dicom_out is not None:
            from lianyi.lungct.returned import clear_objects  # noqa: PLC0415 -- see above

            clear_objects(dicom_out)
        kit = build_kit(settings)
        with progress_by_stage(language) as tell:
            findings = first_read(
                paths,
                out,
                kit=kit,
                context=patient,
                requested=requested,
                language=language,
                tell=tell,
                prior=() if prior is None else (prior,),
                is_same_patient=same_patient,
                on_prior_fault=lambda fault: tell_prior_fault(fault, out, language),
                dicom_out=dicom_out,
            )
    except KeyboardInterrupt:
        console_for(sys.stderr).print(_interrupted(out, language))
        raise typer.Exit(Exit.INTERRUPTED) from None
    except Exception as fault:  # noqa: BLE001 -- the last door: whatever it is, a person is told and a script sees 4
        if kit is None and isinstance(fault, Misconfigured):
            raise misconfigured(fault) from None
        where = write_fault(fault, out)
        console_for(sys.stderr).print(tell_fault(fault, where, language))
        if as_json:
            _print_failed_findings(out)
        raise typer.Exit(Exit.FAILED) from None

    if as_json:
        _print_json(out)
    else:
        console_for(sys.stdout).print(_summary(findings, out, language, dicom_out))
    raise typer.Exit(EXITS[findings.outcome])


def tell_prior_fault(fault: Exception, out: Path, language: Language) -> None:
    """Keep a record of why the prior could not be used, and say where it is; the first look goes on."""
    where = write_fault(fault, out)
    kind = type(fault).__name__
    if language == "zh":
        kept = f"请把 {where}（不含患者信息）交给技术支持。" if where else "出错记录无法写入，请检查磁盘空间。"
        said = f"没有与既往 CT 比较：程序出错（{kind}）。本次首看不受影响，请自行对照既往 CT。{kept}"
    else:
        kept = (
            f"Give {where} to your support (it holds no patient data)."
            if where
            else "No record of it could be written: check the disk."
        )
        said = f"Not compared with the prior CT: a fault in the program ({kind}). This first look stands. {kept}"
    console_for(sys.stderr).print(said)


def _with_options(settings: Settings, detector: DetectorName | None, point: PointName | None) -> Settings:
    """Put the command line's choices in place of the environment's; a named point comes with its own numbers."""
    chosen: dict[str, object] = {}
    if detector is not None:
        chosen["detector"] = detector
    if point is not None:
        chosen |= {
            "operating_point": point,
            "operating_point_name": None,
            "operating_point_probability": None,
            "max_marks": None,
        }
    return settings.model_copy(update=chosen)


def misconfigured(error: Misconfigured) -> typer.Exit:
    """Tell an operator what is wrong; nothing was started."""
    console_for(sys.stderr).print(str(error))
    return typer.Exit(Exit.USAGE)


def _read_context(path: Path) -> Context:
    """Read what is known of the patient; a file that cannot be used ends the run before anything is screened."""
    # pydantic's models are read only now: --help must not wait for them.
    from lianyi.lungct.exchange import NotAssessable, read_context  # noqa: PLC0415 -- see above

    try:
        return read_context(path.read_bytes())
    except OSError:
        raise typer.BadParameter(f"无法读取文件 cannot read {path}", param_hint="--context") from None
    except NotAssessable as error:
        console_for(sys.stderr).print(f"{error.zh}\n{error.en}")
        raise typer.Exit(Exit.USAGE) from None


def _clear_folder(out: Path) -> None:
    """Make the folder, and clear it of an earlier run's documents: none may be taken for this study's."""
    require_writable(out)
    for name in DOCUMENTS:
        (out / name).unlink(missing_ok=True)


def require_writable(out: Path, option: str = "--out") -> None:
    """Make the folder.

    Raises:
        typer.BadParameter: nothing can be written into it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(out, option) from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise _unwritable(out, option)


def _unwritable(out: Path, option: str) -> typer.BadParameter:
    return typer.BadParameter(f"无法写入文件夹 cannot write into the folder {out}", param_hint=option)


def _print_json(out: Path) -> None:
    sys.stdout.buffer.write((out / "findings.json").read_bytes())
    sys.stdout.buffer.flush()


def _print_failed_findings(out: Path) -> None:
    """Print the failure's findings.json, if it could be written; never that of an earlier run."""
    written = out / "findings.json"
    if written.is_file() and json.loads(written.read_bytes()).get("outcome") == "failed":
        _print_json(out)


def _interrupted(out: Path, language: Language) -> str:
    if language == "zh":
        return f"已中断，没有完成初筛；{out} 中的文件可能不完整，请勿使用。"
    return f"Interrupted; nothing was screened. The files in {out} may be incomplete: do not use them."


def _summary(findings: Findings, out: Path, language: Language, dicom_out: Path | None = None) -> str:
    """Say in a few lines how it ended, how many marks, where the report lies and how long it took."""
    zh = language == "zh"
    lines = [OUTCOMES[findings.outcome][language]]
    note, colon = ("注意 ", "：") if zh else ("note ", ": ")
    for refusal in findings.refusals:
        lines.append(f"{refusal.code}{colon}{refusal.message}")
        lines.append(f"详细说明：lianyi explain {refusal.code}" if zh else f"more: lianyi explain {refusal.code}")
    if EXITS[findings.outcome] == Exit.SCREENED:
        lines.append(_marks(len(findings.nodules), language))
        lines.extend(_categories(findings, language))
    lines.extend(f"{note}{caution.code}{colon}{caution.message}" for caution in findings.warnings)
    if dicom_out is not None:
        lines.append(_objects(dicom_out, language))
    report = out.resolve() / "report.html"
    lines.append(f"报告：{report}（另有 report.pdf）" if zh else f"report: {report} (and report.pdf)")
    total_s = findings.timing_s["total"]
    lines.append(f"用时：{total_s:.1f} 秒" if zh else f"time: {total_s:.1f} s")
    return "\n".join(lines)


def _objects(folder: Path, language: Language) -> str:
    """Say where the DICOM objects lie, or why there are none."""
    count = len(list(folder.glob("*.dcm")))
    if count:
        where = folder.resolve()
        return f"DICOM 对象：{where}（{count} 个）" if language == "zh" else f"DICOM objects: {where} ({count})"
    if language == "zh":
        return "没有写 DICOM 对象：输入不属于同一患者的同一次检查。"
    return "No DICOM objects: the input is not of one study of one patient."


def _categories(findings: Findings, language: Language) -> list[str]:
    """Say each guideline's category of the exam where it is a mark, such as 4A; answers in words need the report."""
    from lianyi.lungct.report import title_of  # noqa: PLC0415 -- the engine is loaded by now

    told = [one for one in findings.assessments if one.level == "exam" and re.match(r"\d", one.category or "")]
    rest = "，待医师确认" if language == "zh" else ", provisional until a doctor confirms"
    return [f"{title_of(one.guideline, language)} {one.category}{one.modifier}{rest}" for one in told]


def _marks(count: int, language: Language) -> str:
    """Say how many marks there are; none is never called normal."""
    if language == "zh":
        if count:
            return f"标出 {count} 处可疑结节，请医师逐一判断"
        return "在此工作点没有标出结节；这不等于没有结节，也没有检查其他疾病"
    if count:
        return f"{count} suspicious nodule{'s' if count > 1 else ''} marked; a doctor decides on each"
    return "no nodule marked at this operating point; nodules may still be there, other disease was not looked for"
