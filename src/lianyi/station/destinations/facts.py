"""What messages say of a patient and a study: from ``findings.json``, and what that lacks from the DICOM results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pydicom
from pydantic import ValidationError
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from lianyi.lungct.report.findings import Findings
from lianyi.station.destinations.package import NotDelivered, Package

_WANTED = [
    "SpecificCharacterSet",
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "IssuerOfPatientID",
    "StudyInstanceUID",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyDescription",
    "RequestAttributesSequence",
    "ReferencedRequestSequence",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Text as the headers have it; "" where it is not known.

    Attributes:
        findings: the document.
        patient_id: number of the patient.
        patient_name: DICOM person name, component groups included.
        issuer: who gave the patient's number.
        birth_date: YYYYMMDD.
        sex: M, F, O or "".
        study_uid: Study Instance UID.
        accession: accession number.
        study_id: Study ID.
        referring: DICOM person name of the referring physician.
        description: what the study was called.
        placer_order: number that the ordering system gave the request.
        procedure_id: Requested Procedure ID.
        acquired: when the images were made.
        written: when the screening began, with its zone; stands for the message's own time, so that a repeat is equal.
    """

    findings: Findings
    patient_id: str
    patient_name: str
    issuer: str
    birth_date: str
    sex: str
    study_uid: str
    accession: str
    study_id: str
    referring: str
    description: str
    placer_order: str
    procedure_id: str
    acquired: datetime | None
    written: datetime


def facts_of(package: Package) -> Facts:
    """Read the facts of a package.

    Raises:
        NotDelivered: ``findings.json`` is missing or damaged, or nobody knows whose study it is.
    """
    findings = read_findings(package.documents)
    header = _header(package.objects)
    request = _request(header)
    patient, study = findings.patient, findings.study
    facts = Facts(
        findings=findings,
        patient_id=(patient.id if patient else "") or _text(header, "PatientID"),
        # findings.json has the name in one way of writing; the objects have it as the scanner sent it
        patient_name=_text(header, "PatientName") or (patient.name if patient else ""),
        issuer=_text(header, "IssuerOfPatientID"),
        birth_date=(patient.birth_date.replace("-", "") if patient else "") or _text(header, "PatientBirthDate"),
        sex=(patient.sex if patient else "") or _text(header, "PatientSex"),
        study_uid=(study.study_uid if study else "") or _text(header, "StudyInstanceUID"),
        accession=(study.accession_number if study else "") or _text(header, "AccessionNumber"),
        study_id=(study.study_id if study else "") or _text(header, "StudyID"),
        referring=_text(header, "ReferringPhysicianName"),
        description=_text(header, "StudyDescription"),
        placer_order=_text(request, "PlacerOrderNumberImagingServiceRequest"),
        procedure_id=_text(request, "RequestedProcedureID"),
        acquired=datetime.fromisoformat(study.acquired) if study and study.acquired else None,
        written=datetime.fromisoformat(findings.provenance.started).astimezone(),
    )
    if not (facts.patient_id and facts.study_uid):
        raise NotDelivered(
            zh="结果中没有患者编号或检查 UID，无法对应到患者；请核对原始影像的头信息，人工登记本次检查。",
            en="The result holds no patient ID or study UID, so it can be matched to no patient: "
            "check the headers of the images, and enter this study by hand.",
            is_final=True,
        )
    return facts


def read_findings(documents: Path) -> Findings:
    """Read ``findings.json`` of a result folder.

    Raises:
        NotDelivered: it is missing or damaged.
    """
    try:
        return Findings.model_validate_json((documents / "findings.json").read_bytes())
    except (OSError, ValidationError) as error:
        raise NotDelivered(
            zh=f"结果文件夹中的 findings.json 缺失或损坏（{type(error).__name__}）；请重新初筛该检查。",
            en=f"findings.json of the result folder is missing or damaged ({type(error).__name__}): "
            "screen the study again.",
            is_final=True,
        ) from None


def _header(objects: tuple[Path, ...]) -> Dataset:
    """Give what the first readable object says; its referring texts are copies of the source's."""
    for path in objects:
        try:
            return pydicom.dcmread(path, specific_tags=list(_WANTED), stop_before_pixels=True)
        except (OSError, InvalidDicomError):
            continue
    return Dataset()


def _request(header: Dataset) -> Dataset:
    for keyword in ("RequestAttributesSequence", "ReferencedRequestSequence"):
        items = header.get(keyword)
        if items:
            item: Dataset = items[0]
            return item
    return Dataset()


def _text(header: Dataset, keyword: str) -> str:
    value = header.get(keyword)
    return "" if value is None else str(value).strip()
