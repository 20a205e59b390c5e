"""Absent, truncated and damaged pixel data are named; nothing half-decoded ever comes out."""

import io

import numpy as np
import pydicom
import pytest
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames

from ct_dataset import (
    ct_dataset,
    enhanced_ct,
    hu_ramp,
    in_syntax,
    jpeg_lossless,
    put_frames,
    read_again,
    words,
    written,
)
from lianyi.lungct.dicom.pixels import UnreadablePixels, decode_slices
from lianyi.lungct.domain.errors import Refusal

CODED = (
    uid.RLELossless,
    uid.JPEGLossless,
    uid.JPEGLosslessSV1,
    uid.JPEGLSLossless,
    uid.JPEG2000Lossless,
    uid.HTJ2KLossless,
)


def coded(syntax: str, seed: int = 5) -> tuple[Dataset, bytes, np.ndarray]:
    """Give an instance with texture, its one compressed frame, and its HU."""
    noise_ji = np.random.default_rng(seed).normal(0, 20, hu_ramp().shape).round().astype(np.int64)
    hu_ji = hu_ramp() // 2 + noise_ji
    ds = in_syntax(ct_dataset(hu_ji), syntax)
    (frame,) = generate_frames(ds.PixelData, number_of_frames=1)
    return ds, frame, hu_ji


def test_absent_pixel_data_are_unreadable() -> None:
    ds = ct_dataset()
    del ds.PixelData

    with pytest.raises(UnreadablePixels, match="there are no pixel data"):
        decode_slices(ds)


def test_empty_pixel_data_are_unreadable() -> None:
    ds = ct_dataset()
    ds.PixelData = b""

    with pytest.raises(UnreadablePixels, match="there are no pixel data"):
        decode_slices(ds)


@pytest.mark.parametrize("kept", [2, 4000, 4478])
def test_truncated_uncompressed_data_are_unreadable(kept: int) -> None:
    ds = ct_dataset()
    ds.PixelData = ds.PixelData[:kept]

    with pytest.raises(UnreadablePixels, match=f"truncated: {kept} of 4480 bytes"):
        decode_slices(read_again(ds))


def test_a_truncated_multi_frame_object_is_unreadable() -> None:
    ds = enhanced_ct(np.stack([hu_ramp(), hu_ramp()]), [[0, 0, 0], [0, 0, 1]])
    ds.PixelData = ds.PixelData[:-100]

    with pytest.raises(UnreadablePixels, match="truncated"):
        decode_slices(read_again(ds))


def test_a_few_bytes_of_trailing_padding_do_no_harm() -> None:
    ds = ct_dataset()
    ds.PixelData += bytes(32)

    (decoded,) = decode_slices(read_again(ds))

    np.testing.assert_array_equal(decoded.hu_ji, hu_ramp())


def test_a_second_image_that_the_header_does_not_announce_is_unreadable() -> None:
    ds = ct_dataset()
    ds.PixelData = ds.PixelData * 2

    with pytest.raises(UnreadablePixels, match="more pixel data than the header announces"):
        decode_slices(read_again(ds))


