"""Write docs/conformance.md from the code: `python tools/make_conformance.py`.

What the node takes, what the destinations propose, which routes the web serves and what the objects hold is asked of
the code and of objects that it wrote; a test holds the page to the same.  Needs the test dependencies.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import pydicom
from fastapi.routing import APIRoute
from pydicom.uid import UID
from pynetdicom import AllStoragePresentationContexts

from lianyi.kit import build_kit
from lianyi.lungct.domain.nodule import Density
from lianyi.lungct.objects.content_tree import content_tree, markdown
from lianyi.lungct.objects.header import IMPLEMENTATION_NAME, IMPLEMENTATION_UID
from lianyi.lungct.pipeline import first_read
from lianyi.phantom import PhantomSpec, PlantedNodule, write_phantom
from lianyi.settings import Settings
from lianyi.station.config import StationConfig
from lianyi.station.receive import node
from lianyi.station.receive.syntaxes import KEPT_CLASSES, READABLE_SYNTAXES
from lianyi.station.station import Station
from lianyi.station.web.holdings import Holdings
from lianyi.station.web.retrieve import retrieve_routes
from lianyi.station.web.search import search_routes
from lianyi.station.web.stow import stow_routes

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs" / "conformance.md"

CHEST = PhantomSpec(
    seed=11,
    planted=(
        PlantedNodule(center_lps_mm=(-72.3, 21.4, 31.7), diameter_mm=12.0),
        PlantedNodule(
            center_lps_mm=(73.7, 8.3, 42.1), diameter_mm=18.0, density=Density.PART_SOLID, core_diameter_mm=9.0
        ),
    ),
    matrix=(200, 236),
    pixel_spacing_mm=(1.7, 1.6),
    slice_step_mm=2.5,
    noise_hu=10.0,
)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Give the page; screens a small phantom, whole and with a gap, to have objects to describe."""
    with tempfile.TemporaryDirectory() as name:
        objects = _objects(Path(name))
        reports = [path.read_bytes() for path in objects if path.name == "sr.dcm"]
        written = sorted({_class_and_syntax(path) for path in objects}, key=lambda pair: pair[0].name)
    config = StationConfig()
    parts = [
        _HEAD,
        _services(written),
        _limits(config),
        "### Storage as an SCP: classes kept",
        _table(("SOP class", "UID"), ((kept.name, kept) for kept in map(UID, KEPT_CLASSES))),
        "Transfer syntaxes, for each of them, in the order of preference:",
        _table(("transfer syntax", "UID"), ((UID(one).name, one) for one in READABLE_SYNTAXES)),
        _discarded(),
        _STATUSES.format(
            success=node.SUCCESS,
            full=node.OUT_OF_RESOURCES,
            other=node.OTHER_THAN_ITS_CLASS,
            malformed=node.CANNOT_UNDERSTAND,
            kept=node.KEPT_OTHERWISE,
        ),
        "### Storage as an SCU: objects written",
        _table(("SOP class", "UID", "transfer syntax"), ((kind.name, kind, syntax.name) for kind, syntax in written)),
        _SCU,
        "## DICOMweb",
        _WEB,
        _table(("method", "path"), _routes()),
        _OBJECTS,
        "### Content tree of the structured report (TID 1500)",
        "As written for a phantom that was screened and for one that was refused; `>` is a level.",
        markdown(content_tree(reports)),
        _SECURITY,
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _objects(folder: Path) -> list[Path]:
    """Screen a whole chest and one with a gap, and give the objects of both."""
    chest, gap = folder / "chest", folder / "gap"
    write_phantom(chest, CHEST)
    gap.mkdir()
    slices = sorted(chest.glob("*.dcm"))
    for path in slices[: len(slices) // 2] + slices[len(slices) // 2 + 3 :]:
        (gap / path.name).hardlink_to(path)
    found: list[Path] = []
    for study, outcome in ((chest, "screened"), (gap, "refused")):
        out = folder / f"{study.name}-out"
        findings = first_read([study], out, kit=build_kit(Settings()), dicom_out=out / "objects")
        if findings.outcome != outcome:
            raise RuntimeError(f"{study.name}: {findings.outcome}, expected {outcome}")
        found += sorted((out / "objects").glob("*.dcm"))
    return found


def _class_and_syntax(path: Path) -> tuple[UID, UID]:
    ds = pydicom.dcmread(path, specific_tags=["SOPClassUID"])
    return ds.SOPClassUID, ds.file_meta.TransferSyntaxUID


def _services(written: list[tuple[UID, UID]]) -> str:
    kept = ", ".join(UID(one).name for one in KEPT_CLASSES)
    rows = [
        ("Verification", "yes", "yes", "`lianyi doctor --peers` asks"),
        (f"Storage: {kept}", "—", "yes", "kept, screened"),
        ("Storage: every other class", "—", "by peer", "taken and thrown away, or refused"),
        (f"Storage: {len({kind for kind, _ in written})} classes of results", "yes", "—", "to each destination"),
        ("Storage Commitment Push Model", "yes", "no", "asked for our results; we promise no safekeeping"),
        ("Query/Retrieve, study root: FIND", "yes", "no", "the patient's last CT; what a round trip sent"),
        ("Query/Retrieve, study root: GET or MOVE", "yes", "no", "fetches that CT, to compare with (`[priors]`)"),
        ("DICOMweb: STOW-RS, QIDO-RS, WADO-RS", "STOW-RS", "yes", "see below"),
    ]
    head = "## Services\n\n" + _table(("service", "as SCU / user agent", "as SCP / origin server", "what for"), rows)
    return (
        f"{head}\n\nImplementation class UID of the objects written: `{IMPLEMENTATION_UID}`, version name "
        f"`{IMPLEMENTATION_NAME}`."
    )


def _limits(config: StationConfig) -> str:
    dicom = config.dicom
    return "## The node\n\n" + _table(
        ("", "unless set otherwise in `station.toml`"),
        (
            ("AE title", f"`{dicom.ae_title}`"),
            ("port", f"{dicom.port}; TLS: none until `dicom.tls_port` and `[tls]` are set"),
            ("bound to", f"`{dicom.bind}`"),
            ("peers", "those of `[[peers]]`, by AE title and address; others only from this machine"),
            ("associations at once", dicom.max_associations),
            ("largest PDU", f"{node.LARGEST_PDU} bytes"),
            ("idle association is ended after", f"{dicom.idle_timeout_s:g} s"),
            ("largest instance", f"{dicom.max_instance_mb} MB"),
            ("asynchronous operations", "none"),
            (
                "a study is complete",
                (
                    f"{config.screening.settle_s:g} s after the end of its last association, or, where that broke off, "
                    f"{config.screening.quiet_s:g} s after its last instance; later slices supersede the result"
                ),
            ),
        ),
    )


def _discarded() -> str:
    names = sorted(UID(str(one.abstract_syntax)).name for one in AllStoragePresentationContexts)
    names = [name for name in names if name not in {UID(one).name for one in KEPT_CLASSES}]
    return (
        f'Of a peer with `other_classes = "discard"` also these {len(names)} classes, in every transfer syntax, each '
        "answered with success and thrown away, so that a PACS's routing of whole studies does not fail:\n\n"
        f"<details><summary>{len(names)} classes</summary>\n\n{'; '.join(names)}.\n\n</details>"
    )


def _routes() -> list[tuple[str, str]]:
    """Give method and path of every DICOMweb route; what stands behind them is not asked."""
    holdings = cast("Holdings", None)
    routers = (stow_routes(cast("Station", None)), search_routes(holdings), retrieve_routes(holdings))
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    return sorted({(method, f"`/dicom-web{route.path}`") for route in routes for method in route.methods})


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


_HEAD = """# DICOM 一致性声明 · DICOM Conformance Statement

由 `tools/make_conformance.py` 从程序生成，测试核对两者一致。按 PS3.2 的内容写成，篇章较简。
Made from the code by `tools/make_conformance.py` and held to it by a test. It says what PS3.2 asks for, in fewer
chapters.

`lianyi serve` 像 PACS 节点一样接收 CT，初筛，把结果作为同一检查中的新序列送回。
它不是归档：不接受存储承诺，保留多久由医院设定。
`lianyi serve` takes CT studies like any PACS node, screens them, and returns results as new series of the same study.
It is no archive: it promises no safekeeping, and the hospital sets how long it keeps what it received.
"""

_STATUSES = """### Storage as an SCP: statuses

| status | when | what the sender should do |
|---|---|---|
| {success:04X} | on disk (fsync) and in the database; or thrown away as above | nothing |
| {kept:04X} | warning: another content came under a known SOP Instance UID; the first is kept | look into its UIDs |
| {full:04X} | too little disk, or a fault of ours | send again later |
| {other:04X} | request and data set name another class or instance | correct the object |
| {malformed:04X} | the data set cannot be read, or is larger than allowed | correct the object |

The same instance sent twice is kept once, and answered with success each time."""

_SCU = """One association for all objects of a study. A repeat after a failure keeps every SOP Instance UID; "duplicate
SOP instance" (0111) and warnings (Bxxx) count as delivered. Refusals that a repeat cannot mend (A9xx, Cxxx, 0122, 0124
and the like) end the delivery and are shown; all else is tried again with growing waits. Storage commitment is asked
for where the destination says so; the answer is taken on the same association or on `listen_port`."""

_WEB = """No log-in yet, so it serves this machine alone unless `http.bind` is set. QIDO-RS answers at most 1000 items
at once and warns of attributes it does not search. WADO-RS gives instances as they were received; frames of native
pixels only."""

_OBJECTS = """## Objects

New series of the source's study: Study Instance UID, the patient's and the study's attributes are the source's, byte
for byte, in its character set. UIDs follow from the input, the version and the settings (PS3.5 B.2, UUID version 5), so
that a repeat has the same ones. Reports are COMPLETE and UNVERIFIED until a doctor signs.

Character sets: every one that the source may declare is carried over; our own text is Chinese and English where the
source's character set can hold it."""

_SECURITY = """## Security

TLS 1.2 and 1.3 with forward secrecy (BCP 195, RFC 9325), server or mutual, by peer. Without `[tls]` connections are
plain: keep them on a network of their own. De-identified export: [how-to](howto/export-without-identity.md)."""


if __name__ == "__main__":
    main()
