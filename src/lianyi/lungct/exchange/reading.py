"""From two documents to a case: what was read, and what was passed over, said by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from lianyi.lungct.domain.case import Case
from lianyi.lungct.domain.context import Context
from lianyi.lungct.domain.words import Sentence
from lianyi.lungct.exchange.context import ContextDocument
from lianyi.lungct.exchange.errors import NotAssessable
from lianyi.lungct.exchange.nodules import NodulePart, NodulesDocument

Document = TypeVar("Document", bound=BaseModel)

FINDINGS = "lianyi.findings/1"

_OF_FINDINGS = frozenset(
    {
        "probability",
        "center_lps_mm",
        "instance_uid",
        "instance_number",
        "measurement_plane",
        "mean_hu",
        "side",
        "zone",
        "pleural_distance_mm",
        "key_image",
        "suspicion_rating",
        "location",
        "measurements",
        "growth",
    }
)
"""Fields of a nodule in findings.json that no rule asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What two documents say.

    Attributes:
        case: the nodules that were not rejected.
        context: the patient; age and sex from the header where the context gives none.
        notes: what was passed over or taken from elsewhere.
    """

    case: Case
    context: Context
    notes: tuple[Sentence, ...]


def read_case(nodules_json: bytes, context_json: bytes | None) -> Reading:
    """Read a case from ``nodules.json`` (or ``findings.json``) and, if given, ``context.json``.

    Raises:
        NotAssessable: a document cannot be read or contradicts itself; the sentence names the place, no value.
    """
    document = _read(nodules_json, NodulesDocument, "NODULES.json")
    is_findings = document.schema_ == FINDINGS
    if context_json is not None:
        context = read_context(context_json)
    else:  # what the first look was told of the patient still holds
        context = document.context.to_domain() if is_findings and document.context else Context()
    if is_findings and document.outcome not in {"screened", "partly"}:
        raise NotAssessable(
            zh="这份 findings.json 没有完成初筛，没有结节可判断；请先完成初筛。",
            en="This findings.json holds no screening, and so no nodules to assess; screen first.",
        )
    kept = [part for part in document.nodules if part.accepted or (part.accepted is None and _counts(document, part))]
    nodules = tuple(part.to_domain(number) for number, part in enumerate(document.nodules, 1) if part in kept)
    if len({nodule.id for nodule in nodules}) < len(nodules):
        raise NotAssessable(zh="有两个结节的 id 相同；请改正。", en="Two nodules have the same id; correct it.")
    count = len(nodules) if document.nodule_count is None else document.nodule_count
    if count < len(nodules):
        raise NotAssessable(
            zh=f"nodule_count 是 {count}，却列出了 {len(nodules)} 个结节；请改正。",
            en=f"nodule_count is {count}, yet {len(nodules)} nodules are listed; correct it.",
        )
    contrast = document.contrast or (document.study.contrast if document.study else "unknown")
    case = Case(
        nodules=nodules,
        nodule_count=count,
        is_reviewed=_is_reviewed(kept, is_findings=is_findings),
        contrast=contrast,
        slice_thickness_mm=document.slice_thickness_mm
        or (document.study.slice_thickness_mm if document.study else None),
    )
    context, taken = _from_header(document, context)
    return Reading(case=case, context=context, notes=(*taken, *_passed_over(document.nodules)))


def _counts(document: NodulesDocument, part: NodulePart) -> bool:
    """A mark that the first look listed but did not count is no nodule until a doctor accepts it."""
    return document.counted is None or part.id in document.counted.nodule_ids


def read_context(context_json: bytes) -> Context:
    """Read ``context.json``.

    Raises:
        NotAssessable: it cannot be read or contradicts itself; the sentence names the place, no value.
    """
    return _read(context_json, ContextDocument, "context.json").to_domain()


def _is_reviewed(kept: list[NodulePart], *, is_findings: bool) -> bool:
    """A list that a person wrote is confirmed by its writer; marks of a program are once each is accepted."""
    if any(part.accepted is not None for part in kept):
        return all(part.accepted for part in kept)
    return not is_findings


def _from_header(document: NodulesDocument, context: Context) -> tuple[Context, tuple[Sentence, ...]]:
    """Take age, sex and date from the header where the context gives none; part of the lungs unseen, likewise."""
    taken: dict[str, object] = {}
    if document.patient is not None and document.study is not None:
        studied, born = _day(document.study.acquired), _day(document.patient.birth_date)
        if context.study_date is None and studied is not None:
            taken["study_date"] = studied
        if context.age_years is None and studied is not None and born is not None and born <= studied:
            had_birthday = (studied.month, studied.day) >= (born.month, born.day)
            taken["age_years"] = studied.year - born.year - (not had_birthday)
        if context.sex is None and document.patient.sex in {"M", "F"}:
            taken["sex"] = document.patient.sex
    if document.outcome == "partly" and context.lungs_not_evaluable is None:
        taken["lungs_not_evaluable"] = True
    if not taken:
        return context, ()
    names = ", ".join(taken)
    note = Sentence(f"取自图像的资料：{names}", f"taken from the images: {names}")
    return replace(context, **taken), (note,)  # type: ignore[arg-type]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _passed_over(parts: list[NodulePart]) -> tuple[Sentence, ...]:
    names = sorted({name for part in parts for name in part.model_extra or {} if name not in _OF_FINDINGS})
    if not names:
        return ()
    listed = ", ".join(names)
    return (Sentence(f"不认识的字段，未使用：{listed}", f"fields not known, and not used: {listed}"),)


def _read(text: bytes, model: type[Document], name: str) -> Document:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        # Pydantic's own sentence quotes the value, which may be a name; where it stands, and of what kind, is enough.
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "-"
        why = str(first["ctx"]["error"]) if first["type"] == "value_error" else first["type"]
        raise NotAssessable(
            zh=f"{name} 不能用（{where}：{why}）；请按说明改正。",
            en=f"{name} cannot be used ({where}: {why}); correct it by its description.",
        ) from None
