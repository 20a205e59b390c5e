"""CT instances for tests: known HU, an oblique orientation, pixels that are not square, any syntax.

Encoders here are never the library that decodes them in the product, where another exists.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import imagecodecs
import numpy as np
import numpy.typing as npt
import pydicom
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate

Stored = npt.NDArray[np.int64]
HU = npt.NDArray[np.int64]

ROWS, COLUMNS = 40, 56
POSITION = (-151.25, -98.5, 37.75)
ORIENTATION = (0.8, 0.6, 0.0, -0.48, 0.64, 0.6)
SPACING = (0.75, 0.625)
THICKNESS_MM = 1.25
INSTANCE_UID = "1.2.826.0.1.3680043.8.498.7"

DEFLATED = uid.DeflatedExplicitVRLittleEndian


def hu_ramp(rows: int = ROWS, columns: int = COLUMNS) -> HU:
    """Every fourth part of -1024 to 3071 HU, smooth along the rows, both ends included."""
    return np.linspace(-1024, 3071, rows * columns).round().astype(np.int64).reshape(rows, columns)


def ct_dataset(
    hu_ji: HU | None = None,
    *,
    bits_stored: int = 16,
    is_signed: bool = True,
    slope: float = 1.0,
    intercept: float | None = None,
) -> Dataset:
    """Give a single-frame CT, explicit little endian, that holds *hu_ji* (default: the ramp)."""
    hu_ji = hu_ramp() if hu_ji is None else hu_ji
    if intercept is None:  # the ramp then fills 12 bits from end to end
        intercept = 1024.0 if is_signed else -1024.0
    stored_ji = np.rint((hu_ji - intercept) / slope).astype(np.int64)
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = uid.CTImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = INSTANCE_UID
    ds.SOPClassUID = uid.CTImageStorage
    ds.SOPInstanceUID = INSTANCE_UID
    ds.Modality = "CT"
    ds.InstanceNumber = 17
    ds.ImagePositionPatient = list(POSITION)
    ds.ImageOrientationPatient = list(ORIENTATION)
    ds.PixelSpacing = list(SPACING)
    ds.SliceThickness = THICKNESS_MM
    ds.RescaleSlope = slope
    ds.RescaleIntercept = intercept
    set_pixels(ds, stored_ji, bits_stored=bits_stored, is_signed=is_signed)
    return ds


def set_pixels(ds: Dataset, stored: Stored, *, bits_stored: int, is_signed: bool) -> None:
    """Put stored values, (rows, columns) or (frames, rows, columns), and how they are stored."""
    low, high = (-(1 << (bits_stored - 1)), (1 << (bits_stored - 1)) - 1) if is_signed else (0, (1 << bits_stored) - 1)
    assert stored.min() >= low
    assert stored.max() <= high
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = stored.shape[-2:]
    ds.BitsAllocated = 16
    ds.BitsStored = bits_stored
    ds.HighBit = bits_stored - 1
    ds.PixelRepresentation = int(is_signed)
    ds.PixelData = stored.astype("<i2" if is_signed else "<u2").tobytes()
    ds["PixelData"].VR = "OW"


def written(ds: Dataset) -> bytes:
    """Give the file."""
    file = io.BytesIO()
    ds.save_as(file, enforce_file_format=True)
    return file.getvalue()


def read_again(ds: Dataset) -> Dataset:
    """Write to memory and read: what a reader meets, raw elements and all."""
    return pydicom.dcmread(io.BytesIO(written(ds)))


def in_syntax(ds: Dataset, syntax: str, **options: object) -> Dataset:
    """Give the instance in another transfer syntax, written and read again; *ds* is changed."""
    syntax = uid.UID(syntax)
    if syntax.is_encapsulated:
        encode(ds, syntax, **options)
    elif not syntax.is_little_endian:
        ds.PixelData = words(ds).astype(">u2").tobytes()
        ds["PixelData"].VR = "OW"
    ds.file_meta.TransferSyntaxUID = syntax
    return read_again(ds)


def words(ds: Dataset) -> npt.NDArray[np.uint16]:
    """Stored 16-bit words of a little endian instance, (frames, rows, columns)."""
    return np.frombuffer(ds.PixelData, "<u2").reshape(-1, ds.Rows, ds.Columns)


def samples(ds: Dataset) -> npt.NDArray[np.int16] | npt.NDArray[np.uint16]:
    """The same words with their sign."""
    return words(ds).view(np.int16) if ds.PixelRepresentation else words(ds)


def put_frames(ds: Dataset, frames: Sequence[bytes], syntax: str) -> None:
    """Encapsulate compressed frames."""
    ds.PixelData = encapsulate(list(frames))
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = uid.UID(syntax)


def encode(ds: Dataset, syntax: str, **options: object) -> None:
    """Compress in place.  *options* go to pydicom's encoder (``jls_error``, ``j2k_cr``)."""
    if syntax in (uid.JPEGLossless, uid.JPEGLosslessSV1):
        put_frames(ds, [jpeg_lossless(frame, bits=ds.BitsStored) for frame in words(ds)], syntax)
    elif syntax in (uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K):
        put_frames(ds, [imagecodecs.htj2k_encode(frame, **options) for frame in samples(ds)], syntax)
    else:
        ds.compress(uid.UID(syntax), generate_instance_uid=False, **options)  # type: ignore[arg-type]


