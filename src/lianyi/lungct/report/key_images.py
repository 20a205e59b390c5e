"""The key image of a nodule: its axial slice, and true-to-scale coronal and sagittal insets.

Always in radiological convention (the patient's right on the left of the picture, anterior up,
head up), whatever the orientation of the acquisition.  The axial view shows the pixels of the
native slice, flipped or transposed, never resampled across slices; the insets are sampled from the
native volume along the patient's axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from lianyi.lungct.domain.geometry import Floats, Grid, VoxelPoint
from lianyi.lungct.domain.image import CtVolume
from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.report.canvas import Ring, draw_label, draw_ring, draw_scale, film, lung_window

AXIAL_PX, INSET_PX, GAP_PX = 504, 248, 8
FIELD_MM = 70.0
LOW_PROBABILITY = 0.6
"""Below this a ring is dashed: a display habit of the report, not an operating point."""

_CLEAR_MM = 3.5
_SMALLEST_RING_MM = 6.0
_WIDEST_RING = 0.8
_OUTSIDE_HU = -1024.0
LEFT, POSTERIOR, INFERIOR = np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), np.array([0, 0, -1.0])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class KeyImage:
    """A rendered key image.

    Attributes:
        nodule_id: of which nodule.
        image: axial view above, coronal inset lower left, sagittal inset lower right.
        field_mm: width of each view.
    """

    nodule_id: int
    image: Image.Image
    field_mm: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SlicePlace:
    """Where a nodule lies on the slice that shows it: slice index and in-slice centre, voxel indices."""

    k: int
    j: float
    i: float


def key_image(volume: CtVolume, nodule: Nodule, *, slice_label: str) -> KeyImage:
    """Render one nodule of a native volume."""
    place = slice_place(volume, nodule)
    ring_mm = _ring_radius_mm(nodule, volume.grid.voxel(k=place.k, j=place.j, i=place.i))
    field_mm = FIELD_MM
    if 2 * ring_mm > _WIDEST_RING * FIELD_MM:
        field_mm = 10.0 * ceil(2 * ring_mm / _WIDEST_RING / 10.0)
    is_dashed = nodule.probability < LOW_PROBABILITY
    axial = _finish(axial_view(volume, place, field_mm=field_mm), field_mm, ring_mm, is_dashed)
    draw_label(axial, slice_label, at=(14, 10), anchor="la", size=29)
    draw_label(axial, "R", at=(14, AXIAL_PX / 2), anchor="lm", size=26)
    draw_label(axial, "L", at=(AXIAL_PX - 14, AXIAL_PX / 2), anchor="rm", size=26)
    draw_scale(axial, mm_per_pixel=field_mm / AXIAL_PX)
    coronal = _finish(plane_view(volume, nodule.center.xyz, LEFT, field_mm=field_mm), field_mm, ring_mm, is_dashed)
    draw_label(coronal, "R", at=(11, 7), anchor="la", size=25)
    sagittal = _finish(
        plane_view(volume, nodule.center.xyz, POSTERIOR, field_mm=field_mm), field_mm, ring_mm, is_dashed
    )
    draw_label(sagittal, "A", at=(11, 7), anchor="la", size=25)

    sheet = Image.new("RGB", (AXIAL_PX, AXIAL_PX + GAP_PX + INSET_PX), "white")
    sheet.paste(axial, (0, 0))
    sheet.paste(coronal, (0, AXIAL_PX + GAP_PX))
    sheet.paste(sagittal, (INSET_PX + GAP_PX, AXIAL_PX + GAP_PX))
    return KeyImage(nodule_id=nodule.id, image=sheet, field_mm=field_mm)


def slice_place(volume: CtVolume, nodule: Nodule) -> SlicePlace:
    """Find the slice a nodule was measured on, and the middle of its segmentation there.

    Where the segmentation does not reach that slice, the place nearest to the nodule's centre stands for it.

    Raises:
        ValueError: the volume has no such instance.
    """
    k = volume.instances.index((nodule.instance_uid, nodule.instance_number))
    first = volume.grid.locate(nodule.mask.grid.voxel(k=0, j=0, i=0).to_patient())
    k_in_box = k - round(first.k)
    if 0 <= k_in_box < nodule.mask.grid.shape[0]:
        rows, columns = np.nonzero(nodule.mask.values_kji[k_in_box])
        if rows.size:
            return SlicePlace(k=k, j=first.j + float(rows.mean()), i=first.i + float(columns.mean()))
    middle = volume.grid.locate(nodule.center)
    return SlicePlace(k=k, j=middle.j, i=middle.i)


def axial_view(volume: CtVolume, place: SlicePlace, *, field_mm: float, size_px: int = AXIAL_PX) -> Floats:
    """Cut a square out of a native slice, patient's right on the left, anterior up; HU."""
    spacing = volume.grid.spacing
    down_j, right_i = (
        volume.grid.patient_from_voxel[:3, 1] / spacing.j_mm,
        volume.grid.patient_from_voxel[:3, 2] / spacing.i_mm,
    )
    step_px = field_mm / size_px
    middle = size_px / 2
    if abs(right_i[0]) >= abs(down_j[0]):  # columns run across the patient, rows from front to back
        i_right, i_down = np.sign(right_i[0]) * step_px / spacing.i_mm, 0.0
        j_right, j_down = 0.0, np.sign(down_j[1]) * step_px / spacing.j_mm
    else:  # the image is turned by a quarter
        i_right, i_down = 0.0, np.sign(right_i[1]) * step_px / spacing.i_mm
        j_right, j_down = np.sign(down_j[0]) * step_px / spacing.j_mm, 0.0
    turn = (
        i_right, i_down, place.i + 0.5 - middle * (i_right + i_down),
        j_right, j_down, place.j + 0.5 - middle * (j_right + j_down),
    )  # fmt: skip
    above_outside = Image.fromarray(volume.values_kji[place.k].astype(np.float32) - np.float32(_OUTSIDE_HU))
    cut = above_outside.transform((size_px, size_px), Image.Transform.AFFINE, turn, resample=Image.Resampling.BICUBIC)
    return np.asarray(cut, dtype=np.float64) + _OUTSIDE_HU


