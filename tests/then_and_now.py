"""Two CTs of one phantom patient: rendered, their lungs found, their nodules measured where they were planted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

import numpy as np

from lianyi.lungct.domain.geometry import Grid, PatientFrame
from lianyi.lungct.domain.image import CtVolume
from lianyi.lungct.domain.nodule import Candidate, Nodule
from lianyi.lungct.domain.outcome import DetectorIdentity, OperatingPoint, Screened
from lianyi.lungct.domain.study import CtSeries, Patient, SeriesFacts
from lianyi.lungct.domain.uids import StudyUID
from lianyi.lungct.lungs import find_lungs
from lianyi.lungct.measure import measure_nodule
from lianyi.lungct.volume import to_working_grid
from lianyi.phantom import PhantomSpec, PlantedNodule, render

CENTERS = ((-72.3, 21.4, 31.7), (83.1, 34.9, -21.2), (-80.6, 48.2, -47.5), (73.7, 8.3, 42.1))
THEN, NOW = datetime(2030, 1, 10, 9, 0), datetime(2030, 7, 9, 9, 0)  # noqa: DTZ001 -- DICOM's time names no zone
DAYS = 180


def chest_of(diameters_mm: Iterable[float | None], *, seed: int = 11, **choices: object) -> PhantomSpec:
    """Nodules of these diameters at CENTERS, None for none; the same seed is the same body."""
    planted = tuple(
        PlantedNodule(center_lps_mm=center, diameter_mm=mm)
        for center, mm in zip(CENTERS, diameters_mm, strict=True)
        if mm is not None
    )
    plain = PhantomSpec(
        seed=seed,
        planted=planted,
        matrix=(336, 400),
        pixel_spacing_mm=(1.0, 0.95),
        slice_step_mm=1.5,
        noise_hu=12.0,
    )
    return replace(plain, **choices)  # type: ignore[arg-type]


def moved(
    volume: CtVolume, *, turn_deg: float = 0.0, shift_mm: tuple[float, float, float] = (0, 0, 0), scale: float = 1.0
) -> CtVolume:
    """The same patient lying elsewhere, turned about z, and larger by a breath."""
    a = np.radians(turn_deg)
    motion = np.eye(4)
    motion[:3, :3] = scale * np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    motion[:3, 3] = shift_mm
    frame = PatientFrame(
        frame_of_reference_uid=volume.grid.frame.frame_of_reference_uid,
        series_uid=volume.grid.frame.series_uid,
    )
    return CtVolume(
        Grid(volume.grid.shape, motion @ volume.grid.patient_from_voxel, frame),
        volume.values_kji,
        instances=volume.instances,
    )


def true_places(spec: PhantomSpec, before: CtVolume, after: CtVolume) -> np.ndarray:
    """Where the planted centres lie after the patient moved, (n, 3) LPS mm."""
    motion = after.grid.patient_from_voxel @ np.linalg.inv(before.grid.patient_from_voxel)
    centers = np.array([[*one.center_lps_mm, 1.0] for one in spec.planted or ()])
    return (centers @ motion.T)[:, :3]


def screened(spec: PhantomSpec, acquired: datetime, *, unmarked: tuple[int, ...] = (), **motion: object) -> Screened:
    """Measure every planted nodule but the *unmarked*, as if a perfect detector had marked the rest."""
    return _screened(spec, acquired, unmarked, tuple(sorted(motion.items())))


@lru_cache(maxsize=6)
def _screened(spec: PhantomSpec, acquired: datetime, unmarked: tuple[int, ...], motion: tuple) -> Screened:
    still, _ = render(spec)
    volume = moved(still, **dict(motion))
    lungs = find_lungs(to_working_grid(volume))
    nodules: list[Nodule] = []
    for index, (planted, xyz) in enumerate(zip(spec.planted or (), true_places(spec, still, volume), strict=True)):
        if index in unmarked:
            continue
        x, y, z = (float(n) for n in xyz)
        center = volume.grid.voxel(k=0, j=0, i=0).to_patient()
        candidate = Candidate(
            center=replace(center, x=x, y=y, z=z), radius_mm=planted.diameter_mm / 2, probability=0.9, evidence={}
        )
        nodule = measure_nodule(volume, lungs, candidate, id=len(nodules) + 1)
        assert nodule is not None
        nodules.append(nodule)
    return Screened(
        series=CtSeries(
            patient=Patient(id="P1", name="测试", birth_date=None, sex="O", age_years=64),
            facts=_facts(spec, volume, acquired),
            slices=(),
            files=(),
            not_chosen=(),
            cautions=(),
        ),
        volume=volume,
        lungs=lungs,
        nodules=tuple(nodules),
        cautions=(),
        not_analysed=(),
        operating_point=OperatingPoint(name="balanced", probability=0.5, max_marks=20),
        detector=DetectorIdentity(name="perfect", version="1", sha256="ab" * 32),
        slice_thickness_mm=spec.thickness_mm,
    )


def _facts(spec: PhantomSpec, volume: CtVolume, acquired: datetime) -> SeriesFacts:
    frame = volume.grid.frame
    return SeriesFacts(
        study_uid=StudyUID(f"1.2.{acquired:%Y%m%d}"),
        series_uid=frame.series_uid,
        frame_of_reference_uid=frame.frame_of_reference_uid,
        accession_number="",
        study_id="1",
        study_description="",
        series_description="",
        series_number=1,
        body_part="CHEST",
        institution="",
        acquired=acquired,
        modality="CT",
        kernel=spec.kernel,
        contrast="unknown",
        manufacturer="",
        model_name="",
        kvp=120.0,
        patient_position="HFS",
        gantry_tilt_deg=0.0,
    )
