"""Whether all of the lungs was seen: which part lies outside the scan, between slices, or holds no air."""

from __future__ import annotations

from typing import Literal

import numpy as np

from lianyi.lungct.domain.errors import Caution, CautionCode, Refusal, RefusalCode
from lianyi.lungct.domain.image import CtVolume, LungFields
from lianyi.lungct.domain.outcome import NotAnalysed
from lianyi.lungct.domain.slices import share_between_slices

_MAX_MISSING_SHARE = 0.10
"""Up to a tenth of the lungs may lie outside the scan, and is said; more is refused (issue 2, part 5)."""


def judge_coverage(lungs: LungFields) -> tuple[tuple[NotAnalysed, ...], tuple[Caution, ...]]:
    """Say which share of the lungs was not scanned, and whether one lung is absent.

    Raises:
        Refusal: more than a tenth of the lungs lies outside the scan.
    """
    names_zh = {"lung apex": "肺尖", "lung base": "肺底", "lung side": "肺外侧"}
    missing = {what: share for what, share in lungs.missing_share.items() if share > 0}
    total = sum(missing.values())
    places_zh = "、".join(f"{names_zh[what]}{_percent(share, 'zh')}" for what, share in missing.items())
    places_en = ", ".join(f"{what} {_percent(share, 'en')}" for what, share in missing.items())
    if total > _MAX_MISSING_SHARE:
        raise Refusal(
            RefusalCode.LUNGS_CUT_OFF,
            zh=f"肺未扫全：{places_zh}在扫描范围外，超过 {100 * _MAX_MISSING_SHARE:.0f} %；"
            "请发送覆盖肺尖到肺底的完整序列，或补扫。",
            en=f"The lungs are cut off ({places_en} outside the scan, over {100 * _MAX_MISSING_SHARE:.0f} % in all); "
            "send a series from apex to base, or complete the scan.",
        )
    parts = [
        NotAnalysed(
            what=what, share=share, zh=f"{names_zh[what]}{_percent(share, 'zh')}未扫入", en="cut off", is_lung=True
        )
        for what, share in missing.items()
    ]
    cautions = []
    if missing:
        cautions.append(
            Caution(
                code=CautionCode.LUNGS_CUT_OFF,
                zh=f"肺未扫全：估计{places_zh}未扫入，这部分没有分析。",
                en=f"The lungs are not covered in full: {places_en} (estimated) not scanned and not analysed.",
            )
        )
    for side_zh, side_en, lung in (("左", "left", lungs.left), ("右", "right", lungs.right)):
        if not lung.values_kji.any():
            cautions.append(
                Caution(
                    code=CautionCode.ONE_LUNG,
                    zh=f"未见含气的{side_zh}肺（切除、不张或大量积液？），{side_zh}侧没有分析。",
                    en=f"No aerated {side_en} lung was found (resected, collapsed or effusion?); "
                    "that side was not analysed.",
                )
            )
            parts.append(
                NotAnalysed(
                    what=f"{side_en} lung",
                    share=None,
                    zh=f"{side_zh}肺：未见含气的肺",
                    en="no aerated lung was found",
                    is_lung=True,
                )
            )
    return tuple(parts), tuple(cautions)


def _percent(share: float, language: Literal["zh", "en"]) -> str:
    """Print an estimated share; one below a percent is not a zero."""
    if share < 0.01:
        return "不到 1 %" if language == "zh" else "under 1 %"
    return f"约 {100 * share:.0f} %" if language == "zh" else f"about {100 * share:.0f} %"


def between_slices(volume: CtVolume, thickness_mm: float | None) -> tuple[NotAnalysed, ...]:
    """Say which share of the lungs lies between slices that are thinner than their step."""
    grid = volume.grid
    plane_mm2 = float(np.linalg.norm(np.cross(grid.patient_from_voxel[:3, 1], grid.patient_from_voxel[:3, 2])))
    step_mm = grid.voxel_mm3 / plane_mm2
    share = share_between_slices(step_mm=step_mm, thickness_mm=thickness_mm)
    if not share:
        return ()
    return (
        NotAnalysed(
            what="between slices",
            share=share,
            zh=f"层与层之间{_percent(share, 'zh')}的肺未扫到",
            en="the step exceeds the slice thickness",
            is_lung=True,
        ),
    )
