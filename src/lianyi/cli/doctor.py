"""``lianyi doctor``: is this machine fit to screen?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lianyi.cli.exits import Exit
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
) -> None:
    """检查这台机器能否完成初筛。 Check whether this machine is fit to screen."""
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
