"""Stack slices into one volume.

Only ImagePositionPatient and ImageOrientationPatient say where a slice lies;
file order, instance numbers, slice locations and spacing attributes are never
used for geometry.  The step from slice to slice is fitted over all positions.
"""

from __future__ import annotations

import numpy as np

from lianyi.lungct.domain.errors import Caution, CautionCode, Refusal, RefusalCode
from lianyi.lungct.domain.geometry import Floats, Grid, PatientFrame
from lianyi.lungct.domain.image import Booleans, CtSlice, CtVolume
from lianyi.lungct.domain.study import CtSeries
from lianyi.lungct.volume import quality

_UNSCANNED_HU = -1024
"""What air, and everything a scanner never measured, is set to; lower values carry no information."""

_SAME_PLACE_MM = 0.01
"""Two slices nearer than this along the normal are at the same place."""


def assemble(series: CtSeries) -> tuple[CtVolume, tuple[Caution, ...]]:
    """Stack the slices of a series on their native grid.

    Returns:
        The volume, slice k growing along the stack's normal, with one instance
        per slice; and what its reader must know about it.

    Raises:
        Refusal: too few, missing, irregular, conflicting, thick or interleaved
            slices, mixed orientations or matrices, or a stack that is not axial.
    """
    slices = series.slices
    quality.require_enough_slices(slices)
    quality.require_one_orientation(slices)
    quality.require_one_matrix(slices)
    normal_xyz = _normal(slices[0])
    quality.require_axial(normal_xyz)

    ordered = sorted(slices, key=lambda one: float(np.dot(normal_xyz, one.image_position)))
    ordered, cautions = _drop_repeated(ordered, normal_xyz)
    quality.require_enough_slices(ordered)
    positions_xyz = np.array([one.image_position for one in ordered])
    first_xyz, step_xyz = _fit(positions_xyz)
    quality.require_regular_steps(positions_xyz, normal_xyz, ordered)
    step_mm = float(np.dot(step_xyz, normal_xyz))
    cautions += quality.inspect_thickness(ordered, step_mm)
    cautions += quality.inspect_tilt(step_xyz, normal_xyz)

    head = ordered[0]
    rows, columns = head.hu_ji.shape
    grid = Grid.from_dicom(
        image_position=_triple(first_xyz),
        image_orientation=head.image_orientation,
        pixel_spacing=head.pixel_spacing,
        slice_step=_triple(step_xyz),
        shape=(len(ordered), rows, columns),
        frame=PatientFrame(
            frame_of_reference_uid=series.facts.frame_of_reference_uid, series_uid=series.facts.series_uid
        ),
    )
    values_kji = np.empty(grid.shape, np.int16)
    for k, one in enumerate(ordered):
        np.maximum(one.hu_ji, _UNSCANNED_HU, out=values_kji[k])
    volume = CtVolume(
        grid,
        values_kji,
        scanned_kji=_scanned(ordered, grid.shape),
        instances=tuple((one.instance_uid, one.instance_number) for one in ordered),
        positions=tuple(one.image_position for one in ordered),
    )
    return volume, tuple(cautions)


def _normal(one: CtSlice) -> Floats:
    return np.cross(one.image_orientation[:3], one.image_orientation[3:])


def _triple(xyz: Floats) -> tuple[float, float, float]:
    return float(xyz[0]), float(xyz[1]), float(xyz[2])


def _fit(positions_xyz: Floats) -> tuple[Floats, Floats]:
    """Fit first position and step through all positions by least squares."""
    index = np.arange(len(positions_xyz), dtype=float)
    step_xyz, first_xyz = np.polyfit(index, positions_xyz, 1)
    return first_xyz, step_xyz


def _drop_repeated(ordered: list[CtSlice], normal_xyz: Floats) -> tuple[list[CtSlice], list[Caution]]:
    """Keep one of several slices at the same place, if their pixels agree; refuse if they do not."""
    kept: list[CtSlice] = []
    dropped = 0
    for one in ordered:
        gap_mm = (
            np.inf if not kept else float(np.dot(normal_xyz, np.subtract(one.image_position, kept[-1].image_position)))
        )
        if gap_mm > _SAME_PLACE_MM:
            kept.append(one)
        elif np.array_equal(one.hu_ji, kept[-1].hu_ji):
            dropped += 1
        else:
            raise Refusal(
                RefusalCode.CONFLICTING_SLICES,
                zh=f"图像号 {kept[-1].instance_number} 与 {one.instance_number} 位置相同而内容不同，"
                "可能是两次重建或多个时相混在一个序列里；请把它们分成各自的序列重新发送。",
                en=f"Images {kept[-1].instance_number} and {one.instance_number} lie at the same place with different "
                "pixels, perhaps two reconstructions or phases in one series; send each as a series of its own.",
            )
    if not dropped:
        return kept, []
    caution = Caution(
        code=CautionCode.DUPLICATED_FILES,
        zh=f"有 {dropped} 张重复的层面（位置和像素都相同），只用了一份。",
        en=f"{dropped} slices were there twice (same place, same pixels); one copy of each was used.",
    )
    return kept, [caution]


def _scanned(ordered: list[CtSlice], shape: tuple[int, int, int]) -> Booleans | None:
    if all(one.padding_ji is None for one in ordered):
        return None
    scanned_kji = np.ones(shape, bool)
    for k, one in enumerate(ordered):
        if one.padding_ji is not None:
            scanned_kji[k] = ~one.padding_ji
    return scanned_kji
