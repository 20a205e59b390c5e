"""``findings.json``, version 1: the contract others build on.

Fields are added, never renamed.  Absent header text is "" and an absent number is null; a document
of a refusal has null where nothing was measured.  Numbers are unrounded.  ``findings.schema.json``
beside this file is :func:`schema_text`, and a test keeps it so.
"""

from __future__ import annotations

import json
from typing import Literal

from pydantic import ConfigDict, Field

from lianyi.lungct.domain.errors import Caution
from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.outcome import NotAnalysed, Outcome, Refused, Screened
from lianyi.lungct.domain.scope import OUT_OF_SCOPE, PRIOR_STUDIES
from lianyi.lungct.domain.study import NotChosen, Patient, SeriesFacts
from lianyi.lungct.exchange import AssessmentPart, ContextDocument, RiskPart
from lianyi.lungct.report.parts.base import Part, Seconds
from lianyi.lungct.report.parts.chest import CountedPart, WholeLungPart
from lianyi.lungct.report.parts.growth import ComparedPart
from lianyi.lungct.report.parts.nodule import NodulePart
from lianyi.lungct.report.parts.study import (
    DetectorPart,
    LungsPart,
    Message,
    NotAnalysedPart,
    OperatingPointPart,
    PatientPart,
    ProvenancePart,
    SeriesNotChosen,
    StudyPart,
)
from lianyi.lungct.report.record import RunRecord
from lianyi.lungct.report.wording import Language, pick


class Findings(Part):
    """The whole document."""

    schema_: Literal["lianyi.findings/1"] = Field(default="lianyi.findings/1", alias="schema")
    outcome: Literal["screened", "partly", "refused", "failed"]
    refusals: list[Message]
    warnings: list[Message]
    not_analysed: list[NotAnalysedPart]
    patient: PatientPart | None
    study: StudyPart | None
    series_not_chosen: list[SeriesNotChosen]
    lungs: LungsPart | None
    operating_point: OperatingPointPart | None
    nodules: list[NodulePart]
    whole_lung: WholeLungPart | None = None
    compared: ComparedPart | None = None
    context: ContextDocument | None = None
    counted: CountedPart | None = None
    assessments: list[AssessmentPart] = Field(default_factory=list)
    risks: list[RiskPart] = Field(default_factory=list)
    provenance: ProvenancePart
    timing_s: dict[str, Seconds]

    model_config = ConfigDict(
        extra="ignore", allow_inf_nan=False, frozen=True, validate_by_name=True, validate_by_alias=True
    )

    def to_json(self) -> str:
        """Give the document as it is written: two spaces, UTF-8 kept readable."""
        return self.model_dump_json(by_alias=True, indent=2, ensure_ascii=False) + "\n"


def schema_text() -> str:
    """Give the JSON Schema of the document, as shipped."""
    schema = Findings.model_json_schema(mode="serialization")
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


MOST_PICTURED = 20
"""The best so many marks are drawn; an operating point for evaluation lists more, and none is read from pictures."""


def pictured(nodules: tuple[Nodule, ...]) -> tuple[Nodule, ...]:
    """Give the marks that are drawn: in the overview, and in a key image each."""
    return nodules[:MOST_PICTURED]


def key_image_name(nodule_id: int) -> str:
    """Give the path of a key image inside the result folder."""
    return f"key-images/nodule-{nodule_id:02d}.png"


def findings_of(outcome: Outcome, *, record: RunRecord, language: Language, timing_s: dict[str, float]) -> Findings:
    """Turn an outcome into the contract.

    Raises:
        pydantic.ValidationError: a number is not finite or out of its range; that is a fault of ours.
    """
    if isinstance(outcome, Refused):
        return _of_refused(outcome, record, language, timing_s)
    return _of_screened(outcome, record, language, timing_s)


def findings_of_failure(*, record: RunRecord, timing_s: dict[str, float]) -> Findings:
    """Give the contract of a run that ended in a fault: nothing is known, nothing is claimed."""
    return Findings(
        outcome="failed",
        refusals=[],
        warnings=[],
        not_analysed=[],
        patient=None,
        study=None,
        series_not_chosen=[],
        lungs=None,
        operating_point=None,
        nodules=[],
        provenance=_provenance(record, None),
        timing_s=timing_s,
    )


def all_not_analysed(outcome: Screened) -> tuple[NotAnalysed, ...]:
    """Give what this study lacks, then what this version never looks at; a comparison that was made is not lacking."""
    named = {part.what for part in outcome.not_analysed}
    parts = (*outcome.not_analysed, *(part for part in OUT_OF_SCOPE if part.what not in named))
    return parts if outcome.compared is None else tuple(part for part in parts if part.what != PRIOR_STUDIES)


def all_cautions(outcome: Outcome) -> tuple[Caution, ...]:
    """Give the cautions of the outcome and of its series, each once."""
    of_series = outcome.series.cautions if outcome.series else ()
    return tuple(dict.fromkeys((*of_series, *outcome.cautions)))


