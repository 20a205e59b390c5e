"""A slice lies where ImagePositionPatient and ImageOrientationPatient say, frame by frame; or it is refused."""

import itertools

import numpy as np
import pytest
from highdicom.legacy import LegacyConvertedEnhancedCTImage
from pydicom import uid
from pydicom.dataset import Dataset

from ct_dataset import (
    INSTANCE_UID,
    ORIENTATION,
    POSITION,
    SPACING,
    THICKNESS_MM,
    ct_dataset,
    enhanced_ct,
    hu_ramp,
    in_syntax,
    read_again,
)
from lianyi.lungct.dicom.pixels import decode_slices
from lianyi.lungct.domain.errors import Refusal

NORMAL = np.cross(ORIENTATION[:3], ORIENTATION[3:])
SHUFFLED = (2, 0, 3, 1)


def frames() -> tuple[np.ndarray, list[list[float]]]:
    """Four different frames in a shuffled order, and their positions 1.2 mm apart."""
    hu_kji = np.stack([hu_ramp() // 2 + 10 * place for place in SHUFFLED])
    return hu_kji, [(np.array(POSITION) + 1.2 * place * NORMAL).round(4).tolist() for place in SHUFFLED]


def test_a_slice_carries_its_place_and_its_names() -> None:
    (decoded,) = decode_slices(read_again(ct_dataset()))

    assert decoded.image_position == POSITION
    assert decoded.image_orientation == ORIENTATION
    assert decoded.pixel_spacing == SPACING
    assert decoded.slice_thickness_mm == THICKNESS_MM
    assert decoded.instance_uid == INSTANCE_UID
    assert decoded.instance_number == 17


@pytest.mark.parametrize("thickness", [None, 0])
def test_an_unknown_thickness_stays_unknown(thickness: float | None) -> None:
    ds = ct_dataset()
    ds.SliceThickness = thickness

    (decoded,) = decode_slices(read_again(ds))

    assert decoded.slice_thickness_mm is None


@pytest.mark.parametrize("keyword", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"])
def test_absent_geometry_is_refused_and_never_replaced(keyword: str) -> None:
    ds = ct_dataset()
    delattr(ds, keyword)
    ds.SliceLocation = 37.75
    ds.SpacingBetweenSlices = 1.25
    ds.ImagerPixelSpacing = list(SPACING)
    ds.NominalScannedPixelSpacing = list(SPACING)

    with pytest.raises(Refusal, match=rf"{keyword} is absent or invalid.*\[R14\]") as refused:
        decode_slices(read_again(ds))

    assert keyword in refused.value.zh


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("ImagePositionPatient", [1, 2]),
        ("ImagePositionPatient", None),
        ("PixelSpacing", [0.7, 0]),
        ("PixelSpacing", [-0.7, 0.7]),
        ("PixelSpacing", [0.7]),
        ("ImageOrientationPatient", [1, 0, 0]),
        ("ImageOrientationPatient", [0, 0, 0, 0, 0, 0]),
        ("ImageOrientationPatient", [1, 0, 0, 1, 0, 0]),
        ("ImageOrientationPatient", [2, 0, 0, 0, 1, 0]),
        ("ImageOrientationPatient", [1, 0, 0, 0.002, 1, 0]),
    ],
)
def test_malformed_geometry_is_refused(keyword: str, value: object) -> None:
    ds = ct_dataset()
    setattr(ds, keyword, value)

    with pytest.raises(Refusal, match=rf"{keyword} is absent or invalid.*\[R14\]"):
        decode_slices(read_again(ds))


def test_numbers_that_are_none_are_refused() -> None:
    ds = ct_dataset()
    ds.PixelSpacing = ["0.75", "0.62"]
    written = read_again(ds)
    raw = written.get_item("PixelSpacing")._replace(value=b"0.75\\nan ")
    written["PixelSpacing"] = raw

    with pytest.raises(Refusal, match=r"PixelSpacing is absent or invalid.*\[R14\]"):
        decode_slices(written)


def test_cosines_rounded_to_four_decimals_are_read() -> None:
    ds = ct_dataset()
    ds.ImageOrientationPatient = [0.9848, 0.1677, 0.0449, -0.1736, 0.9513, 0.2549]

    (decoded,) = decode_slices(read_again(ds))

    assert decoded.image_orientation[3] == -0.1736


@pytest.mark.parametrize(
    "shared",
    [macros for n in range(4) for macros in itertools.combinations(("orientation", "measures", "values"), n)],
    ids="+".join,
)
def test_enhanced_ct_is_read_wherever_its_macros_stand(shared: tuple[str, ...]) -> None:
    hu_kji, positions = frames()

    decoded = decode_slices(read_again(enhanced_ct(hu_kji, positions, shared=shared)))

    assert [one.image_position for one in decoded] == [tuple(position) for position in positions]
    assert [one.instance_number for one in decoded] == [1, 2, 3, 4]
    assert {one.image_orientation for one in decoded} == {ORIENTATION}
    assert {one.pixel_spacing for one in decoded} == {SPACING}
    assert {one.slice_thickness_mm for one in decoded} == {THICKNESS_MM}
    assert {one.instance_uid for one in decoded} == {INSTANCE_UID}
    np.testing.assert_array_equal([one.hu_ji for one in decoded], hu_kji)


@pytest.mark.parametrize(
    "syntax",
    [uid.ExplicitVRBigEndian, uid.RLELossless, uid.JPEGLosslessSV1, uid.JPEGLSLossless, uid.HTJ2KLossless],
    ids=lambda syntax: syntax.keyword,
)
def test_compressed_enhanced_ct_keeps_each_frame_at_its_place(syntax: uid.UID) -> None:
    hu_kji, positions = frames()

    decoded = decode_slices(in_syntax(enhanced_ct(hu_kji, positions, shared=("measures",)), syntax))

    assert [one.image_position for one in decoded] == [tuple(position) for position in positions]
    np.testing.assert_array_equal([one.hu_ji for one in decoded], hu_kji)


def test_each_frame_has_its_own_rescale() -> None:
    hu_kji, positions = frames()
    ds = enhanced_ct(hu_kji, positions)
    own = ds.PerFrameFunctionalGroupsSequence[2].PixelValueTransformationSequence[0]
    own.RescaleSlope, own.RescaleIntercept = "0.5", "-900"

    decoded = decode_slices(read_again(ds))

    np.testing.assert_array_equal(decoded[1].hu_ji, hu_kji[1])
    np.testing.assert_array_equal(decoded[2].hu_ji, np.rint((hu_kji[2] - 1024) * 0.5 - 900))


def test_the_macro_of_a_frame_counts_before_the_shared_one() -> None:
    hu_kji, positions = frames()
    ds = enhanced_ct(hu_kji, positions, shared=("orientation", "measures", "values"))
    measures = Dataset()
    measures.PixelSpacing = [0.5, 0.4]
    ds.PerFrameFunctionalGroupsSequence[1].PixelMeasuresSequence = [measures]

    decoded = decode_slices(read_again(ds))

    assert [one.pixel_spacing for one in decoded] == [SPACING, (0.5, 0.4), SPACING, SPACING]


@pytest.mark.parametrize(
    ("macro", "code"),
    [
        ("PlanePositionSequence", "R14"),
        ("PlaneOrientationSequence", "R14"),
        ("PixelMeasuresSequence", "R14"),
        ("PixelValueTransformationSequence", "R07"),
    ],
)
def test_one_frame_without_its_macro_refuses_the_object(macro: str, code: str) -> None:
    hu_kji, positions = frames()
    ds = enhanced_ct(hu_kji, positions)
    delattr(ds.PerFrameFunctionalGroupsSequence[3], macro)

    with pytest.raises(Refusal, match=rf"\[{code}\]"):
        decode_slices(read_again(ds))


def test_fewer_functional_groups_than_frames_are_refused() -> None:
    hu_kji, positions = frames()
    ds = enhanced_ct(hu_kji, positions)
    del ds.PerFrameFunctionalGroupsSequence[3]

    with pytest.raises(Refusal, match=r"4 frames, but places 3 of them.*\[R14\]"):
        decode_slices(read_again(ds))


def test_frames_without_functional_groups_are_refused() -> None:
    hu_kji, positions = frames()
    ds = enhanced_ct(hu_kji, positions)
    del ds.SharedFunctionalGroupsSequence, ds.PerFrameFunctionalGroupsSequence
    ds.ImagePositionPatient, ds.ImageOrientationPatient = list(POSITION), list(ORIENTATION)
    ds.PixelSpacing = list(SPACING)

    with pytest.raises(Refusal, match=r"places 0 of them.*\[R14\]"):
        decode_slices(read_again(ds))


def test_legacy_converted_ct_as_highdicom_writes_it_is_read() -> None:
    hu_kji, positions = frames()
    singles = []
    for number, (hu_ji, position) in enumerate(zip(hu_kji, positions, strict=True), start=1):
        single = ct_dataset(hu_ji)
        single.SOPInstanceUID = single.file_meta.MediaStorageSOPInstanceUID = f"2.25.{number}"
        single.InstanceNumber = number
        single.ImagePositionPatient = position
        single.StudyInstanceUID, single.SeriesInstanceUID, single.FrameOfReferenceUID = "2.25.8", "2.25.9", "2.25.10"
        single.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        for keyword in ("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyID", "AccessionNumber"):
            setattr(single, keyword, "")
        for keyword in ("StudyDate", "StudyTime", "Manufacturer", "ReferringPhysicianName", "Laterality"):
            setattr(single, keyword, "")
        singles.append(read_again(single))
    legacy = LegacyConvertedEnhancedCTImage(
        singles, series_instance_uid="2.25.11", series_number=2, sop_instance_uid="2.25.12", instance_number=1
    )

    decoded = decode_slices(read_again(legacy))

    by_position = {one.image_position: one.hu_ji for one in decoded}
    assert set(by_position) == {tuple(position) for position in positions}
    for hu_ji, position in zip(hu_kji, positions, strict=True):
        np.testing.assert_array_equal(by_position[tuple(position)], hu_ji)
