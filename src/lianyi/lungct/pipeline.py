"""The order of the stages: the one file that knows it.

::

    dicom ──▶ volume ──▶ lungs ──▶ detect ──▶ measure ──▶ locate ──▶ whole lung ──▶ assess ──▶ report ──▶ objects
    CtSeries  CtVolume   LungFields Candidate  Nodule      Location   WholeLung      Assessed   documents  DICOM

:func:`screen` is the pure middle: a decoded series in, an outcome out.
:func:`first_read` is the whole job: files in, documents out.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Literal, Protocol

from lianyi import __version__
from lianyi.lungct.assess import GUIDELINES, assess_case
from lianyi.lungct.cases import case_of, context_of
from lianyi.lungct.coverage import between_slices, judge_coverage
from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.domain.context import Context
from lianyi.lungct.domain.errors import Caution, Refusal
from lianyi.lungct.domain.image import CtVolume, LungFields
from lianyi.lungct.domain.nodule import Candidate
from lianyi.lungct.domain.outcome import (
    DetectorIdentity,
    OperatingPoint,
    Outcome,
    Refused,
    Screened,
)
from lianyi.lungct.domain.scope import OUT_OF_SCOPE
from lianyi.lungct.domain.study import CtSeries, StudyHeader
from lianyi.lungct.domain.uids import SeriesUID
from lianyi.lungct.locate import find_locations
from lianyi.lungct.lungs import find_lungs
from lianyi.lungct.marks import measure_marks, question_calcification, without_enhancement
from lianyi.lungct.priors import compare_with_prior, with_prior, without_prior
from lianyi.lungct.report import (
    Ability,
    Comparison,
    Findings,
    JsonValue,
    RunRecord,
    write_comparison,
    write_documents,
    write_failure,
    write_not_compared,
)
from lianyi.lungct.volume import assemble, to_working_grid
from lianyi.lungct.whole_lung import describe_whole_lung

_FAILED_ZH = "程序出错，没有完成初筛；没有首看结果，不表示没有结节。请重试，若再次出现请联系管理员。"
_FAILED_EN = (
    "The program failed and nothing was screened, which does not mean that there is no nodule. "
    "Try again, and tell the administrator if it happens again."
)

Tell = Callable[[str, int, int], None]
"""Progress: stage, steps done, steps in all."""


class Detector(Protocol):
    """Proposes places.  Stages satisfy it by shape."""

    @property
    def identity(self) -> DetectorIdentity:
        """Which detector this is, for the report."""
        ...

    def detect(self, working: CtVolume, lungs: LungFields) -> tuple[Candidate, ...]:
        """Propose candidates on the working grid, most probable first, none held back by a threshold."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What a screening is done with; the caller builds it and hands it in.

    Attributes:
        detector: proposes.
        operating_point: which of its proposals become marks.
        counted_at: the balanced point, whose marks guidelines and models count as nodules before review; None: the
            operating point.
        guidelines: which are judged.
        ability: what was measured of this detector at this operating point; None: nothing was.
        cautions: what whoever reads the report must know of this kit.
        settings: how it computes, for the record of the run.
    """

    detector: Detector
    operating_point: OperatingPoint
    counted_at: OperatingPoint | None = None
    guidelines: tuple[str, ...] = GUIDELINES
    ability: Ability | None = None
    cautions: tuple[Caution, ...] = ()
    settings: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(slots=True)
class Stopwatch:
    """Seconds by stage, and a word to the caller as each begins."""

    tell: Tell | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=perf_counter)
    _running: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage; a stage entered twice adds up."""
        if self.tell:
            self.tell(name, 0, 1)
        self._running[name] = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - self._running.pop(name)
            if self.tell:
                self.tell(name, 1, 1)

    @property
    def timing_s(self) -> dict[str, float]:
        """Seconds by stage so far, the running one included, and the total since the watch was made."""
        now = perf_counter()
        running = {name: self.seconds.get(name, 0.0) + now - begin for name, begin in self._running.items()}
        return {**self.seconds, **running, "total": now - self._began}


