"""``lianyi info``: what is installed and how it is set, within a second."""

from __future__ import annotations

import json
import platform
import sys
from importlib import metadata
from typing import Annotated, Any

import typer

from lianyi import __version__
from lianyi.cli.exits import Exit
from lianyi.cli.terminal import console_for
from lianyi.lungct.domain.errors import Misconfigured
from lianyi.settings import read_settings

# Only the libraries whose version can change a number or a picture; a version is read without importing the library.
LIBRARIES = (
    "numpy",
    "scipy",
    "SimpleITK",
    "edt",
    "connected-components-3d",
    "fill-voids",
    "pydicom",
    "pyjpegls",
    "pylibjpeg-openjpeg",
    "python-gdcm",
    "typst",
)


def info(
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 打印。 Print as JSON.")] = False,  # noqa: FBT002 -- a flag
) -> None:
    """版本、检测器、设置、支持的传输语法。 Versions, detector, settings, transfer syntaxes."""
    try:
        facts = gather_facts()
    except Misconfigured as error:
        console_for(sys.stderr).print(str(error))
        raise typer.Exit(Exit.USAGE) from None
    console = console_for(sys.stdout)
    if as_json:
        console.print(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            console.print(f"{name}:")
            for key, entry in value.items():
                console.print(f"  {key}: {entry}")
        else:
            console.print(f"{name}: {value}")


def gather_facts() -> dict[str, Any]:
    """Give what `lianyi info --json` prints.

    Raises:
        Misconfigured: the settings of this process are wrong.
    """
    return {
        "lianyi": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "detector": None,
        "settings": read_settings().model_dump(),
        "transfer_syntaxes": {},
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
    }
