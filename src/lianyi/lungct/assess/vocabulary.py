"""The facts that rows ask for: their names in the documents, their labels, their values, Chinese and English."""

from __future__ import annotations

from typing import NamedTuple

from lianyi.lungct.domain.words import Sentence


class FactWords(NamedTuple):
    """One fact.

    Attributes:
        field: its name in the JSON documents.
        label: what it is called.
        values: what its values are called in a row of reasons; empty for a number, which is said with its label.
        tried: those of its values that are tried where it is missing.
    """

    field: str
    label: Sentence
    values: dict[str | bool, Sentence]
    tried: tuple[str | bool, ...] = ()


def _is(field: str, zh: str, en: str, no_zh: str, no_en: str) -> FactWords:
    values: dict[str | bool, Sentence] = {True: Sentence(zh, en), False: Sentence(no_zh, no_en)}
    return FactWords(field, Sentence(zh, en), values, (True, False))


_STATUS: dict[str | bool, Sentence] = {
    "baseline": Sentence("基线", "baseline"),
    "new": Sentence("新发", "new"),
    "growing": Sentence("增大", "growing"),
    "stable": Sentence("稳定", "stable"),
    "slow-growing": Sentence("缓慢增大", "slow-growing"),
}

FACTS: dict[str, FactWords] = {
    "size": FactWords("mean_diameter_mm", Sentence("平均直径", "mean diameter"), {}),
    "solid_core": FactWords("solid_core_mean_diameter_mm", Sentence("实性部分", "solid part"), {}),
    "density": FactWords(
        "density",
        Sentence("密度", "density"),
        {
            "solid": Sentence("实性", "solid"),
            "part-solid": Sentence("部分实性", "part-solid"),
            "ground-glass": Sentence("磨玻璃", "ground-glass"),
            "calcified": Sentence("钙化", "calcified"),
            "cyst": Sentence("囊腔", "cyst"),
        },
        ("solid", "part-solid", "ground-glass"),
    ),
    "number": FactWords(
        "nodule_count",
        Sentence("结节数", "number of nodules"),
        {"single": Sentence("单发", "single"), "multiple": Sentence("多发", "multiple")},
        ("single", "multiple"),
    ),
    "status": FactWords("status", Sentence("状态", "status"), _STATUS, tuple(_STATUS)),
    "solid_core_status": FactWords(
        "solid_core_status",
        Sentence("实性部分的状态", "status of the solid part"),
        {value: Sentence(f"实性部分{zh}", f"solid part {en}") for value, (zh, en) in _STATUS.items()},
        ("new", "growing", "stable"),
    ),
    "juxtapleural": _is("juxtapleural", "胸膜旁淋巴结样", "juxtapleural", "非胸膜旁", "not juxtapleural"),
    "node_form": _is("perifissural", "叶间裂旁或肺内淋巴结样", "perifissural", "非叶间裂旁", "not perifissural"),
    "margin": FactWords(
        "margin",
        Sentence("边缘", "margin"),
        {
            "smooth": Sentence("边缘光滑", "smooth"),
            "lobulated": Sentence("分叶", "lobulated"),
            "spiculated": Sentence("毛刺", "spiculated"),
            "irregular": Sentence("边缘不规则", "irregular margin"),
            "ill-defined": Sentence("边界不清", "ill-defined"),
        },
        ("smooth", "lobulated", "irregular", "ill-defined"),
    ),
    "airway": FactWords(
        "airway",
        Sentence("气道内", "airway"),
        {
            "none": Sentence("不在气道内", "not in an airway"),
            "subsegmental": Sentence("亚段气道内", "subsegmental airway"),
            "segmental": Sentence("段或更近端气道内", "segmental or more proximal airway"),
        },
        ("subsegmental", "segmental"),
    ),
    "cystic": FactWords(
        "cystic",
        Sentence("囊腔", "cyst"),
        {
            "none": Sentence("无囊腔", "no cyst"),
            "thin-walled": Sentence("薄壁囊腔（壁 <2 mm）", "thin-walled cyst (wall below 2 mm)"),
            "thick-walled": Sentence("厚壁囊腔（壁 ≥2 mm）", "thick-walled cyst (wall 2 mm or more)"),
            "multilocular": Sentence("多房囊腔", "multilocular cyst"),
        },
        ("thin-walled", "thick-walled", "multilocular"),
    ),
    "cyst_change": FactWords(
        "cyst_change",
        Sentence("囊腔的变化", "change of the cyst"),
        {
            "none": Sentence("囊腔无变化", "cyst unchanged"),
            "cystic-part-growing": Sentence("囊性部分增大", "cystic part growing"),
            "wall-growing": Sentence("壁增厚或结节增大", "wall or its nodularity growing"),
            "became-multilocular": Sentence("变为多房", "became multilocular"),
            "more-loculation": Sentence("分房或密度增多", "more loculation or opacity"),
        },
        ("cystic-part-growing", "wall-growing", "became-multilocular"),
    ),
    "calcification_pattern": FactWords(
        "calcification_pattern",
        Sentence("钙化形态", "calcification pattern"),
        {
            "none": Sentence("无钙化", "no calcification"),
            "complete": Sentence("完全钙化", "complete calcification"),
            "central": Sentence("中心钙化", "central calcification"),
            "popcorn": Sentence("爆米花样钙化", "popcorn calcification"),
            "ring": Sentence("同心环形钙化", "concentric ring calcification"),
            "eccentric": Sentence("偏心钙化", "eccentric calcification"),
            "stippled": Sentence("点状钙化", "stippled calcification"),
        },
        ("complete", "central", "popcorn", "ring", "eccentric", "stippled"),
    ),
    "fat": _is("fat", "含脂肪", "fat", "不含脂肪", "no fat"),
    "contrast": FactWords(
        "contrast",
        Sentence("造影剂", "contrast medium"),
        {"no": Sentence("未用造影剂", "no contrast"), "yes": Sentence("用了造影剂", "contrast given")},
        ("no", "yes"),
    ),
    "suspicious": _is(
        "spiculated", "毛刺等可疑征象", "spiculation or other suspicious feature", "无毛刺", "no spicules"
    ),
    "proven_benign": _is("proven_benign", "已证实良性", "proven benign", "未证实良性", "not proven benign"),
    "prior_category": FactWords(
        "prior_category",
        Sentence("上次分类", "prior category"),
        {
            category: Sentence(f"上次 {category} 类", f"prior category {category}")
            for category in ("0", "1", "2", "3", "4A", "4B", "4X")
        },
        ("2", "3", "4A", "4B"),
    ),
    "months_since_prior": FactWords("months_since_prior", Sentence("距上次", "since the prior"), {}),
    "crossed": _is(
        "prior_mean_diameter_mm",
        "越过了大小分界",
        "crossed a size threshold",
        "没有越过大小分界",
        "crossed no size threshold",
    ),
    "indication": FactWords(
        "indication",
        Sentence("检查目的", "indication"),
        {"screening": Sentence("筛查", "screening"), "incidental": Sentence("偶然发现", "incidental")},
        ("screening", "incidental"),
    ),
    "age_years": FactWords("age_years", Sentence("年龄", "age"), {}),
    "known_cancer": _is("known_cancer", "已知恶性肿瘤", "known cancer", "无已知恶性肿瘤", "no known cancer"),
    "immunosuppressed": _is("immunosuppressed", "免疫抑制", "immunosuppressed", "无免疫抑制", "not immunosuppressed"),
    "fleischner_high_risk": _is(
        "fleischner_high_risk",
        "高危（Fleischner）",
        "high risk (Fleischner)",
        "低危（Fleischner）",
        "low risk (Fleischner)",
    ),
    "risk_factors": _is("risk_factors", "有肺癌危险因素", "risk factors", "无肺癌危险因素", "no risk factors"),
    "mayo_band": FactWords(
        "mayo",
        Sentence("Mayo 概率", "Mayo probability"),
        {
            "below 5 %": Sentence("Mayo 概率 <5 %", "Mayo probability below 5 %"),
            "5 to 65 %": Sentence("Mayo 概率 5–65 %", "Mayo probability 5 to 65 %"),
            "over 65 %": Sentence("Mayo 概率 >65 %", "Mayo probability over 65 %"),
        },
        ("below 5 %", "5 to 65 %", "over 65 %"),
    ),
    "prior_ct_pending": _is(
        "prior_ct_pending", "等待既往 CT", "prior CT awaited", "不等待既往 CT", "no prior CT awaited"
    ),
    "lungs_not_evaluable": _is(
        "lungs_not_evaluable", "肺野不能全部评价", "lungs not all evaluable", "肺野可全部评价", "lungs evaluable"
    ),
    "infection_suspected": _is(
        "infection_suspected", "医师疑为炎症", "inflammation suspected", "不考虑炎症", "no inflammation suspected"
    ),
    "infection_possible": _is(
        "infection_suspected",
        "短期新发 ≥8 mm 实性结节，或免疫抑制者新发结节",
        "new solid nodule of 8 mm or more, or new nodules in an immunosuppressed patient",
        "无",
        "none",
    ),
    "new_nodules": FactWords("status", Sentence("新发结节数", "new nodules"), {}),
    "has_prior": _is("has_prior", "有既往 CT", "there is a prior CT", "没有既往 CT", "there is no prior CT"),
    "is_reviewed": _is(
        "is_reviewed", "医师确认没有结节", "a doctor confirms that there is no nodule", "未确认", "not confirmed"
    ),
    "model_says_cancer": _is(
        "model_probability",
        "该文献模型概率 ≥0.5",
        "the publication's own model gives 0.5 or more",
        "该文献模型概率 <0.5",
        "the publication's own model gives less than 0.5",
    ),
}

OF_THE_PATIENT = frozenset(
    {
        "indication",
        "age_years",
        "known_cancer",
        "immunosuppressed",
        "fleischner_high_risk",
        "risk_factors",
        "months_since_prior",
        "contrast",
        "number",
        "infection_suspected",
        "is_reviewed",
        "has_prior",
    }
)
"""Facts that all nodules of a chest share; the others belong to one nodule."""
