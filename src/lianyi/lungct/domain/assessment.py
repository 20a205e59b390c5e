"""What guidelines and risk models say of a case, with the reasons that led there.

An :class:`Assessment` either has a category, or says on which unknown facts it depends (``conditional``), or says
why the guideline does not answer.  Its field names are those of ``findings.json``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from lianyi.lungct.domain.words import Sentence

Level = Literal["exam", "nodule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When to look again, counted from the current CT.

    Attributes:
        from_months: at the earliest.
        to_months: at the latest; equal where the guideline names one time.
        from_date: the same as a date; None where the date of the CT is not known.
        to_date: as *from_date*.
    """

    from_months: int
    to_months: int
    from_date: date | None = None
    to_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One "if … then …" of a conditional answer.

    Attributes:
        facts: what would have to be so: name of the fact, and those of its values that give this answer.
        condition: the same for people to read.
        parts: the condition fact by fact, without its "if".
        category: that follows; None where the guideline then does not apply or does not say.
        called: the category as people say it; None where there is none.
        management: that follows.
        due: that follows.
        trace: why.
    """

    facts: tuple[tuple[str, tuple[str, ...]], ...]
    condition: Sentence
    category: str | None
    management: Sentence
    due: Due | None
    trace: tuple[Sentence, ...]
    parts: tuple[Sentence, ...] = ()
    called: Sentence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One guideline's answer, for one nodule or for the whole exam.

    Attributes:
        guideline: short name, as ``lianyi explain`` takes it.
        edition: of the guideline, in full.
        level: of the nodule, or of the exam as the most suspicious nodule decides it.
        nodule_id: of the nodule, or of the one that decided the exam; None where none did.
        category: of the guideline; None where it depends on a missing fact or the guideline does not answer.
        called: the category as people say it; None where there is none.
        modifier: Lung-RADS "S", or "".
        management: next step.
        due: when.
        trace: the steps that led to the category, in order.
        missing: facts that were wanted and not known, by name.
        asked: what each of them is called.
        conditional: the answers those facts would give, grouped by only the facts that change the answer.
        premises: those steps of the trace that hold for the whole case, whatever the nodule.
        is_confirmed: whether the rule was read in its primary source; where not, it is marked as unconfirmed.
        is_provisional: whether it rests on nodules that no doctor has confirmed yet.
    """

    guideline: str
    edition: str
    level: Level
    nodule_id: int | None
    category: str | None
    management: Sentence
    due: Due | None
    trace: tuple[Sentence, ...]
    missing: tuple[str, ...]
    conditional: tuple[Branch, ...]
    is_confirmed: bool
    is_provisional: bool
    modifier: str = ""
    called: Sentence | None = None
    asked: tuple[Sentence, ...] = ()
    premises: tuple[Sentence, ...] = ()


InputValue = float | int | bool | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise:
    """The probability that the same model gives if some inputs were otherwise.

    Attributes:
        inputs: what would be otherwise, or what an unknown input would be.
        condition: the same for people to read.
        probability: that follows, 0 to 1.
    """

    inputs: tuple[tuple[str, InputValue], ...]
    condition: Sentence
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """One model's probability of malignancy for one nodule.

    Attributes:
        model: short name, as ``lianyi explain`` takes it.
        edition: publication and table.
        nodule_id: of the nodule.
        probability: of malignancy, 0 to 1, unrounded; None where an input is missing or out of the model's range.
        inputs: that the model asks for, by name; None where unknown.
        valid: whether the nodule and the patient are such as the model was made from.
        known: the inputs that are known, in words; the number of each as it was computed with.
        missing: inputs that are not known.
        asked: what each of them is called.
        notes: what must be known beside the number: why not valid, which size was taken, what is unconfirmed.
        otherwise: what changes if lobe or density were otherwise.
        conditional: the probability for each value of what is missing, where that is few.
        is_confirmed: whether the coefficients were read in the primary publication.
        is_provisional: whether it rests on nodules that no doctor has confirmed yet.
    """

    model: str
    edition: str
    nodule_id: int
    probability: float | None
    inputs: tuple[tuple[str, InputValue], ...]
    valid: bool
    missing: tuple[str, ...]
    notes: tuple[Sentence, ...]
    otherwise: tuple[Otherwise, ...]
    conditional: tuple[Otherwise, ...]
    is_confirmed: bool
    is_provisional: bool
    known: tuple[Sentence, ...] = ()
    asked: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """All that was said of a case: guidelines side by side, then models."""

    assessments: tuple[Assessment, ...]
    risks: tuple[Risk, ...]
