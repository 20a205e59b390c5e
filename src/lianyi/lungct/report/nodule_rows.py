"""One nodule in one row of the table: what, where, how big, grown or not."""

from __future__ import annotations

from dataclasses import dataclass

from lianyi.lungct.domain.growth import DoublingTime, Growth
from lianyi.lungct.domain.measurement import Measurement
from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.report.figures import half_up, mm, probability
from lianyi.lungct.report.wording import Language, pick, say


@dataclass(frozen=True, slots=True, kw_only=True)
class NoduleRow:
    """A row: each cell is what is read first, then smaller lines below it."""

    nodule_id: int
    where: list[str]
    size: list[str]
    extent: list[str]
    kind: list[str]
    then: list[str]
    sure: str


def nodule_rows(outcome: Screened, language: Language) -> list[NoduleRow]:
    """Give a row for every mark, in the order of the list."""
    growth = outcome.compared.growth if outcome.compared else {}
    return [_row(nodule, growth.get(nodule.id), outcome, language) for nodule in outcome.nodules]


def column_titles(outcome: Screened, language: Language) -> list[str]:
    """Give the heads of the columns; the comparison names the day of the prior CT."""
    day = outcome.compared.prior_date if outcome.compared else None
    then = say("col_then", language) if day is None else say("col_then_date", language, date=day.isoformat())
    keys = ("where", "size", "extent", "kind")
    return ["", *(say(f"col_{key}", language) for key in keys), then, say("col_confidence", language)]


def place(nodule: Nodule, language: Language) -> str:
    """Give the lobe with its doubt where it has one, or side and third of a lung where no lobe is known."""
    location = nodule.location
    if location is None:
        return say(
            "place", language, side=say(f"side_{nodule.side}", language), zone=say(f"zone_{nodule.zone}", language)
        )
    lobe = say(f"lobe_{location.lobe}", language)
    if location.sure_lobe is None:
        return say("lobe_unsure", language, lobe=lobe, n=half_up(100 * location.lobe_probability, 0))
    return say("lingula", language, lobe=lobe) if location.lingula else lobe


def slice_label(nodule: Nodule, outcome: Screened) -> str:
    """Give "63 / 140", or the bare Instance Number where the numbers do not run from 1 to the count."""
    numbers = {number for _, number in outcome.volume.instances}
    count = len(outcome.volume.instances)
    runs_to_count = numbers == set(range(1, count + 1))
    return f"{nodule.instance_number} / {count}" if runs_to_count else f"{nodule.instance_number}"


def change_text(growth: Growth, language: Language) -> str:
    """Say what became of a nodule, with its sign."""
    return say(f"change_{growth.change}", language)


def _row(nodule: Nodule, growth: Growth | None, outcome: Screened, language: Language) -> NoduleRow:
    measured = nodule.measurements
    pleura = mm(nodule.pleural_distance_mm)
    near = say("touches", language) if pleura == "0.0 mm" else say("to_pleura", language, mm=pleura)
    volume = f"{half_up(nodule.volume_mm3, 0)} mm³"
    if measured.volume.value > 0:
        share = half_up(100 * measured.volume.uncertainty / measured.volume.value, 0)
        volume += " " + say("share_pm", language, n=share)
    near_by = [say("slice_of", language, slice=slice_label(nodule, outcome)), near]
    if nodule.location and nodule.location.perifissural:
        near_by.append(say("at_fissure", language))
    where = [place(nodule, language), say("beside", language).join(near_by)]
    return NoduleRow(
        nodule_id=nodule.id,
        where=where,
        size=[mm(nodule.mean_diameter_mm), _error(measured.mean_diameter, language)],
        extent=[f"{half_up(nodule.long_axis_mm, 1)} × {mm(nodule.short_axis_mm)}", volume],
        kind=_kind(nodule, outcome, language),
        then=_then(nodule, growth, language),
        sure=probability(nodule.probability),
    )


def _error(measurement: Measurement, language: Language) -> str:
    return say("plus_minus", language, value=half_up(measurement.uncertainty, 1))


def _kind(nodule: Nodule, outcome: Screened, language: Language) -> list[str]:
    """Give density, then what else was seen; nothing is said of what could not be told."""
    measured = nodule.measurements
    lines = [say(f"density_{nodule.density.value}", language)]
    if measured.solid_core:
        core = measured.solid_core.mean_diameter
        lines.append(say("core", language, mm=f"{half_up(core.value, 1)} ±{half_up(core.uncertainty, 1)} mm"))
    lines.append(say("hu", language, n=half_up(nodule.mean_hu, 0)))
    seen = []
    if measured.calcification_pattern not in {None, "none"}:
        seen.append(say(f"calcification_{measured.calcification_pattern}", language))
    judged = {facts.id: facts.spiculated for facts in outcome.case.nodules} if outcome.case else {}
    flags = {"fat": measured.fat, "cavity": measured.has_cavity, "spiculated": judged.get(nodule.id)}
    seen += [say(key, language) for key, is_so in flags.items() if is_so]
    return [*lines, say("enumerate", language).join(seen)] if seen else lines


def _then(nodule: Nodule, growth: Growth | None, language: Language) -> list[str]:
    if growth is None:
        return [say("not_compared", language)]
    lines = [change_text(growth, language)]
    if growth.prior is not None:
        sizes = {"then": half_up(growth.prior.mean_diameter_mm, 1), "now": mm(nodule.mean_diameter_mm)}
        change = growth.mean_diameter_change
        if change is None:
            lines.append(say("then_now", language, **sizes))
        else:
            by = {"change": _signed(change.value, 1), "error": half_up(change.uncertainty, 1)}
            lines.append(say("then_now_change", language, **sizes, **by))
    if (volume := growth.volume_change) is not None:
        low, high = volume.value - volume.uncertainty, volume.value + volume.uncertainty
        lines.append(
            say(
                "volume_by",
                language,
                share=f"{_signed(100 * volume.value, 0)} %",
                low=_signed(100 * low, 0),
                high=_signed(100 * high, 0),
            )
        )
    if growth.volume_doubling is not None and growth.volume_doubling.days is not None:
        lines.append(_doubling(growth.volume_doubling, growth.volume_doubling.days, language))
    lines += [pick(why, language) for why in (*growth.not_compared[:1], *growth.reasons)]
    return lines


def _doubling(doubling: DoublingTime, days: float, language: Language) -> str:
    ends = [
        say("doubling_open", language) if end is None else half_up(end, 0)
        for end in (doubling.earliest_days, doubling.latest_days)
    ]
    return say("doubling", language, n=half_up(days, 0), low=ends[0], high=ends[1])


def _signed(value: float, decimals: int) -> str:
    text = half_up(value, decimals)
    return text if text.startswith("-") else f"+{text}"
