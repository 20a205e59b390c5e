"""Every lossless transfer syntax gives the very HU that were stored."""

import os
import subprocess
import sys

import imagecodecs
import numpy as np
import pytest
from pydicom import uid
from pydicom.encaps import encapsulate, generate_frames

from ct_dataset import (
    COLUMNS,
    DEFLATED,
    ROWS,
    ct_dataset,
    hu_ramp,
    in_syntax,
    jpeg_lossless,
    put_frames,
    read_again,
    words,
)
from lianyi.lungct.dicom.pixels import decode_slices
from lianyi.lungct.domain.errors import Refusal

NATIVE = (uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian, DEFLATED)
CODED = (
    uid.RLELossless,
    uid.JPEGLossless,
    uid.JPEGLosslessSV1,
    uid.JPEGLSLossless,
    uid.JPEG2000Lossless,
    uid.HTJ2KLossless,
    uid.HTJ2KLosslessRPCL,
    uid.HTJ2K,
)


@pytest.mark.parametrize("bits_stored", [12, 13, 14, 15, 16])
@pytest.mark.parametrize("is_signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize("syntax", [*NATIVE, *CODED], ids=lambda syntax: syntax.keyword)
def test_every_lossless_syntax_gives_the_stored_hu(*, syntax: uid.UID, is_signed: bool, bits_stored: int) -> None:
    ds = in_syntax(ct_dataset(bits_stored=bits_stored, is_signed=is_signed), syntax)

    (decoded,) = decode_slices(ds)

    np.testing.assert_array_equal(decoded.hu_ji, hu_ramp())
    assert decoded.hu_ji.dtype == np.int16
    assert decoded.padding_ji is None


@pytest.mark.parametrize("predictor", [1, 2, 3, 4, 5, 6, 7])
def test_jpeg_lossless_is_read_with_every_predictor(predictor: int) -> None:
    ds = ct_dataset(bits_stored=16, is_signed=False)
    put_frames(ds, [jpeg_lossless(words(ds)[0], bits=16, predictor=predictor)], uid.JPEGLossless)

    (decoded,) = decode_slices(read_again(ds))

    np.testing.assert_array_equal(decoded.hu_ji, hu_ramp())


def test_jpeg_lossless_of_a_second_encoder_is_read() -> None:
    ds = ct_dataset(bits_stored=12, is_signed=False)
    put_frames(ds, [imagecodecs.ljpeg_encode(words(ds)[0], bitspersample=12)], uid.JPEGLossless)

    (decoded,) = decode_slices(read_again(ds))

    np.testing.assert_array_equal(decoded.hu_ji, hu_ramp())


def test_a_code_stream_that_stores_more_bits_than_the_header_is_read() -> None:
    ds = ct_dataset(bits_stored=16, is_signed=True)
    in_16_bits = in_syntax(ds, uid.JPEGLSLossless)
    in_16_bits.BitsStored, in_16_bits.HighBit = 12, 11

    (decoded,) = decode_slices(in_16_bits)

    np.testing.assert_array_equal(decoded.hu_ji, hu_ramp())


def test_a_sign_that_only_the_header_knows_in_more_bits_than_the_stream_is_refused() -> None:
    twelve_bits = in_syntax(ct_dataset(bits_stored=12, is_signed=True), uid.JPEGLSLossless)
    twelve_bits.BitsStored, twelve_bits.HighBit = 16, 15

    with pytest.raises(Refusal, match=r"\[R19\]"):
        decode_slices(twelve_bits)


def test_values_that_fit_whatever_the_sign_are_read_from_a_narrower_stream() -> None:
    hu_ji = hu_ramp() // 4 + 1500  # stored: 220 to 1244, without the sign bit of 12
    twelve_bits = in_syntax(ct_dataset(hu_ji, bits_stored=12, is_signed=True), uid.JPEGLSLossless)
    twelve_bits.BitsStored, twelve_bits.HighBit = 16, 15

    (decoded,) = decode_slices(twelve_bits)

    np.testing.assert_array_equal(decoded.hu_ji, hu_ji)


@pytest.mark.parametrize("syntax", [uid.JPEGLSLossless, uid.JPEG2000Lossless, uid.JPEGLosslessSV1])
def test_a_frame_of_few_grey_levels_in_eight_bits_is_read(syntax: uid.UID) -> None:
    few_levels = ct_dataset(np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) % 200 - 1024, is_signed=False)
    eight_bits = words(few_levels)[0].astype(np.uint8)
    encoded = {
        uid.JPEGLSLossless: lambda: imagecodecs.jpegls_encode(eight_bits),
        uid.JPEG2000Lossless: lambda: imagecodecs.jpeg2k_encode(eight_bits, codecformat="j2k", reversible=True),
        uid.JPEGLosslessSV1: lambda: jpeg_lossless(words(few_levels)[0], bits=8),
    }[syntax]()
    put_frames(few_levels, [bytes(encoded)], syntax)

    (decoded,) = decode_slices(read_again(few_levels))

    np.testing.assert_array_equal(decoded.hu_ji, np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) % 200 - 1024)


