"""``lianyi evaluate``: how well places are marked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lianyi.cli.exits import Exit
from lianyi.cli.terminal import console_for

evaluate = typer.Typer(
    name="evaluate",
    no_args_is_help=True,
    help="衡量检出：与读者标注比较。 Measure marks against what readers found.",
)


@evaluate.callback()
def _group() -> None:
    """Keep ``froc`` a word of its own: with one command and no callback, typer would drop it."""


@evaluate.command()
def froc(  # noqa: PLR0913, PLR0917 -- each is an option of the command
    marks: Annotated[
        Path,
        typer.Option(
            "--marks",
            metavar="PATH",
            exists=True,
            help="标记： LUNA16 的 CSV、 lianyi.marks/1， 或 lianyi screen 的结果文件夹。 "
            "Marks: LUNA16's CSV, lianyi.marks/1, or a folder of results of lianyi screen.",
            show_default=False,
        ),
    ],
    nodules: Annotated[
        Path,
        typer.Option(
            "--nodules",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="读者标注的结节： annotations.csv（LUNA16）或 lianyi.nodules/1。 What readers found.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="DIR", file_okay=False, help="结果写入此文件夹。 Where the results go.", show_default=False
        ),
    ],
    chests: Annotated[
        Path | None,
        typer.Option(
            "--chests",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="全部序列，没有结节的也列出。 Every series, those without a nodule too.",
            show_default=False,
        ),
    ] = None,
    ignored: Annotated[
        Path | None,
        typer.Option(
            "--ignored",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="不计的所见： annotations_excluded.csv（LUNA16）。 Findings that neither help nor hurt.",
            show_default=False,
        ),
    ] = None,
    probability: Annotated[
        list[float] | None,
        typer.Option(
            "--probability",
            min=0.0,
            max=1.0,
            metavar="P",
            help="另报告达到此概率的标记； 可多次。 Also report the marks at or above it; may be repeated.",
            show_default=False,
        ),
    ] = None,
    resamples: Annotated[
        int, typer.Option(min=0, max=100_000, help="重抽样次数；0 不给区间。 Draws for the intervals; 0 gives none.")
    ] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="重抽样的种子。 Seed of the draws.")] = 0,
    as_json: Annotated[  # noqa: FBT002 -- typer makes a flag of it
        bool, typer.Option("--json", help="在标准输出打印 froc.json，别无他物。 Print froc.json, and nothing else.")
    ] = False,
) -> None:
    """按 LUNA16 规则计算 FROC：表、froc.json、froc.csv、froc.svg。 FROC by LUNA16's rule, as table, data and plot."""
    # numpy is imported only now: --help must not wait for it.
    from lianyi.evaluate import NotMeasurable  # noqa: PLC0415 -- see above
    from lianyi.evaluate import froc as measure  # noqa: PLC0415
    from lianyi.evaluate.gathering import gather  # noqa: PLC0415
    from lianyi.evaluate.plot import froc_svg  # noqa: PLC0415
    from lianyi.evaluate.reading import read_chests, read_ignored, read_marks, read_nodules  # noqa: PLC0415
    from lianyi.evaluate.results import froc_csv, froc_json  # noqa: PLC0415
    from lianyi.evaluate.table import at_probability_text, table_text  # noqa: PLC0415

    try:
        lists = gather(
            read_marks(marks),
            read_nodules(nodules),
            ignored=read_ignored(ignored) if ignored else (),
            chests=read_chests(chests) if chests else None,
        )
        measured = measure(lists.chests, lists.nodules, lists.marks, resamples=resamples, seed=seed)
    except NotMeasurable as error:
        console_for(sys.stderr).print(f"{error.zh}\n{error.en}")
        raise typer.Exit(Exit.USAGE) from None
    at = [measured.at_probability(one) for one in probability or ()]
    documents = {
        "froc.json": froc_json(measured, notes=lists.notes, at=at),
        "froc.csv": froc_csv(measured),
        "froc.svg": froc_svg(measured),
    }
    _write(out, documents)
    for note in lists.notes:
        console_for(sys.stderr).print(f"注意 {note.zh}\nnote {note.en}")
    if as_json:
        sys.stdout.buffer.write(documents["froc.json"].encode())
        sys.stdout.buffer.flush()
        return
    console = console_for(sys.stdout)
    console.print(table_text(measured))
    for one in at:
        console.print(at_probability_text(one))
    console.print(f"结果 results: {out.resolve()}（{', '.join(documents)}）")


def _write(out: Path, documents: dict[str, str]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in documents.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"无法写入文件夹 cannot write into the folder {out}", param_hint="--out") from error
