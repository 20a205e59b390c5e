"""``lianyi backup`` and ``lianyi restore``: a copy of the station, taken while it runs, and put back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lianyi.cli.exits import Exit
from lianyi.cli.serve import ConfigFile
from lianyi.cli.terminal import console_for
from lianyi.lungct.domain.errors import LianyiError


def backup(
    target: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            file_okay=False,
            help="空文件夹，存放备份。 An empty folder for the copy.",
            show_default=False,
        ),
    ],
    config: ConfigFile = None,
) -> None:
    """备份工作站的数据库与文件（运行时亦可）。 Copy the station's database and files, running or not."""
    # The station's libraries take a second to import: --help must not wait for them.
    from lianyi.station.backup import back_up  # noqa: PLC0415 -- see above
    from lianyi.station.config import read_config  # noqa: PLC0415 -- see above

    try:
        copied = back_up(read_config(config), target)
    except LianyiError as error:
        raise _told(error) from None
    gone = f"，{copied.gone} 个文件已被清理 removed meanwhile" if copied.gone else ""
    console_for(sys.stdout).print(f"已备份 copied: {copied.files} 个文件 files, {copied.size_bytes / 1e6:.1f} MB{gone}")


def restore(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", exists=True, file_okay=False, help="备份所在的文件夹。 A backup.", show_default=False
        ),
    ],
    config: ConfigFile = None,
) -> None:
    """把备份恢复到没有工作站数据的数据文件夹。 Put a backup back where no station is."""
    # The station's libraries take a second to import: --help must not wait for them.
    from lianyi.station.backup import restore as put_back  # noqa: PLC0415 -- see above
    from lianyi.station.config import read_config  # noqa: PLC0415 -- see above

    try:
        copied = put_back(source, read_config(config))
    except LianyiError as error:
        raise _told(error) from None
    console_for(sys.stdout).print(f"已恢复 restored: {copied.files} 个文件 files, {copied.size_bytes / 1e6:.1f} MB")


def _told(error: LianyiError) -> typer.Exit:
    console_for(sys.stderr).print(f"{error.zh}\n{error.en}")
    return typer.Exit(Exit.USAGE)
