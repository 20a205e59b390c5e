"""The order of the stages: the one file that knows it.

::

    dicom ──▶ volume ──▶ lungs ──▶ detect ──▶ measure ──▶ report
    CtSeries  CtVolume   LungFields Candidate  Nodule      documents

:func:`screen` is the pure middle: a decoded series in, an outcome out.
:func:`first_read` is the whole job: files in, documents out.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Literal, Protocol

from lianyi import __version__
from lianyi.lungct.detect import ClassicalDetector
from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.domain.errors import Caution, CautionCode, Refusal, RefusalCode
from lianyi.lungct.domain.image import CtVolume, LungFields
from lianyi.lungct.domain.nodule import Candidate, Nodule
from lianyi.lungct.domain.outcome import (
    DetectorIdentity,
    NotAnalysed,
    OperatingPoint,
    Outcome,
    Refused,
    Screened,
)
from lianyi.lungct.domain.scope import OUT_OF_SCOPE
from lianyi.lungct.domain.study import CtSeries
from lianyi.lungct.domain.uids import SeriesUID
from lianyi.lungct.lungs import find_lungs
from lianyi.lungct.measure import measure_nodule
from lianyi.lungct.report import Findings, RunRecord, write_documents, write_failure
from lianyi.lungct.volume import assemble, to_working_grid

Tell = Callable[[str, int, int], None]
"""Progress: stage, steps done, steps in all."""

_MAX_MISSING_SHARE = 0.10
"""Up to a tenth of the lungs may lie outside the scan, and is said; more is refused (issue 2, part 5)."""


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
    """What a screening is done with; the caller builds it and hands it in."""

    detector: Detector = field(default_factory=ClassicalDetector)
    operating_point: OperatingPoint = field(
        default_factory=lambda: OperatingPoint(name="balanced", probability=0.5, max_marks=20)
    )


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


def screen(series: CtSeries, *, kit: Kit, watch: Stopwatch) -> Outcome:
    """Read one chest CT from its decoded slices to measured nodules.

    Returns:
        Screened: every stage ran. An empty ``nodules`` means "looked, marked none".
        Refused: this input must not be screened; says why, and what to do.

    Anything else is a fault and propagates; the caller turns it into "failed".
    """
    try:
        with watch.stage("volume"):
            volume, cautions = assemble(series)
            working = to_working_grid(volume)
        with watch.stage("lungs"):
            lungs = find_lungs(working)
            not_analysed, lung_cautions = judge_coverage(lungs)
    except Refusal as reason:
        return Refused(reason=reason, series=series, not_chosen=series.not_chosen, cautions=series.cautions)
    thickness_mm = series.slices[0].slice_thickness_mm
    series = replace(series, slices=())  # the volume holds the pixels now
    with watch.stage("detect"):
        candidates = kit.detector.detect(working, lungs)
    with watch.stage("measure"):
        nodules, mark_cautions = measure_marks(volume, lungs, candidates, kit.operating_point)
    return Screened(
        series=series,
        volume=volume,
        lungs=lungs,
        nodules=nodules,
        cautions=(*series.cautions, *cautions, *lung_cautions, *mark_cautions),
        not_analysed=(*not_analysed, *OUT_OF_SCOPE),
        operating_point=kit.operating_point,
        detector=kit.detector.identity,
        slice_thickness_mm=thickness_mm,
    )


def first_read(  # noqa: PLR0913 -- the whole job: what, where to, with what, which series, in which language, to whom
    paths: Sequence[Path],
    folder: Path,
    *,
    kit: Kit,
    requested: SeriesUID | None = None,
    language: Literal["zh", "en"] = "zh",
    tell: Tell | None = None,
) -> Findings:
    """Screen the study in *paths* and write findings, report, key images and provenance into *folder*.

    Returns:
        What ``findings.json`` says; a refusal is an answer, not an error.

    Raises:
        Exception: a fault of ours, after documents that say "failed" were written.
    """
    watch = Stopwatch(tell)
    record = RunRecord(
        software=f"lianyi {__version__}",
        started=datetime.now().astimezone(),
        timing_s={},
        settings={
            "series": requested,
            "language": language,
            "operating_point": kit.operating_point.name,
            "probability": kit.operating_point.probability,
            "max_marks": kit.operating_point.max_marks,
        },
        versions=_versions(),
    )
    try:
        with watch.stage("read"):
            series = read_chest_series(paths, requested=requested, tell=tell)
        outcome = series if isinstance(series, Refused) else screen(series, kit=kit, watch=watch)
        with watch.stage("report"):
            return write_documents(outcome, folder, record=record, language=language, finish=lambda: watch.timing_s)
    except Exception:
        write_failure(
            folder,
            record=replace(record, timing_s=watch.timing_s),
            language=language,
            sentence_zh="程序出错，没有完成初筛；没有首看结果，不表示没有结节。请重试，若再次出现请联系管理员。",
            sentence_en="The program failed and nothing was screened, which does not mean that there is no nodule. "
            "Try again, and tell the administrator if it happens again.",
        )
        raise


def _versions() -> dict[str, str]:
    """What a result depends on beside our own code."""
    libraries = ("numpy", "scipy", "SimpleITK", "pydicom", "edt", "connected-components-3d", "fill-voids", "typst")
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: version(name) for name in libraries},
    }


def judge_coverage(lungs: LungFields) -> tuple[tuple[NotAnalysed, ...], tuple[Caution, ...]]:
    """Say which share of the lungs was not scanned, and whether one lung is absent.

    Raises:
        Refusal: more than a tenth of the lungs lies outside the scan.
    """
    names_zh = {"lung apex": "肺尖", "lung base": "肺底", "lung side": "肺外侧"}
    missing = {what: share for what, share in lungs.missing_share.items() if share > 0}
    total = sum(missing.values())
    places_zh = "、".join(f"{names_zh[what]}约 {100 * share:.0f} %" for what, share in missing.items())
    places_en = ", ".join(f"{what} about {100 * share:.0f} %" for what, share in missing.items())
    if total > _MAX_MISSING_SHARE:
        raise Refusal(
            RefusalCode.LUNGS_CUT_OFF,
            zh=f"肺未扫全：{places_zh}在扫描范围外，超过 {100 * _MAX_MISSING_SHARE:.0f} %；"
            "请发送覆盖肺尖到肺底的完整序列，或补扫。",
            en=f"The lungs are cut off ({places_en} outside the scan, over {100 * _MAX_MISSING_SHARE:.0f} % in all); "
            "send a series from apex to base, or complete the scan.",
        )
    cautions = []
    if missing:
        cautions.append(
            Caution(
                code=CautionCode.LUNGS_CUT_OFF,
                zh=f"肺未扫全：{places_zh}未扫入，这部分没有分析。",
                en=f"The lungs are not covered in full: {places_en} not scanned and not analysed.",
            )
        )
    for side_zh, side_en, lung in (("左", "left", lungs.left), ("右", "right", lungs.right)):
        if not lung.values_kji.any():
            cautions.append(
                Caution(
                    code=CautionCode.ONE_LUNG,
                    zh=f"未见含气的{side_zh}肺（切除、不张或大量积液？），{side_zh}侧没有分析。",
                    en=f"No aerated {side_en} lung was found (resected, collapsed or effusion?); "
                    "that side was not analysed.",
                )
            )
    parts = tuple(
        NotAnalysed(what=what, share=share, zh=f"{names_zh[what]}约 {100 * share:.0f} % 未扫入", en="cut off")
        for what, share in missing.items()
    )
    return parts, tuple(cautions)


def measure_marks(
    volume: CtVolume, lungs: LungFields, candidates: Sequence[Candidate], operating_point: OperatingPoint
) -> tuple[tuple[Nodule, ...], tuple[Caution, ...]]:
    """Measure the candidates at or above the operating point, most probable first.

    Two candidates whose segmentations meet at a centre are one nodule, kept
    under the more probable mark; a candidate with nothing to measure is no mark.
    """
    nodules: list[Nodule] = []
    left_out = 0
    for candidate in candidates:
        if candidate.probability < operating_point.probability:
            continue
        nodule = measure_nodule(volume, lungs, candidate, id=len(nodules) + 1)
        if nodule is None or any(_is_same(nodule, earlier) for earlier in nodules):
            continue
        if len(nodules) == operating_point.max_marks:
            left_out += 1
            continue
        nodules.append(nodule)
    if not left_out:
        return tuple(nodules), ()
    caution = Caution(
        code=CautionCode.MARK_LIMIT,
        zh=f"达到每例 {operating_point.max_marks} 处标记的上限，另有 {left_out} 处置信度较低的未列出。",
        en=f"The limit of {operating_point.max_marks} marks was reached; {left_out} less confident are not listed.",
    )
    return tuple(nodules), (caution,)


def _is_same(one: Nodule, other: Nodule) -> bool:
    return _covers(one, other) or _covers(other, one)


def _covers(one: Nodule, other: Nodule) -> bool:
    """Whether the other's centre lies inside the one's segmentation."""
    grid = one.mask.grid
    place = grid.locate(other.center)
    index = (round(place.k), round(place.j), round(place.i))
    inside = all(0 <= n < size for n, size in zip(index, grid.shape, strict=True))
    return inside and bool(one.mask.values_kji[index])
