"""What can go wrong, named by who must act.

::

    LianyiError
    ├── Refusal        the input must not be screened; a person acts      R01…
    └── Misconfigured  an operator acts; nothing starts
    (anything else)    a fault of ours; the caller reports "failed"

A :class:`Caution` (W01…) is not an error: the study is screened, and the report says so.
The table of codes is the single source of their titles; ``docs/refusals.md`` has a page for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RefusalCode(StrEnum):
    """Why an input must not be screened."""

    NO_DICOM = "R01"
    NOT_CT = "R02"
    MISSING_SLICES = "R03"
    IRREGULAR_SLICES = "R04"
    INTERLEAVED_HRCT = "R05"
    MIXED_ORIENTATIONS = "R06"
    UNKNOWN_RESCALE = "R07"
    NOT_CHEST = "R08"
    THICK_SLICES = "R09"
    LOSSY_COMPRESSION = "R10"
    UNREADABLE_SERIES = "R11"
    UNSAFE_ARCHIVE = "R12"
    LUNGS_CUT_OFF = "R13"
    MISSING_GEOMETRY = "R14"
    MIXED_GRIDS = "R15"
    SERIES_NOT_FOUND = "R16"
    TOO_FEW_SLICES = "R17"
    CONFLICTING_SLICES = "R18"
    UNSUPPORTED_PIXELS = "R19"
    NO_LUNGS = "R20"
    NO_SUITABLE_SERIES = "R21"
    NOT_AXIAL = "R22"
    SEVERAL_PATIENTS = "R23"
    MIXED_FRAMES = "R24"
    NO_PRIOR = "R25"
    OTHER_PATIENT = "R26"
    NOT_REGISTERED = "R27"


class CautionCode(StrEnum):
    """What was screened all the same, and must be known."""

    THICK_SLICES = "W01"
    LUNGS_CUT_OFF = "W02"
    UNREADABLE_FILES = "W03"
    GUESSED_CHARACTER_SET = "W04"
    DUPLICATED_FILES = "W05"
    TILTED_GANTRY = "W06"
    UNKNOWN_THICKNESS = "W07"
    ONE_LUNG = "W09"
    MARK_LIMIT = "W10"
    SHARP_KERNEL = "W11"
    REQUESTED_SERIES = "W14"
    IGNORED_FILES = "W15"
    SLICE_GAPS = "W16"
    UNMEASURED_MARKS = "W17"
    CALCIFIED_OR_ENHANCED = "W18"
    OTHER_STUDIES = "W19"
    CLASSICAL_FALLBACK = "W20"
    PRIOR_NOT_COMPARED = "W21"
    PRIOR_CAUTION = "W22"


class LianyiError(Exception):
    """Base of the errors a person is meant to read.

    Attributes:
        zh: Chinese, for whoever must act: what was found, what was expected, what to do.
        en: the same in English.
    """

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.zh = zh
        self.en = en


class Misconfigured(LianyiError):
    """The installation or its settings are wrong; an operator acts, and nothing is screened until then."""


class Refusal(LianyiError):
    """The input must not be screened; its sentences are for a radiographer.

    Attributes:
        code: which refusal.
    """

    def __init__(self, code: RefusalCode, *, zh: str, en: str) -> None:
        super().__init__(zh=zh, en=en)
        self.code = code

    def __str__(self) -> str:
        """Give the English sentence and the code."""
        return f"{self.en} [{self.code.value}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """Something about a screened study that its reader must know; sentence in both languages."""

    code: CautionCode
    zh: str
    en: str
