"""The option that hands over what is known of a patient; every command that judges takes it in the same words."""

from pathlib import Path
from typing import Annotated

import typer

ContextFile = Annotated[
    Path | None,
    typer.Option(
        "--context",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="患者资料；不知道的不要填，不会替您假设。 The patient; leave out what is not known.",
        show_default=False,
    ),
]
