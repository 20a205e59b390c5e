"""Parts of a document that are lists of short lines: image quality, versions, series, sensitivity."""

from __future__ import annotations

from dataclasses import dataclass

from lianyi.lungct.domain.assessment import Assessment
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.domain.study import NotChosen
from lianyi.lungct.report.answers import title_of
from lianyi.lungct.report.figures import half_up, plain_mm, wilson_95
from lianyi.lungct.report.findings import all_cautions
from lianyi.lungct.report.fonts import printable
from lianyi.lungct.report.record import RunRecord
from lianyi.lungct.report.wording import Language, pick, say

_SERIES_LISTED = 6
_SHA_SHOWN = 12
_LEAST_FOR_PERCENT = 20
"""Of fewer nodules a percentage would say more than is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How this document comes about: its language, the record, seconds by stage up to this moment."""

    language: Language
    record: RunRecord
    timing_s: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A label and its value; *is_caution* is also said by the sign in the text."""

    label: str
    value: str
    is_caution: bool = False


def thickness_text(outcome: Screened, language: Language) -> str:
    """Give the nominal slice thickness, or that it is not given."""
    value = outcome.slice_thickness_mm
    return say("not_given", language) if value is None else plain_mm(value)


def quality_lines(outcome: Screened, language: Language) -> list[Line]:
    """Say how good the images were, and every caution, marked."""
    thickness = thickness_text(outcome, language)
    spacing, facts = outcome.volume.grid.spacing, outcome.series.facts
    absent = say("not_given", language)
    j_mm, i_mm = half_up(spacing.j_mm, 2), half_up(spacing.i_mm, 2)
    pixels = f"{i_mm} mm" if i_mm == j_mm else f"{j_mm} × {i_mm} mm"
    scanner = " ".join(part for part in (facts.manufacturer, facts.model_name) if part)
    kvp = "" if facts.kvp is None else f"　{facts.kvp:g} kV"
    lines = [
        Line(
            label=say("q_slices", language),
            value=say(
                "q_slices_value",
                language,
                slices=outcome.volume.grid.shape[0],
                step=plain_mm(spacing.k_mm),
                thickness=thickness,
            ),
        ),
        Line(
            label=say("q_reconstruction", language),
            value=say("q_reconstruction_value", language, kernel=printable(facts.kernel) or absent, spacing=pixels),
        ),
        Line(label=say("q_contrast", language), value=say(f"contrast_{facts.contrast}", language)),
        Line(label=say("q_scanner", language), value=(printable(scanner) or absent) + kvp),
        Line(
            label=say("q_lungs", language),
            value=say(
                "q_lungs_value",
                language,
                total=half_up(outcome.lungs.left.volume_ml + outcome.lungs.right.volume_ml, 0),
                left=half_up(outcome.lungs.left.volume_ml, 0),
                right=half_up(outcome.lungs.right.volume_ml, 0),
            ),
        ),
    ]
    lines += prior_lines(outcome, language)
    lines += emphysema_lines(outcome, language)
    for number, caution in enumerate(all_cautions(outcome)):
        text = printable(pick((caution.zh, caution.en), language)).rstrip("。.")
        lines.append(
            Line(
                label=say("q_caution", language) if number == 0 else "",
                value=say("caution", language, text=text, code=caution.code.value),
                is_caution=True,
            )
        )
    return lines


def prior_lines(outcome: Screened, language: Language) -> list[Line]:
    """Give the prior CT, what of it is not seen now, and why volumes cannot be compared."""
    compared = outcome.compared
    if compared is None:
        return []
    day = compared.prior_date.isoformat() if compared.prior_date else say("not_given", language)
    value = day if compared.days is None else say("prior_value", language, date=day, days=compared.days)
    parts = [value, *(pick(why, language) for why in compared.not_compared)]
    if compared.gone:
        parts.append(say("gone_line", language, n=len(compared.gone)))
    return [Line(label=say("prior_label", language), value=say("and_then", language).join(parts))]


def emphysema_lines(outcome: Screened, language: Language) -> list[Line]:
    """Give the emphysema index, or why it is not to be read."""
    if outcome.whole_lung is None:
        return []
    index = outcome.whole_lung.emphysema
    if index.share is not None and index.is_readable:
        value = say("emphysema_share", language, n=half_up(100 * index.share, 1))
    else:
        why = say("and_then", language).join(pick(one, language) for one in index.reasons)
        value = say("emphysema_unreadable", language, why=why)
    return [Line(label=say("emphysema", language), value=value)]


def version_lines(outcome: Screened, run: Run) -> list[Line]:
    """Say which software and detector ran, at which operating point, and for how long."""
    language, timing_s = run.language, run.timing_s
    detector, point = outcome.detector, outcome.operating_point
    stages = [
        say("seconds", language, stage=say(f"stage_{stage}", language), s=half_up(timing_s[stage], 1))
        for stage in (
            "read",
            "volume",
            "lungs",
            "detect",
            "measure",
            "locate",
            "whole lung",
            "compare",
            "assess",
            "report",
        )
        if stage in timing_s
    ]
    lines = [
        Line(label=say("v_software", language), value=run.record.software),
        Line(
            label=say("v_detector", language),
            value=say(
                "v_detector_value",
                language,
                name=detector.name,
                version=detector.version,
                sha=detector.sha256[:_SHA_SHOWN],
            ),
        ),
        Line(
            label=say("operating_point", language),
            value=say("v_point_value", language, name=point.name, p=half_up(point.probability, 2), n=point.max_marks),
        ),
    ]
    if outcome.assessed and outcome.assessed.assessments:
        editions = dict.fromkeys(_edition(one, language) for one in outcome.assessed.assessments)
        lines.append(Line(label=say("v_guidelines", language), value=say("and_then", language).join(editions)))
    if stages:
        lines.append(Line(label=say("v_times", language), value=say("join", language).join(stages)))
    return lines


def _edition(assessment: Assessment, language: Language) -> str:
    """Give the edition in full; in English its title where the edition has only a Chinese name."""
    return (
        assessment.edition
        if language == "zh" or assessment.edition.isascii()
        else title_of(assessment.guideline, language)
    )


def ability_lines(record: RunRecord, language: Language) -> list[str]:
    """Say what is not known of the detector's ability, or how many of its marks were false where it was measured."""
    ability = record.ability
    if ability is None:
        return [say("not_measured", language), say("not_measured_so", language)]
    if ability.false_marks_per_chest is None:
        return []
    return [say("false_marks", language, n=half_up(ability.false_marks_per_chest, 1))]


