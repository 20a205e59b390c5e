"""Small CT series as real DICOM files: oblique, non-square and anisotropic by default, a chest by its header.

``write_series(folder)`` is enough for most tests; anything else is a field of :class:`SeriesSpec` or an entry of
its ``attributes`` (DICOM keyword to value, None deletes).  Texts in a hospital's own bytes go in ``raw``.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2.1"

# 15 degrees about x, then 10 degrees about the new row direction: nothing is aligned, still axial.
_C, _S = float(np.cos(np.deg2rad(15))), float(np.sin(np.deg2rad(15)))
_D, _E = float(np.cos(np.deg2rad(10))), float(np.sin(np.deg2rad(10)))
OBLIQUE = (_D, _E * _C, _E * _S, -_E, _D * _C, _D * _S)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)


@dataclass(frozen=True, kw_only=True)
class SeriesSpec:
    """What to write; every series of a test wants its own *series_uid*."""

    series_uid: str = "2.25.20"
    study_uid: str = "2.25.10"
    slices: int = 8
    step_mm: float = 2.5
    thickness_mm: float | None = 2.5
    orientation: tuple[float, ...] = OBLIQUE
    rows: int = 12
    columns: int = 17
    first_position: tuple[float, float, float] = (-151.5, -140.25, -331.75)
    attributes: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, bytes] = field(default_factory=dict)


def position(spec: SeriesSpec, n: int) -> tuple[float, float, float]:
    normal = np.cross(spec.orientation[:3], spec.orientation[3:])
    x, y, z = np.array(spec.first_position) + n * spec.step_mm * normal
    return round(float(x), 3), round(float(y), 3), round(float(z), 3)


def stored_values(spec: SeriesSpec, n: int) -> np.ndarray:
    """Stored values of slice *n* (HU + 1024): they differ by slice, row and column."""
    rows, columns = np.mgrid[0 : spec.rows, 0 : spec.columns]
    return (100 + 10 * n + 3 * rows + columns).astype("<u2")


def instance(spec: SeriesSpec, n: int) -> FileDataset:
    """Slice *n* (from 0) as a dataset ready to be written."""
    ds = _empty(spec, f"{spec.series_uid}.{n + 1}", CT_IMAGE)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.InstanceNumber = n + 1
    ds.ImagePositionPatient = list(position(spec, n))
    ds.ImageOrientationPatient = [round(value, 6) for value in spec.orientation]
    ds.PixelSpacing = [0.9, 0.7]
    if spec.thickness_mm is not None:
        ds.SliceThickness = spec.thickness_mm
    ds.ConvolutionKernel = "STANDARD"
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = 1, -1024, "HU"
    _set_pixels(ds, spec, stored_values(spec, n))
    return _finish(ds, spec)


def enhanced(spec: SeriesSpec) -> FileDataset:
    """The whole series as one multi-frame object, geometry in functional groups."""
    ds = _empty(spec, f"{spec.series_uid}.1", ENHANCED_CT_IMAGE)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    ds.InstanceNumber = 1
    shared = Dataset()
    shared.PixelMeasuresSequence = [_item(PixelSpacing=[0.9, 0.7], SliceThickness=spec.thickness_mm)]
    shared.PlaneOrientationSequence = [_item(ImageOrientationPatient=[round(v, 6) for v in spec.orientation])]
    shared.PixelValueTransformationSequence = [_item(RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU")]
    shared.CTReconstructionSequence = [_item(ConvolutionKernel="STANDARD")]
    shared.CTImageFrameTypeSequence = [_item(FrameType=["ORIGINAL", "PRIMARY", "AXIAL", "NONE"])]
    shared.CTXRayDetailsSequence = [_item(KVP=110)]
    shared.CTAcquisitionDetailsSequence = [_item(GantryDetectorTilt=-3.5)]
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    frames = []
    for n in range(spec.slices):
        frame = Dataset()
        frame.FrameContentSequence = [_item(FrameAcquisitionDateTime="20240203040506.7+0800")]
        frame.PlanePositionSequence = [_item(ImagePositionPatient=list(position(spec, n)))]
        frames.append(frame)
    ds.PerFrameFunctionalGroupsSequence = Sequence(frames)
    ds.NumberOfFrames = spec.slices
    _set_pixels(ds, spec, np.stack([stored_values(spec, n) for n in range(spec.slices)]))
    return _finish(ds, spec)


def _item(**attributes: Any) -> Dataset:
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return item


def _empty(spec: SeriesSpec, instance_uid: str, sop_class: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = instance_uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = "2.25.1"
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, instance_uid
    ds.StudyInstanceUID, ds.SeriesInstanceUID = spec.study_uid, spec.series_uid
    ds.FrameOfReferenceUID = f"{spec.study_uid}.9"
    ds.Modality, ds.BodyPartExamined, ds.PatientID = "CT", "CHEST", "TEST-1"
    ds.PatientName, ds.PatientBirthDate, ds.PatientSex = "Test^Patient", "19610203", "F"
    ds.StudyDate, ds.StudyTime = "20240102", "101112"
    ds.SeriesNumber = 3
    ds.ContrastBolusAgent = "NONE"
    return ds


def _set_pixels(ds: FileDataset, spec: SeriesSpec, values: np.ndarray) -> None:
    ds.Rows, ds.Columns = spec.rows, spec.columns
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
    ds.PixelData = values.tobytes()
    ds["PixelData"].VR = "OW"


def _finish(ds: FileDataset, spec: SeriesSpec) -> FileDataset:
    for keyword, value in spec.attributes.items():
        if value is None:
            if keyword in ds:
                delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    if "SOPClassUID" in ds:
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    for keyword, value in spec.raw.items():
        set_raw(ds, keyword, value)
    return ds


def set_raw(ds: Dataset, keyword: str, value: bytes) -> None:
    """Put *value* into the file as it is, whatever the declared character set."""
    tag = Tag(tag_for_keyword(keyword) or 0)
    padded = value + b" " * (len(value) % 2)
    ds._dict[tag] = RawDataElement(tag, dictionary_VR(tag), len(padded), padded, 0, False, True)


def as_bytes(ds: FileDataset) -> bytes:
    buffer = BytesIO()
    ds.set_original_encoding(False, True, ds._character_set)
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


_WRITTEN: dict[str, list[bytes]] = {}


def series_bytes(spec: SeriesSpec) -> list[bytes]:
    """One file a slice, in the slices' order; written once a session."""
    key = repr(spec)
    if key not in _WRITTEN:
        _WRITTEN[key] = [as_bytes(instance(spec, n)) for n in range(spec.slices)]
    return list(_WRITTEN[key])


def write_series(folder: Path, spec: SeriesSpec | None = None, *, prefix: str = "IM") -> list[Path]:
    """Write one file a slice, named without extension and in an order that is not the slices'."""
    spec = spec or SeriesSpec()
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for n, data in enumerate(series_bytes(spec)):
        path = folder / f"{prefix}{(n * 7919) % 1000:03d}_{n}"
        path.write_bytes(data)
        paths.append(path)
    return paths


def write_zip(path: Path, members: Iterable[tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path
