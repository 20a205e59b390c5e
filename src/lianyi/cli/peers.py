"""``lianyi doctor --peers``: a table of what each destination answered."""

from __future__ import annotations

import sys
from pathlib import Path

import typer
from rich.table import Table

from lianyi.cli.exits import Exit
from lianyi.cli.terminal import console_for
from lianyi.lungct.domain.errors import Misconfigured


def examine_and_tell(settings: Path, *, round_trip: bool) -> bool:
    """Try every destination of the settings, print the table, and tell whether all of them work."""
    # The networks' libraries are imported only now: --help must not wait for them.
    from lianyi.station.destinations import read_destinations  # noqa: PLC0415 -- see above
    from lianyi.station.peers import examine_peers  # noqa: PLC0415 -- see above

    try:
        destinations = read_destinations(settings)
    except Misconfigured as error:
        console_for(sys.stderr).print(f"{error.zh}\n{error.en}")
        raise typer.Exit(Exit.USAGE) from None
    console = console_for(sys.stdout)
    if not destinations:
        console.print("设置中没有目的地（[[destinations]]）。\nThe settings name no destination ([[destinations]]).")
        return False
    table = Table("", "目的地 peer", "项目 step", "结果 result", box=None, pad_edge=False)
    is_fit = True
    for check in examine_peers(destinations, round_trip=round_trip):
        table.add_row("✓" if check.is_fit else "✗", check.peer, check.step, f"{check.zh}\n{check.en}")
        is_fit = is_fit and check.is_fit
    console.print(table)
    if is_fit:
        console.print("各目的地均可用。\nEvery destination works.")
    else:
        console.print("有目的地不可用，请先处理带 ✗ 的各项。\nSee to the items marked ✗ first.")
    return is_fit
