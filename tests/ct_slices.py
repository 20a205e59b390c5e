"""Small stacks of decoded slices for tests that need no DICOM: oblique, non-square, anisotropic by default."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lianyi.lungct.domain.image import CtSlice
from lianyi.lungct.domain.study import CtSeries, Patient, SeriesFacts
from lianyi.lungct.domain.uids import FrameOfReferenceUID, InstanceUID, SeriesUID, StudyUID
from strategies import Orientation, step_along_normal

# 15 degrees about x, then 10 degrees about the new row direction: nothing is aligned, still axial.
_C, _S = float(np.cos(np.deg2rad(15))), float(np.sin(np.deg2rad(15)))
_D, _E = float(np.cos(np.deg2rad(10))), float(np.sin(np.deg2rad(10)))
OBLIQUE: Orientation = (_D, _E * _C, _E * _S, -_E, _D * _C, _D * _S)

PATIENT = Patient(id="TEST-1", name="测试患者", birth_date=None, sex="", age_years=None)
FACTS = SeriesFacts(
    study_uid=StudyUID("2.25.1"),
    series_uid=SeriesUID("2.25.2"),
    frame_of_reference_uid=FrameOfReferenceUID("2.25.3"),
    accession_number="",
    study_id="",
    study_description="",
    series_description="",
    series_number=1,
    body_part="CHEST",
    institution="",
    acquired=None,
    modality="CT",
    kernel="",
    contrast="unknown",
    manufacturer="",
    model_name="",
    kvp=None,
    patient_position="",
    gantry_tilt_deg=None,
)


def stack(
    count: int = 30,
    *,
    orientation: Orientation = OBLIQUE,
    step_mm: float = 2.0,
    thickness_mm: float | None = 2.0,
    shear_mm: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> list[CtSlice]:
    """Slices in order; every slice's pixels differ; HU encode slice, row and column."""
    step_xyz = np.array(step_along_normal(orientation, step_mm)) + shear_mm
    slices = []
    for n in range(count):
        x, y, z = np.array((-50.0, 30.0, -120.0)) + n * step_xyz
        rows, columns = np.mgrid[0:12, 0:17]
        slices.append(
            CtSlice(
                instance_uid=InstanceUID(f"2.25.100.{n}"),
                instance_number=n + 1,
                image_position=(float(x), float(y), float(z)),
                image_orientation=orientation,
                pixel_spacing=(0.8, 0.65),
                slice_thickness_mm=thickness_mm,
                hu_ji=(10 * n + rows + 3 * columns - 500).astype(np.int16),
            )
        )
    return slices


def series(slices: list[CtSlice]) -> CtSeries:
    return CtSeries(patient=PATIENT, facts=FACTS, slices=tuple(slices), files=(), not_chosen=(), cautions=())


def moved(one: CtSlice, xyz_mm: tuple[float, float, float]) -> CtSlice:
    x, y, z = np.add(one.image_position, xyz_mm)
    return replace(one, image_position=(float(x), float(y), float(z)))