@pytest.mark.parametrize("syntax", CODED, ids=lambda syntax: syntax.keyword)
@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.6, 0.9, 0.99])
def test_a_truncated_compressed_frame_is_unreadable(syntax: uid.UID, share: float) -> None:
    ds, frame, _ = coded(syntax)
    put_frames(ds, [frame[: int(share * len(frame)) // 2 * 2] or b"\x00\x00"], syntax)

    with pytest.raises(UnreadablePixels):
        decode_slices(read_again(ds))


@pytest.mark.parametrize("syntax", [one for one in CODED if one != uid.RLELossless], ids=lambda syntax: syntax.keyword)
def test_a_frame_cut_short_before_a_forged_end_marker_is_unreadable(syntax: uid.UID) -> None:
    ds, frame, _ = coded(syntax)
    put_frames(ds, [frame[: len(frame) // 4 * 2] + b"\xff\xd9"], syntax)

    with pytest.raises(UnreadablePixels):
        decode_slices(read_again(ds))


def test_a_marker_inside_jpeg_lossless_data_is_unreadable() -> None:
    ds, frame, _ = coded(uid.JPEGLosslessSV1)
    damaged = bytearray(frame)
    damaged[len(frame) // 2 : len(frame) // 2 + 2] = b"\xff\xd9"
    put_frames(ds, [bytes(damaged)], uid.JPEGLosslessSV1)

    with pytest.raises(UnreadablePixels, match="a marker stands inside its data"):
        decode_slices(read_again(ds))


def test_jpeg_lossless_of_few_bits_is_unreadable_and_does_not_end_the_process() -> None:
    ds = ct_dataset()
    put_frames(ds, [jpeg_lossless(words(ds)[0], bits=5)], uid.JPEGLossless)

    with pytest.raises(UnreadablePixels, match="5 bits per sample"):
        decode_slices(read_again(ds))


def test_jpeg_lossless_with_a_strange_application_segment_is_read() -> None:
    # GDCM ends the process at a JFIF segment whose version it does not know.
    ds, frame, hu_ji = coded(uid.JPEGLosslessSV1)
    strange = b"\xff\xe0\x00\x10JFIF\x00\xca\x01\x00\x00\x01\x00\x01\x00\x00"
    put_frames(ds, [frame[:2] + strange + frame[2:]], uid.JPEGLosslessSV1)

    (decoded,) = decode_slices(read_again(ds))

    np.testing.assert_array_equal(decoded.hu_ji, hu_ji)


@pytest.mark.parametrize("syntax", CODED, ids=lambda syntax: syntax.keyword)
def test_any_bytes_give_slices_or_a_named_reason(syntax: uid.UID) -> None:
    ds, frame, _ = coded(syntax)
    rng = np.random.default_rng(11)
    for _ in range(60):
        damaged = bytearray(frame)
        for at in rng.integers(0, len(frame), rng.integers(1, 12)):
            damaged[at] = rng.integers(256)
        ds.PixelData = encapsulate([bytes(damaged)])
        try:
            (decoded,) = decode_slices(ds)
        except (UnreadablePixels, Refusal):
            continue

        assert decoded.hu_ji.shape == hu_ramp().shape


def test_a_huffman_table_of_another_process_beside_ours_does_no_harm() -> None:
    ds, frame, hu_ji = coded(uid.JPEGLosslessSV1)
    other = b"\xff\xc4\x00\x15\x10\x00\x02" + bytes(14) + b"\x01\xf0"
    put_frames(ds, [frame[:2] + other + frame[2:]], uid.JPEGLosslessSV1)

    (decoded,) = decode_slices(read_again(ds))

    np.testing.assert_array_equal(decoded.hu_ji, hu_ji)


@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom warns of what it then converts or refuses
@pytest.mark.parametrize("kind", ["single-frame", "multi-frame"])
def test_any_header_gives_slices_or_a_named_reason(kind: str) -> None:
    ds = ct_dataset() if kind == "single-frame" else enhanced_ct(np.stack([hu_ramp()]), [[0, 0, 0]])
    ds.add_new("PixelPaddingValue", "SS", -2000)
    whole = written(ds)
    header_bytes = whole.index(b"\xe0\x7f\x10\x00") + 12
    rng = np.random.default_rng(13)
    decoded = refused = 0
    for _ in range(400):
        damaged = bytearray(whole)
        for at in rng.integers(200, header_bytes, rng.integers(1, 5)):
            damaged[at] = rng.choice([rng.integers(256), 0, 255, ord("\\"), ord("9"), ord("-")])
        try:
            ds = pydicom.dcmread(io.BytesIO(bytes(damaged)))
        except Exception:  # noqa: BLE001, S112 -- reading the file is another module's work
            continue
        try:
            decode_slices(ds)
        except (UnreadablePixels, Refusal):
            refused += 1
        else:
            decoded += 1

    assert decoded > 20
    assert refused > 20


@pytest.mark.parametrize("syntax", CODED, ids=lambda syntax: syntax.keyword)
def test_a_container_of_noise_is_unreadable(syntax: uid.UID) -> None:
    ds, _, _ = coded(syntax)
    rng = np.random.default_rng(12)
    for length in (2, 8, 64, 1000):
        ds.PixelData = rng.bytes(length)

        with pytest.raises(UnreadablePixels):
            decode_slices(ds)


@pytest.mark.parametrize("syntax", CODED, ids=lambda syntax: syntax.keyword)
def test_a_frame_of_another_size_is_unreadable(syntax: uid.UID) -> None:
    ds, frame, _ = coded(syntax)
    put_frames(ds, [frame], syntax)
    ds.Rows = 64

    with pytest.raises(UnreadablePixels):
        decode_slices(read_again(ds))


def test_fewer_compressed_frames_than_announced_are_unreadable() -> None:
    ds = in_syntax(enhanced_ct(np.stack([hu_ramp()] * 3), [[0, 0, k] for k in range(3)]), uid.JPEGLSLossless)
    frames = list(generate_frames(ds.PixelData, number_of_frames=3))
    put_frames(ds, frames[:2], uid.JPEGLSLossless)

    with pytest.raises(UnreadablePixels):
        decode_slices(read_again(ds))


def test_compressed_data_under_an_uncompressed_syntax_are_unreadable() -> None:
    ds, _, _ = coded(uid.JPEGLSLossless)
    ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian

    with pytest.raises(UnreadablePixels):
        decode_slices(ds)


def test_uncompressed_data_under_a_compressed_syntax_are_unreadable() -> None:
    ds = ct_dataset()
    ds.file_meta.TransferSyntaxUID = uid.JPEG2000Lossless

    with pytest.raises(UnreadablePixels):
        decode_slices(ds)


def test_one_format_under_the_name_of_another_is_unreadable() -> None:
    ds, _, _ = coded(uid.JPEGLSLossless)
    ds.file_meta.TransferSyntaxUID = uid.JPEG2000Lossless

    with pytest.raises(UnreadablePixels, match="does not begin with a JPEG 2000 marker"):
        decode_slices(ds)


def test_a_file_that_does_not_say_its_syntax_is_unreadable() -> None:
    ds = ct_dataset()
    del ds.file_meta.TransferSyntaxUID

    with pytest.raises(UnreadablePixels, match="does not say its transfer syntax"):
        decode_slices(ds)


@pytest.mark.parametrize(
    "keyword",
    ["Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "SamplesPerPixel"],
)
def test_an_image_that_does_not_say_how_it_is_stored_is_unreadable(keyword: str) -> None:
    ds = ct_dataset()
    delattr(ds, keyword)

    with pytest.raises(UnreadablePixels, match=f"{keyword} is absent or malformed"):
        decode_slices(ds)


def test_an_empty_image_is_unreadable() -> None:
    ds = ct_dataset()
    ds.Rows = 0

    with pytest.raises(UnreadablePixels, match="the image is empty"):
        decode_slices(ds)
