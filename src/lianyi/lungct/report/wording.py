"""Every sentence a document prints, Chinese and English side by side, and the words it must never print."""

from __future__ import annotations

from typing import Literal

from lianyi.lungct.domain.errors import RefusalCode
from lianyi.lungct.report.wording_judged import WORDS_JUDGED

Language = Literal["zh", "en"]

NEVER_PRINTED = ("未见异常", "正常", "阴性", "AI 认为", "AI评分", "AI 评分")
"""A first look cannot say these; in English: normal, negative, unremarkable, as whole words."""

NEVER_PRINTED_EN = ("normal", "negative", "unremarkable")

WORDS: dict[str, tuple[str, str]] = {
    **WORDS_JUDGED,
    "title": ("胸部 CT 肺结节首看报告", "Chest CT lung nodules: first look"),
    "awaiting": ("待医师审核", "Awaiting review by a doctor"),
    "first_look": ("首看 {at}　用时 {seconds} 秒", "First look {at} · took {seconds} s"),
    "untimed": ("{at}", "{at}"),
    "not_given": ("未提供", "not given"),
    "name": ("姓名", "Name"),
    "sex_M": ("男", "male"),
    "sex_F": ("女", "female"),
    "sex_O": ("其他", "other"),
    "years": ("{n} 岁", "{n} y"),
    "no_sex": ("性别未提供", "sex not given"),
    "no_age": ("年龄未提供", "age not given"),
    "patient_id": ("病人号", "Patient ID"),
    "accession": ("检查号", "Accession"),
    "acquired": ("检查", "Acquired"),
    "images": ("图像", "Images"),
    "images_value": ("{slices} 层，层厚 {thickness}", "{slices} slices of {thickness}"),
    "series_label": ("序列", "Series"),
    # conclusion
    "marked": ("标出 {n} 处", "{n} marks"),
    "marked_one": ("标出 1 处", "1 mark"),
    "marked_detail": (
        "（{parts}）；最大 {size}，在{place}{change}。",
        " ({parts}); largest {size}, in the {place}{change}.",
    ),
    "part": ("{density} {n} 处", "{n} {density}"),
    "join": ("，", ", "),
    "none_marked": (
        "本工作点没有标出结节，仍需医师阅片。",
        "No nodule marked at this operating point; a doctor still has to read the images.",
    ),
    "partly_lead": ("部分初筛。", "Partly screened. "),
    "operating_point": ("工作点", "Operating point"),
    "operating_value": ("结节置信度 ≥ {p}", "nodule confidence ≥ {p}"),
    "operating_more": ("上限 {n} 处；名称 {name}", "at most {n} marks; name {name}"),
    "not_analysed": ("没有分析什么", "What was not analysed"),
    "ability": ("检出能力", "How much it finds"),
    "ability_note": ("本工作点；{source}", "at this operating point; {source}"),
    "not_measured": (
        "本检出器尚无按大小测得的灵敏度。",
        "This detector's sensitivity by nodule size has not been measured.",
    ),
    "false_marks": (
        "平均每例约 {n} 处假标记；换一种设备可能多几倍。",
        "About {n} false marks a chest; on other scanners perhaps several times as many.",
    ),
    "not_measured_so": ("没有标出的地方不等于没有结节。", "Where nothing is marked, nodules may still be present."),
    "size_class": ("结节大小", "Nodule size"),
    "found_of": ("找到 / 全部", "found / all"),
    "sensitivity": ("灵敏度（95 % 区间）", "Sensitivity (95 % interval)"),
    # nodule table
    "nodules": ("结节", "Nodules"),
    "touches": ("贴胸膜", "touching the pleura"),
    "side_left": ("左肺", "left lung"),
    "side_right": ("右肺", "right lung"),
    "zone_upper": ("上野", "upper third"),
    "zone_middle": ("中野", "middle third"),
    "zone_lower": ("下野", "lower third"),
    "place": ("{side}{zone}", "{side}, {zone}"),
    "density_solid": ("实性", "solid"),
    "density_part-solid": ("部分实性", "part-solid"),
    "density_ground-glass": ("磨玻璃", "ground-glass"),
    "density_calcified": ("钙化", "calcified"),
    # evidence
    "overview": ("全肺标记", "All marks"),
    "overview_note": ("冠状位投影；虚线圈：结节置信度低于 0.60", "coronal; dashed: nodule confidence below 0.60"),
    "overview_alt": ("双肺冠状位投影，标记 {n} 处", "Coronal projection of both lungs with {n} marks"),
    "quality": ("图像质量", "Image quality"),
    "q_slices": ("层", "Slices"),
    "q_slices_value": (
        "{slices} 层，间隔 {step}，层厚 {thickness}",
        "{slices} slices, step {step}, thickness {thickness}",
    ),
    "q_reconstruction": ("重建", "Kernel"),
    "q_reconstruction_value": ("{kernel}；像素 {spacing}", "{kernel}; pixels {spacing}"),
    "q_contrast": ("造影剂", "Contrast"),
    "contrast_yes": ("有", "yes"),
    "contrast_no": ("无", "no"),
    "contrast_unknown": ("图像中未注明", "not stated in the images"),
    "q_scanner": ("设备", "Scanner"),
    "q_lungs": ("肺容积", "Lung volume"),
    "q_lungs_value": ("{total} mL（左 {left}，右 {right}）", "{total} mL (left {left}, right {right})"),
    "q_caution": ("注意", "Caution"),
    "caution": ("△ {text}（{code}）", "△ {text} ({code})"),
    "key_images": ("关键图像", "Key images"),
    "key_images_note": (
        "肺窗 -600 / 1500；图幅 70 mm（另注者除外）；上：横断位　左下：冠状位　右下：矢状位",
        "lung window -600 / 1500; field 70 mm unless stated; above: axial, lower left: coronal, lower right: sagittal",
    ),
    "key_caption": ("{id}　{size}　{density}", "{id} · {size} · {density}"),
    "suspicion_rating": (
        "可疑度评分（阅片者意见，非病理）{rating}/5",
        "suspicion rating (reader opinion, not pathology) {rating}/5",
    ),
    "drawn": ("；只画前 {n} 处", "; the first {n} only"),
    "key_field": ("　图幅 {field} mm", " · field {field} mm"),
    "key_alt": (
        "结节 {id}，{place}，{size}，{density}：横断位、冠状位、矢状位",
        "Nodule {id}, {place}, {size}, {density}: axial, coronal, sagittal",
    ),
    "series_not_chosen": ("未选的序列", "Series not chosen"),
    "series_line": ("{description}：{why}", "{description}: {why}"),
    "series_unnamed": ("无名序列", "unnamed series"),
    "series_rest": ("另有 {n} 个序列，原因见 findings.json", "{n} more; reasons in findings.json"),
    "series_none": ("没有其他序列", "no other series"),
    "remarks": ("医师意见", "Doctor's remarks"),
    "versions": ("版本", "Versions"),
    "v_software": ("软件", "Software"),
    "v_detector": ("检出", "Detector"),
    "v_detector_value": ("{name} {version}　sha256 {sha}", "{name} {version}, sha256 {sha}"),
    "v_point_value": ("{name}　结节置信度 ≥ {p}　上限 {n} 处", "{name}, nodule confidence ≥ {p}, at most {n} marks"),
    "v_times": ("用时", "Times"),
    "stage_read": ("读取", "read"),
    "stage_volume": ("体数据", "volume"),
    "stage_lungs": ("肺野", "lungs"),
    "stage_detect": ("检出", "detect"),
    "stage_measure": ("测量", "measure"),
    "stage_locate": ("定位", "place"),
    "stage_whole lung": ("全肺", "whole lung"),
    "stage_compare": ("比较", "compare"),
    "stage_assess": ("对照指南", "assess"),
    "stage_report": ("成文", "report"),
    "seconds": ("{stage} {s} 秒", "{stage} {s} s"),
    "sign_doctor": ("审核医师", "Reviewed by"),
    "sign_time": ("签发时间", "Signed at"),
    "sign_changes": ("修改与理由", "Changes and reasons"),
    "notice": (
        "决策支持软件（研究 / 首看辅助），非注册医疗器械；结论由医师作出。",
        "Decision support (research / first-look aid), not a registered medical device; a doctor decides.",
    ),
    # refusal, failure
    "refused_stamp": ("未初筛", "Not screened"),
    "failed_stamp": ("初筛失败", "Screening failed"),
    "nothing_screened": (
        "没有首看结果，不表示没有结节。",
        "There is no first-look result; that does not mean there is no nodule.",
    ),
    "not_screened_stop": ("未初筛；", "Not screened. "),
    "what_to_do": ("怎么办", "What to do"),
    "received": ("收到的图像（冠状位）；斜线处没有图像", "The images received (coronal); hatched: no image"),
    "received_alt": ("收到的图像的冠状位拼图，缺层处为斜线", "Coronal view of the received images; gaps hatched"),
    "received_slices": ("收到 {n} 层", "{n} slices received"),
    "explain": ("说明：lianyi explain {code}", "Explained by: lianyi explain {code}"),
    "failed_title": ("软件故障", "Fault of the software"),
    "tried": ("{at}　用时 {seconds} 秒", "{at} · took {seconds} s"),
}

