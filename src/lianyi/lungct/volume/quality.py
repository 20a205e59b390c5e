"""The gates a stack of slices must pass, one function each.

A gate returns nothing or cautions, or raises a :class:`Refusal` whose sentence
tells a radiographer what was found and what to do.  Limits are engineering
choices unless a source is given.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lianyi.lungct.domain.errors import Caution, CautionCode, Refusal, RefusalCode
from lianyi.lungct.domain.geometry import Floats
from lianyi.lungct.domain.image import CtSlice
from lianyi.lungct.domain.slices import share_between_slices

_MIN_SLICES = 20
"""At the thickest slice we take (5 mm) this is 10 cm, less than half of a pair of lungs."""

_MAX_THICKNESS_MM = 5.0
_WARN_THICKNESS_MM = 2.5
"""Issue: over 5 mm refused, over 2.5 mm screened with a warning (ACR Lung-RADS v2022 asks for <= 2.5 mm)."""

_PRINTED_MM = 0.015
"""Headers print decimals; comparisons of thickness allow this much."""

_SAME_DIRECTION = 1e-3
"""Largest difference of a direction cosine between slices of one stack."""

_MAX_STEP_ERROR_SHARE = 0.1
_MAX_STEP_ERROR_MM = 0.11
"""A step may differ from the usual one by a tenth, or by what a position printed to 0.1 mm can be off."""

_MAX_GAP_SHARE = 1.2
"""A step above this many thicknesses leaves out too much lung: interleaved HRCT."""

_AXIAL_WITHIN_DEG = 45.0
_TILT_DEG = 0.5
_OBLIQUE_DEG = 5.0
"""Beyond this a caliper in the acquired slice is not what a reader calls axial."""


def require_enough_slices(slices: Sequence[CtSlice]) -> None:
    """Refuse a handful of slices."""
    if len(slices) < _MIN_SLICES:
        raise Refusal(
            RefusalCode.TOO_FEW_SLICES,
            zh=f"该序列只有 {len(slices)} 层，至少需要 {_MIN_SLICES} 层；请重新发送完整的胸部薄层序列。",
            en=f"The series has only {len(slices)} slices, at least {_MIN_SLICES} are needed; "
            "send the complete thin chest series.",
        )


def require_one_orientation(slices: Sequence[CtSlice]) -> None:
    """Refuse slices that are not parallel."""
    cosines = np.array([one.image_orientation for one in slices])
    odd = int(np.count_nonzero(np.abs(cosines - np.median(cosines, axis=0)).max(axis=1) > _SAME_DIRECTION))
    if odd:
        raise Refusal(
            RefusalCode.MIXED_ORIENTATIONS,
            zh=f"该序列 {len(slices)} 层中有 {odd} 层方向与其余不同（如混入定位像或重组）；请只发送横断位原始序列。",
            en=f"{odd} of {len(slices)} slices point another way than the rest (a localizer or reformat among them?); "
            "send the original axial series alone.",
        )


def require_one_matrix(slices: Sequence[CtSlice]) -> None:
    """Refuse slices of different matrix, pixel spacing or thickness."""
    kinds = {
        (
            one.hu_ji.shape,
            *(round(mm, 4) for mm in one.pixel_spacing),
            None if one.slice_thickness_mm is None else round(one.slice_thickness_mm, 2),
        )
        for one in slices
    }
    if len(kinds) > 1:
        raise Refusal(
            RefusalCode.MIXED_GRIDS,
            zh=f"该序列混有 {len(kinds)} 种矩阵、像素间距或层厚；请把每种重建作为单独的序列发送。",
            en=f"The series mixes {len(kinds)} kinds of matrix, pixel spacing or slice thickness; "
            "send each reconstruction as a series of its own.",
        )


def require_axial(normal_xyz: Floats) -> None:
    """Refuse coronal and sagittal stacks, whose slices a caliper must not be laid on."""
    angle_deg = float(np.degrees(np.arccos(min(1.0, abs(float(normal_xyz[2]))))))
    if angle_deg > _AXIAL_WITHIN_DEG:
        raise Refusal(
            RefusalCode.NOT_AXIAL,
            zh=f"该序列不是横断位（层面法线与身体长轴成 {angle_deg:.0f}°）；请发送横断位原始序列。",
            en=f"The series is not axial (its normal is {angle_deg:.0f}° off the long axis of the body); "
            "send the original axial series.",
        )


def require_regular_steps(positions_xyz: Floats, normal_xyz: Floats, ordered: Sequence[CtSlice]) -> None:
    """Refuse a stack with a hole in it, or whose steps differ.

    *positions_xyz* are in stack order (n, 3), LPS mm.
    """
    steps_xyz = np.diff(positions_xyz, axis=0)
    steps_mm = steps_xyz @ normal_xyz
    usual_mm = float(np.median(steps_mm))
    allowed_mm = max(_MAX_STEP_ERROR_SHARE * usual_mm, _MAX_STEP_ERROR_MM)
    wide = np.flatnonzero(steps_mm > usual_mm + allowed_mm)
    narrow = np.flatnonzero(steps_mm < usual_mm - allowed_mm)
    whole = np.abs(steps_mm[wide] / usual_mm - np.round(steps_mm[wide] / usual_mm)) * usual_mm <= 2 * allowed_mm
    if wide.size and not narrow.size and bool(whole.all()):
        k = int(wide[0])
        lost = int(np.round(steps_mm[wide] / usual_mm).sum() - wide.size)
        raise Refusal(
            RefusalCode.MISSING_SLICES,
            zh=f"缺 {lost} 层：图像号 {ordered[k].instance_number} 与 {ordered[k + 1].instance_number} "
            f"之间相距 {steps_mm[k]:.2f} mm，应为 {usual_mm:.2f} mm；请重新发送完整序列。",
            en=f"{lost} slice{' is' if lost == 1 else 's are'} missing: images {ordered[k].instance_number} and "
            f"{ordered[k + 1].instance_number} lie {steps_mm[k]:.2f} mm apart, "
            f"expected {usual_mm:.2f} mm; send the complete series again.",
        )
    sideways_mm = np.abs(steps_xyz - np.median(steps_xyz, axis=0)).max(axis=1)
    odd = np.flatnonzero(sideways_mm > allowed_mm)
    drift_mm = np.abs(_residuals(positions_xyz)).max(axis=1)
    if odd.size or drift_mm.max() > max(usual_mm / 2, _MAX_STEP_ERROR_MM):
        k = int(odd[0]) if odd.size else max(int(drift_mm.argmax()) - 1, 0)
        raise Refusal(
            RefusalCode.IRREGULAR_SLICES,
            zh=f"层间距不一致：图像号 {ordered[k].instance_number} 与 {ordered[k + 1].instance_number} "
            f"之间为 {steps_mm[k]:.2f} mm，其余多为 {usual_mm:.2f} mm；请发送等间距重建的序列。",
            en=f"Slice steps differ: {steps_mm[k]:.2f} mm between images {ordered[k].instance_number} and "
            f"{ordered[k + 1].instance_number}, {usual_mm:.2f} mm elsewhere; send a series of equal steps.",
        )


def _residuals(positions_xyz: Floats) -> Floats:
    index = np.arange(len(positions_xyz), dtype=float)
    step_xyz, first_xyz = np.polyfit(index, positions_xyz, 1)
    return np.asarray(positions_xyz - (first_xyz + index[:, None] * step_xyz))


def inspect_thickness(ordered: Sequence[CtSlice], step_mm: float) -> list[Caution]:
    """Refuse thick and interleaved slices; warn of moderately thick, unknown and slightly gapped ones."""
    thickness_mm = ordered[0].slice_thickness_mm
    judged_mm = step_mm if thickness_mm is None else max(thickness_mm, step_mm)
    if thickness_mm is not None and step_mm > _MAX_GAP_SHARE * thickness_mm + _PRINTED_MM:
        raise Refusal(
            RefusalCode.INTERLEAVED_HRCT,
            zh=f"层厚 {thickness_mm:.2f} mm，层间距却有 {step_mm:.2f} mm（间隔扫描的高分辨 CT），层间的肺未扫到；"
            "请改发连续薄层的容积序列。",
            en=f"Slices are {thickness_mm:.2f} mm thick but {step_mm:.2f} mm apart (interleaved HRCT), "
            "so lung between them was not scanned; send a contiguous volume series.",
        )
    if judged_mm > _MAX_THICKNESS_MM + _PRINTED_MM:
        raise Refusal(
            RefusalCode.THICK_SLICES,
            zh=f"层厚 {judged_mm:.2f} mm，超过 {_MAX_THICKNESS_MM:.0f} mm，小结节会漏；"
            "请用原始数据重建 2.5 mm 以下的薄层再发送。",
            en=f"Slices of {judged_mm:.2f} mm exceed {_MAX_THICKNESS_MM:.0f} mm and would hide small nodules; "
            "reconstruct at 2.5 mm or less and send again.",
        )
    cautions = []
    if judged_mm > _WARN_THICKNESS_MM + _PRINTED_MM:
        cautions.append(
            Caution(
                code=CautionCode.THICK_SLICES,
                zh=f"层厚 {judged_mm:.2f} mm，超过 {_WARN_THICKNESS_MM} mm：小结节更易漏，测量误差更大。",
                en=f"Slices of {judged_mm:.2f} mm exceed {_WARN_THICKNESS_MM} mm: small nodules are missed more often "
                "and measures are less certain.",
            )
        )
    if thickness_mm is None:
        cautions.append(
            Caution(
                code=CautionCode.UNKNOWN_THICKNESS,
                zh=f"图像未写层厚，按层间距 {step_mm:.2f} mm 判断；实际层厚可能更大。",
                en=f"The header gives no slice thickness; the step of {step_mm:.2f} mm was used, "
                "the true thickness may be greater.",
            )
        )
    elif share := share_between_slices(step_mm=step_mm, thickness_mm=thickness_mm):
        cautions.append(
            Caution(
                code=CautionCode.SLICE_GAPS,
                zh=f"层间距 {step_mm:.2f} mm 大于层厚 {thickness_mm:.2f} mm，层间约 {100 * share:.0f} % 的肺未扫到。",
                en=f"The step of {step_mm:.2f} mm exceeds the thickness of {thickness_mm:.2f} mm: about "
                f"{100 * share:.0f} % of the lung lies between slices and was not scanned.",
            )
        )
    return cautions


def inspect_tilt(step_xyz: Floats, normal_xyz: Floats) -> list[Caution]:
    """Say when slices are tilted or oblique: places and volumes allow for it, the caliper plane is theirs."""
    cosine = float(np.dot(step_xyz, normal_xyz) / np.linalg.norm(step_xyz))
    tilt_deg = float(np.degrees(np.arccos(min(1.0, abs(cosine)))))
    oblique_deg = float(np.degrees(np.arccos(min(1.0, abs(float(normal_xyz[2]))))))
    if tilt_deg <= _TILT_DEG and oblique_deg <= _OBLIQUE_DEG:
        return []
    if tilt_deg <= _TILT_DEG:
        return [
            Caution(
                code=CautionCode.TILTED_GANTRY,
                zh=f"层面与标准横断位成 {oblique_deg:.0f}°：位置与体积已按此计算，径线在斜的层面上测量。",
                en=f"Slices lie {oblique_deg:.0f}° off the axial plane: places and volumes allow for it, "
                "axes are measured in the oblique slice.",
            )
        ]
    return [
        Caution(
            code=CautionCode.TILTED_GANTRY,
            zh=f"机架倾斜 {tilt_deg:.1f}°：位置与体积已按倾斜计算，径线在倾斜的层面上测量。",
            en=f"The gantry was tilted by {tilt_deg:.1f}°: places and volumes allow for it, "
            "axes are measured in the tilted slice.",
        )
    ]