def screen(series: CtSeries, *, kit: Kit, watch: Stopwatch, context: Context | None = None) -> Outcome:
    """Read one chest CT from its decoded slices to measured nodules, and judge them.

    Args:
        series: decoded.
        kit: what it is done with.
        watch: times each stage.
        context: what is known of the patient beside the images; None: nothing.

    Returns:
        Screened: every stage ran. An empty ``nodules`` means "looked, marked none".
        Refused: this input must not be screened; says why, and what to do.

    Anything else is a fault and propagates; the caller turns it into "failed".
    """
    cautions: tuple[Caution, ...] = ()
    try:
        with watch.stage("volume"):
            volume, cautions = assemble(series)
            working = to_working_grid(volume)
        with watch.stage("lungs"):
            lungs = find_lungs(working)
            not_analysed, lung_cautions = judge_coverage(lungs)
    except Refusal as reason:
        return Refused(
            reason=reason, series=series, not_chosen=series.not_chosen, cautions=(*series.cautions, *cautions)
        )
    thickness_mm = series.slices[0].slice_thickness_mm
    series = replace(series, slices=())  # the volume holds the pixels now
    with watch.stage("detect"):
        candidates = kit.detector.detect(working, lungs)
    with watch.stage("measure"):
        nodules, mark_cautions = measure_marks(volume, lungs, candidates, kit.operating_point)
        mark_cautions += question_calcification(nodules, series.facts.contrast)
        nodules = without_enhancement(nodules, series.facts.contrast)
    with watch.stage("locate"):
        places = find_locations(working, lungs, thickness_mm, nodules)
        nodules = tuple(replace(one, location=place) for one, place in zip(nodules, places, strict=True))
    with watch.stage("whole lung"):
        whole_lung = describe_whole_lung(volume, working, lungs, series.facts, thickness_mm)
    screened = Screened(
        series=series,
        volume=volume,
        lungs=lungs,
        nodules=nodules,
        cautions=(*kit.cautions, *series.cautions, *cautions, *lung_cautions, *mark_cautions),
        not_analysed=(*not_analysed, *between_slices(volume, thickness_mm), *OUT_OF_SCOPE),
        operating_point=kit.operating_point,
        detector=kit.detector.identity,
        slice_thickness_mm=thickness_mm,
        counted_at=kit.counted_at or kit.operating_point,
        whole_lung=whole_lung,
    )
    with watch.stage("assess"):
        return assess(screened, context or Context(), guidelines=kit.guidelines)


def assess(screened: Screened, context: Context, *, guidelines: tuple[str, ...] = GUIDELINES) -> Screened:
    """Judge what was measured by each guideline and risk model; again, once a comparison has been added."""
    known = context_of(context, screened)
    case = case_of(screened, known)
    return replace(screened, context=known, case=case, assessed=assess_case(case, known, guidelines=guidelines))


def first_read(  # noqa: PLR0913 -- the whole job: what, where to, with what, which series, in which language, to whom
    paths: Sequence[Path],
    folder: Path,
    *,
    kit: Kit,
    context: Context | None = None,
    requested: SeriesUID | None = None,
    language: Literal["zh", "en"] = "zh",
    tell: Tell | None = None,
    prior: Sequence[Path] = (),
    is_same_patient: bool = False,
    on_prior_fault: Callable[[Exception], None] | None = None,
    dicom_out: Path | None = None,
    started: datetime | None = None,
) -> Findings:
    """Screen the study in *paths* and write findings, report, key images and provenance into *folder*.

    With *dicom_out* the same goes there as DICOM objects of the study, whatever the ending, wherever the input is of
    one study.  Their UIDs follow from the input; whoever repeats a job gives the first one's moment as *started*, so
    that their dates and times are the same too.

    With a *prior* CT the two are compared; where they cannot be, the report says why and stands without it.  So it
    does where the comparison fails by a fault of ours, which *on_prior_fault* then receives.

    Returns:
        What ``findings.json`` says; a refusal is an answer, not an error.

    Raises:
        Exception: a fault of ours, after documents that say "failed" were written.
    """
    watch = Stopwatch(tell)
    record = _record(kit, {"series": requested, "language": language}, started)
    prior_fault: Exception | None = None
    header: StudyHeader | None = None
    if dicom_out is not None:
        _returning().clear_objects(dicom_out)
    try:
        with watch.stage("read"):
            series = read_chest_series(paths, requested=requested, tell=tell)
        header = series.header
        outcome = series if isinstance(series, Refused) else screen(series, kit=kit, watch=watch, context=context)
        if prior and isinstance(outcome, Screened):
            try:
                then = read_and_screen(prior, kit=kit, watch=watch)
                with watch.stage("compare"):
                    outcome = with_prior(outcome, then, is_same_patient=is_same_patient)
            except Exception as fault:  # noqa: BLE001 -- the first look is done, and must not be lost for the prior's sake
                outcome, prior_fault = without_prior(outcome), fault
            with watch.stage("assess"):
                outcome = assess(outcome, context or Context(), guidelines=kit.guidelines)
        with watch.stage("report"):
            findings = write_documents(outcome, folder, record=record, language=language, finish=lambda: watch.timing_s)
        if dicom_out is not None:
            with watch.stage("objects"):
                _returning().write_returned(outcome, dicom_out, documents=folder, record=record)
    except Exception:
        record = replace(record, timing_s=watch.timing_s)
        write_failure(folder, record=record, language=language, sentence_zh=_FAILED_ZH, sentence_en=_FAILED_EN)
        if dicom_out is not None and header is not None:
            with suppress(Exception):  # the fault that is told is the first one
                _returning().write_returned_failure(
                    header,
                    dicom_out,
                    documents=folder,
                    record=record,
                    sentence_zh=_FAILED_ZH,
                    sentence_en=_FAILED_EN,
                )
        raise
    if prior_fault is not None and on_prior_fault is not None:
        on_prior_fault(prior_fault)
    return findings


