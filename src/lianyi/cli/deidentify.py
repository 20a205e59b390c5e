"""``lianyi deidentify``: CT studies without identity, for export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from lianyi.cli.exits import Exit
from lianyi.cli.terminal import console_for


def deidentify(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", exists=True, help="文件夹、文件或 zip。 A folder, file or zip.", show_default=False
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="DIR", file_okay=False, help="写入此空文件夹。 An empty folder.", show_default=False
        ),
    ],
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file",
            metavar="F",
            dir_okay=False,
            help="密钥；没有则新建。同一密钥得到同一代号。 The key, made if absent; the same key, the same pseudonyms.",
        ),
    ] = None,
    keep_dates: Annotated[
        Literal["shifted", "none"],
        typer.Option("--keep-dates", help="日期平移（间隔不变）或删除。 Dates moved, intervals kept, or removed."),
    ] = "shifted",
    crosswalk: Annotated[
        Path | None,
        typer.Option(
            "--crosswalk",
            metavar="F",
            dir_okay=False,
            help="真实号与代号的对照表，须在导出文件夹之外。 Who is who; outside the export folder.",
        ),
    ] = None,
) -> None:
    """导出不含身份信息的 CT（DICOM PS3.15 附录 E）。 Export CT studies without identity (PS3.15 Annex E)."""
    # numpy and pydicom are imported only now: --help must not wait for them.
    from lianyi.deidentify import NotExported, Pseudonyms, deidentify_folder, new_key, read_or_make_key  # noqa: PLC0415
    from lianyi.lungct.domain.errors import Refusal  # noqa: PLC0415

    if key_file is not None and key_file.resolve().is_relative_to(out.resolve()):
        raise typer.BadParameter(str(NotExported("D09")), param_hint="--key-file")
    try:
        key = new_key() if key_file is None else read_or_make_key(key_file)
        export = deidentify_folder(path, out, Pseudonyms(key), shift_dates=keep_dates == "shifted", crosswalk=crosswalk)
    except (NotExported, Refusal) as reason:
        console_for(sys.stderr).print(f"{reason.zh}\n{reason.en}")
        raise typer.Exit(Exit.REFUSED) from None
    console = console_for(sys.stdout)
    for study in export.studies:
        _tell_left_out(study.left_out)
        if study.refused is None:
            console.print(f"✓ {study.patient}: {study.instances} 幅图像 images")
        else:
            told = NotExported(study.refused)
            console.print(f"✗ 整个检查未导出（{study.refused_file}）：{told.zh}")
            console.print(f"  The whole study was not exported ({study.refused_file}): {told.en}")
    if any(study.refused for study in export.studies):
        raise typer.Exit(Exit.REFUSED)


def _tell_left_out(left_out: dict[str, int]) -> None:
    from lianyi.deidentify import NotExported  # noqa: PLC0415 -- as above

    for code, count in sorted(left_out.items()):
        reason = NotExported(code)
        console_for(sys.stdout).print(f"– {count} 个对象 objects: {reason.zh}\n  {reason.en}")