REFUSAL_TITLES: dict[RefusalCode, tuple[str, str]] = {
    RefusalCode.NO_DICOM: ("没有 DICOM 图像", "no DICOM images"),
    RefusalCode.NOT_CT: ("不是 CT", "not CT"),
    RefusalCode.MISSING_SLICES: ("缺层", "missing slices"),
    RefusalCode.IRREGULAR_SLICES: ("层距不均", "irregular slices"),
    RefusalCode.INTERLEAVED_HRCT: ("间隔 HRCT", "interleaved HRCT"),
    RefusalCode.MIXED_ORIENTATIONS: ("方向不一", "mixed orientations"),
    RefusalCode.UNKNOWN_RESCALE: ("没有 CT 值换算", "no rescale to HU"),
    RefusalCode.NOT_CHEST: ("不是胸部", "not a chest"),
    RefusalCode.THICK_SLICES: ("层太厚", "slices too thick"),
    RefusalCode.LOSSY_COMPRESSION: ("有损压缩", "lossy compression"),
    RefusalCode.UNREADABLE_SERIES: ("图像读不出", "unreadable images"),
    RefusalCode.UNSAFE_ARCHIVE: ("压缩包不安全", "unsafe archive"),
    RefusalCode.LUNGS_CUT_OFF: ("肺未扫全", "lungs cut off"),
    RefusalCode.MISSING_GEOMETRY: ("没有位置信息", "no positions"),
    RefusalCode.MIXED_GRIDS: ("图像尺寸不一", "mixed image sizes"),
    RefusalCode.SERIES_NOT_FOUND: ("没有所指的序列", "series not found"),
    RefusalCode.TOO_FEW_SLICES: ("层数太少", "too few slices"),
    RefusalCode.CONFLICTING_SLICES: ("同一位置有不同图像", "conflicting slices"),
    RefusalCode.UNSUPPORTED_PIXELS: ("不支持的图像格式", "unsupported pixels"),
    RefusalCode.NO_LUNGS: ("没有找到肺", "no lungs found"),
    RefusalCode.NO_SUITABLE_SERIES: ("没有合适的序列", "no suitable series"),
    RefusalCode.NOT_AXIAL: ("不是横断面", "not axial"),
    RefusalCode.SEVERAL_PATIENTS: ("多名患者", "several patients"),
    RefusalCode.MIXED_FRAMES: ("坐标系不一", "mixed frames of reference"),
    RefusalCode.NO_PRIOR: ("不是既往 CT", "not a prior CT"),
    RefusalCode.OTHER_PATIENT: ("患者不一致", "patients differ"),
    RefusalCode.NOT_REGISTERED: ("两次 CT 未能对准", "not registered"),
}

