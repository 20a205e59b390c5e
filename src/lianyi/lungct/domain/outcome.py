"""How a screening ends: screened, partly screened, refused.  A fault is an exception, not an outcome."""

from __future__ import annotations

from dataclasses import dataclass

from lianyi.lungct.domain.assessment import Assessed
from lianyi.lungct.domain.case import Case
from lianyi.lungct.domain.context import Context
from lianyi.lungct.domain.errors import Caution, Refusal
from lianyi.lungct.domain.growth import Compared
from lianyi.lungct.domain.image import CtVolume, LungFields
from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.study import CtSeries, InputFile, NotChosen, Patient, SeriesFacts, StudyHeader
from lianyi.lungct.domain.whole_lung import WholeLung


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAnalysed:
    """A part of the lungs or a task that was not looked at.

    Attributes:
        what: short name, English (the machine-readable form).
        share: of the lungs, 0 to 1; None where a share makes no sense.
        zh: one clause, Chinese.
        en: one clause, English: why.
        is_lung: whether lung tissue of this patient went unseen, so that the outcome is "partly".
    """

    what: str
    share: float | None
    zh: str
    en: str
    is_lung: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """The threshold a detector ships with: marks at or above *probability*, at most *max_marks*."""

    name: str
    probability: float
    max_marks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorIdentity:
    """Which detector ran; *sha256* is of its weights, or of its settings when it has none."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Screened:
    """Every stage ran.  An empty ``nodules`` means "looked, marked none".

    ``not_analysed`` holds parts of this patient's lungs first; when there are any, the outcome
    is called "partly".

    Attributes:
        counted_at: the point whose marks count as nodules for guidelines and models; None where nobody said.
        whole_lung: None where it was not looked at.
        compared: with the prior CT; None where no prior CT was given or it could not be compared.
        context: what is known of the patient, the header's facts included; None before it was assessed.
        case: the nodules that were judged.
        assessed: what guidelines and models say of them.
    """

    series: CtSeries
    volume: CtVolume
    lungs: LungFields
    nodules: tuple[Nodule, ...]
    cautions: tuple[Caution, ...]
    not_analysed: tuple[NotAnalysed, ...]
    operating_point: OperatingPoint
    detector: DetectorIdentity
    slice_thickness_mm: float | None
    counted_at: OperatingPoint | None = None
    whole_lung: WholeLung | None = None
    compared: Compared | None = None
    context: Context | None = None
    case: Case | None = None
    assessed: Assessed | None = None

    @property
    def counted_from(self) -> float:
        """The least probability of a mark that was counted as a nodule: of the stricter of both points."""
        own = self.operating_point.probability
        return own if self.counted_at is None else max(own, self.counted_at.probability)

    @property
    def is_partial(self) -> bool:
        """Whether part of the lungs went unseen."""
        return any(part.is_lung for part in self.not_analysed)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Refused:
    """This input must not be screened; says why, and what to do.

    Attributes:
        reason: the refusal.
        series: None when refusal came before a series could be decoded.
        not_chosen: series left out before the refusal, each with its reason.
        cautions: what was met on the way.
        patient: without a series, as the headers agree; None when they do not or none was read.
        facts: without a series, of the chosen one or of the one study the headers agree on, what
            differs between its series left absent; None as for *patient*.
        files: without a series, those read whole before the refusal.
        header: without a series, of the one study the headers agree on; None as for *patient*.
    """

    reason: Refusal
    series: CtSeries | None
    not_chosen: tuple[NotChosen, ...]
    cautions: tuple[Caution, ...]
    patient: Patient | None = None
    facts: SeriesFacts | None = None
    files: tuple[InputFile, ...] = ()
    header: StudyHeader | None = None


Outcome = Screened | Refused
