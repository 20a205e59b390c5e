"""Real chests against deformed copies of themselves, and against another patient's.

A copy is shifted, turned and stretched towards the base as by another breath, so the true place of every point is
known; its lungs are found anew.  Its noise is the original's: this says how far places carry, not how alike two true
CTs are.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from lianyi.lungct.compare.registration import register
from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.domain.errors import Refusal, RefusalCode
from lianyi.lungct.domain.geometry import Floats, Grid, PatientFrame
from lianyi.lungct.domain.image import CtVolume
from lianyi.lungct.domain.outcome import DetectorIdentity, OperatingPoint, Screened
from lianyi.lungct.domain.study import CtSeries
from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID
from lianyi.lungct.lungs import find_lungs
from lianyi.lungct.volume import assemble, to_working_grid
from lidc_readers import readers_nodules

pytestmark = [pytest.mark.slow, pytest.mark.shared_data]

SHIFT_MM = np.array([9.0, -12.0, 18.0])
FIELD_MM = 6.0


@lru_cache(maxsize=2)
def chest(shared_data: Path, patient_id: str) -> Screened:
    series = read_chest_series([shared_data / "ct" / patient_id], requested=None)
    assert isinstance(series, CtSeries)
    volume, _ = assemble(series)
    return Screened(
        series=replace(series, slices=()),
        volume=volume,
        lungs=find_lungs(to_working_grid(volume)),
        nodules=(),
        cautions=(),
        not_analysed=(),
        operating_point=OperatingPoint(name="balanced", probability=0.5, max_marks=20),
        detector=DetectorIdentity(name="none", version="1", sha256="ab" * 32),
        slice_thickness_mm=2.5,
    )


class Motion:
    """Where a place of the copy lies on the original, LPS mm."""

    def __init__(self, original: Screened, base_mm: float) -> None:
        grid = original.lungs.grid
        ends = np.argwhere(original.lungs.both_kji[::4, ::4, ::4]) * 4 @ grid.patient_from_voxel[:3, :3].T
        ends = ends + grid.patient_from_voxel[:3, 3]
        self.low, self.high = ends.min(axis=0), ends.max(axis=0)
        self.base_mm = base_mm

    def original_from_copy(self, places_xyz: Floats) -> Floats:
        middle = (self.low + self.high) / 2
        a = np.radians(3.5)
        turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
        moved = (places_xyz - middle - SHIFT_MM) @ turn.T + middle
        share = np.clip((self.high[2] - moved[:, 2]) / (self.high[2] - self.low[2]), 0, 1.2)
        inner = np.exp(-(((moved[:, 0] - middle[0]) / 130) ** 2) - ((moved[:, 1] - middle[1]) / 120) ** 2)
        moved[:, 2] -= self.base_mm * share**2 * inner
        moved[:, 0] += 2.5 * np.sin(moved[:, 1] / 33)
        return moved


def copy_of(original: Screened, motion: Motion) -> Screened:
    grid = original.volume.grid
    frame = PatientFrame(frame_of_reference_uid=FrameOfReferenceUID("1.2.9"), series_uid=SeriesUID("1.2.9.1"))
    matrix = grid.patient_from_voxel.copy()
    matrix[:3, 3] += SHIFT_MM
    steps = FIELD_MM / np.array([grid.spacing.k_mm, grid.spacing.j_mm, grid.spacing.i_mm])
    counts = np.ceil(np.array(grid.shape) / steps).astype(int) + 1
    knots = np.indices(tuple(counts)).reshape(3, -1).T * steps
    places = motion.original_from_copy(knots @ matrix[:3, :3].T + matrix[:3, 3])
    voxels = np.linalg.solve(grid.patient_from_voxel[:3, :3], (places - grid.patient_from_voxel[:3, 3]).T).T
    field = sitk.GetImageFromArray((voxels - knots)[:, ::-1].reshape(*counts, 3).astype(np.float64), isVector=True)
    field.SetSpacing(steps[::-1].tolist())
    image = sitk.GetImageFromArray(original.volume.values_kji)
    moved = sitk.Resample(image, image, sitk.DisplacementFieldTransform(field), sitk.sitkLinear, -1024.0)
    volume = CtVolume(
        Grid(grid.shape, matrix, frame), sitk.GetArrayFromImage(moved), instances=original.volume.instances
    )
    return replace(original, volume=volume, lungs=find_lungs(to_working_grid(volume)))


@pytest.mark.parametrize(("base_mm", "most_mm"), [(12.0, 2.5), (30.0, 4.0)])
def test_places_of_a_real_chest_carry_over(shared_data: Path, base_mm: float, most_mm: float) -> None:
    original = chest(shared_data, "LIDC-IDRI-0001")
    motion = Motion(original, base_mm)
    prior = copy_of(original, motion)

    registration = register(original, prior)

    grid = prior.lungs.grid
    places = np.argwhere(prior.lungs.both_kji[::16, ::16, ::16]) * 16 @ grid.patient_from_voxel[:3, :3].T
    places = places + grid.patient_from_voxel[:3, 3]
    true = motion.original_from_copy(places)
    found = np.array([registration.transform.TransformPoint(place.tolist()) for place in true])
    errors_mm = np.linalg.norm(found - places, axis=1)
    assert np.percentile(errors_mm, 95) < most_mm
    assert registration.residual_mm < 1.5
    for nodule in readers_nodules(shared_data, "LIDC-IDRI-0001", original.volume):
        there = registration.prior_from_current(nodule.center)
        back = motion.original_from_copy(there.xyz[None])[0]
        assert np.linalg.norm(back - nodule.center.xyz) < most_mm


def test_another_patients_lungs_are_not_laid_on_ours(shared_data: Path) -> None:
    with pytest.raises(Refusal) as refusal:
        register(chest(shared_data, "LIDC-IDRI-0001"), chest(shared_data, "LIDC-IDRI-0003"))

    assert refusal.value.code is RefusalCode.NOT_REGISTERED
