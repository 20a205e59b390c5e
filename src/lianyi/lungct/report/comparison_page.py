"""What the page of a comparison says, as finished text; the template only lays it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lianyi.lungct.domain.growth import Change, Compared, DoublingTime, Growth
from lianyi.lungct.domain.measurement import Measurement
from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.report.figures import half_up, mm, plain_mm
from lianyi.lungct.report.fonts import printable
from lianyi.lungct.report.lines import Line
from lianyi.lungct.report.nodule_rows import place
from lianyi.lungct.report.wording import Language, pick, say

WORDS: dict[str, tuple[str, str]] = {
    "title": ("胸部 CT 肺结节前后对照", "Chest CT lung nodules: then and now"),
    "stamp": ("待医师审核", "Awaiting review by a doctor"),
    "refused": ("未比较", "Not compared"),
    "then": ("既往", "then"),
    "now": ("本次", "now"),
    "no_date": ("日期未提供", "no date"),
    "days": ("相隔 {n} 天", "{n} days apart"),
    "registration": ("配准后肺表面中位相差 {mm}", "lung surfaces {mm} apart after registration (median)"),
    "volumes": ("体积与倍增时间", "Volumes and doubling times"),
    "given": ("可比，见下", "comparable, see below"),
    "withheld": ("不给出：{why}。仍列出两次径线", "withheld: {why}; both diameters are still shown"),
    "new": ("既往未见（请医师核对）", "not there then (compare the images)"),
    "growing": ("增大", "growing"),
    "stable": ("在测量误差内无变化", "no change beyond the measuring error"),
    "shrinking": ("缩小", "shrinking"),
    "gone": ("本次未见（请医师核对）", "not there now (compare the images)"),
    "cannot be told": ("不能判断", "cannot be told"),
    "diameter": ("平均直径 {then} → {now}（{change} ± {error}）", "mean diameter {then} → {now} ({change} ± {error})"),
    "one_diameter": ("平均直径 {mm}", "mean diameter {mm}"),
    "volume": (
        "体积 {then} → {now} mm³（{share} %，± {error} %）",
        "volume {then} → {now} mm³ ({share} %, ± {error} %)",
    ),
    "doubling": (
        "{what}倍增时间 {days} 天（95 % 区间 {low} – {high}）",
        "{what} doubling time {days} days (95 % interval {low} to {high})",
    ),
    "no_doubling": ("{what}：稳定或缩小", "{what}: stable or shrinking"),
    "unsure_doubling": (
        "{what}：不能确定在增大；即便增大，倍增也不快于 {low} 天",
        "{what}: not surely growing; if it is, it doubles in no fewer than {low} days",
    ),
    "of_volume": ("体积", "volume"),
    "of_mass": ("质量", "mass"),
    "rules": ("数值达到的增大定义：{rules}", "definitions of growth that the numbers meet: {rules}"),
    "lung-rads-2022": ("Lung-RADS v2022（12 个月内 > 1.5 mm）", "Lung-RADS v2022 (> 1.5 mm in 12 months)"),
    "fleischner-2017": ("Fleischner（≥ 2 mm）", "Fleischner (≥ 2 mm)"),
    "volume-25-percent": ("体积 ≥ 25 %", "volume ≥ 25 %"),
    "unmarked": ("既往有、本次未标出", "There then, not marked now"),
    "nodules": ("本次标出的结节", "Marked now"),
    "nodule": ("{id}　{place}　{change}", "{id} · {place} · {change}"),
    "caution": ("注意", "Caution"),
    "picture_then": ("既往 {date}", "then, {date}"),
    "picture_now": ("本次 {date}", "now, {date}"),
    "none": ("本次没有标出结节，仍需医师阅片。", "No nodule was marked now; a doctor still has to read the images."),
    "uncertain": (
        "“增大”“缩小”仅在变化的 95 % 区间不含零、并达到一种公认定义时使用；是否新发由医师对照图像判断。",
        "“Growing”, “shrinking”: only where the change is beyond its 95 % interval and meets a published definition.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    """One nodule then and now; picture file names, "" where there is none."""

    title: str
    lines: list[str]
    then: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPage:
    """A comparison, ready to be laid out."""

    language: str
    title: str
    stamp: str
    when: str
    who: str
    sentence: str
    facts: list[Line]
    sections: list[tuple[str, list[PairRow]]]
    captions: tuple[str, str]
    note: str
    notice: str
    cautions: list[str] = field(default_factory=list)


def told(key: str, language: Language, **values: object) -> str:
    """Give a sentence of the comparison in one language."""
    return pick(WORDS[key], language).format(**values)


def change_name(change: Change, language: Language) -> str:
    """Name what became of a nodule, as the page does."""
    return told(change, language)


def comparison_page(
    current: Screened, prior: Screened, compared: Compared, language: Language, when: str
) -> ComparisonPage:
    """Say everything a comparison says."""
    marked = [
        _row(f"{nodule.id}", f"nodule-{nodule.id:02d}", nodule, compared.growth[nodule.id], language)
        for nodule in current.nodules
    ]
    unmarked = [
        _row("–", f"unmarked-{n:02d}", one.current, one.growth, language)
        for n, one in enumerate(compared.unmarked, start=1)
    ]
    patient = current.series.patient
    return ComparisonPage(
        language="zh-CN" if language == "zh" else "en",
        title=told("title", language),
        stamp=told("stamp", language),
        when=when,
        who="　".join(part for part in (printable(patient.name), printable(patient.id)) if part),
        sentence="" if current.nodules else told("none", language),
        facts=_facts(current, prior, compared, language),
        sections=[(told(key, language), rows) for key, rows in (("nodules", marked), ("unmarked", unmarked)) if rows],
        captions=(
            told("picture_then", language, date=_date(prior, language)),
            told("picture_now", language, date=_date(current, language)),
        ),
        note=told("uncertain", language),
        notice=say("notice", language),
        cautions=[pick(one, language) for one in compared.cautions],
    )


def refused_page(sentence: str, code: str, language: Language, when: str) -> ComparisonPage:
    """Say why nothing was compared."""
    return ComparisonPage(
        language="zh-CN" if language == "zh" else "en",
        title=told("title", language),
        stamp=f"{told('refused', language)} {code}",
        when=when,
        who="",
        sentence=printable(sentence),
        facts=[Line(label="", value=say("explain", language, code=code))],
        sections=[],
        captions=("", ""),
        note="",
        notice=say("notice", language),
    )


def _facts(current: Screened, prior: Screened, compared: Compared, language: Language) -> list[Line]:
    facts = [
        Line(label=told(key, language), value=_ct(chest, language))
        for key, chest in (("then", prior), ("now", current))
    ]
    apart = [] if compared.days is None else [told("days", language, n=compared.days)]
    apart.append(told("registration", language, mm=mm(compared.registration_mm)))
    facts.append(Line(label="", value=say("join", language).join(apart)))
    why = say("join", language).join(pick(one, language) for one in compared.not_compared)
    value = told("withheld", language, why=why) if why else told("given", language)
    return [*facts, Line(label=told("volumes", language), value=value, is_caution=bool(why))]


def _ct(chest: Screened, language: Language) -> str:
    facts = chest.series.facts
    thickness = chest.slice_thickness_mm
    parts = [_date(chest, language), plain_mm(thickness) if thickness else "", printable(facts.kernel)]
    return say("join", language).join(part for part in parts if part)


def _date(chest: Screened, language: Language) -> str:
    acquired = chest.series.facts.acquired
    return acquired.strftime("%Y-%m-%d") if acquired else told("no_date", language)


def _row(number: str, file: str, now: Nodule | None, growth: Growth, language: Language) -> PairRow:
    then = growth.prior
    seen = now or then
    where = place(seen, language) if seen else ""
    return PairRow(
        title=told("nodule", language, id=number, place=where, change=told(growth.change, language)),
        lines=[*_sizes(now, then, growth, language), *_times(growth, language), *_said(growth, language)],
        then=f"{file}-then.jpg",
        now=f"{file}-now.jpg",
    )


def _sizes(now: Nodule | None, then: Nodule | None, growth: Growth, language: Language) -> list[str]:
    change, volume = growth.mean_diameter_change, growth.volume_change
    if now is None or then is None or change is None:
        return [told("one_diameter", language, mm=mm(one.mean_diameter_mm)) for one in (now or then,) if one]
    lines = [
        told(
            "diameter",
            language,
            then=mm(then.mean_diameter_mm),
            now=mm(now.mean_diameter_mm),
            change=_signed(change),
            error=mm(change.uncertainty),
        )
    ]
    if volume is not None:
        lines.append(
            told(
                "volume",
                language,
                then=half_up(then.volume_mm3, 0),
                now=half_up(now.volume_mm3, 0),
                share=("+" if volume.value > 0 else "") + half_up(100 * volume.value, 0),
                error=half_up(100 * volume.uncertainty, 0),
            )
        )
    return lines


def _signed(change: Measurement) -> str:
    return ("+" if change.value > 0 else "") + mm(change.value)


def _times(growth: Growth, language: Language) -> list[str]:
    pairs = (("of_volume", growth.volume_doubling), ("of_mass", growth.mass_doubling))
    return [doubling_text(told(what, language), time, language) for what, time in pairs if time is not None]


def doubling_text(what: str, time: DoublingTime, language: Language) -> str:
    """Print a doubling time only where growth is certain; never a negative or endless number of days."""
    if time.days is not None and time.earliest_days is not None and time.latest_days is not None:
        low, high = half_up(time.earliest_days, 0), half_up(time.latest_days, 0)
        return told("doubling", language, what=what, days=half_up(time.days, 0), low=low, high=high)
    if time.earliest_days is not None:
        return told("unsure_doubling", language, what=what, low=half_up(time.earliest_days, 0))
    return told("no_doubling", language, what=what)


def _said(growth: Growth, language: Language) -> list[str]:
    rules: Sequence[str] = [told(rule, language) for rule in growth.rules_met]
    met = [told("rules", language, rules=say("join", language).join(rules))] if rules else []
    return [*met, *(pick(one, language) for one in growth.reasons)]
