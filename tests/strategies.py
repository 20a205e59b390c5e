"""Hypothesis strategies shared by the property tests: orientations, spacings, grids."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from lianyi.lungct.domain.geometry import Grid, PatientFrame
from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID

FRAME = PatientFrame(frame_of_reference_uid=FrameOfReferenceUID("1.2.3"), series_uid=SeriesUID("1.2.3.4"))

spacings_mm = st.floats(0.3, 5.0)
positions_mm = st.floats(-500, 500)

Orientation = tuple[float, float, float, float, float, float]


def step_along_normal(orientation: Orientation, mm: float) -> tuple[float, float, float]:
    x, y, z = np.cross(orientation[:3], orientation[3:]) * mm
    return float(x), float(y), float(z)


def rotation(q: tuple[float, float, float, float]) -> np.ndarray:
    w, x, y, z = np.array(q) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


@st.composite
def orientations(draw: st.DrawFn) -> Orientation:
    q = tuple(draw(st.floats(-1, 1)) for _ in range(4))
    if np.linalg.norm(q) < 0.1:
        q = (1.0, 0.0, 0.0, 0.0)
    r = rotation(q)
    a, b, c, d, e, f = (float(v) for v in [*r[:, 0], *r[:, 1]])
    return a, b, c, d, e, f


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    orientation = draw(orientations())
    return Grid.from_dicom(
        image_position=(draw(positions_mm), draw(positions_mm), draw(positions_mm)),
        image_orientation=orientation,
        pixel_spacing=(draw(spacings_mm), draw(spacings_mm)),
        slice_step=step_along_normal(orientation, draw(spacings_mm)),
        shape=(100, 512, 512),
        frame=FRAME,
    )