Step = tuple[tuple[str, str], tuple[str, str]]
"""What, and who: each Chinese and English."""

_RADIOGRAPHER = ("技师", "radiographer")
_DOCTOR = ("医师", "doctor")
_ENGINEER = ("工程师", "engineer")

_READ_BY_DOCTOR: Step = (
    ("办不到时：请医师直接阅片", "If that is not possible: a doctor reads the images directly"),
    _DOCTOR,
)
_RESEND: tuple[Step, ...] = (
    (
        (
            "在 CT 工作站核对该序列，重发全部图像",
            "Check the series on the CT workstation and send all its images again",
        ),
        _RADIOGRAPHER,
    ),
    (("重发后再初筛一次", "Screen once more after that"), _RADIOGRAPHER),
    _READ_BY_DOCTOR,
)
_OTHER_SERIES: tuple[Step, ...] = (
    (
        (
            "在 CT 工作站找同一检查的薄层（≤2.5 mm）横断肺部序列，或重建一个",
            "Find the thin (≤2.5 mm) axial lung series of the same study on the CT workstation, or reconstruct one",
        ),
        _RADIOGRAPHER,
    ),
    (("发送该序列后再初筛一次", "Send that series and screen once more"), _RADIOGRAPHER),
    _READ_BY_DOCTOR,
)
_EXPORT_AGAIN: tuple[Step, ...] = (
    (
        (
            "从 CT 工作站以无压缩或无损压缩重新导出",
            "Export again from the CT workstation, uncompressed or losslessly compressed",
        ),
        _RADIOGRAPHER,
    ),
    (("仍被退回时，把编号告诉工程师", "If it is turned away again, give the code to the engineer"), _ENGINEER),
    _READ_BY_DOCTOR,
)
_CHECK_INPUT: tuple[Step, ...] = (
    (("核对所选的文件夹、压缩包或序列号", "Check the folder, archive or series that was chosen"), _RADIOGRAPHER),
    (("选对后再初筛一次", "Screen once more with the right one"), _RADIOGRAPHER),
    _READ_BY_DOCTOR,
)

