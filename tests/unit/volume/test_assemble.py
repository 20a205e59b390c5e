"""Stacking: only positions count, and every fault of a stack is refused by name."""

from dataclasses import replace

import numpy as np
import pytest

from ct_slices import OBLIQUE, moved, series, stack
from lianyi.lungct.domain.errors import Caution, CautionCode, Refusal, RefusalCode
from lianyi.lungct.domain.image import CtSlice
from lianyi.lungct.volume import assemble
from strategies import step_along_normal


def refusal(slices: list[CtSlice]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        assemble(series(slices))
    assert caught.value.zh
    assert caught.value.en
    return caught.value


def beside_obliqueness(cautions: tuple[Caution, ...]) -> list[CautionCode]:
    """The default stack is oblique, which is said each time."""
    codes = [one.code for one in cautions]
    codes.remove(CautionCode.TILTED_GANTRY)
    return codes


def test_the_order_of_files_does_not_matter() -> None:
    slices = stack()
    shuffled = [slices[n] for n in np.random.default_rng(3).permutation(len(slices))]

    one, _ = assemble(series(slices))
    other, _ = assemble(series(shuffled))

    assert np.array_equal(one.values_kji, other.values_kji)
    assert one.instances == other.instances
    np.testing.assert_allclose(one.grid.patient_from_voxel, other.grid.patient_from_voxel, atol=1e-9)


def test_every_voxel_lies_where_its_slice_says() -> None:
    slices = stack()

    volume, cautions = assemble(series(slices))

    for k, one in enumerate(slices):
        corner = volume.grid.voxel(k=k, j=0, i=0).to_patient()
        assert (corner.x, corner.y, corner.z) == pytest.approx(one.image_position, abs=1e-6)
    assert [one.code for one in cautions] == [CautionCode.TILTED_GANTRY]  # oblique slices are said
    assert (volume.grid.spacing.j_mm, volume.grid.spacing.i_mm) == pytest.approx((0.8, 0.65))


def test_a_step_printed_in_tenths_does_not_drift() -> None:
    slices = stack(count=120, step_mm=0.625, thickness_mm=0.625)
    rounded = [
        replace(one, image_position=tuple(round(mm, 1) for mm in one.image_position))  # type: ignore[arg-type]
        for one in slices
    ]

    volume, _ = assemble(series(rounded))

    last = volume.grid.voxel(k=119, j=0, i=0).to_patient()
    assert (last.x, last.y, last.z) == pytest.approx(slices[-1].image_position, abs=0.05)


@pytest.mark.parametrize("lost", range(1, 29))
def test_a_missing_slice_is_refused_whichever_it_is(lost: int) -> None:
    slices = stack()
    del slices[lost]

    assert refusal(slices).code == RefusalCode.MISSING_SLICES


def test_the_missing_slices_are_counted_and_placed() -> None:
    slices = stack()
    del slices[10:13]

    sentence = refusal(slices).zh

    assert "缺 3 层" in sentence
    assert "图像号 10 与 14" in sentence


def test_one_slice_off_its_place_is_irregular() -> None:
    slices = stack()
    slices[7] = moved(slices[7], step_along_normal(OBLIQUE, 0.7))

    assert refusal(slices).code == RefusalCode.IRREGULAR_SLICES


def test_a_slice_shifted_sideways_is_irregular() -> None:
    slices = stack()
    slices[7] = moved(slices[7], (OBLIQUE[0], OBLIQUE[1], OBLIQUE[2]))

    assert refusal(slices).code == RefusalCode.IRREGULAR_SLICES


def test_slices_further_apart_than_thick_are_refused_as_interleaved() -> None:
    assert refusal(stack(step_mm=10.0, thickness_mm=1.0)).code == RefusalCode.INTERLEAVED_HRCT


def test_a_slight_gap_between_slices_is_said() -> None:
    _, cautions = assemble(series(stack(step_mm=2.2, thickness_mm=2.0)))

    assert beside_obliqueness(cautions) == [CautionCode.SLICE_GAPS]


@pytest.mark.parametrize(("thickness_mm", "warned"), [(2.5, False), (2.51, False), (3.0, True), (5.0, True)])
def test_slices_over_two_and_a_half_millimetres_are_warned_of(thickness_mm: float, warned: bool) -> None:  # noqa: FBT001 -- parametrized
    _, cautions = assemble(series(stack(step_mm=thickness_mm, thickness_mm=thickness_mm)))

    assert (CautionCode.THICK_SLICES in [one.code for one in cautions]) is warned


def test_slices_over_five_millimetres_are_refused() -> None:
    assert refusal(stack(step_mm=6.0, thickness_mm=6.0)).code == RefusalCode.THICK_SLICES


def test_thick_overlapping_slices_are_judged_by_their_thickness() -> None:
    assert refusal(stack(step_mm=3.0, thickness_mm=7.0)).code == RefusalCode.THICK_SLICES


def test_an_unknown_thickness_is_said_and_the_step_is_judged() -> None:
    _, cautions = assemble(series(stack(thickness_mm=None)))

    assert beside_obliqueness(cautions) == [CautionCode.UNKNOWN_THICKNESS]
    assert refusal(stack(step_mm=8.0, thickness_mm=None)).code == RefusalCode.THICK_SLICES


def test_a_slice_of_another_orientation_is_refused() -> None:
    slices = stack()
    slices[4] = replace(slices[4], image_orientation=(1.0, 0.0, 0.0, 0.0, 0.0, -1.0))

    assert refusal(slices).code == RefusalCode.MIXED_ORIENTATIONS


@pytest.mark.parametrize("change", ["spacing", "matrix", "thickness"])
def test_slices_of_different_grids_are_refused(change: str) -> None:
    slices = stack()
    if change == "spacing":
        slices[4] = replace(slices[4], pixel_spacing=(0.65, 0.8))
    elif change == "matrix":
        slices[4] = replace(slices[4], hu_ji=slices[4].hu_ji[:-1])
    else:
        slices[4] = replace(slices[4], slice_thickness_mm=1.0)

    assert refusal(slices).code == RefusalCode.MIXED_GRIDS


def test_a_coronal_stack_is_refused() -> None:
    assert refusal(stack(orientation=(1.0, 0.0, 0.0, 0.0, 0.0, -1.0))).code == RefusalCode.NOT_AXIAL


def test_a_handful_of_slices_is_refused() -> None:
    assert refusal(stack(count=19)).code == RefusalCode.TOO_FEW_SLICES


def test_the_same_slice_twice_is_used_once_and_said() -> None:
    slices = stack()

    volume, cautions = assemble(series([*slices, slices[5], slices[9]]))

    assert volume.grid.shape[0] == len(slices)
    assert beside_obliqueness(cautions) == [CautionCode.DUPLICATED_FILES]


def test_two_different_slices_at_one_place_are_refused() -> None:
    slices = stack()
    other = replace(slices[5], hu_ji=(slices[5].hu_ji + 1).astype(np.int16))

    assert refusal([*slices, other]).code == RefusalCode.CONFLICTING_SLICES


def test_a_tilted_gantry_is_said_and_shears_the_grid() -> None:
    shear = tuple(0.7 * v for v in OBLIQUE[3:])

    volume, cautions = assemble(series(stack(shear_mm=shear)))  # type: ignore[arg-type]

    assert [one.code for one in cautions] == [CautionCode.TILTED_GANTRY]
    assert volume.grid.voxel_mm3 == pytest.approx(0.8 * 0.65 * 2.0)


def test_padding_is_not_scanned() -> None:
    slices = stack()
    padding_ji = np.zeros(slices[0].hu_ji.shape, bool)
    padding_ji[:3, :2] = True
    slices[6] = replace(slices[6], padding_ji=padding_ji)

    volume, _ = assemble(series(slices))

    assert volume.scanned_kji is not None
    assert int((~volume.scanned_kji).sum()) == 6
    assert not volume.scanned_kji[6, :3, :2].any()
