"""One nodule as a TID 1411 group: what it is, where, how large, how dense, how sure, and what guidelines say."""

from __future__ import annotations

from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    FindingSite,
    Measurement,
    QualitativeEvaluation,
    ReferencedSegment,
    RelationshipTypeValues,
    SourceImageForSegmentation,
    TextContentItem,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from highdicom.sr.value_types import ContentSequence
from pydicom.uid import SegmentationStorage

from lianyi.lungct.domain.assessment import Assessment, Risk
from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.objects import codes
from lianyi.lungct.objects.header import Answered
from lianyi.lungct.objects.places import slices_of
from lianyi.lungct.objects.segmentation import segment_number, tracking_id, tracking_uid
from lianyi.lungct.objects.texts import in_ascii


def algorithm(outcome: Screened, version: str) -> AlgorithmIdentification:
    """Name what looked (TID 4019), with the operating point as parameters."""
    point = outcome.operating_point
    return AlgorithmIdentification(
        name=f"Lianyi: {outcome.detector.name}",
        version=f"{version} (detector {outcome.detector.version}, sha256 {outcome.detector.sha256})",
        parameters=[
            f"operating point: {point.name}",
            f"marks from nodule confidence: {point.probability:g}",
            f"at most marks: {point.max_marks}",
            f"counted as nodules from confidence: {outcome.counted_from:g}",
        ],
    )


def nodule_group(
    outcome: Screened, nodule: Nodule, answered: Answered
) -> VolumetricROIMeasurementsAndQualitativeEvaluations:
    """Give the measurement group of one nodule."""
    return VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=tracking_uid(nodule, answered), identifier=tracking_id(nodule)),
        referenced_segment=_segment(outcome, nodule, answered),
        finding_type=codes.NODULE,
        algorithm_id=algorithm(outcome, answered.version),
        finding_sites=[_site(nodule)],
        measurements=[*_measurements(nodule), *_risks(outcome, nodule)],
        qualitative_evaluations=[
            QualitativeEvaluation(name=codes.DENSITY, value=codes.DENSITIES[nodule.density]),
            *_change(outcome, nodule),
            *categories(outcome, nodule.id, answered),
        ],
    )


def _segment(outcome: Screened, nodule: Nodule, answered: Answered) -> ReferencedSegment:
    sources = []
    for one in slices_of(outcome.volume, nodule):
        uid, number = outcome.volume.instances[one.k]
        image = answered.image(uid)
        sources.append(
            SourceImageForSegmentation(
                image.sop_class_uid, image.instance_uid, [number] if image.is_multi_frame else None
            )
        )
    return ReferencedSegment(
        sop_class_uid=SegmentationStorage,
        sop_instance_uid=answered.identity.uid("instance", "SEG"),
        segment_number=segment_number(outcome, nodule),
        source_images=sources,
    )


def _site(nodule: Nodule) -> FindingSite:
    """Give the lobe where it is sure, otherwise the lung."""
    lobe = nodule.location.sure_lobe if nodule.location else None
    if lobe is None:
        return FindingSite(codes.LUNG, laterality=codes.LEFT if nodule.side == "left" else codes.RIGHT)
    place, side = codes.LOBES[lobe]
    return FindingSite(place, laterality=side)


def _measurements(nodule: Nodule) -> list[Measurement]:
    """Give sizes, density and certainty; certainty is that the mark is a nodule, in percent (PS3.16, 111012)."""
    core = nodule.measurements.solid_core
    solid_part = (
        []
        if core is None
        else [
            _number(codes.SOLID_DIAMETER, core.mean_diameter.value, codes.MM),
            _number(codes.SOLID_VOLUME, core.volume.value, codes.MM3),
        ]
    )
    return [
        _number(codes.LONG_AXIS, nodule.long_axis_mm, codes.MM),
        _number(codes.SHORT_AXIS, nodule.short_axis_mm, codes.MM),
        _number(codes.DIAMETER, nodule.mean_diameter_mm, codes.MM, codes.MEAN),
        _number(codes.VOLUME, nodule.volume_mm3, codes.MM3),
        _number(codes.ATTENUATION, nodule.mean_hu, codes.HU, codes.MEAN),
        _number(codes.CERTAINTY, 100 * nodule.probability, codes.PERCENT),
        *solid_part,
    ]


def _number(
    name: CodedConcept, value: float, unit: CodedConcept, derivation: CodedConcept | None = None
) -> Measurement:
    """Give a number with two decimals: more would claim what was not measured, and DICOM wants 16 characters."""
    return Measurement(name=name, value=round(float(value), 2), unit=unit, derivation=derivation)


def _change(outcome: Screened, nodule: Nodule) -> list[QualitativeEvaluation]:
    """Give what became of a nodule since the prior CT, where one was compared."""
    growth = outcome.compared.growth.get(nodule.id) if outcome.compared else None
    return [] if growth is None else [QualitativeEvaluation(name=codes.CHANGE, value=codes.CHANGES[growth.change])]


def _risks(outcome: Screened, nodule: Nodule) -> list[Measurement]:
    """Give the probability of cancer of each named model that has one; never a number of our own."""
    risks = outcome.assessed.risks if outcome.assessed else ()
    return [
        Measurement(
            name=codes.PROBABILITY_OF_CANCER,
            value=round(100 * risk.probability, 2),
            unit=codes.PERCENT,
            algorithm_id=_model(risk),
        )
        for risk in risks
        if risk.nodule_id == nodule.id and risk.probability is not None
    ]


def _model(risk: Risk) -> AlgorithmIdentification:
    doubts = [in_ascii(note.en) for note in risk.notes]
    if not risk.valid:
        doubts.insert(0, "outside the population that the model was made from")
    if risk.is_provisional:
        doubts.append("provisional: no doctor has confirmed the nodules")
    known = [in_ascii(one.en) for one in risk.known]
    return AlgorithmIdentification(
        name=risk.model, version=in_ascii(risk.edition), parameters=[*known, *doubts] or None
    )


def categories(outcome: Screened, nodule_id: int | None, answered: Answered) -> list[QualitativeEvaluation]:
    """Give each guideline's category with its edition: of a nodule, or of the exam where *nodule_id* is None."""
    if outcome.assessed is None:
        return []
    level = "exam" if nodule_id is None else "nodule"
    return [
        _category(one, answered)
        for one in outcome.assessed.assessments
        if one.level == level and one.category is not None and nodule_id in {None, one.nodule_id}
    ]


def _category(one: Assessment, answered: Answered) -> QualitativeEvaluation:
    """Give a category as a code of our own: the guidelines have none that could be verified."""
    said = one.called.en if one.called else str(one.category)
    evaluation = QualitativeEvaluation(
        name=codes.ASSESSMENT,
        value=codes.own(
            f"{one.guideline}:{one.category}{one.modifier}", in_ascii(f"{one.guideline}: {said}{one.modifier}")
        ),
    )
    state = "provisional, no doctor has confirmed the nodules" if one.is_provisional else "confirmed by a doctor"
    if not one.is_confirmed:
        state += "; rule not read in its primary source"
    evaluation[0].ContentSequence = ContentSequence(
        [
            TextContentItem(
                name=codes.EDITION,
                value=answered.words.plain(one.edition),
                relationship_type=RelationshipTypeValues.HAS_CONCEPT_MOD,
            ),
            TextContentItem(
                name=codes.COMMENT,
                value=answered.words.both(one.management.zh, f"{one.management.en} ({state})"),
                relationship_type=RelationshipTypeValues.HAS_CONCEPT_MOD,
            ),
        ]
    )
    return evaluation
