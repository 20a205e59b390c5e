"""Where the slices of a phantom lie: from a spec to a grid in patient millimetres."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.geometry import Grid, PatientFrame
from lianyi.lungct.domain.uids import FrameOfReferenceUID, InstanceUID, SeriesUID
from lianyi.phantom.anatomy import Anatomy
from lianyi.phantom.spec import PhantomSpec

Floats = npt.NDArray[np.float64]


def uid(spec: PhantomSpec, role: str) -> str:
    """Derive a UID from a spec: the same spec gives the same UID (root 2.25, DICOM PS3.5 B.2)."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, f'lianyi.phantom {role} {spec!r}').int}"


def tilted_cosines(spec: PhantomSpec) -> tuple[Floats, Floats]:
    """Give row and column cosines of the image planes, the gantry's tilt included."""
    row, column = np.array(spec.cosines[:3]), np.array(spec.cosines[3:])
    normal = np.cross(row, column)
    angle = math.radians(spec.gantry_tilt_deg)
    return row, column * math.cos(angle) + normal * math.sin(angle)


def slice_step_xyz(spec: PhantomSpec) -> Floats:
    """Give the vector from one slice to the next: along the untilted stack, towards the head."""
    normal = np.cross(spec.cosines[:3], spec.cosines[3:])
    # A stack may stand upright (a coronal one has no way to the head): then along its normal.
    direction = -normal if normal[2] < -1e-9 else normal
    step: Floats = direction * spec.slice_step_mm
    return step


def build_grid(spec: PhantomSpec, anatomy: Anatomy) -> Grid:
    """Lay the slices so that they cover the lungs, less what the spec cuts off."""
    row, column = tilted_cosines(spec)
    step = slice_step_xyz(spec)
    rows, columns = spec.matrix
    between_rows_mm, between_columns_mm = spec.pixel_spacing_mm

    # Measured along the normal of the image planes, because that is what a tilted or turned slice covers.
    normal = np.cross(row, column)
    normal = normal * np.sign(normal @ step)
    rise_mm = float(normal @ step)
    heights = anatomy.lung_points_xyz @ normal
    low, high = float(heights.min()), float(heights.max())
    middle_xy = (0.0, 8.0) if spec.center_mm is None else spec.center_mm
    middle = np.array([*middle_xy, sum(anatomy.lung_ends_mm) / 2])
    height = high - low
    low, high = low + spec.base_cut_share * height, high - spec.apex_cut_share * height
    low -= 0 if spec.base_cut_share else spec.margin_mm
    high += 0 if spec.apex_cut_share else spec.margin_mm
    count = max(2, math.floor((high - low) / rise_mm) + 1)
    first_center = middle + step * ((low - float(normal @ middle)) / rise_mm)
    first = first_center - row * between_columns_mm * (columns - 1) / 2 - column * between_rows_mm * (rows - 1) / 2
    return Grid.from_dicom(
        image_position=_triple(first),
        image_orientation=(*_triple(row), *_triple(column)),
        pixel_spacing=spec.pixel_spacing_mm,
        slice_step=_triple(step),
        shape=(count, rows, columns),
        frame=PatientFrame(
            frame_of_reference_uid=FrameOfReferenceUID(uid(spec, "frame of reference")),
            series_uid=SeriesUID(uid(spec, "series")),
        ),
    )


def instances_of(spec: PhantomSpec, count: int) -> tuple[tuple[InstanceUID, int], ...]:
    """Give SOP Instance UID and Instance Number of each slice, the lowest slice first."""
    numbers: Sequence[int] = range(1, count + 1)
    if spec.instance_order == "head to feet":
        numbers = range(count, 0, -1)
    elif spec.instance_order == "shuffled":
        numbers = [int(n) + 1 for n in np.random.default_rng([spec.seed, 5]).permutation(count)]
    return tuple((InstanceUID(uid(spec, f"instance {k}")), number) for k, number in enumerate(numbers))


def _triple(vector: Floats) -> tuple[float, float, float]:
    x, y, z = (float(component) for component in vector)
    return x, y, z
