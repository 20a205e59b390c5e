"""What the report says, as finished text: the one source of both the HTML and the PDF.

The templates only lay these strings out; they choose no word and round no number.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.outcome import NotAnalysed, Screened
from lianyi.lungct.domain.study import CtSeries
from lianyi.lungct.report.answers import Answer, answers_of, provisional_line
from lianyi.lungct.report.figures import estimated, half_up, mm, moment
from lianyi.lungct.report.findings import all_not_analysed, pictured
from lianyi.lungct.report.fonts import printable
from lianyi.lungct.report.gaps import gap_lines, known_line
from lianyi.lungct.report.key_images import FIELD_MM
from lianyi.lungct.report.lines import (
    Line,
    Run,
    ability_lines,
    not_chosen_lines,
    quality_lines,
    sensitivity_rows,
    thickness_text,
    version_lines,
)
from lianyi.lungct.report.matrix import Matrix, matrix_of
from lianyi.lungct.report.nodule_rows import NoduleRow, change_text, column_titles, nodule_rows, place
from lianyi.lungct.report.risk_rows import RiskTable, risk_table
from lianyi.lungct.report.wording import WORDS, Language, pick, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture by its file name beside the document, with its text equivalent and its caption."""

    file: str
    alt: str
    title: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What every document has, whatever the outcome."""

    language: str
    hospital: str
    title: str
    stamp: str
    when: str
    who: Line
    facts: list[Line]
    notice: str
    foot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A first-look report, ready to be laid out."""

    sheet: Sheet
    words: dict[str, str]
    headline: str
    provisional: str
    answers: list[Answer]
    known: str
    gaps: list[str]
    not_analysed: list[Line]
    point: list[str]
    ability: list[str]
    ability_note: str
    sensitivity: list[list[str]]
    columns: list[str]
    nodules: list[NoduleRow]
    matrix: Matrix | None
    risks: RiskTable | None
    overview: Picture
    quality: list[Line]
    key_images: list[Picture]
    not_chosen: list[str]
    versions: list[Line]
    signatures: list[str] = field(default_factory=list)


def sheet(series: CtSeries | None, *, stamp: str, images: str, run: Run) -> Sheet:
    """Fill the head and the foot of a document.

    Args:
        series: whose patient and study; None when no series was decoded.
        stamp: key of the word in the corner: what this document is.
        images: what to say of the slices.
        run: language, record and times.
    """
    language, record = run.language, run.record
    is_refusal = stamp != "awaiting"
    seconds = half_up(run.timing_s["total"], 1) if "total" in run.timing_s else ""
    absent = say("not_given", language)
    at, looked = moment(record.started), "tried" if is_refusal else "first_look"
    when = say(looked, language, at=at, seconds=seconds) if seconds else say("untimed", language, at=at)
    if series is None:
        who, facts, foot, hospital = Line(label="", value=""), [], "", ""
    else:
        patient, scanned = series.patient, series.facts
        who = Line(label=say("name", language), value=printable(patient.name) or absent)
        sex = say(f"sex_{patient.sex}", language) if patient.sex in {"M", "F", "O"} else say("no_sex", language)
        age = say("no_age", language) if patient.age_years is None else say("years", language, n=patient.age_years)
        series_text = " ".join(
            part for part in (_number(scanned.series_number), printable(scanned.series_description)) if part
        )
        facts = [
            Line(label="", value=f"{sex}　{age}" if language == "zh" else f"{sex}, {age}"),
            Line(label=say("patient_id", language), value=printable(patient.id) or absent),
            Line(label=say("accession", language), value=printable(scanned.accession_number) or absent),
            Line(label=say("acquired", language), value=moment(scanned.acquired) if scanned.acquired else absent),
            Line(label=say("images", language), value=images),
            Line(label=say("series_label", language), value=series_text or absent),
        ]
        hospital = printable(scanned.institution)
        named = printable(patient.name) or printable(patient.id)
        foot = "　".join(part for part in (named, printable(scanned.accession_number)) if part)
    return Sheet(
        language="zh-CN" if language == "zh" else "en",
        hospital=hospital,
        title=say("title", language),
        stamp=say(stamp, language),
        when=when,
        who=who,
        facts=facts,
        notice=say("notice", language),
        foot=foot,
    )


