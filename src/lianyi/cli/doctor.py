"""``lianyi doctor``: is this machine fit to screen?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lianyi.cli.exits import Exit
from lianyi.cli.peers import examine_and_tell
from lianyi.cli.terminal import console_for
from lianyi.lungct.domain.errors import Misconfigured
from lianyi.settings import read_settings


def doctor(
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="DIR", file_okay=False, exists=True, help="报告将写入的文件夹。 Where reports would go."
        ),
    ] = Path(),
    peers: Annotated[
        Path | None,
        typer.Option(
            "--peers",
            metavar="STATION.TOML",
            help="改为检查其中各目的地能否连通。 Check instead whether each destination of it can be reached.",
            show_default=False,
        ),
    ] = None,
    round_trip: Annotated[  # noqa: FBT002 -- typer makes a flag of it
        bool,
        typer.Option(
            "--round-trip",
            help="另把一个体模检查发送到各 DICOM 目的地并查回（会留在对方）。 "
            "Also send a phantom study to each DICOM destination and find it again; it stays there.",
        ),
    ] = False,
) -> None:
    """检查这台机器能否完成初筛，或目的地能否连通。 Check whether this machine, or each destination, is fit."""
    if peers is not None:
        raise typer.Exit(Exit.SCREENED if examine_and_tell(peers, round_trip=round_trip) else Exit.UNFIT)
    if round_trip:
        raise typer.BadParameter("须与 --peers 同用 goes with --peers", param_hint="--round-trip")
    try:
        settings = read_settings()
    except Misconfigured as error:
        console_for(sys.stderr).print(str(error))
        raise typer.Exit(Exit.USAGE) from None
    from lianyi.doctor import examine  # noqa: PLC0415 -- numpy is imported only now; --help must not wait for it

    console = console_for(sys.stdout)
    is_fit = True
    for check in examine(out.resolve(), detector=settings.detector):
        console.print(f"{'✓' if check.is_fit else '✗'} {check.zh}\n  {check.en}")
        is_fit = is_fit and check.is_fit
    if not is_fit:
        console.print("这台机器还不能用于初筛，请先处理带 ✗ 的各项。")
        console.print("This machine is not fit to screen yet: see to the items marked ✗.")
        raise typer.Exit(Exit.UNFIT)
    console.print("这台机器可以用于初筛。\nThis machine is fit to screen.")