def _returning() -> ModuleType:
    """Give what writes DICOM objects; its library takes half a second to load, which nobody else need wait for."""
    from lianyi.lungct import returned  # noqa: PLC0415 -- see above

    return returned


def read_and_screen(paths: Sequence[Path], *, kit: Kit, watch: Stopwatch) -> Outcome:
    """Read and screen the study in *paths*, the series being chosen."""
    with watch.stage("read"):
        series = read_chest_series(paths, requested=None, tell=watch.tell)
    return series if isinstance(series, Refused) else screen(series, kit=kit, watch=watch)


def compare_studies(  # noqa: PLR0913 -- the whole job: two studies, where to, with what, who vouches, in which language
    prior: Sequence[Path],
    current: Sequence[Path],
    folder: Path,
    *,
    kit: Kit,
    is_same_patient: bool = False,
    language: Literal["zh", "en"] = "zh",
    tell: Tell | None = None,
) -> Comparison:
    """Screen two studies, compare them, and write comparison.json and comparison.html into *folder*.

    Returns:
        What ``comparison.json`` says; a refusal is an answer, not an error.
    """
    watch = Stopwatch(tell)
    record = _record(kit, {"language": language, "same_patient": is_same_patient})
    then = read_and_screen(prior, kit=kit, watch=watch)
    now = read_and_screen(current, kit=kit, watch=watch)
    refuse = partial(write_not_compared, folder=folder, record=record, language=language, finish=lambda: watch.timing_s)
    if isinstance(then, Refused):
        return refuse(then.reason, "prior")
    if isinstance(now, Refused):
        return refuse(now.reason, "current")
    try:
        with watch.stage("compare"):
            compared = compare_with_prior(now, then, is_same_patient=is_same_patient)
    except Refusal as reason:
        return refuse(reason, "pair")
    now = replace(now, compared=compared)
    with watch.stage("report"):
        return write_comparison(now, then, folder, record=record, language=language, finish=lambda: watch.timing_s)


def _record(kit: Kit, settings: dict[str, JsonValue], started: datetime | None = None) -> RunRecord:
    return RunRecord(
        software=f"lianyi {__version__}",
        started=started or datetime.now().astimezone(),
        timing_s={},
        settings={
            **settings,
            "operating_point": kit.operating_point.name,
            "probability": kit.operating_point.probability,
            "max_marks": kit.operating_point.max_marks,
            "guidelines": list(kit.guidelines),
            **kit.settings,
        },
        versions=_versions(),
        ability=kit.ability,
    )


def _versions() -> dict[str, str]:
    """What a result depends on beside our own code."""
    libraries = (
        "numpy",
        "scipy",
        "SimpleITK",
        "pydicom",
        "edt",
        "connected-components-3d",
        "fill-voids",
        "openvino",
        "typst",
        "highdicom",
    )
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: version(name) for name in libraries},
    }
