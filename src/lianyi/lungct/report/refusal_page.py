"""What a document says when nothing was screened: one sentence, what to do and by whom, no result."""

from __future__ import annotations

from dataclasses import dataclass

from lianyi.lungct.domain.outcome import Refused
from lianyi.lungct.domain.study import CtSeries
from lianyi.lungct.report.findings import all_cautions
from lianyi.lungct.report.fonts import printable
from lianyi.lungct.report.lines import Line, Run, not_chosen_lines
from lianyi.lungct.report.page import Picture, Sheet, sheet
from lianyi.lungct.report.wording import (
    FAILURE_STEPS,
    REFUSAL_STEPS,
    REFUSAL_TITLES,
    Language,
    Step,
    pick,
    say,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotScreened:
    """A one-page document without a result.

    Attributes:
        code: "R03 缺层", small.
        sentence: what is wrong and what to do.
        meaning: that there is no result, and what that does not mean.
        steps: what, who.
        picture: of the images that did arrive, or None.
    """

    sheet: Sheet
    words: dict[str, str]
    code: str
    sentence: str
    meaning: str
    steps: list[Line]
    picture: Picture | None
    cautions: list[str]
    not_chosen: list[str]
    explain: str
    versions: list[Line]


def refusal_page(outcome: Refused, *, run: Run, has_picture: bool) -> NotScreened:
    """Say why a study was not screened, and what to do."""
    language = run.language
    code, series = outcome.reason.code, outcome.series
    not_chosen = outcome.not_chosen or (series.not_chosen if series else ())
    images = say("received_slices", language, n=str(len(series.slices))) if series else say("not_given", language)
    return NotScreened(
        sheet=sheet(
            series or _unread(outcome),
            stamp="refused_stamp",
            images=images,
            run=run,
        ),
        words=_headings(language),
        code=f"{code.value} {pick(REFUSAL_TITLES[code], language)}",
        sentence=printable(pick((outcome.reason.zh, outcome.reason.en), language)),
        meaning=say("not_screened_stop", language) + say("nothing_screened", language),
        steps=_steps(REFUSAL_STEPS[code], language),
        picture=Picture(file="received.jpg", alt=say("received_alt", language)) if has_picture else None,
        cautions=[
            say(
                "caution",
                language,
                text=printable(pick((caution.zh, caution.en), language)).rstrip("。."),
                code=caution.code.value,
            )
            for caution in all_cautions(outcome)
        ],
        not_chosen=not_chosen_lines(not_chosen, language) if not_chosen else [],
        explain=say("explain", language, code=code.value),
        versions=[Line(label=say("v_software", language), value=run.record.software)],
    )


def _unread(outcome: Refused) -> CtSeries | None:
    """Give whom and what the headers name when nothing could be decoded, as a series without slices."""
    if outcome.patient is None or outcome.facts is None:
        return None
    return CtSeries(
        patient=outcome.patient,
        facts=outcome.facts,
        slices=(),
        files=outcome.files,
        not_chosen=outcome.not_chosen,
        cautions=outcome.cautions,
    )


def failure_page(sentence: str, *, run: Run) -> NotScreened:
    """Say that the software failed, and what to do."""
    language = run.language
    return NotScreened(
        sheet=sheet(None, stamp="failed_stamp", images="", run=run),
        words=_headings(language),
        code=say("failed_title", language),
        sentence=printable(sentence),
        meaning=say("not_screened_stop", language) + say("nothing_screened", language),
        steps=_steps(FAILURE_STEPS, language),
        picture=None,
        cautions=[],
        not_chosen=[],
        explain="",
        versions=[Line(label=say("v_software", language), value=run.record.software)],
    )


def _headings(language: Language) -> dict[str, str]:
    keys = ("what_to_do", "received", "series_not_chosen", "quality", "refused_stamp")
    return {key: say(key, language) for key in keys}


def _steps(steps: tuple[Step, ...], language: Language) -> list[Line]:
    return [Line(label=pick(who, language), value=pick(what, language)) for what, who in steps]