def plane_view(
    volume: CtVolume, middle_xyz: Floats, rightwards: Floats, *, field_mm: float, size_px: int = INSET_PX
) -> Floats:
    """Sample an upright plane through a patient point, head up; HU.  *rightwards*: unit vector, LPS."""
    off = (np.arange(size_px) - (size_px - 1) / 2) * (field_mm / size_px)
    voxel_from_patient = np.linalg.inv(volume.grid.patient_from_voxel)
    start = voxel_from_patient @ [*middle_xyz, 1.0]
    across, down = voxel_from_patient[:3, :3] @ rightwards, voxel_from_patient[:3, :3] @ INFERIOR
    points = (
        start[:3, None, None] + down[:, None, None] * off[None, :, None] + across[:, None, None] * off[None, None, :]
    )
    view: Floats = ndimage.map_coordinates(
        volume.values_kji, points, order=1, cval=_OUTSIDE_HU, output=np.float64, prefilter=False
    )
    return view


def _ring_radius_mm(nodule: Nodule, on_slice: VoxelPoint) -> float:
    """Give a radius that stays clear of the segmentation in every view.

    The axial view is centred on the slice's own part of the segmentation, the insets on all of it.
    """
    grid, inside_kji = nodule.mask.grid, nodule.mask.values_kji
    middles_xyz = (nodule.center.xyz, on_slice.to_patient().xyz)
    k_in_box = round(grid.locate(on_slice.to_patient()).k)
    part_kji = np.zeros_like(inside_kji)
    if 0 <= k_in_box < grid.shape[0]:
        part_kji[k_in_box] = inside_kji[k_in_box]
    reaches = reach_mm(grid, inside_kji, middles_xyz[0]), reach_mm(grid, part_kji, middles_xyz[1])
    return max(*reaches, _SMALLEST_RING_MM - _CLEAR_MM) + _CLEAR_MM


def reach_mm(grid: Grid, inside_kji: npt.NDArray[np.bool_], middle_xyz: Floats) -> float:
    """Give the distance from a point to the farthest voxel inside."""
    inside = np.argwhere(inside_kji)
    if inside.size == 0:
        return 0.0
    places = inside @ grid.patient_from_voxel[:3, :3].T + grid.patient_from_voxel[:3, 3]
    return float(np.linalg.norm(places - middle_xyz, axis=1).max())


def _finish(values_hu: Floats, field_mm: float, ring_mm: float, is_dashed: bool) -> Image.Image:  # noqa: FBT001 -- private
    picture = film(lung_window(values_hu))
    size = picture.shape[0]
    line = 3.6 if size == AXIAL_PX else 2.6
    draw_ring(picture, Ring(x=size / 2, y=size / 2, radius=ring_mm * size / field_mm, line=line, is_dashed=is_dashed))
    return Image.fromarray(picture)
