"""``lianyi send``: results, or a study, to a hospital's systems, once."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lianyi.cli.exits import Exit
from lianyi.cli.terminal import console_for
from lianyi.lungct.domain.errors import Misconfigured

if TYPE_CHECKING:
    from lianyi.station.destinations import Destination, Receipt

# CALLED@host:port; an IPv6 address in brackets.
_PEER = re.compile(r"^(?P<called>[^@]+)@(?P<host>\[[^\]]+\]|[^:@]+):(?P<port>\d+)$")


def send(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            exists=True,
            help="结果文件夹（lianyi screen 的 --out），或一个检查的 DICOM 文件夹。 "
            "A result folder (the --out of lianyi screen), or a folder of DICOM files.",
            show_default=False,
        ),
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="PEER",
            help="station.toml（其中所有目的地）、station.toml:名称，或 AE标题@主机:端口。 "
            "station.toml (every destination of it), station.toml:name, or AETITLE@host:port.",
            show_default=False,
        ),
    ],
    dicom: Annotated[
        Path | None,
        typer.Option(
            "--dicom",
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="结果对象所在文件夹；默认 PATH/dicom。 Where the DICOM results lie; PATH/dicom unless set.",
            show_default=False,
        ),
    ] = None,
    calling_ae: Annotated[
        str,
        typer.Option(
            "--calling-ae",
            metavar="AETITLE",
            help="我方 AE 标题，用于 AE标题@主机:端口。 Our AE title, with AETITLE@host:port.",
        ),
    ] = "LIANYI",
) -> None:
    """把结果或检查发送到 PACS、RIS、FHIR 或文件夹。 Send results or a study to a PACS, RIS, FHIR server or folder.

    \b
    退出码 Exit status:
      0 全部送达    everything was delivered
      2 用法或设置有误  wrong usage or settings
      5 未全部送达  something was not delivered
    """  # noqa: D301 -- \b is click's mark for a paragraph that must keep its lines
    # The networks' libraries are imported only now: --help must not wait for them.
    from lianyi.station.destinations import NotDelivered, deliver  # noqa: PLC0415 -- see above
    from lianyi.station.sending import package_of  # noqa: PLC0415 -- see above

    try:
        destinations = _destinations(to, calling_ae)
        package = package_of(path, dicom)
    except (Misconfigured, NotDelivered) as error:
        console_for(sys.stderr).print(f"{error.zh}\n{error.en}")
        raise typer.Exit(Exit.USAGE) from None
    console, missed = console_for(sys.stdout), False
    for destination in destinations:
        try:
            console.print(_delivered(deliver(package, destination)))
        except NotDelivered as error:
            missed = True
            console.print(f"✗ {destination.name}  {error.zh}\n  {error.en}")
    if missed:
        raise typer.Exit(Exit.NOT_DELIVERED)


def _destinations(to: str, calling_ae: str) -> tuple[Destination, ...]:
    from lianyi.station.destinations import DicomDestination, read_destinations  # noqa: PLC0415 -- as in send()

    peer = _PEER.match(to)
    if peer and not Path(to).exists():
        try:
            return (
                DicomDestination(
                    name="peer",
                    kind="dicom",
                    host=peer["host"].strip("[]"),
                    port=int(peer["port"]),
                    called_ae=peer["called"],
                    calling_ae=calling_ae,
                ),
            )
        except ValueError:
            raise typer.BadParameter(
                "AE 标题、主机或端口有误 wrong AE title, host or port", param_hint="--to"
            ) from None
    file, name = _file_and_name(to)
    destinations = read_destinations(file)
    chosen = tuple(one for one in destinations if name in {None, one.name})
    if not chosen:
        known = ", ".join(one.name for one in destinations) or "-"
        raise typer.BadParameter(f"设置中没有该目的地 no such destination; 有 there are: {known}", param_hint="--to")
    return chosen


def _file_and_name(to: str) -> tuple[Path, str | None]:
    """Part ``station.toml:name``; a drive letter's colon is no such."""
    file, colon, name = to.rpartition(":")
    if colon and file and not Path(to).exists() and re.fullmatch(r"[a-z0-9-]+", name):
        return Path(file), name
    return Path(to), None


def _delivered(receipt: Receipt) -> str:
    if receipt.is_needless:
        return f"– {receipt.destination}  未达可疑度界限，无需发送\n  below the limit of suspicion: nothing was sent"
    count = len(receipt.objects)
    warned = sum(one.is_warning for one in receipt.objects)
    zh = (
        f"已送达 {count} 项"
        + (f"，其中 {warned} 项有警告" if warned else "")
        + ("，已承诺保存" if receipt.is_committed else "")
    )
    en = f"delivered: {count}" + (f", with warning: {warned}" if warned else "")
    en += ", kept by promise" if receipt.is_committed else ""
    return f"✓ {receipt.destination}  {zh}\n  {en}" + (f"  {receipt.reference}" if receipt.reference else "")
