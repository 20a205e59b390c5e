"""``lianyi serve``: the reading station, until it is told to stop."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lianyi.cli.exits import Exit
from lianyi.cli.fault import describe_fault
from lianyi.cli.terminal import console_for
from lianyi.lungct.domain.errors import Misconfigured

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="station.toml；不指定时用默认设置。 Defaults unless given.",
        show_default=False,
    ),
]


def serve(config: ConfigFile = None) -> None:
    """接收影像、初筛、送回结果，直到被停止。 Receive, screen and deliver until stopped.

    \b
    退出码 Exit status:
      0 已按要求停止          stopped as asked (SIGTERM, Ctrl-C)
      2 设置有误，未启动      settings are wrong; nothing was started
      4 出错                  a fault of this program
    """  # noqa: D301 -- \b is click's mark for a paragraph that must keep its lines
    # The station's libraries take a second to import: --help must not wait for them.
    from lianyi.station.config import read_config  # noqa: PLC0415 -- see above
    from lianyi.station.serve import serve as serve_station  # noqa: PLC0415 -- see above

    try:
        serve_station(read_config(config))
    except Misconfigured as error:
        console_for(sys.stderr).print(f"{error.zh}\n{error.en}")
        raise typer.Exit(Exit.USAGE) from None
    except Exception as fault:  # noqa: BLE001 -- the last door: told without values
        console_for(sys.stderr).print(describe_fault(fault))
        raise typer.Exit(Exit.FAILED) from None