def sensitivity_rows(record: RunRecord) -> list[list[str]]:
    """Give size, found of all, and sensitivity with its 95 % interval, as measured; no percentage of a few."""
    rows = []
    for one in record.ability.sensitivity if record.ability else ():
        low, high = wilson_95(one.found, one.total)
        size = f"{one.from_mm:g}–<{one.below_mm:g} mm" if one.below_mm is not None else f"≥{one.from_mm:g} mm"
        share = f"{half_up(100 * one.found / one.total, 0)} % ({half_up(100 * low, 0)}–{half_up(100 * high, 0)})"
        rows.append([size, f"{one.found} / {one.total}", share if one.total >= _LEAST_FOR_PERCENT else "–"])
    return rows


def not_chosen_lines(series: tuple[NotChosen, ...], language: Language) -> list[str]:
    """List the series that were not screened, the first few with their reasons, the rest counted."""
    lines = [
        say(
            "series_line",
            language,
            description=printable(one.description) or say("series_unnamed", language),
            why=pick((one.zh, one.en), language),
        )
        for one in series[:_SERIES_LISTED]
    ]
    if len(series) > _SERIES_LISTED:
        lines.append(say("series_rest", language, n=len(series) - _SERIES_LISTED))
    return lines or [say("series_none", language)]
