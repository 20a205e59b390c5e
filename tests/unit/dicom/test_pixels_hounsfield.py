"""Stored values become HU by what the header says, and by nothing else."""

import numpy as np
import pytest
from pydicom import uid
from pydicom.dataset import Dataset

from ct_dataset import COLUMNS, ROWS, ct_dataset, hu_ramp, in_syntax, read_again, set_pixels, words
from lianyi.lungct.dicom.pixels import UnreadablePixels, decode_slices
from lianyi.lungct.domain.errors import Refusal


def table_item(values: list[int], *, first: int, kind: str = "HU") -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "US" if first >= 0 else "SS", [len(values) % 65536, first, 16])
    item.ModalityLUTType = kind
    item.add_new("LUTData", "SS" if min(values) < 0 else "US", values)
    return item


@pytest.mark.parametrize("keyword", ["RescaleSlope", "RescaleIntercept"])
def test_an_absent_rescale_is_refused_never_defaulted(keyword: str) -> None:
    ds = ct_dataset()
    delattr(ds, keyword)

    with pytest.raises(Refusal, match=r"no valid Rescale Slope and Intercept.*\[R07\]"):
        decode_slices(read_again(ds))


@pytest.mark.parametrize("keyword", ["RescaleSlope", "RescaleIntercept"])
def test_an_empty_rescale_is_refused(keyword: str) -> None:
    ds = ct_dataset()
    setattr(ds, keyword, None)

    with pytest.raises(Refusal, match=r"\[R07\]"):
        decode_slices(read_again(ds))


def test_a_slope_of_zero_is_refused() -> None:
    ds = ct_dataset()
    ds.RescaleSlope = 0

    with pytest.raises(Refusal, match=r"\[R07\]"):
        decode_slices(read_again(ds))


def test_a_slope_that_no_hu_can_have_is_refused() -> None:
    ds = ct_dataset()
    ds.RescaleSlope = 1000

    with pytest.raises(Refusal, match=r"no Hounsfield units.*\[R07\]"):
        decode_slices(read_again(ds))


@pytest.mark.parametrize("kind", ["OD", "Z_EFF", "ED", "HU_MOD", "PCT"])
def test_values_that_are_not_hu_are_refused_by_their_unit(kind: str) -> None:
    ds = ct_dataset()
    ds.RescaleType = kind

    with pytest.raises(Refusal, match=rf"in {kind}, not in Hounsfield units.*\[R07\]") as refused:
        decode_slices(read_again(ds))

    assert kind in refused.value.zh


@pytest.mark.parametrize("kind", ["HU", "US", ""])
def test_hu_and_unspecified_units_are_read(kind: str) -> None:
    ds = ct_dataset()
    ds.RescaleType = kind

    (decoded,) = decode_slices(read_again(ds))

    np.testing.assert_array_equal(decoded.hu_ji, hu_ramp())


def test_hu_of_a_fractional_slope_are_rounded_to_the_nearest() -> None:
    ds = ct_dataset()
    ds.RescaleSlope, ds.RescaleIntercept = "0.40293", "-1024.3"
    set_pixels(ds, np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) * 4, bits_stored=16, is_signed=False)

    (decoded,) = decode_slices(read_again(ds))

    exact = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) * 4 * 0.40293 - 1024.3
    assert np.abs(decoded.hu_ji - exact).max() <= 0.5 + 1e-9
    assert len(np.unique(decoded.hu_ji)) > ROWS * COLUMNS // 2


def test_metal_beyond_int16_is_clipped_and_does_not_wrap_around() -> None:
    hu_ji = hu_ramp()
    hu_ji[5, 7] = 40000
    ds = ct_dataset(hu_ji, is_signed=False)

    (decoded,) = decode_slices(read_again(ds))

    assert decoded.hu_ji[5, 7] == 32767
    assert decoded.hu_ji[5, 8] == hu_ji[5, 8]


@pytest.mark.parametrize("first", [-2, 65534])
def test_a_modality_table_is_honoured_and_holds_its_ends(first: int) -> None:
    ds = ct_dataset()
    del ds.RescaleSlope, ds.RescaleIntercept
    set_pixels(ds, np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) - 100, bits_stored=13, is_signed=True)
    values = [-1000, -850, -300, 25, 900]
    ds.ModalityLUTSequence = [table_item(values, first=first)]

    (decoded,) = decode_slices(read_again(ds))

    expected = np.array(values)[np.clip(np.arange(ROWS * COLUMNS) - 98, 0, 4)].reshape(ROWS, COLUMNS)
    np.testing.assert_array_equal(decoded.hu_ji, expected)


def test_a_modality_table_in_other_units_is_refused() -> None:
    ds = ct_dataset()
    del ds.RescaleSlope, ds.RescaleIntercept
    ds.ModalityLUTSequence = [table_item([0, 10, 20], first=0, kind="OD")]

    with pytest.raises(Refusal, match=r"in OD, not in Hounsfield units.*\[R07\]"):
        decode_slices(read_again(ds))


