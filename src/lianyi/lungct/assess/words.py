"""How facts are said, Chinese and English: in reasons, in conditions, and in what is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lianyi.lungct.assess.table import Condition, Option, Range, Size
from lianyi.lungct.assess.vocabulary import FACTS, OF_THE_PATIENT
from lianyi.lungct.domain.words import Sentence

Value = str | bool | Size

_FIRST = ("size", "solid_core", "density", "number", "status", "solid_core_status")
"""Reasons begin with these, in this order: the size is what a reader looks for."""

_UNITS = {"mm": ("mm", "mm"), "mm³": ("mm³", "mm³"), "months": ("个月", "months"), "years": ("岁", "y"), "": ("", "")}


def of_nodule(fact: str, nodule_id: int) -> str:
    """Name a fact so that it is told apart from that of another nodule."""
    return fact if fact in OF_THE_PATIENT else f"{fact}@{nodule_id}"


def bare(fact: str) -> str:
    """Take the nodule off again."""
    return fact.partition("@")[0]


def field_of(fact: str) -> str:
    """Give the name that a fact has in the JSON documents; of one nodule among several, "nodule 2: status"."""
    name, _, nodule = fact.partition("@")
    return f"nodule {nodule}: {FACTS[name].field}" if nodule else FACTS[name].field


def label_of(fact: str) -> Sentence:
    """Give what a fact is called, with its nodule if it is named for one."""
    name, _, nodule = fact.partition("@")
    zh, en = FACTS[name].label
    return Sentence(f"结节 {nodule} 的{zh}", f"{en} of nodule {nodule}") if nodule else Sentence(zh, en)


def options_of(fact: str) -> tuple[Option, ...]:
    """Give the values that are tried where a fact is missing; none for a number."""
    known = FACTS[bare(fact)]
    return tuple(Option(value=value, words=known.values[value]) for value in known.tried)


def say_fact(fact: str, value: Value) -> Sentence:
    """Say one fact, as "平均直径 6.4 mm" and "mean diameter 6.4 mm"."""
    known = FACTS[fact]
    if not isinstance(value, Size):
        return known.values[value]
    if value.tried is not None:
        return value.tried
    label = Sentence("体积", "volume") if value.unit == "mm³" else known.label
    zh, en = _UNITS[value.unit]
    return Sentence(f"{label.zh} {value.value} {zh}".strip(), f"{label.en} {value.value} {en}".strip())


def say_facts(facts: Mapping[str, Value]) -> Sentence:
    """Say several facts, the size first."""
    ordered = sorted(facts, key=lambda fact: _FIRST.index(fact) if fact in _FIRST else len(_FIRST))
    said = [say_fact(fact, facts[fact]) for fact in ordered]
    return Sentence("，".join(one.zh for one in said), ", ".join(one.en for one in said))


def arrow(because: Sentence, outcome: Sentence) -> Sentence:
    """Join reasons and what follows from them."""
    return Sentence(f"{because.zh} → {outcome.zh}".lstrip(" →"), f"{because.en} → {outcome.en}".lstrip(" →"))


def say_options(facts: Sequence[tuple[str, tuple[Option, ...]]]) -> Sentence:
    """Say what would have to be so, as "若吸烟" and "if smoker"."""
    parts = [say_option(fact, tried) for fact, tried in facts]
    return Sentence("若" + "，".join(one.zh for one in parts), "if " + " and ".join(one.en for one in parts))


def say_option(fact: str, tried: Sequence[Option]) -> Sentence:
    """Say one fact that would have to be so, without the "if"."""
    zh, en = _of(fact)
    said_zh, said_en = "或".join(option.words.zh for option in tried), " or ".join(option.words.en for option in tried)
    return Sentence(zh + said_zh, en + said_en)


def _of(fact: str) -> tuple[str, str]:
    nodule = fact.partition("@")[2]
    return (f"结节 {nodule} ", f"nodule {nodule} ") if nodule else ("", "")


def asked_for(fact: str) -> Sentence:
    """Say that the guideline cannot answer without a fact."""
    zh, en = label_of(fact)
    return Sentence(f"缺少{zh}，不能判断", f"{en} is not known; no answer without it")


def whatever(fact: str, outcome: Sentence) -> Sentence:
    """Say that a fact, though not known, does not change the answer."""
    zh, en = label_of(fact)
    return arrow(Sentence(f"{zh}未知，不影响结论", f"{en} is not known and does not change the answer"), outcome)


def say_condition(condition: Condition) -> Sentence:
    """Say a condition of a row, for ``lianyi explain``."""
    known = FACTS[condition.fact]
    if condition.within is not None:
        zh, en = known.label
        bounds = say_range(condition.within)
        volume = f" ({say_range(condition.within.volume)} mm³)" if condition.within.volume else ""
        unit = {"months_since_prior": ("个月", "months"), "age_years": ("岁", "y")}.get(condition.fact, ("mm", "mm"))
        return Sentence(f"{zh} {bounds} {unit[0]}{volume}", f"{en} {bounds} {unit[1]}{volume}")
    said = [known.values[value] for value in condition.one_of]
    return Sentence("或".join(one.zh for one in said), " or ".join(one.en for one in said))


def say_range(bounds: Range) -> str:
    """Write bounds as signs."""
    signs = (("≥", bounds.at_least), (">", bounds.over), ("<", bounds.below), ("≤", bounds.at_most))
    return " ".join(f"{sign}{value}" for sign, value in signs if value is not None)
