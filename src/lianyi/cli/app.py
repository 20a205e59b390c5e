"""The command line put together."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lianyi import __version__
from lianyi.cli.assess import assess
from lianyi.cli.backup import backup, restore
from lianyi.cli.compare import compare
from lianyi.cli.deidentify import deidentify
from lianyi.cli.doctor import doctor
from lianyi.cli.evaluate import evaluate
from lianyi.cli.exits import Exit
from lianyi.cli.explain import explain
from lianyi.cli.info import info
from lianyi.cli.phantom import phantom
from lianyi.cli.screen import screen
from lianyi.cli.send import send
from lianyi.cli.serve import serve
from lianyi.cli.status import status
from lianyi.cli.terminal import console_for, survive_any_locale

app = typer.Typer(
    name="lianyi",
    no_args_is_help=True,
    # A pretty traceback prints the values of variables: names and birth dates among them.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="涟漪：胸部 CT 初筛，仅供研究与初步参考，由医师判断。 Lianyi: a first look at a chest CT; a doctor decides.",
)
COMMANDS = (screen, compare, assess, serve, status, send, backup, restore, deidentify, phantom, info, doctor, explain)
for command in COMMANDS:
    app.command()(command)
app.add_typer(evaluate)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 -- the signature of a click callback
    if wanted:
        console_for(sys.stdout).print(f"lianyi {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[  # noqa: FBT002 -- typer makes a flag of it
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="版本。 Print the version."),
    ] = False,
) -> None:
    del version  # its callback has already answered


def main() -> None:
    """Run the command line on this process's arguments."""
    survive_any_locale()
    try:
        app()
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        sys.exit(Exit.FAILED)