def _of_screened(outcome: Screened, record: RunRecord, language: Language, timing_s: dict[str, float]) -> Findings:
    spacing = outcome.volume.grid.spacing
    detector = outcome.detector
    point = outcome.operating_point
    drawn = {nodule.id for nodule in pictured(outcome.nodules)}
    growth = outcome.compared.growth if outcome.compared else {}
    spiculated = {facts.id: facts.spiculated for facts in outcome.case.nodules} if outcome.case else {}
    return Findings(
        outcome="partly" if outcome.is_partial else "screened",
        refusals=[],
        warnings=[_message(caution, language) for caution in all_cautions(outcome)],
        not_analysed=[
            NotAnalysedPart(what=part.what, share=part.share, why=pick((part.zh, part.en), language))
            for part in all_not_analysed(outcome)
        ],
        patient=_patient(outcome.series.patient),
        study=_study(outcome.series.facts, slices=len(outcome.series.slices)).model_copy(
            update={
                "slices": outcome.volume.grid.shape[0],
                "slice_step_mm": spacing.k_mm,
                "slice_thickness_mm": outcome.slice_thickness_mm,
                "pixel_spacing_mm": (spacing.j_mm, spacing.i_mm),
            }
        ),
        series_not_chosen=_not_chosen(outcome.series.not_chosen, language),
        lungs=LungsPart(
            volume_ml=outcome.lungs.left.volume_ml + outcome.lungs.right.volume_ml,
            left_ml=outcome.lungs.left.volume_ml,
            right_ml=outcome.lungs.right.volume_ml,
        ),
        operating_point=OperatingPointPart(name=point.name, probability=point.probability, max_marks=point.max_marks),
        nodules=[
            NodulePart.of(
                nodule,
                key_image=key_image_name(nodule.id) if nodule.id in drawn else "",
                spiculated=spiculated.get(nodule.id),
                growth=growth.get(nodule.id),
            )
            for nodule in outcome.nodules
        ],
        whole_lung=WholeLungPart.of(outcome.whole_lung) if outcome.whole_lung else None,
        compared=ComparedPart.of(outcome.compared) if outcome.compared else None,
        context=ContextDocument.of(outcome.context) if outcome.context else None,
        counted=CountedPart.of(outcome.case, outcome.counted_from) if outcome.case else None,
        assessments=[AssessmentPart.of(one, language) for one in outcome.assessed.assessments]
        if outcome.assessed
        else [],
        risks=[RiskPart.of(one, language) for one in outcome.assessed.risks] if outcome.assessed else [],
        provenance=_provenance(
            record, DetectorPart(name=detector.name, version=detector.version, sha256=detector.sha256)
        ),
        timing_s=timing_s,
    )


def _of_refused(outcome: Refused, record: RunRecord, language: Language, timing_s: dict[str, float]) -> Findings:
    reason, series = outcome.reason, outcome.series
    patient, facts = (series.patient, series.facts) if series else (outcome.patient, outcome.facts)
    return Findings(
        outcome="refused",
        refusals=[
            Message(
                code=reason.code.value,
                message=pick((reason.zh, reason.en), language),
                message_zh=reason.zh,
                message_en=reason.en,
            )
        ],
        warnings=[_message(caution, language) for caution in all_cautions(outcome)],
        not_analysed=[],
        patient=_patient(patient) if patient else None,
        study=_study(facts, slices=len(series.slices) if series else 0) if facts else None,
        series_not_chosen=_not_chosen(outcome.not_chosen or (series.not_chosen if series else ()), language),
        lungs=None,
        operating_point=None,
        nodules=[],
        provenance=_provenance(record, None),
        timing_s=timing_s,
    )


def _message(caution: Caution, language: Language) -> Message:
    return Message(
        code=caution.code.value,
        message=pick((caution.zh, caution.en), language),
        message_zh=caution.zh,
        message_en=caution.en,
    )


def _patient(patient: Patient) -> PatientPart:
    born = patient.birth_date.isoformat() if patient.birth_date else ""
    return PatientPart(id=patient.id, name=patient.name, birth_date=born, sex=patient.sex)


def _study(facts: SeriesFacts, *, slices: int) -> StudyPart:
    return StudyPart(
        study_uid=facts.study_uid,
        accession_number=facts.accession_number,
        study_id=facts.study_id,
        acquired=facts.acquired.isoformat() if facts.acquired else "",
        series_uid=facts.series_uid,
        frame_of_reference_uid=facts.frame_of_reference_uid,
        slices=slices,
        slice_step_mm=None,
        slice_thickness_mm=None,
        pixel_spacing_mm=None,
        kernel=facts.kernel,
        contrast=facts.contrast,
        manufacturer=facts.manufacturer,
    )


def _not_chosen(series: tuple[NotChosen, ...], language: Language) -> list[SeriesNotChosen]:
    return [
        SeriesNotChosen(series_uid=one.series_uid, why=pick((one.zh, one.en), language), description=one.description)
        for one in series
    ]


def _provenance(record: RunRecord, detector: DetectorPart | None) -> ProvenancePart:
    return ProvenancePart(software=record.software, detector=detector, started=record.started.isoformat())
