"""``lianyi info``: what is installed and how it is set, within a second."""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import asdict
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
    "openvino",
    "pydicom",
    "pyjpegls",
    "pylibjpeg-openjpeg",
    "python-gdcm",
    "typst",
)

# Read when the code-stream is lossless, whatever the name promises.  A test holds this to what the reader takes.
TRANSFER_SYNTAXES = {
    "Implicit VR Little Endian": "1.2.840.10008.1.2",
    "Explicit VR Little Endian": "1.2.840.10008.1.2.1",
    "Deflated Explicit VR Little Endian": "1.2.840.10008.1.2.1.99",
    "Explicit VR Big Endian": "1.2.840.10008.1.2.2",
    "RLE Lossless": "1.2.840.10008.1.2.5",
    "JPEG Lossless": "1.2.840.10008.1.2.4.57",
    "JPEG Lossless SV1": "1.2.840.10008.1.2.4.70",
    "JPEG-LS Lossless": "1.2.840.10008.1.2.4.80",
    "JPEG-LS (lossless only)": "1.2.840.10008.1.2.4.81",
    "JPEG 2000 Lossless": "1.2.840.10008.1.2.4.90",
    "JPEG 2000 (lossless only)": "1.2.840.10008.1.2.4.91",
    "HTJ2K Lossless": "1.2.840.10008.1.2.4.201",
    "HTJ2K Lossless RPCL": "1.2.840.10008.1.2.4.202",
    "HTJ2K (lossless only)": "1.2.840.10008.1.2.4.203",
}


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
        Misconfigured: the settings of this process, or its installation, are wrong.
    """
    from lianyi.kit import build_kit  # noqa: PLC0415 -- --help must not wait for numpy

    settings = read_settings()
    kit = build_kit(settings)
    point = kit.operating_point
    return {
        "lianyi": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "detector": asdict(kit.detector.identity),
        "settings": {
            "language": settings.language,
            "detector": kit.settings["detector"],
            "operating_point_name": point.name,
            "operating_point_probability": point.probability,
            "max_marks": point.max_marks,
        },
        "transfer_syntaxes": TRANSFER_SYNTAXES,
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
    }
