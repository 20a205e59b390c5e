"""Why a study or an object is not exported, by code, with sentences that name no patient."""

from __future__ import annotations

from lianyi.lungct.domain.errors import LianyiError

REASONS = {
    "D01": (
        "不是 CT 图像对象（二次采集、报告、PDF、超声等可能带文字），不导出",
        "not a CT image object (secondary captures, reports, PDF, ultrasound and others may carry text); not exported",
    ),
    "D02": (
        "像 DICOM 却无法读取，不知道属于哪个检查；全部不导出，请重新拷贝或移走该文件",
        "looks like DICOM but cannot be read, so its study is unknown; nothing is exported: copy it again or move it",
    ),
    "D03": (
        "图像类型说明是二次生成或屏幕截图，可能有烧录文字",
        "its image type says secondary or a screen save, which may have text burned in",
    ),
    "D04": (
        "标明像素中烧录了文字（Burned In Annotation 不是 NO）",
        "says that text is burned into its pixels (Burned In Annotation is not NO)",
    ),
    "D05": (
        "带有叠加层（60xx），可能含文字",
        "carries an overlay (60xx), which may hold text",
    ),
    "D06": (
        "像素中发现类似文字的结构；请人工查看",
        "something like text was found in its pixels; look at it",
    ),
    "D07": (
        "像素无法解码或为有损压缩，无法检查烧录文字",
        "its pixels cannot be decoded or are lossy, so they cannot be checked for text",
    ),
    "D08": (
        "缺少检查、序列或实例 UID",
        "has no study, series or instance UID",
    ),
    "D09": (
        "密钥文件或对照表位于导出文件夹内，或密钥不是 32 字节",
        "the key or crosswalk would lie inside the export folder, or the key is not 32 bytes",
    ),
    "D10": (
        "输出文件夹不是空的，或位于输入文件夹内",
        "the output folder is not empty, or lies inside the input",
    ),
    "D11": (
        "程序无法为其建立去标识副本",
        "the program could not build its copy without identity",
    ),
    "D12": (
        "没有找到 CT 图像",
        "no CT image was found",
    ),
}
"""By code: what was found, in Chinese and English."""


class NotExported(LianyiError):
    """Something is not exported; *code* says why and is a key of :data:`REASONS`."""

    def __init__(self, code: str) -> None:
        zh, en = REASONS[code]
        super().__init__(zh=f"{zh}。[{code}]", en=f"{en}. [{code}]")
        self.code = code
