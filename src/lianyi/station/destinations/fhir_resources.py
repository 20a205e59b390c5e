"""The resources of one screening, as far as R4 and R4B have them in common."""

from __future__ import annotations

import base64

from lianyi.lungct.report.parts.nodule import NodulePart
from lianyi.station.destinations import fhir_codes as codes
from lianyi.station.destinations.config import FhirDestination
from lianyi.station.destinations.facts import Facts
from lianyi.station.destinations.fhir_codes import Json, quantity
from lianyi.station.destinations.package import NotDelivered, Package
from lianyi.station.destinations.wording import DENSITIES, categories, is_screened, lobe, overall

# FHIR R4, diagnostic-report-status: "the report is unavailable because the measurement was not started or not
# completed".  Not "partial": nothing was measured.  The order itself is not touched.
_NO_RESULT = "cancelled"
_SEXES = {"M": "male", "F": "female", "O": "other"}


def patient(facts: Facts, to: FhirDestination) -> Json:
    """Give the patient, to be created only where the server knows no such number."""
    resource: Json = {
        "resourceType": "Patient",
        "identifier": [{"system": to.patient_system, "value": facts.patient_id}],
        "gender": _SEXES.get(facts.sex, "unknown"),
    }
    names = [_name(group) for group in facts.patient_name.split("=") if group.strip("^ ")]
    if names:
        resource["name"] = names
    if len(facts.birth_date) == 8:
        resource["birthDate"] = _dashed(facts.birth_date)
    return resource


def _name(group: str) -> Json:
    family, given, middle, prefix, suffix = (*(part.strip() for part in group.split("^")), "", "", "", "", "")[:5]
    name: Json = {"text": " ".join(part for part in (prefix, family, given, middle, suffix) if part)}
    if family:
        name["family"] = family
    givens = [part for part in (given, middle) if part]
    return {**name, "given": givens} if givens else name


def device(facts: Facts, identifier: Json) -> Json:
    """Give the algorithm: the software, and the detector that ran."""
    provenance = facts.findings.provenance
    versions = [{"value": provenance.software}]
    if provenance.detector is not None:
        versions.append({"value": f"{provenance.detector.name} {provenance.detector.version}"})
    return {
        "resourceType": "Device",
        "identifier": [identifier],
        "status": "active",
        "deviceName": [{"name": "Lianyi 涟漪", "type": "model-name"}],
        "version": versions,
    }


def imaging_study(facts: Facts, to: FhirDestination, subject: Json) -> Json:
    """Give the study, by its UID and its accession number."""
    identifiers: list[Json] = [{"system": codes.DICOM_UID, "value": f"urn:oid:{facts.study_uid}"}]
    if facts.accession:
        # FHIR R4, ImagingStudy.identifier: the accession number has the type ACSN.
        kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
        system = {"system": to.accession_system} if to.accession_system else {}
        identifiers.append({"type": kind, **system, "value": facts.accession})
    resource: Json = {
        "resourceType": "ImagingStudy",
        "identifier": identifiers,
        "status": "available",
        "subject": subject,
        "modality": [{"system": codes.DCM, "code": "CT"}],
    }
    if facts.acquired is not None:
        resource["started"] = facts.acquired.astimezone().isoformat()
    return resource


def observation(nodule: NodulePart, facts: Facts, to: FhirDestination, references: Json) -> Json:
    """Give one nodule: sizes, volume, density and categories as components; *references* has subject and the like."""
    probability = {"valueQuantity": {"value": round(nodule.probability, 2), "system": codes.UCUM, "code": "1"}}
    density = {"valueCodeableConcept": {"text": DENSITIES[nodule.density][to.language]}}
    components: list[Json] = [
        {"code": codes.LONG_AXIS, "valueQuantity": quantity(nodule.long_axis_mm, "mm", "mm")},
        {"code": codes.SHORT_AXIS, "valueQuantity": quantity(nodule.short_axis_mm, "mm", "mm")},
        {"code": codes.DIAMETER, "valueQuantity": quantity(nodule.mean_diameter_mm, "mm", "mm")},
        {"code": codes.VOLUME, "valueQuantity": quantity(nodule.volume_mm3, "mm3", "mm3")},
        {"code": codes.MEAN_DENSITY, "valueQuantity": quantity(nodule.mean_hu, "HU", "[hnsf'U]")},
        {"code": {"text": "Density"}, **density},
        # that it is a nodule at all; never that it is malignant
        {"code": codes.CERTAINTY, **probability},
    ]
    for name, category in categories(facts.findings, nodule.id, to.language):
        components.append({"code": codes.CATEGORY, "valueCodeableConcept": {"text": f"{name}: {category}"}})
    place = nodule.location.lobe if nodule.location else None
    resource: Json = {
        "resourceType": "Observation",
        "status": "preliminary",  # FHIR R4: "an initial or interim observation: data may be incomplete or unverified"
        "code": codes.NODULE,
        "bodySite": codes.body_site(place, lobe(nodule, to.language)),
        "component": components,
        **references,
    }
    if facts.acquired is not None:
        resource["effectiveDateTime"] = facts.acquired.astimezone().isoformat()
    return resource


def report(package: Package, facts: Facts, to: FhirDestination, references: Json) -> Json:
    """Give the report; one of a refused or failed study says so and carries no result."""
    resource: Json = {
        "resourceType": "DiagnosticReport",
        "status": to.status if is_screened(facts.findings) else _NO_RESULT,
        "category": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "CT"}]},
        ],
        "code": codes.CHEST_CT,
        "issued": facts.written.isoformat(),
        "conclusion": overall(facts.findings, to.language),
        **references,
    }
    if facts.acquired is not None:
        resource["effectiveDateTime"] = facts.acquired.astimezone().isoformat()
    if to.pdf:
        resource["presentedForm"] = [_pdf(package, facts, to)]
    return resource


def provenance(facts: Facts, targets: list[Json], algorithm: Json, source: Json) -> Json:
    """Give who made the report (the algorithm) from what (the study)."""
    assembler = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "code": "assembler"}]
    }
    return {
        "resourceType": "Provenance",
        "target": targets,
        "recorded": facts.written.isoformat(),
        "agent": [{"type": assembler, "who": algorithm}],
        "entity": [{"role": "source", "what": source}],
    }


def _pdf(package: Package, facts: Facts, to: FhirDestination) -> Json:
    try:
        data = (package.documents / "report.pdf").read_bytes()
    except OSError:
        raise NotDelivered(
            zh="结果文件夹中没有 report.pdf；请重新初筛，或在设置中写 pdf = false。",
            en="report.pdf is missing from the result folder: screen again, or set pdf = false.",
            is_final=True,
        ) from None
    return {
        "contentType": "application/pdf",
        "language": "zh-CN" if to.language == "zh" else "en",
        "data": base64.b64encode(data).decode("ascii"),
        "title": "CT Chest, first look, unconfirmed",
        "creation": facts.written.isoformat(),
    }


def _dashed(date: str) -> str:
    return f"{date[:4]}-{date[4:6]}-{date[6:]}"
