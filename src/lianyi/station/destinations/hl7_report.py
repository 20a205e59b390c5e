"""ORU^R01: the first look as a RIS takes it, one group of OBX a nodule (OBX-4), unconfirmed until a doctor signs."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from lianyi.lungct.report.parts.nodule import NodulePart
from lianyi.station.destinations.config import Hl7Destination
from lianyi.station.destinations.facts import Facts
from lianyi.station.destinations.hl7_segments import msh, obr, orc, pid, pv1
from lianyi.station.destinations.hl7_text import components, escaped, segment, timestamp
from lianyi.station.destinations.package import NotDelivered, Package
from lianyi.station.destinations.wording import DENSITIES, categories, is_screened, lobe, overall

# OBX-11 (table 0085): X, results cannot be obtained.  OBR-25 is left at P or R even then: its X means "order
# cancelled", and a RIS may act on that; the radiologist's reading is still to come.
_NO_RESULT = "X"

# SNOMED CT and DCM codes as PS3.16 uses them (CID 7470, TID 1500, CID 6141).
_LONG_AXIS = ("103339001", "Long Axis", "SCT")
_SHORT_AXIS = ("103340004", "Short Axis", "SCT")
_DIAMETER = ("81827009", "Mean Diameter", "SCT")
_VOLUME = ("118565006", "Volume", "SCT")
_MEAN_DENSITY = ("112181", "Mean Attenuation", "DCM")
_SITE = ("363698007", "Finding Site", "SCT")
_IMPRESSION = ("111034", "Individual Impression / Recommendation", "DCM")
_CATEGORY = ("111005", "Assessment Category", "DCM")
# Codes of our own, with HL7's mark for a local table (L): the standards' lists have none that says just this.
_DENSITY = ("LIANYI-DENSITY", "Density", "L")
_IMAGE = ("LIANYI-IMAGE", "SOP Instance UID of the image", "L")
_SUSPICION = ("LIANYI-SUSPICION", "Suspicion rating, opinion, 1 to 5", "L")
_PDF = ("18748-4", "Diagnostic imaging report", "LN")
_MM, _MM3, _HU = ("mm", "millimeter", "UCUM"), ("mm3", "cubic millimeter", "UCUM"), ("[hnsf'U]", "HU", "UCUM")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Observed:
    """One OBX; *value* is ready for the field, *group* is OBX-4."""

    kind: str
    code: tuple[str, str, str]
    value: str
    group: int
    unit: tuple[str, str, str] | None = None
    status: str | None = None


def report_message(package: Package, facts: Facts, to: Hl7Destination, *, control_id: str) -> str:
    """Give the message, segments ended by a carriage return.

    Raises:
        NotDelivered: a name does not fit the character set, or the report that is to go along is missing.
    """
    observed = list(_observations(package, facts, to))
    lines = [
        msh(to, facts, kind="ORU^R01^ORU_R01", control_id=control_id),
        pid(to, facts),
        pv1(to, facts),
        orc(facts, "RE"),  # table 0119: observations follow
        obr(to, facts, status=to.status),
        *(_obx(number, one, facts, to) for number, one in enumerate(observed, start=1)),
    ]
    return "\r".join(lines) + "\r"


def _observations(package: Package, facts: Facts, to: Hl7Destination) -> Iterator[_Observed]:
    findings = facts.findings
    yield _Observed(
        kind="TX",
        code=_IMPRESSION,
        value=escaped(overall(findings, to.language)),
        group=0,
        status=None if is_screened(findings) else _NO_RESULT,
    )
    for name, category in categories(findings, None, to.language):
        yield _Observed(kind="CWE", code=_CATEGORY, value=components(category, f"{name}: {category}", "L"), group=0)
    for nodule in findings.nodules:
        yield from _of_nodule(nodule, facts, to)
    if to.pdf:
        yield _Observed(kind="ED", code=_PDF, value=_pdf(package), group=0)


def _of_nodule(nodule: NodulePart, facts: Facts, to: Hl7Destination) -> Iterator[_Observed]:
    group = nodule.id
    numbers = (
        (_LONG_AXIS, nodule.long_axis_mm, _MM),
        (_SHORT_AXIS, nodule.short_axis_mm, _MM),
        (_DIAMETER, nodule.mean_diameter_mm, _MM),
        (_VOLUME, nodule.volume_mm3, _MM3),
        (_MEAN_DENSITY, nodule.mean_hu, _HU),
    )
    for code, number, unit in numbers:
        yield _Observed(kind="NM", code=code, value=f"{number:.1f}", group=group, unit=unit)
    density = components(nodule.density, DENSITIES[nodule.density][to.language], "L")
    yield _Observed(kind="CWE", code=_DENSITY, value=density, group=group)
    place = nodule.location.lobe if nodule.location else nodule.side
    yield _Observed(kind="CWE", code=_SITE, value=components(place, lobe(nodule, to.language), "L"), group=group)
    for name, category in categories(facts.findings, nodule.id, to.language):
        said = components(category, f"{name}: {category}", "L")
        yield _Observed(kind="CWE", code=_CATEGORY, value=said, group=group)
    if nodule.suspicion_rating is not None:
        yield _Observed(kind="NM", code=_SUSPICION, value=f"{nodule.suspicion_rating:.1f}", group=group)
    yield _Observed(kind="ST", code=_IMAGE, value=escaped(nodule.instance_uid), group=group)


def _obx(number: int, one: _Observed, facts: Facts, to: Hl7Destination) -> str:
    """Give an OBX; OBX-14 is when the images were made."""
    group = str(one.group) if one.group else ""
    unit = components(*one.unit) if one.unit else ""
    status = one.status or to.status
    fields = (str(number), one.kind, components(*one.code), group, one.value, unit, "", "", "", "", status, "", "")
    return segment("OBX", *fields, timestamp(facts.acquired))


def _pdf(package: Package) -> str:
    """Give ED: source application, type of data, subtype, encoding, data (HL7 v2.5.1, section 2.A.24)."""
    try:
        report = (package.documents / "report.pdf").read_bytes()
    except OSError:
        raise NotDelivered(
            zh="结果文件夹中没有 report.pdf；请重新初筛，或在设置中去掉 pdf。",
            en="report.pdf is missing from the result folder: screen again, or set pdf = false.",
            is_final=True,
        ) from None
    return f"LIANYI^Application^PDF^Base64^{base64.b64encode(report).decode('ascii')}"
