"""``lianyi phantom``: a synthetic chest CT with known nodules."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from lianyi.cli.terminal import console_for

Variant = Literal["normal", "one-lung", "emphysema", "effusion", "not-chest"]


def phantom(  # noqa: PLR0913, PLR0917 -- each is an option of the command
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", file_okay=False, help="写入此文件夹。 Where the series goes.", show_default=False
        ),
    ],
    seed: Annotated[int, typer.Option(help="相同的种子得到相同的体模。 The same seed gives the same chest.")] = 0,
    nodules: Annotated[int, typer.Option(min=0, max=50, help="结节数目。 How many nodules.")] = 6,
    slice_mm: Annotated[float, typer.Option(min=0.3, max=10.0, help="层间距与层厚。 Slice step and thickness.")] = 2.5,
    pixel_mm: Annotated[float, typer.Option(min=0.3, max=3.0, help="像素间距。 Pixel spacing.")] = 0.75,
    matrix: Annotated[int, typer.Option(min=64, max=1024, help="行数与列数。 Rows and columns.")] = 512,
    tilt: Annotated[float, typer.Option(min=-30.0, max=30.0, help="机架倾角（度）。 Gantry tilt, degrees.")] = 0.0,
    oblique: Annotated[
        float, typer.Option(min=-45.0, max=45.0, help="整叠图像的倾斜（度）。 Turns the whole stack, degrees.")
    ] = 0.0,
    variant: Annotated[Variant, typer.Option(help="体模种类。 The kind of chest.")] = "normal",
) -> None:
    """生成带已知结节的合成胸部 CT（DICOM）与 truth.json。 Write a synthetic chest CT and its truth.json."""
    # numpy and pydicom are imported only now: --help must not wait for them.
    from lianyi.phantom import PhantomSpec, write_phantom  # noqa: PLC0415 -- see above

    if folder.is_dir() and any(folder.iterdir()):
        raise typer.BadParameter(f"文件夹不是空的 the folder is not empty: {folder}", param_hint="DIR")
    if variant == "not-chest":
        nodules = 0  # a head has no lungs to plant them in
    try:
        spec = PhantomSpec(
            seed=seed,
            nodules=nodules,
            juxtapleural=min(1, nodules),
            slice_step_mm=slice_mm,
            pixel_spacing_mm=(pixel_mm, pixel_mm),
            matrix=(matrix, matrix),
            gantry_tilt_deg=tilt,
            orientation=oblique_orientation(oblique) if oblique else None,
            variant=VARIANTS[variant],
        )
        truth = write_phantom(folder, spec)
    except ValueError as error:  # what was asked for cannot be made: too many nodules, say
        raise typer.BadParameter(str(error)) from error
    console_for(sys.stdout).print(
        f"合成体模 synthetic chest: {folder.resolve()}\n"
        f"已知结节 known nodules: {len(truth.nodules)}（{folder.resolve() / 'truth.json'}）"
    )


VARIANTS: dict[Variant, Literal["normal", "one lung", "emphysema", "effusion", "not chest"]] = {
    "normal": "normal",
    "one-lung": "one lung",
    "emphysema": "emphysema",
    "effusion": "effusion",
    "not-chest": "not chest",
}


def oblique_orientation(degrees: float) -> tuple[float, float, float, float, float, float]:
    """Give the row and column cosines of an axial stack turned by as much about two axes.

    First about the patient's left-right axis, then about the antero-posterior one, so that no cosine is left zero
    by accident and neither rows nor columns stay along an axis.
    """
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    row = (cosine, 0.0, -sine)
    column = (sine * sine, cosine, sine * cosine)
    return (*row, *column)
