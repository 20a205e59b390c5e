"""Lossy images are refused by name; lossless ones are read although their syntax promises nothing."""

import imagecodecs
import numpy as np
import pytest
from pydicom import uid

from ct_dataset import COLUMNS, ROWS, ct_dataset, hu_ramp, in_syntax, put_frames, read_again, words
from lianyi.lungct.dicom.pixels import decode_slices
from lianyi.lungct.domain.errors import Refusal

NOISY = np.random.default_rng(3).normal(40, 60, (ROWS, COLUMNS)).round().astype(np.int64)


@pytest.mark.parametrize(
    ("syntax", "name"),
    [
        (uid.JPEGBaseline8Bit, "JPEG Baseline"),
        (uid.JPEGExtended12Bit, "JPEG Extended"),
        (uid.MPEG2MPML, "MPEG-2"),
        (uid.MPEG4HP41, "MPEG-4"),
        (uid.HEVCMP51, "HEVC"),
    ],
)
def test_a_lossy_syntax_is_refused_by_its_name(syntax: uid.UID, name: str) -> None:
    ds = ct_dataset()
    ds.file_meta.TransferSyntaxUID = syntax

    with pytest.raises(Refusal, match=rf"{name}.*\[R10\]") as refused:
        decode_slices(ds)

    assert name in refused.value.zh


def test_near_lossless_jpeg_ls_is_refused_and_its_error_named() -> None:
    ds = in_syntax(ct_dataset(NOISY), uid.JPEGLSNearLossless, jls_error=2)

    with pytest.raises(Refusal, match=r"JPEG-LS Lossy.*NEAR = 2.*\[R10\]"):
        decode_slices(ds)


def test_jpeg_ls_of_the_near_lossless_syntax_is_read_when_nothing_was_lost() -> None:
    ds = in_syntax(ct_dataset(NOISY), uid.JPEGLSNearLossless, jls_error=0)

    (decoded,) = decode_slices(ds)

    np.testing.assert_array_equal(decoded.hu_ji, NOISY)


def test_near_lossless_data_under_the_lossless_syntax_are_refused() -> None:
    ds = in_syntax(ct_dataset(NOISY), uid.JPEGLSNearLossless, jls_error=1)
    ds.file_meta.TransferSyntaxUID = uid.JPEGLSLossless

    with pytest.raises(Refusal, match=r"NEAR = 1.*\[R10\]"):
        decode_slices(ds)


@pytest.mark.parametrize("syntax", [uid.JPEG2000, uid.JPEG2000Lossless])
def test_the_irreversible_wavelet_is_refused_whatever_the_syntax_says(syntax: uid.UID) -> None:
    ds = in_syntax(ct_dataset(NOISY), uid.JPEG2000, j2k_cr=[10])
    ds.file_meta.TransferSyntaxUID = syntax

    with pytest.raises(Refusal, match=r"JPEG 2000.*irreversible wavelet.*\[R10\]"):
        decode_slices(ds)


def test_jpeg_2000_of_the_open_syntax_is_read_when_nothing_was_lost() -> None:
    ds = ct_dataset(NOISY)
    lossless = in_syntax(ds, uid.JPEG2000Lossless)
    lossless.file_meta.TransferSyntaxUID = uid.JPEG2000

    (decoded,) = decode_slices(lossless)

    np.testing.assert_array_equal(decoded.hu_ji, NOISY)


@pytest.mark.parametrize("syntax", [uid.HTJ2K, uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL])
def test_irreversible_htj2k_is_refused(syntax: uid.UID) -> None:
    ds = in_syntax(ct_dataset(NOISY, is_signed=False), syntax, reversible=False)

    with pytest.raises(Refusal, match=r"High-Throughput.*irreversible wavelet.*\[R10\]"):
        decode_slices(ds)


def test_a_tile_with_a_wavelet_of_its_own_is_found() -> None:
    # A tile-part header may override the main header: insert a COD with the 9-7 wavelet after the first SOT.
    ds = ct_dataset(NOISY, bits_stored=12, is_signed=False)
    stream = imagecodecs.htj2k_encode(words(ds)[0], reversible=True)
    cod_at, sot_at = stream.index(b"\xff\x52"), stream.index(b"\xff\x90")
    own = bytearray(stream[cod_at : cod_at + 2 + int.from_bytes(stream[cod_at + 2 : cod_at + 4], "big")])
    own[13] = 0
    tile_bytes = int.from_bytes(stream[sot_at + 6 : sot_at + 10], "big") + len(own)
    head = stream[: sot_at + 6] + tile_bytes.to_bytes(4, "big") + stream[sot_at + 10 : sot_at + 12]
    put_frames(ds, [head + bytes(own) + stream[sot_at + 12 :]], uid.HTJ2KLossless)

    with pytest.raises(Refusal, match=r"irreversible wavelet.*\[R10\]"):
        decode_slices(read_again(ds))


def test_a_baseline_stream_that_calls_itself_lossless_is_refused() -> None:
    ds = ct_dataset(is_signed=False)
    baseline = imagecodecs.jpeg_encode((words(ds)[0] >> 4).astype(np.uint8), level=95)
    put_frames(ds, [bytes(baseline)], uid.JPEGLosslessSV1)

    with pytest.raises(Refusal, match=r"JPEG SOF0.*\[R10\]"):
        decode_slices(read_again(ds))


def test_a_jpeg_lossless_stream_whose_low_bits_were_dropped_is_refused() -> None:
    ds = ct_dataset(is_signed=False)
    stream = bytearray(imagecodecs.ljpeg_encode(words(ds)[0], bitspersample=16))
    stream[stream.index(b"\xff\xda") + 9] = 0x02  # Ah, Al: point transform 2
    put_frames(ds, [bytes(stream)], uid.JPEGLossless)

    with pytest.raises(Refusal, match=r"point transform 2.*\[R10\]"):
        decode_slices(read_again(ds))


@pytest.mark.parametrize("syntax", [uid.ExplicitVRLittleEndian, uid.JPEGLSLossless])
def test_images_once_compressed_with_loss_are_refused_whatever_their_syntax_now(syntax: uid.UID) -> None:
    ds = ct_dataset()
    ds.LossyImageCompression = "01"

    with pytest.raises(Refusal, match=r"\(0028,2110\) = 01.*\[R10\]"):
        decode_slices(in_syntax(ds, syntax))


def test_a_lossy_method_without_the_flag_is_refused() -> None:
    ds = ct_dataset()
    ds.LossyImageCompressionMethod = "ISO_10918_1"

    with pytest.raises(Refusal, match=r"\[R10\]"):
        decode_slices(read_again(ds))


def test_images_that_say_they_lost_nothing_are_read() -> None:
    ds = ct_dataset()
    ds.LossyImageCompression = "00"

    (decoded,) = decode_slices(read_again(ds))

    np.testing.assert_array_equal(decoded.hu_ji, hu_ramp())


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.94", "1.2.840.113619.5.2"])
def test_a_syntax_we_cannot_read_is_refused_by_its_name(syntax: str) -> None:
    ds = ct_dataset()
    ds.file_meta.TransferSyntaxUID = uid.UID(syntax)

    with pytest.raises(Refusal, match=rf"{syntax}.*\[R19\]"):
        decode_slices(ds)