def jpeg_lossless(words_ji: npt.NDArray[np.uint16], *, bits: int, predictor: int = 1) -> bytes:
    """Encode one frame with libjpeg-turbo, which the product does not use; a sign is lost, as in DICOM."""
    stored_ji = (words_ji & np.uint16((1 << bits) - 1)).astype(np.uint8 if bits <= 8 else np.uint16)
    return bytes(imagecodecs.jpeg_encode(stored_ji, lossless=True, predictor=predictor, bitspersample=bits))


def enhanced_ct(hu_kji: HU, positions: Sequence[Sequence[float]], *, shared: Sequence[str] = ()) -> Dataset:
    """Give an Enhanced CT; macros named in *shared* stand once, the others in every frame.

    Args:
        hu_kji: one image a frame.
        positions: ImagePositionPatient of each frame.
        shared: any of "orientation", "measures", "values" (positions are always the frame's).
    """
    ds = ct_dataset(hu_kji[0])
    for keyword in (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "SliceThickness",
        "RescaleSlope",
        "RescaleIntercept",
    ):
        delattr(ds, keyword)
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = uid.EnhancedCTImageStorage
    set_pixels(ds, hu_kji - 1024, bits_stored=16, is_signed=True)
    ds.NumberOfFrames = len(hu_kji)

    def macros(names: Sequence[str], position: Sequence[float] | None) -> Dataset:
        item = Dataset()
        if position is not None:
            item.PlanePositionSequence = [Dataset()]
            item.PlanePositionSequence[0].ImagePositionPatient = list(position)
        if "orientation" in names:
            item.PlaneOrientationSequence = [Dataset()]
            item.PlaneOrientationSequence[0].ImageOrientationPatient = list(ORIENTATION)
        if "measures" in names:
            item.PixelMeasuresSequence = [Dataset()]
            item.PixelMeasuresSequence[0].PixelSpacing = list(SPACING)
            item.PixelMeasuresSequence[0].SliceThickness = THICKNESS_MM
        if "values" in names:
            item.PixelValueTransformationSequence = [Dataset()]
            item.PixelValueTransformationSequence[0].RescaleSlope = 1
            item.PixelValueTransformationSequence[0].RescaleIntercept = 1024
            item.PixelValueTransformationSequence[0].RescaleType = "HU"
        return item

    own = [name for name in ("orientation", "measures", "values") if name not in shared]
    ds.SharedFunctionalGroupsSequence = [macros(shared, None)]
    ds.PerFrameFunctionalGroupsSequence = [macros(own, position) for position in positions]
    return ds
