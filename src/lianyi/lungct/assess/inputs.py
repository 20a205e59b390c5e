"""What the risk models ask for, from a nodule, its chest and its patient; None where it is unknown."""

from __future__ import annotations

from decimal import Decimal

from lianyi.lungct.assess.rounding import half_up
from lianyi.lungct.domain.assessment import InputValue
from lianyi.lungct.domain.case import Case, NoduleFacts
from lianyi.lungct.domain.context import Context
from lianyi.lungct.domain.nodule import Density
from lianyi.lungct.domain.words import Sentence

UPPER_LOBES = frozenset({"right upper", "left upper"})
"""The lingula is part of the left upper lobe; the publications do not set it apart."""

LABELS: dict[str, Sentence] = {
    "age_years": Sentence("年龄", "age"),
    "sex": Sentence("性别", "sex"),
    "size_mm": Sentence("大小", "size"),
    "upper_lobe": Sentence("上叶", "upper lobe"),
    "density": Sentence("密度", "density"),
    "spiculated": Sentence("毛刺", "spiculation"),
    "nodule_count": Sentence("结节数", "number of nodules"),
    "family_history_lung_cancer": Sentence("肺癌家族史", "family history of lung cancer"),
    "family_history_any_cancer": Sentence("肿瘤家族史", "family history of any cancer"),
    "emphysema": Sentence("肺气肿", "emphysema"),
    "ever_smoker": Sentence("曾吸烟或吸烟", "ever smoker"),
    "extrathoracic_cancer_over_5_years_ago": Sentence(
        "胸外恶性肿瘤史（5 年前）", "extrathoracic cancer over 5 years ago"
    ),
    "calcification": Sentence("钙化", "calcification"),
    "smooth_border": Sentence("边缘光滑", "smooth border"),
    "years_since_quit": Sentence("戒烟年数", "years since quitting"),
    "mayo_probability": Sentence("Mayo 概率", "Mayo probability"),
    "fdg_uptake": Sentence("FDG 摄取", "FDG uptake"),
}

FIELDS = {
    "size_mm": "long_axis_mm",
    "upper_lobe": "lobe",
    "ever_smoker": "smoking",
    "calcification": "calcification_pattern",
    "smooth_border": "margin",
}
"""Where an input has another name in the JSON documents."""

VALUES: dict[str, tuple[InputValue, ...]] = {
    "sex": ("M", "F"),
    "density": ("solid", "part-solid", "ground-glass"),
    "fdg_uptake": ("none", "faint", "moderate", "intense"),
    **dict.fromkeys(
        (
            "upper_lobe",
            "spiculated",
            "family_history_lung_cancer",
            "family_history_any_cancer",
            "emphysema",
            "ever_smoker",
            "extrathoracic_cancer_over_5_years_ago",
            "calcification",
            "smooth_border",
        ),
        (True, False),
    ),
}
"""What an input that is no number may be."""

WORDS: dict[InputValue, Sentence] = {
    "M": Sentence("男", "male"),
    "F": Sentence("女", "female"),
    "solid": Sentence("实性", "solid"),
    "part-solid": Sentence("部分实性", "part-solid"),
    "ground-glass": Sentence("磨玻璃", "ground-glass"),
    "none": Sentence("无", "none"),
    "faint": Sentence("轻度", "faint"),
    "moderate": Sentence("中度", "moderate"),
    "intense": Sentence("明显", "intense"),
}


_NOT = {
    "upper_lobe": Sentence("不在上叶", "not upper lobe"),
    "ever_smoker": Sentence("从不吸烟", "never smoker"),
    "smooth_border": Sentence("边缘不光滑", "border not smooth"),
}


def inputs_of(nodule: NoduleFacts, case: Case, context: Context) -> dict[str, InputValue]:
    """Give every input that some model asks for, but the Mayo probability."""
    return {
        "age_years": context.age_years,
        "sex": context.sex,
        "size_mm": nodule.mean_diameter_mm if nodule.long_axis_mm is None else nodule.long_axis_mm,
        "upper_lobe": None if nodule.lobe is None else nodule.lobe in UPPER_LOBES,
        "density": _density(nodule),
        "spiculated": _spiculated(nodule),
        "nodule_count": case.nodule_count,
        "family_history_lung_cancer": context.family_history_lung_cancer,
        "family_history_any_cancer": _any_cancer(context),
        "emphysema": context.emphysema,
        "ever_smoker": None if context.smoking is None else context.smoking != "never",
        "extrathoracic_cancer_over_5_years_ago": context.extrathoracic_cancer_over_5_years_ago,
        "calcification": _calcification(nodule),
        "smooth_border": _smooth(nodule),
        "years_since_quit": _years_since_quit(context),
        "fdg_uptake": context.fdg_uptake,
    }


def say_inputs(inputs: tuple[tuple[str, InputValue], ...]) -> Sentence:
    """Say what would have to be so, as "若上叶" and "if upper lobe"."""
    said = [say_input(name, value) for name, value in inputs]
    return Sentence("若" + "，".join(one.zh for one in said), "if " + " and ".join(one.en for one in said))


def say_input(name: str, value: InputValue) -> Sentence:
    """Say one input, as "大小 11.7 mm" and "size 11.7 mm"."""
    label = LABELS[name]
    if isinstance(value, float | int) and not isinstance(value, bool):
        return _number(name, value)
    if isinstance(value, bool):
        return label if value else _NOT.get(name) or Sentence(f"无{label.zh}", f"no {label.en}")
    words = WORDS.get(value) or Sentence(str(value), str(value))
    return words if name in {"sex", "density"} else Sentence(f"{label.zh}{words.zh}", f"{label.en} {words.en}")


def _number(name: str, value: float) -> Sentence:
    """Print a number in full where that is short; a length to 0.1 mm, a probability in percent."""
    zh, en = LABELS[name]
    if name == "size_mm":
        text = half_up(value, Decimal("0.1"))
        return Sentence(f"{zh} {text} mm", f"{en} {text} mm")
    if name == "mayo_probability":
        text = half_up(100 * value, Decimal("0.1"))
        return Sentence(f"{zh} {text} %", f"{en} {text} %")
    if name == "age_years":
        return Sentence(f"{value:g} 岁", f"{value:g} y")
    return Sentence(f"{zh} {value:g}", f"{en} {value:g}")


def _density(nodule: NoduleFacts) -> str | None:
    if nodule.density is None:
        return None
    return Density.SOLID.value if nodule.density is Density.CALCIFIED else nodule.density.value


def _spiculated(nodule: NoduleFacts) -> bool | None:
    if nodule.spiculated is not None or nodule.margin is None:
        return nodule.spiculated
    return nodule.margin == "spiculated"


def _smooth(nodule: NoduleFacts) -> bool | None:
    if nodule.margin is not None:
        return nodule.margin == "smooth"
    return False if nodule.spiculated else None


def _calcification(nodule: NoduleFacts) -> bool | None:
    if nodule.density is Density.CALCIFIED:
        return True
    return None if nodule.calcification_pattern is None else nodule.calcification_pattern != "none"


def _any_cancer(context: Context) -> bool | None:
    return True if context.family_history_lung_cancer else context.family_history_any_cancer


def _years_since_quit(context: Context) -> float | None:
    """A smoker has not quit, and one who never smoked has nothing to quit: both add nothing."""
    return 0.0 if context.smoking in {"current", "never"} else context.years_since_quit
