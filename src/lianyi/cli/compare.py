"""``lianyi compare``: a prior and a current chest CT in, what changed out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lianyi.cli.exits import Exit
from lianyi.cli.fault import tell_fault, write_fault
from lianyi.cli.screen import misconfigured, require_writable
from lianyi.cli.terminal import console_for, progress_by_stage
from lianyi.lungct.domain.errors import Misconfigured
from lianyi.settings import DetectorName, Language, read_settings

if TYPE_CHECKING:
    from lianyi.lungct.domain.growth import Change
    from lianyi.lungct.pipeline import Kit
    from lianyi.lungct.report import Comparison

DOCUMENTS = ("comparison.json", "comparison.html", "fault.txt")


def compare(  # noqa: PLR0913, PLR0917 -- typer makes an option of each
    prior: Annotated[Path, typer.Argument(metavar="PRIOR", exists=True, help="既往 CT。 The earlier CT.")],
    current: Annotated[Path, typer.Argument(metavar="CURRENT", exists=True, help="本次 CT。 The later CT.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            file_okay=False,
            help="结果写入此文件夹。 Where the documents go.",
            show_default=False,
        ),
    ],
    lang: Annotated[Language | None, typer.Option("--lang", help="语言。 Language.", show_default=False)] = None,
    detector: Annotated[
        DetectorName | None, typer.Option("--detector", help="检出器。 Which detector.", show_default=False)
    ] = None,
    same_patient: Annotated[  # noqa: FBT002 -- typer makes a flag of it
        bool,
        typer.Option(
            "--same-patient",
            help="已核对为同一患者，尽管病人号等不一致。 I checked that both are of one patient although IDs differ.",
        ),
    ] = False,
    as_json: Annotated[  # noqa: FBT002 -- typer makes a flag of it
        bool, typer.Option("--json", help="在标准输出打印 comparison.json。 Print comparison.json to stdout.")
    ] = False,
) -> None:
    """比较同一患者的两次胸部 CT。 Compare two chest CTs of one patient.

    \b
    退出码 Exit status: 0 已比较 compared；2 用法 usage；3 拒绝 refused；4 未能完成 failed
    """  # noqa: D301 -- \b is click's mark for a paragraph that must keep its lines
    try:
        settings = read_settings()
    except Misconfigured as error:
        raise misconfigured(error) from None
    if detector is not None:
        settings = settings.model_copy(update={"detector": detector})
    language: Language = settings.language if lang is None else lang
    require_writable(out)
    for name in DOCUMENTS:
        (out / name).unlink(missing_ok=True)

    kit: Kit | None = None
    try:
        # The engine is imported only now: --help and a wrong path must not wait for it.
        from lianyi.kit import build_kit  # noqa: PLC0415 -- see above
        from lianyi.lungct.pipeline import compare_studies  # noqa: PLC0415 -- see above

        kit = build_kit(settings)
        with progress_by_stage(language) as tell:
            comparison = compare_studies(
                [prior], [current], out, kit=kit, is_same_patient=same_patient, language=language, tell=tell
            )
    except KeyboardInterrupt:
        console_for(sys.stderr).print("已中断，没有比较。 Interrupted; nothing was compared.")
        raise typer.Exit(Exit.INTERRUPTED) from None
    except Exception as fault:  # noqa: BLE001 -- the last door: whatever it is, a person is told and a script sees 4
        if kit is None and isinstance(fault, Misconfigured):
            raise misconfigured(fault) from None
        console_for(sys.stderr).print(tell_fault(fault, write_fault(fault, out), language))
        raise typer.Exit(Exit.FAILED) from None

    if as_json:
        sys.stdout.buffer.write((out / "comparison.json").read_bytes())
        sys.stdout.buffer.flush()
    else:
        console_for(sys.stdout).print(_summary(comparison, out, language))
    raise typer.Exit(Exit.REFUSED if comparison.outcome == "refused" else Exit.SCREENED)


def _summary(comparison: Comparison, out: Path, language: Language) -> str:
    """Say in a few lines how it ended and what changed."""
    page = (out / "comparison.html").resolve()
    refusal = comparison.refusal
    if refusal is not None:
        said = refusal.message.zh if language == "zh" else refusal.message.en
        head = "拒绝比较" if language == "zh" else "not compared"
        more = "详细说明" if language == "zh" else "more"
        return f"{head}\n{refusal.code}: {said}\n{more}: lianyi explain {refusal.code}"
    counts: dict[Change, int] = {}
    for one in (*comparison.nodules, *comparison.unmarked):
        counts[one.change] = counts.get(one.change, 0) + 1
    from lianyi.lungct.report import change_name  # noqa: PLC0415 -- the engine is loaded by now

    lines = ["已比较" if language == "zh" else "compared"]
    lines.extend(f"{change_name(change, language)}: {count}" for change, count in counts.items())
    said_of_pair = (*comparison.not_compared, *comparison.cautions)
    lines.extend(one.zh if language == "zh" else one.en for one in said_of_pair)
    lines.append(f"对照页：{page}" if language == "zh" else f"page: {page}")
    total_s = comparison.timing_s["total"]
    lines.append(f"用时：{total_s:.1f} 秒" if language == "zh" else f"time: {total_s:.1f} s")
    return "\n".join(lines)