REFUSAL_STEPS: dict[RefusalCode, tuple[Step, ...]] = {
    **dict.fromkeys(RefusalCode, _RESEND),
    **dict.fromkeys(
        (
            RefusalCode.INTERLEAVED_HRCT,
            RefusalCode.NOT_CHEST,
            RefusalCode.THICK_SLICES,
            RefusalCode.LUNGS_CUT_OFF,
            RefusalCode.TOO_FEW_SLICES,
            RefusalCode.NO_LUNGS,
            RefusalCode.NO_SUITABLE_SERIES,
            RefusalCode.MIXED_ORIENTATIONS,
            RefusalCode.NOT_AXIAL,
        ),
        _OTHER_SERIES,
    ),
    **dict.fromkeys(
        (RefusalCode.LOSSY_COMPRESSION, RefusalCode.UNKNOWN_RESCALE, RefusalCode.UNSUPPORTED_PIXELS), _EXPORT_AGAIN
    ),
    **dict.fromkeys(
        (
            RefusalCode.NO_DICOM,
            RefusalCode.NOT_CT,
            RefusalCode.UNSAFE_ARCHIVE,
            RefusalCode.SERIES_NOT_FOUND,
            RefusalCode.NO_PRIOR,
            RefusalCode.OTHER_PATIENT,
            RefusalCode.NOT_REGISTERED,
        ),
        _CHECK_INPUT,
    ),
}

FAILURE_STEPS: tuple[Step, ...] = (
    (("再初筛一次", "Screen once more"), _RADIOGRAPHER),
    (
        ("仍然失败时，把 fault.txt 交给工程师", "If it fails again, give fault.txt to the engineer"),
        _ENGINEER,
    ),
    (("不要等：请医师直接阅片", "Do not wait: a doctor reads the images directly"), _DOCTOR),
)


def say(key: str, language: Language, **values: object) -> str:
    """Give a sentence of the table in one language, filled in."""
    return pick(WORDS[key], language).format(**values)


def pick(both: tuple[str, str], language: Language) -> str:
    """Choose one of a Chinese and an English text."""
    return both[0] if language == "zh" else both[1]
