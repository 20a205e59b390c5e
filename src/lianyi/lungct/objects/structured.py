"""The structured report: Comprehensive 3D SR by TID 1500, one group a nodule, and one that says how it ended.

The first group (TID 1501) is about the exam: "nothing found", "partly" and "could not analyse" are different codes
there, so that no reader takes an empty list for a healthy lung.  A refused or failed study has that group alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from highdicom.sr import (
    CodedConcept,
    Comprehensive3DSR,
    DeviceObserverIdentifyingAttributes,
    LanguageOfContentItemAndDescendants,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    RelationshipTypeValues,
    TextContentItem,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from highdicom.sr.value_types import ContentSequence
from pydicom import Dataset
from pydicom.sr.codedict import codes as standard
from pydicom.uid import UID, SegmentationStorage

from lianyi.lungct.domain.outcome import Refused, Screened
from lianyi.lungct.objects import codes
from lianyi.lungct.objects.ending import Ending
from lianyi.lungct.objects.header import MANUFACTURER, MODEL, SR, Answered
from lianyi.lungct.objects.identity import hashed_uid
from lianyi.lungct.objects.nodule_group import algorithm, categories, nodule_group
from lianyi.lungct.objects.sentences import sentences

Group = MeasurementsAndQualitativeEvaluations | VolumetricROIMeasurementsAndQualitativeEvaluations

_CHINESE_SETS = frozenset({"ISO_IR 192", "GB18030", "GBK", "ISO 2022 IR 58"})


def structured_report(ending: Ending, answered: Answered) -> Comprehensive3DSR:
    """Give the report of any ending, UNVERIFIED and PRELIMINARY."""
    nodules = ending.nodules if isinstance(ending, Screened) else ()
    groups: list[Group] = [_exam_group(ending, answered)]
    if isinstance(ending, Screened):
        groups += [nodule_group(ending, nodule, answered) for nodule in nodules]
    content = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=_device(answered)),
        procedure_reported=codes.CT,
        imaging_measurements=groups,
        title=standard.DCM.ImagingMeasurementReport,
        language_of_content_item_and_descendants=_language(answered),
    )
    now = answered.local_time
    report = Comprehensive3DSR(
        evidence=_evidence(ending, answered),
        content=content,
        series_instance_uid=answered.identity.uid("series", SR.modality),
        series_number=SR.number,
        sop_instance_uid=answered.identity.uid("instance", "SR"),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=False,
        is_verified=False,
        content_date=now.date(),
        content_time=now.time(),
        specific_character_set="ISO_IR 192",  # for highdicom's own checks; the source's takes its place below
    )
    for equipment in report.get("ContributingEquipmentSequence", ()):  # highdicom names itself, with the time of day
        equipment.ContributionDateTime = now.strftime("%Y%m%d%H%M%S")
    answered.finish(report, SR)
    report.CodingSchemeIdentificationSequence = [_own_scheme()]
    return report


def status_of(ending: Ending) -> CodedConcept:
    """Give the CAD status: whether all, not all or none of the looking succeeded, and whether anything was found."""
    if not isinstance(ending, Screened):
        return codes.NONE
    if ending.is_partial:
        return codes.PARTLY_WITH if ending.nodules else codes.PARTLY_WITHOUT
    return codes.ALL_WITH if ending.nodules else codes.ALL_WITHOUT


def _exam_group(ending: Ending, answered: Answered) -> MeasurementsAndQualitativeEvaluations:
    evaluations = [QualitativeEvaluation(name=codes.STATUS, value=status_of(ending))]
    if isinstance(ending, Screened):
        evaluations += categories(ending, None, answered)
    else:
        reason = ending.reason.code if isinstance(ending, Refused) else None
        value = (
            codes.own(reason.value, f"Refused: {reason.name.lower().replace('_', ' ')}")
            if reason
            else codes.own("FAILED", "Failed: a fault of the program")
        )
        evaluations.append(QualitativeEvaluation(name=codes.REASON, value=value))
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=answered.identity.uid("exam"), identifier="First look"),
        algorithm_id=algorithm(ending, answered.version) if isinstance(ending, Screened) else None,
        qualitative_evaluations=evaluations,
    )
    group[0].ContentSequence.extend(
        TextContentItem(name=codes.COMMENT, value=text, relationship_type=RelationshipTypeValues.CONTAINS)
        for text in sentences(ending, answered)
    )
    return group


def _evidence(ending: Ending, answered: Answered) -> list[Dataset]:
    """Give stand-ins of all instances that the report rests on: highdicom lists them as evidence."""
    study = answered.study_uid
    found = [(one.sop_class_uid, one.instance_uid, one.series_uid) for one in answered.header.images]
    if isinstance(ending, Screened) and ending.nodules:
        uid = answered.identity.uid
        found.append((SegmentationStorage, uid("instance", "SEG"), uid("series", "SEG")))  # type: ignore[arg-type]
    return [_stand_in(study, *one) for one in found]


def _stand_in(study: str, sop_class: str, instance: str, series: str) -> Dataset:
    """Give what highdicom reads of an instance; patient and study are put on the report afterwards."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = UID(sop_class), UID(instance)
    ds.StudyInstanceUID, ds.SeriesInstanceUID = UID(study), UID(series)
    ds.PatientID = ds.PatientName = ds.PatientBirthDate = ds.PatientSex = ""
    ds.AccessionNumber = ds.StudyID = ds.StudyDate = ds.StudyTime = ds.ReferringPhysicianName = ""
    return ds


def _device(answered: Answered) -> ObserverContext:
    return ObserverContext(
        observer_type=standard.DCM.Device,
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=hashed_uid(("lianyi", "device", answered.version)),
            name=MANUFACTURER,
            manufacturer_name=MANUFACTURER,
            model_name=MODEL,
            serial_number=answered.version,
        ),
    )


def _language(answered: Answered) -> LanguageOfContentItemAndDescendants:
    """Name the language of the texts (RFC 5646): Chinese first where the character set can hold it."""
    is_chinese = any(name in _CHINESE_SETS for name in answered.words.character_sets)
    code = ("zh-CN", "Chinese (China)") if is_chinese else ("en", "English")
    return LanguageOfContentItemAndDescendants(CodedConcept(code[0], "RFC5646", code[1]))


def _own_scheme() -> Dataset:
    """Say whose 99LIANYI is (PS3.3 C.12.1.1.3)."""
    item = Dataset()
    item.CodingSchemeDesignator = codes.PRIVATE
    item.CodingSchemeName = "Lianyi"
    item.CodingSchemeResponsibleOrganization = "Lianyi project"
    return item


def texts_in(items: Sequence[Dataset]) -> list[str]:
    """Give every text of a content tree, in order, for those who check what was said."""
    found = []
    for item in items:
        if item.get("ValueType") == "TEXT":
            found.append(str(item.TextValue))
        found += texts_in(item.get("ContentSequence", ContentSequence()))
    return found