def report_page(outcome: Screened, *, run: Run, fields_mm: dict[int, float]) -> Report:
    """Say everything a first-look report says.

    Args:
        outcome: what was found.
        run: language, record and times.
        fields_mm: width of each key image, by nodule.
    """
    language, record = run.language, run.record
    slices = outcome.volume.grid.shape[0]
    thickness = thickness_text(outcome, language)
    drawn, gaps = pictured(outcome.nodules), gap_lines(outcome, language)
    return Report(
        sheet=sheet(
            outcome.series,
            stamp="awaiting",
            images=say("images_value", language, slices=slices, thickness=thickness),
            run=run,
        ),
        words=_headings(language, drawn=None if len(drawn) == len(outcome.nodules) else len(drawn)),
        headline=headline(outcome, language),
        provisional=provisional_line(outcome, language),
        answers=answers_of(outcome, language),
        known=known_line(outcome.context, language) + ("" if gaps else say("gaps_none", language)),
        gaps=gaps,
        not_analysed=[
            *_outside_task(outcome, language),
            *(_not_analysed(part, language) for part in all_not_analysed(outcome)),
        ],
        point=[
            say("operating_value", language, p=half_up(outcome.operating_point.probability, 2)),
            say(
                "operating_more",
                language,
                n=outcome.operating_point.max_marks,
                name=printable(outcome.operating_point.name),
            ),
        ],
        ability=ability_lines(record, language),
        ability_note=(
            say("ability_note", language, source=pick(record.ability.source, language)) if record.ability else ""
        ),
        sensitivity=sensitivity_rows(record),
        columns=column_titles(outcome, language),
        nodules=nodule_rows(outcome, language),
        matrix=matrix_of(outcome, language),
        risks=risk_table(outcome, language),
        overview=Picture(file="overview.jpg", alt=say("overview_alt", language, n=len(drawn))),
        quality=quality_lines(outcome, language),
        key_images=[_key_picture(nodule, fields_mm[nodule.id], language) for nodule in drawn],
        not_chosen=not_chosen_lines(outcome.series.not_chosen, language),
        versions=version_lines(outcome, run),
        signatures=[say(key, language) for key in ("sign_doctor", "sign_time", "sign_changes")],
    )


def headline(outcome: Screened, language: Language) -> str:
    """Give the one sentence of page 1: how many marks, the largest, where; or that none was marked."""
    lead = say("partly_lead", language) if outcome.is_partial else ""
    if not outcome.nodules:
        return lead + say("none_marked", language)
    counts: dict[str, int] = {}
    for nodule in outcome.nodules:
        counts[nodule.density.value] = counts.get(nodule.density.value, 0) + 1
    parts = say("join", language).join(
        say("part", language, density=say(f"density_{name}", language), n=n) for name, n in counts.items()
    )
    largest = max(outcome.nodules, key=lambda nodule: nodule.mean_diameter_mm)
    marked = say("marked_one" if len(outcome.nodules) == 1 else "marked", language, n=len(outcome.nodules))
    return (
        lead
        + marked
        + say(
            "marked_detail",
            language,
            parts=parts,
            size=mm(largest.mean_diameter_mm),
            place=place(largest, language),
            change=_change(largest, outcome, language),
        )
    )


def _change(nodule: Nodule, outcome: Screened, language: Language) -> str:
    growth = outcome.compared.growth.get(nodule.id) if outcome.compared else None
    return f"{say('join', language)}{change_text(growth, language)}" if growth else ""


def _outside_task(outcome: Screened, language: Language) -> list[Line]:
    """Say what is large and not this tool's task; the doctor must look."""
    found = outcome.whole_lung.outside_task if outcome.whole_lung else ()
    return [
        Line(
            label="△",
            value=say(
                f"outside_{one.kind}",
                language,
                side=say(f"sided_{one.side}", language),
                ml=half_up(one.volume_ml, 0),
                n=one.instance_number,
            ),
            is_caution=True,
        )
        for one in found
    ]


def _not_analysed(part: NotAnalysed, language: Language) -> Line:
    """Say what was not looked at; a missing part of the lungs is marked as a caution."""
    if not part.is_lung:
        return Line(label="–", value=pick((part.zh, part.en), language))
    # the Chinese clause holds place and share; the English one only the reason (domain, NotAnalysed)
    share = f", {estimated(part.share)}" if part.share else ""
    text = pick((part.zh, f"{part.what}{share}: {part.en}"), language)
    return Line(label="△", value=text, is_caution=True)


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _headings(language: Language, *, drawn: int | None) -> dict[str, str]:
    """Give the headings and their notes; *drawn* is the number of marks in pictures where not all of them are."""
    keys = (
        "not_analysed", "ability", "operating_point", "nodules", "gaps", "gaps_note", "matrix", "matrix_note",
        "if_otherwise", "risks", "risks_note", "all_ways", "overview", "overview_note",
        "quality", "key_images", "key_images_note", "series_not_chosen", "remarks", "versions", "size_class",
        "found_of", "sensitivity",
    )  # fmt: skip
    words = {key: pick(WORDS[key], language) for key in keys}
    words["nodules_note"] = say("nodules_why", language)
    if drawn is not None:
        for key in ("overview_note", "key_images_note"):
            words[key] += say("drawn", language, n=drawn)
    return words


def _key_picture(nodule: Nodule, field_mm: float, language: Language) -> Picture:
    words = {
        "id": nodule.id,
        "size": mm(nodule.mean_diameter_mm),
        "density": say(f"density_{nodule.density.value}", language),
        "place": place(nodule, language),
    }
    field_text = "" if field_mm == FIELD_MM else say("key_field", language, field=half_up(field_mm, 0))
    rating = nodule.suspicion_rating
    rating_text = "" if rating is None else "\n" + say("suspicion_rating", language, rating=half_up(rating, 1))
    return Picture(
        file=f"nodule-{nodule.id:02d}.jpg",
        alt=say("key_alt", language, **words),
        title=say("key_caption", language, **words),
        caption=place(nodule, language) + field_text + rating_text,
    )
