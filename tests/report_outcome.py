"""Outcomes for tests of the report: an analytic chest on any grid, with nodules where one wants them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lianyi.lungct.assess import assess_case
from lianyi.lungct.cases import case_of, context_of
from lianyi.lungct.domain.context import Context
from lianyi.lungct.domain.errors import Caution, CautionCode, Refusal, RefusalCode
from lianyi.lungct.domain.geometry import Grid, PatientFrame, PatientPoint
from lianyi.lungct.domain.growth import Compared, DoublingTime, Growth
from lianyi.lungct.domain.image import CtSlice, CtVolume, LungFields, Mask
from lianyi.lungct.domain.location import Lobe, Location
from lianyi.lungct.domain.measurement import Measurement, Measurements, SolidCore, Surface, Unit
from lianyi.lungct.domain.nodule import Density, Nodule
from lianyi.lungct.domain.outcome import DetectorIdentity, NotAnalysed, OperatingPoint, Refused, Screened
from lianyi.lungct.domain.study import CtSeries, InputFile, NotChosen, Patient, SeriesFacts
from lianyi.lungct.domain.uids import FrameOfReferenceUID, InstanceUID, SeriesUID, StudyUID
from lianyi.lungct.domain.whole_lung import EmphysemaIndex, OutsideTask, WholeLung
from lianyi.lungct.domain.words import Sentence
from lianyi.lungct.report import RunRecord
from measured_values import plain_measurements

Floats = npt.NDArray[np.float64]

FRAME = PatientFrame(frame_of_reference_uid=FrameOfReferenceUID("1.2.3.9"), series_uid=SeriesUID("1.2.3.4.5"))
FILES = (InputFile(path=Path("study/IM1"), sha256="cd" * 32, bytes=1234),)
STARTED = datetime(2099, 3, 10, 8, 14, 30, tzinfo=timezone(timedelta(hours=8)))


@dataclass(frozen=True, kw_only=True)
class Ball:
    """A round nodule: centre in LPS mm, radius, HU, probability."""

    center_xyz: tuple[float, float, float]
    radius_mm: float = 7.0
    hu: float = 20.0
    probability: float = 0.9
    density: Density = Density.SOLID


FOUR = (
    Ball(center_xyz=(70.0, 10.0, -120.0), radius_mm=13.0, probability=0.97),
    Ball(center_xyz=(-60.0, -20.0, -60.0), radius_mm=7.2, probability=0.93),
    Ball(center_xyz=(60.0, -45.0, -70.0), radius_mm=5.4, probability=0.71),
    Ball(center_xyz=(-75.0, 40.0, -150.0), radius_mm=10.0, hu=-600.0, probability=0.54, density=Density.GROUND_GLASS),
)


def twenty() -> tuple[Ball, ...]:
    """Twenty balls strewn over both lungs, some on one line of sight."""
    draw = np.random.default_rng(5)
    balls = []
    for n in range(20):
        side = 1 if n % 2 else -1
        x, y, z = side * draw.uniform(48, 92), draw.uniform(-45, 45), draw.uniform(-190, -45)
        balls.append(
            Ball(center_xyz=(x, y, z), radius_mm=float(draw.uniform(2, 6)), probability=0.98 - 0.025 * n),
        )
    return tuple(balls)


def standard_grid(shape: tuple[int, int, int] = (60, 110, 128)) -> Grid:
    """Head-first supine axial slices from feet to head, voxels 4.0 x 2.9 x 2.7 mm."""
    return Grid.from_dicom(
        image_position=(-170.0, -160.0, -235.0),
        image_orientation=(1, 0, 0, 0, 1, 0),
        pixel_spacing=(2.9, 2.7),
        slice_step=(0.0, 0.0, 4.0),
        shape=shape,
        frame=FRAME,
    )


def voxel_places(grid: Grid) -> Floats:
    """Patient coordinates of every voxel, (slices, rows, columns, 3)."""
    indices = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), axis=-1)
    return indices @ grid.patient_from_voxel[:3, :3].T + grid.patient_from_voxel[:3, 3]


def _in_lung(xyz: Floats, side: int) -> npt.NDArray[np.bool_]:
    scaled = (xyz - np.array([side * 72.0, 0.0, -120.0])) / np.array([48.0, 85.0, 108.0])
    return np.asarray((scaled**2).sum(axis=-1) < 1)


def chest_hu(xyz: Floats, balls: tuple[Ball, ...]) -> npt.NDArray[np.int16]:
    """HU of an analytic chest at patient places: body, two lungs, a heart on the left, balls."""
    x, y, z = xyz[..., 0], xyz[..., 1], xyz[..., 2]
    hu = np.where((x / 165) ** 2 + (y / 125) ** 2 < 1, 40.0, -1000.0)
    lung = _in_lung(xyz, 1) | _in_lung(xyz, -1)
    texture = 25 * np.sin(x / 3.1) * np.sin(y / 2.7) * np.sin(z / 4.3)
    hu[lung] = (-860.0 + texture)[lung]
    vessel = lung & (np.hypot((y + 6 * np.sin(x / 17)) % 24 - 12, (z + 0.5 * np.abs(x)) % 26 - 13) < 1.8)
    hu[vessel] = 10.0
    hu[np.hypot(np.hypot((x - 25) / 45, (y + 40) / 38), (z + 160) / 50) < 1] = 55.0
    for ball in balls:
        hu[np.linalg.norm(xyz - np.array(ball.center_xyz), axis=-1) < ball.radius_mm] = ball.hu
    return hu.astype(np.int16)


@cache
def lung_fields() -> LungFields:
    """Both lungs on a patient-aligned grid of 2 mm."""
    patient_from_voxel = np.diag([1.0, 1.0, 1.0, 1.0])
    patient_from_voxel[:3, :3] = np.array([[0, 0, 2.0], [0, 2.0, 0], [2.0, 0, 0]])
    patient_from_voxel[:3, 3] = (-170.0, -130.0, -235.0)
    grid = Grid((120, 130, 170), patient_from_voxel, FRAME)
    xyz = voxel_places(grid)
    return LungFields(left=Mask(grid, _in_lung(xyz, 1)), right=Mask(grid, _in_lung(xyz, -1)), missing_share={})


def nodule_of(volume: CtVolume, ball: Ball, *, number: int) -> Nodule:
    """The ball as a measured nodule; exact axes."""
    center = PatientPoint(x=ball.center_xyz[0], y=ball.center_xyz[1], z=ball.center_xyz[2], frame=FRAME)
    at = volume.grid.locate(center)
    steps = volume.grid.spacing
    reach = [int(np.ceil(1.5 * ball.radius_mm / step)) + 1 for step in (steps.k_mm, steps.j_mm, steps.i_mm)]
    first = tuple(max(0, round(c) - r) for c, r in zip((at.k, at.j, at.i), reach, strict=True))
    last = [min(n, round(c) + r + 1) for c, r, n in zip((at.k, at.j, at.i), reach, volume.grid.shape, strict=True)]
    box = volume.grid.crop(
        first_kji=(first[0], first[1], first[2]), shape=(last[0] - first[0], last[1] - first[1], last[2] - first[2])
    )
    inside = np.linalg.norm(voxel_places(box) - center.xyz, axis=-1) < ball.radius_mm
    k = first[0] + int(inside.sum(axis=(1, 2)).argmax())
    uid, instance_number = volume.instances[k]
    return Nodule(
        id=number,
        probability=ball.probability,
        center=center,
        instance_uid=uid,
        instance_number=instance_number,
        long_axis_mm=2.2 * ball.radius_mm,
        short_axis_mm=1.8 * ball.radius_mm,
        mean_diameter_mm=2.0 * ball.radius_mm,
        measurement_plane="axial",
        volume_mm3=4.18879 * ball.radius_mm**3,
        mean_hu=ball.hu,
        density=ball.density,
        side="left" if ball.center_xyz[0] > 0 else "right",
        zone="upper" if ball.center_xyz[2] > -84 else "middle" if ball.center_xyz[2] > -156 else "lower",
        pleural_distance_mm=0.0 if number == 2 else 4.25,
        mask=Mask(box, inside),
        evidence={"contrast_hu": 700.0},
        measurements=plain_measurements(
            long_mm=2.2 * ball.radius_mm,
            short_mm=1.8 * ball.radius_mm,
            volume_mm3=4.18879 * ball.radius_mm**3,
            hu=ball.hu,
        ),
    )


def patient(name: str = "测试患者甲") -> Patient:
    """A test patient."""
    return Patient(id="TEST-P-0003", name=name, birth_date=date(2036, 1, 2), sex="M", age_years=63)


def facts() -> SeriesFacts:
    """Facts of a contrast-enhanced chest series."""
    return SeriesFacts(
        study_uid=StudyUID("1.2.3.1"),
        series_uid=FRAME.series_uid,
        frame_of_reference_uid=FRAME.frame_of_reference_uid,
        accession_number="TEST-0003",
        study_id="17",
        study_description="CHEST",
        series_description="LUNG 4.0",
        series_number=3,
        body_part="CHEST",
        institution="测试县人民医院",
        acquired=datetime(2099, 3, 10, 8, 12),  # noqa: DTZ001 -- DICOM's acquisition time names no zone
        modality="CT",
        kernel="STANDARD",
        contrast="yes",
        manufacturer="TEST",
        model_name="",
        kvp=120.0,
        patient_position="HFS",
        gantry_tilt_deg=0.0,
    )


def not_chosen(count: int = 2) -> tuple[NotChosen, ...]:
    """Series that were not screened."""
    return tuple(
        NotChosen(
            series_uid=SeriesUID(f"1.2.3.4.{n}"),
            description="TOPOGRAM" if n == 0 else f"THORAX {n}",
            zh="定位像，不是断层" if n == 0 else "层厚 5 mm，有更薄的序列",
            en="localizer, no slices" if n == 0 else "5 mm slices; a thinner series exists",
        )
        for n in range(count)
    )


def series(slices: tuple[CtSlice, ...] = (), **patient_facts: str) -> CtSeries:
    """A series around given slices."""
    return CtSeries(
        patient=patient(**patient_facts),
        facts=facts(),
        slices=slices,
        files=FILES,
        not_chosen=not_chosen(),
        cautions=(),
    )


@cache
def screened(balls: tuple[Ball, ...] = FOUR, *, grid: Grid | None = None, name: str = "测试患者甲") -> Screened:
    """A screened outcome of the analytic chest on any grid."""
    grid = grid or standard_grid()
    count = grid.shape[0]
    volume = CtVolume(
        grid,
        chest_hu(voxel_places(grid), balls),
        instances=tuple((InstanceUID(f"1.2.3.6.{k}"), count - k) for k in range(count)),
    )
    return Screened(
        series=series(name=name),
        volume=volume,
        lungs=lung_fields(),
        nodules=tuple(nodule_of(volume, ball, number=n) for n, ball in enumerate(balls, start=1)),
        cautions=(),
        not_analysed=(),
        operating_point=OperatingPoint(name="balanced", probability=0.5, max_marks=20),
        detector=DetectorIdentity(name="classical-blobs", version="1", sha256="ab" * 32),
        slice_thickness_mm=4.0,
    )


def partly() -> Screened:
    """A screened outcome whose lung apex was not scanned."""
    caution = Caution(
        code=CautionCode.LUNGS_CUT_OFF,
        zh="肺尖约 3 % 未扫入，该处没有初筛。",
        en="About 3 % of the lung apex was not scanned.",
    )
    missing = NotAnalysed(what="lung apex", share=0.03, zh="肺尖约 3 % 未扫入", en="cut off", is_lung=True)
    return replace(screened(), cautions=(caution,), not_analysed=(missing,))


def quantity(value: float, unit: Unit, uncertainty: float) -> Measurement:
    """A measured quantity."""
    return Measurement(value=value, unit=unit, uncertainty=uncertainty)


def measured(nodule: Nodule, *, core_mm: float | None = None, spiculation: float = 0.1) -> Measurements:
    """All that may be measured of a nodule, by its own sizes."""
    core = None
    if core_mm is not None:
        core = SolidCore(mean_diameter=quantity(core_mm, "mm", 0.6), volume=quantity(core_mm**3 / 1.91, "mm3", 30.0))
    return Measurements(
        long_axis=quantity(nodule.long_axis_mm, "mm", 0.8),
        short_axis=quantity(nodule.short_axis_mm, "mm", 0.8),
        mean_diameter=quantity(nodule.mean_diameter_mm, "mm", 0.7),
        axial_long_axis=quantity(nodule.long_axis_mm, "mm", 0.8),
        axial_short_axis=quantity(nodule.short_axis_mm, "mm", 0.8),
        axial_mean_diameter=quantity(nodule.mean_diameter_mm, "mm", 0.7),
        volume=quantity(nodule.volume_mm3, "mm3", 0.19 * nodule.volume_mm3),
        equivalent_diameter=quantity(nodule.mean_diameter_mm, "mm", 0.6),
        mean_density=quantity(nodule.mean_hu, "HU", 20.0),
        mass=quantity(0.9 * nodule.volume_mm3, "mg", 100.0),
        solid_core=core,
        surface=Surface(
            spiculation=quantity(spiculation, "1", 0.2), lobulation=quantity(0.3, "1", 0.2), evidence={"spikes": 2.0}
        ),
        calcification_pattern="none",
        fat=False,
        has_cavity=False,
    )


def located(lobe: Lobe, *, lobe_probability: float = 0.95) -> Location:
    """A place in a lobe."""
    return Location(
        lobe=lobe,
        lobe_probability=lobe_probability,
        lobe_basis="fissures",
        lingula=False if lobe == "left upper" else None,
        pleural_distance_mm=4.25,
        is_at_pleura=False,
        fissure_distance_mm=None,
        perifissural=False,
        centrality="peripheral",
    )


def told(context: Context | None = None, *, compared: bool = False) -> Screened:
    """Four marks with all that may be told of them, judged; grown, new and stable ones if there is a prior CT."""
    plain = screened()
    lobes: tuple[Lobe, ...] = ("left lower", "right upper", "left upper", "right lower")
    nodules = tuple(
        replace(
            nodule,
            measurements=measured(nodule, spiculation=0.8 if number == 0 else 0.1),
            location=located(lobe, lobe_probability=0.6 if number == 3 else 0.95),
        )
        for number, (nodule, lobe) in enumerate(zip(plain.nodules, lobes, strict=True))
    )
    whole = WholeLung(
        emphysema=EmphysemaIndex(
            share=0.12, is_readable=False, reasons=(Sentence("用了造影剂", "contrast was given"),)
        ),
        outside_task=(OutsideTask(kind="effusion", side="left", volume_ml=240.0, instance_number=52),),
    )
    outcome = replace(
        plain,
        nodules=nodules,
        whole_lung=whole,
        compared=comparison(nodules) if compared else None,
        counted_at=plain.operating_point,
    )
    return judged(outcome, context)


def judged(outcome: Screened, context: Context | None = None) -> Screened:
    """The same outcome as the guidelines see it."""
    known = context_of(context or Context(), outcome)
    case = case_of(outcome, known)
    return replace(outcome, context=known, case=case, assessed=assess_case(case, known))


def comparison(nodules: tuple[Nodule, ...]) -> Compared:
    """A prior CT 271 days before: the first nodule grew, the third is stable, the fourth is new, one is gone."""
    first, second, third, _ = nodules
    smaller = replace(first, id=1, mean_diameter_mm=first.mean_diameter_mm - 3.6, volume_mm3=0.65 * first.volume_mm3)
    differ = Sentence("两次层厚不同，不给倍增时间", "slice thicknesses differ: no doubling time")
    nothing = Growth(
        change="new",
        prior=None,
        prior_place=None,
        days=271,
        mean_diameter_change=None,
        volume_change=None,
        volume_doubling=None,
        mass_doubling=None,
        not_compared=(),
    )
    grown = replace(
        nothing,
        change="growing",
        prior=smaller,
        mean_diameter_change=quantity(3.6, "mm", 1.1),
        volume_change=quantity(0.55, "1", 0.3),
        volume_doubling=DoublingTime(days=429.0, earliest_days=277.0, latest_days=944.0),
    )
    stable = replace(
        nothing,
        change="stable",
        prior=replace(third, mean_diameter_mm=third.mean_diameter_mm - 0.2),
        mean_diameter_change=quantity(0.2, "mm", 1.0),
        not_compared=(differ,),
    )
    looked = Sentence("既往 CT 没有标出，再看测得", "not marked on the prior CT; measured by looking again")
    looked_for = replace(
        stable, prior=second, rules_met=("fleischner-2017",), prior_was_marked=False, reasons=(looked,)
    )
    return Compared(
        prior_date=date(2098, 6, 12),
        days=271,
        growth={1: grown, 2: looked_for, 3: stable, 4: nothing},
        gone=(replace(first, id=5),),
        registration_mm=1.4,
        not_compared=(),
    )


def refused(code: RefusalCode = RefusalCode.MISSING_SLICES, *, with_slices: bool = True) -> Refused:
    """A refusal for missing slices; with or without the slices that did arrive."""
    reason = Refusal(
        code,
        zh="少了 9 层图像（第 21–29 层），请从 CT 工作站重发序列 3。",
        en="9 slices are missing (numbers 21 to 29); send series 3 again from the CT workstation.",
    )
    if not with_slices:
        return Refused(reason=reason, series=None, not_chosen=not_chosen(), cautions=())
    grid = standard_grid()
    hu = chest_hu(voxel_places(grid), ())
    slices = tuple(
        CtSlice(
            instance_uid=InstanceUID(f"1.2.3.6.{k}"),
            instance_number=k + 1,
            image_position=(-170.0, -160.0, -235.0 + 4.0 * k),
            image_orientation=(1, 0, 0, 0, 1, 0),
            pixel_spacing=(2.9, 2.7),
            slice_thickness_mm=4.0,
            hu_ji=hu[k],
        )
        for k in range(grid.shape[0])
        if not 20 <= k < 29
    )
    return Refused(reason=reason, series=series(slices), not_chosen=not_chosen(), cautions=())


def record(**changes: object) -> RunRecord:
    """A run at a fixed time."""
    plain = RunRecord(
        software="lianyi 0.1.0",
        started=STARTED,
        timing_s={"read": 1.2, "lungs": 1.9, "detect": 2.4, "measure": 0.7, "report": 0.6, "total": 6.8},
        settings={"max_marks": 20},
        versions={"python": "3.11.2"},
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


__all__ = ["FOUR", "STARTED", "UTC", "Ball", "judged", "partly", "record", "refused", "screened", "told", "twenty"]