def test_a_modality_table_beside_a_slope_is_refused_as_contradictory() -> None:
    ds = ct_dataset()
    ds.ModalityLUTSequence = [table_item([0, 10, 20], first=0)]

    with pytest.raises(Refusal, match=r"exclude each other.*\[R07\]"):
        decode_slices(read_again(ds))


def test_a_modality_table_of_the_wrong_length_is_refused() -> None:
    ds = ct_dataset()
    del ds.RescaleSlope, ds.RescaleIntercept
    ds.ModalityLUTSequence = [table_item([0, 10, 20], first=0)]
    ds.ModalityLUTSequence[0].LUTDescriptor = [4, 0, 16]

    with pytest.raises(Refusal, match=r"table is damaged|LUT is damaged"):
        decode_slices(read_again(ds))


def padded(*, is_signed: bool, bits_stored: int = 16) -> tuple[Dataset, np.ndarray]:
    """Ramp with two padded corners holding -2000 in two's complement of the stored bits."""
    ds = ct_dataset(
        hu_ramp() // 2, is_signed=is_signed, bits_stored=bits_stored, intercept=-1024.0 if not is_signed else 0
    )
    padding_ji = np.zeros((ROWS, COLUMNS), dtype=bool)
    padding_ji[:6, :9] = padding_ji[-4:, -7:] = True
    stored = words(ds)[0].copy()
    stored[padding_ji] = 63536  # -2000 in 16 bits
    ds.PixelData = stored.tobytes()
    return ds, padding_ji


@pytest.mark.parametrize("syntax", [uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian])
@pytest.mark.parametrize(
    ("is_signed", "bits_stored", "vr", "value"),
    [
        (True, 16, "SS", -2000),
        (True, 16, "US", 63536),  # the usual mistake
        (True, 12, "SS", -2000),
        (True, 12, "US", 63536),
        (True, 12, "US", 2096),  # the bare twelve bits
        (False, 16, "US", 63536),
        (False, 16, "SS", -2000),  # the other mistake
        (False, 12, "US", 63536),  # more than twelve bits can hold, and yet stored
    ],
)
def test_padding_is_found_however_its_sign_is_written(
    *, syntax: uid.UID, is_signed: bool, bits_stored: int, vr: str, value: int
) -> None:
    ds, padding_ji = padded(is_signed=is_signed, bits_stored=bits_stored)
    ds.add_new("PixelPaddingValue", vr, value)

    (decoded,) = decode_slices(in_syntax(ds, syntax))

    assert decoded.padding_ji is not None
    np.testing.assert_array_equal(decoded.padding_ji, padding_ji)
    np.testing.assert_array_equal(decoded.hu_ji, np.where(padding_ji, -1024, hu_ramp() // 2))


@pytest.mark.parametrize(("value", "limit"), [(-2000, -1990), (-1990, -2000)])
def test_a_padding_range_holds_both_its_ends_in_either_order(value: int, limit: int) -> None:
    ds = ct_dataset(intercept=0)
    stored = words(ds)[0].copy()
    stored.view(np.int16)[0, :4] = [-2001, -2000, -1990, -1989]
    ds.PixelData = stored.tobytes()
    ds.add_new("PixelPaddingValue", "SS", value)
    ds.add_new("PixelPaddingRangeLimit", "SS", limit)

    (decoded,) = decode_slices(read_again(ds))

    assert decoded.padding_ji is not None
    np.testing.assert_array_equal(decoded.padding_ji[0, :5], [False, True, True, False, False])
    np.testing.assert_array_equal(decoded.hu_ji[0, :4], [-2001, -1024, -1024, -1989])
    assert decoded.padding_ji.sum() == 2


def test_a_padding_value_that_no_pixel_has_gives_no_padding() -> None:
    ds = ct_dataset(intercept=0)
    ds.add_new("PixelPaddingValue", "SS", -2000)

    (decoded,) = decode_slices(read_again(ds))

    assert decoded.padding_ji is None
    np.testing.assert_array_equal(decoded.hu_ji, hu_ramp())


def test_a_malformed_padding_value_is_named_not_ignored() -> None:
    ds = ct_dataset(intercept=0)
    ds.add_new("PixelPaddingValue", "SS", [-2000, -2000])

    with pytest.raises(UnreadablePixels, match="PixelPaddingValue is no 16-bit number"):
        decode_slices(read_again(ds))


@pytest.mark.parametrize(
    ("keyword", "value", "found"),
    [
        ("BitsAllocated", 8, "16 of 8 bits"),
        ("BitsAllocated", 32, "16 of 32 bits"),
        ("BitsStored", 8, "8 of 16 bits"),
        ("SamplesPerPixel", 3, "3-channel"),
        ("PhotometricInterpretation", "RGB", "RGB"),
        ("PhotometricInterpretation", "PALETTE COLOR", "PALETTE COLOR"),
        ("Rows", 65535, "65535 x"),
        ("NumberOfFrames", 3001, "3001 frames"),
    ],
)
def test_pixels_that_no_ct_has_are_refused(keyword: str, value: object, found: str) -> None:
    ds = ct_dataset()
    ds.Columns = 300
    setattr(ds, keyword, value)

    with pytest.raises(Refusal, match=rf"{found}.*\[R19\]"):
        decode_slices(ds)