def test_jpeg_2000_in_tiles_is_read() -> None:
    ds = ct_dataset(bits_stored=12, is_signed=False)
    tiled = imagecodecs.htj2k_encode(words(ds)[0], tile=(16, 16), reversible=True)
    put_frames(ds, [tiled], uid.HTJ2KLossless)

    (decoded,) = decode_slices(read_again(ds))

    np.testing.assert_array_equal(decoded.hu_ji, hu_ramp())


def test_a_jp2_wrapper_is_taken_off() -> None:
    ds = ct_dataset(bits_stored=12, is_signed=False)
    wrapped = imagecodecs.jpeg2k_encode(words(ds)[0], codecformat="jp2", reversible=True, bitspersample=12)
    put_frames(ds, [bytes(wrapped)], uid.JPEG2000Lossless)

    (decoded,) = decode_slices(read_again(ds))

    np.testing.assert_array_equal(decoded.hu_ji, hu_ramp())


def test_rle_runs_that_cross_rows_are_read() -> None:
    # Some writers pack a whole plane as one line; a constant plane then has runs of 128 across rows of 56.
    ds = ct_dataset(np.full((ROWS, COLUMNS), -700), is_signed=False)  # 324 = 0x0144
    runs, rest = divmod(ROWS * COLUMNS, 128)
    planes = [bytes((129, byte)) * runs + bytes((257 - rest, byte)) for byte in (0x01, 0x44)]
    header = np.array([2, 64, 64 + len(planes[0]), *[0] * 13], dtype="<u4").tobytes()
    put_frames(ds, [header + planes[0] + planes[1]], uid.RLELossless)

    (decoded,) = decode_slices(read_again(ds))

    assert (decoded.hu_ji == -700).all()


def test_several_fragments_make_one_frame() -> None:
    ds = in_syntax(ct_dataset(), uid.JPEG2000Lossless)
    (frame,) = generate_frames(ds.PixelData, number_of_frames=1)
    ds.PixelData = encapsulate([frame], fragments_per_frame=3)

    (decoded,) = decode_slices(read_again(ds))

    np.testing.assert_array_equal(decoded.hu_ji, hu_ramp())


def test_old_overlays_in_the_unused_bits_are_ignored() -> None:
    ds = ct_dataset(bits_stored=12, is_signed=True)
    ds.PixelData = (words(ds) & 0x0FFF | np.uint16(0x5000)).tobytes()

    (decoded,) = decode_slices(read_again(ds))

    np.testing.assert_array_equal(decoded.hu_ji, hu_ramp())


def test_stored_bits_at_the_top_of_the_word_are_shifted_down() -> None:
    ds = ct_dataset(bits_stored=12, is_signed=True)
    ds.PixelData = (words(ds) << 4 | np.uint16(0x000F)).tobytes()
    ds.HighBit = 15

    (decoded,) = decode_slices(read_again(ds))

    np.testing.assert_array_equal(decoded.hu_ji, hu_ramp())


def test_reading_jpeg_lossless_leaves_zlib_whole() -> None:
    # GDCM's own zlib once took over the system's and aborted the process at the next deflate.
    program = """
import sys
from lianyi.lungct.dicom.codecs import decode_jpeg_lossless
from lianyi.lungct.dicom.codestream import read_jpeg
stream = bytes.fromhex(sys.argv[1])
assert decode_jpeg_lossless(read_jpeg(stream)).shape == (40, 56)
import zlib
assert zlib.decompress(zlib.compress(stream * 1000)) == stream * 1000
"""
    stream = bytes(imagecodecs.ljpeg_encode(words(ct_dataset(is_signed=False))[0], bitspersample=16))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    finished = subprocess.run([sys.executable, "-c", program, stream.hex()], env=environment, check=False)

    assert finished.returncode == 0
