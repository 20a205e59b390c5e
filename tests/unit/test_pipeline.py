"""The rules the pipeline itself keeps: coverage, one nodule for one thing, the limit of marks."""

from dataclasses import replace

import numpy as np
import pytest

from lianyi.lungct.coverage import between_slices, judge_coverage
from lianyi.lungct.domain.errors import CautionCode, Refusal, RefusalCode
from lianyi.lungct.domain.geometry import Grid
from lianyi.lungct.domain.image import CtVolume, LungFields, Mask
from lianyi.lungct.domain.nodule import Candidate, Density
from lianyi.lungct.domain.outcome import OperatingPoint
from lianyi.lungct.domain.study import Contrast
from lianyi.lungct.domain.uids import InstanceUID
from lianyi.lungct.marks import measure_marks, question_calcification, without_enhancement
from lianyi.lungct.pipeline import Stopwatch
from strategies import FRAME

OPERATING_POINT = OperatingPoint(name="test", probability=0.5, max_marks=2)


def lungs(*, right: bool = True, **missing_share: float) -> LungFields:
    grid = Grid((4, 5, 6), np.eye(4), FRAME)
    left_kji = np.zeros(grid.shape, bool)
    left_kji[:, :, 4:] = True
    right_kji = np.zeros(grid.shape, bool)
    right_kji[:, :, :2] = right
    return LungFields(
        left=Mask(grid, left_kji),
        right=Mask(grid, right_kji),
        missing_share={name.replace("_", " "): share for name, share in missing_share.items()},
    )


def test_whole_lungs_need_no_word() -> None:
    parts, cautions = judge_coverage(lungs())

    assert parts == ()
    assert cautions == ()


def test_up_to_a_tenth_missing_is_listed_and_warned_of() -> None:
    parts, cautions = judge_coverage(lungs(lung_apex=0.04, lung_base=0.06))

    assert [(part.what, part.share) for part in parts] == [("lung apex", 0.04), ("lung base", 0.06)]
    assert [one.code for one in cautions] == [CautionCode.LUNGS_CUT_OFF]
    assert "肺尖约 4 %" in cautions[0].zh


def test_more_than_a_tenth_missing_in_all_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        judge_coverage(lungs(lung_apex=0.05, lung_base=0.06))

    assert caught.value.code == RefusalCode.LUNGS_CUT_OFF


def test_an_absent_lung_is_said_by_side() -> None:
    parts, cautions = judge_coverage(lungs(right=False))

    assert [one.code for one in cautions] == [CautionCode.ONE_LUNG]
    assert "右肺" in cautions[0].zh
    assert [(part.what, part.is_lung) for part in parts] == [("right lung", True)]


def test_a_sliver_cut_off_is_not_printed_as_nothing() -> None:
    parts, cautions = judge_coverage(lungs(lung_apex=0.003))

    assert "不到 1 %" in parts[0].zh
    assert "under 1 %" in cautions[0].en


@pytest.mark.parametrize(("thickness_mm", "share"), [(1.0, 0.0), (0.8, 0.2), (1.5, 0.0), (None, 0.0)])
def test_lung_between_slices_is_listed_with_its_share(thickness_mm: float | None, share: float) -> None:
    volume, _ = chest_with_balls((30, 40, 45))

    parts = between_slices(volume, thickness_mm)

    assert [part.share for part in parts] == pytest.approx([share] if share else [])
    assert all(part.is_lung for part in parts)


def test_a_mark_that_cannot_be_outlined_is_counted_and_placed() -> None:
    volume, fields = chest_with_balls((30, 40, 45))

    nodules, cautions = measure_marks(volume, fields, [candidate(volume, (55, 20, 20), 0.9)], OPERATING_POINT)

    assert nodules == ()
    assert [one.code for one in cautions] == [CautionCode.UNMEASURED_MARKS]
    assert "图像号 56" in cautions[0].zh


@pytest.mark.parametrize(("contrast", "warned"), [("yes", True), ("unknown", True), ("no", False)])
def test_calcified_is_questioned_unless_the_study_is_plain(contrast: Contrast, warned: bool) -> None:  # noqa: FBT001 -- parametrized
    volume, fields = chest_with_balls((30, 40, 45))
    nodules, _ = measure_marks(volume, fields, [candidate(volume, (30, 40, 45), 0.9)], OPERATING_POINT)
    calcified = [replace(nodule, density=Density.CALCIFIED) for nodule in nodules]

    cautions = question_calcification(calcified, contrast)

    assert [one.code for one in cautions] == ([CautionCode.CALCIFIED_OR_ENHANCED] if warned else [])
    assert question_calcification(nodules, contrast) == ()


@pytest.mark.parametrize(("contrast", "pattern"), [("yes", None), ("unknown", None), ("no", "central")])
def test_a_pattern_of_calcification_is_kept_of_a_plain_study_only(contrast: Contrast, pattern: str | None) -> None:
    volume, fields = chest_with_balls((30, 40, 45))
    (nodule,), _ = measure_marks(volume, fields, [candidate(volume, (30, 40, 45), 0.9)], OPERATING_POINT)
    central = replace(nodule, measurements=replace(nodule.measurements, calcification_pattern="central"))

    assert [one.measurements.calcification_pattern for one in without_enhancement([central], contrast)] == [pattern]
    assert without_enhancement([nodule], contrast)[0].measurements == nodule.measurements


def chest_with_balls(*centers_kji: tuple[int, int, int]) -> tuple[CtVolume, LungFields]:
    """Solid balls of 10 mm in a block of lung, 1 mm slices of 0.9 x 0.8 mm pixels."""
    shape = (70, 80, 90)
    grid = Grid.from_dicom(
        image_position=(-40.0, -35.0, 10.0),
        image_orientation=(1, 0, 0, 0, 1, 0),
        pixel_spacing=(0.9, 0.8),
        slice_step=(0.0, 0.0, 1.0),
        shape=shape,
        frame=FRAME,
    )
    values_kji = np.full(shape, -860, np.int16)
    k, j, i = np.indices(shape)
    for ck, cj, ci in centers_kji:
        distance_mm = np.sqrt((k - ck) ** 2 + (0.9 * (j - cj)) ** 2 + (0.8 * (i - ci)) ** 2)
        values_kji = np.maximum(values_kji, (-860 + 900 * np.clip(5.5 - distance_mm, 0, 1)).astype(np.int16))
    volume = CtVolume(grid, values_kji, instances=tuple((InstanceUID(f"2.25.{n}"), n + 1) for n in range(shape[0])))
    working = Grid((70, 72, 72), np.eye(4)[[2, 1, 0, 3]] + _translation(-40.0, -35.0, 10.0), FRAME)
    inside_kji = np.ones(working.shape, bool)
    nothing_kji = np.zeros(working.shape, bool)
    return volume, LungFields(left=Mask(working, inside_kji), right=Mask(working, nothing_kji), missing_share={})


def _translation(x: float, y: float, z: float) -> np.ndarray:
    matrix = np.zeros((4, 4))
    matrix[:3, 3] = x, y, z
    return matrix


def candidate(volume: CtVolume, kji: tuple[int, int, int], probability: float) -> Candidate:
    k, j, i = kji
    return Candidate(
        center=volume.grid.voxel(k=k, j=j, i=i).to_patient(), radius_mm=5.0, probability=probability, evidence={}
    )


def test_two_marks_on_one_nodule_count_once_under_the_more_probable() -> None:
    volume, fields = chest_with_balls((30, 40, 45))
    marks = [candidate(volume, (30, 40, 45), 0.9), candidate(volume, (31, 41, 47), 0.8)]

    nodules, cautions = measure_marks(volume, fields, marks, OPERATING_POINT)

    assert [(nodule.id, nodule.probability) for nodule in nodules] == [(1, 0.9)]
    assert cautions == ()


def test_marks_below_the_operating_point_are_not_shown() -> None:
    volume, fields = chest_with_balls((30, 40, 45))

    nodules, _ = measure_marks(volume, fields, [candidate(volume, (30, 40, 45), 0.49)], OPERATING_POINT)

    assert nodules == ()


def test_marks_over_the_limit_are_counted_not_hidden() -> None:
    places = [(15, 20, 20), (15, 60, 70), (50, 20, 70), (50, 60, 20)]
    volume, fields = chest_with_balls(*places)

    nodules, cautions = measure_marks(
        volume, fields, [candidate(volume, place, 0.9) for place in places], OPERATING_POINT
    )

    assert [nodule.id for nodule in nodules] == [1, 2]
    assert [one.code for one in cautions] == [CautionCode.MARK_LIMIT]
    assert "2 处" in cautions[0].zh


def test_the_stopwatch_adds_up_stages_and_tells_of_each() -> None:
    told: list[tuple[str, int, int]] = []
    watch = Stopwatch(lambda *step: told.append(step))

    for _ in range(2):
        with watch.stage("measure"):
            pass

    assert told == [("measure", 0, 1), ("measure", 1, 1)] * 2
    assert set(watch.timing_s) == {"measure", "total"}
    assert watch.timing_s["total"] >= watch.timing_s["measure"]
