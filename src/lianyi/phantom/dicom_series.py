"""Write a phantom as a valid DICOM CT series (PS3.3 A.3) with ``truth.json`` beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian
from pydicom.valuerep import DSfloat

from lianyi import __version__
from lianyi.lungct.domain.geometry import Grid
from lianyi.lungct.domain.image import CtVolume
from lianyi.phantom.scene import render
from lianyi.phantom.spec import PhantomSpec
from lianyi.phantom.stack import tilted_cosines, uid
from lianyi.phantom.truth import PhantomTruth

_INTERCEPT_HU = -1024
_DATE, _TIME = "20240102", "101500"
"""A phantom is acquired at a fixed moment, so that the same spec gives the same bytes."""


def write_phantom(folder: Path, spec: PhantomSpec) -> PhantomTruth:
    """Write a phantom into a folder (made if absent): one file a slice, and ``truth.json``.

    Returns:
        What ``truth.json`` says.

    Raises:
        ValueError: a slice to leave out does not exist, or the nodules cannot be planted.
    """
    volume, truth = render(spec)
    strangers = set(spec.missing_slices) - set(range(volume.grid.shape[0]))
    if strangers:
        raise ValueError(f"slices {sorted(strangers)} cannot be missing: there are {volume.grid.shape[0]}")
    folder.mkdir(parents=True, exist_ok=True)
    common = _common(spec, volume.grid)
    for k, (_, number) in enumerate(volume.instances):
        if k in spec.missing_slices:
            continue
        _write_slice(folder / f"IM{number:05d}{spec.extension}", common, volume, k)
    truth.write(folder / "truth.json")
    return truth


def _write_slice(path: Path, common: Dataset, volume: CtVolume, k: int) -> None:
    instance_uid, number = volume.instances[k]
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = UID(instance_uid)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    ds.update(common)
    position = volume.grid.patient_from_voxel[:3] @ [k, 0.0, 0.0, 1.0]
    ds.SOPInstanceUID = instance_uid
    ds.InstanceNumber = number
    ds.ImagePositionPatient = [_ds(c) for c in position]
    ds.SliceLocation = _ds(position[2])
    stored = volume.values_kji[k].astype(np.int32) - _INTERCEPT_HU
    ds.PixelData = stored.astype("<u2").tobytes()
    ds.save_as(path, enforce_file_format=True)


def _common(spec: PhantomSpec, grid: Grid) -> Dataset:
    """Attributes that all instances share."""
    ds = Dataset()
    ds.SpecificCharacterSet = spec.character_set
    _patient_and_study(ds, spec)
    _series(ds, spec, grid)
    _image(ds, spec)
    return ds


def _patient_and_study(ds: Dataset, spec: PhantomSpec) -> None:
    ds.PatientName = spec.patient_name
    ds.PatientID = spec.patient_id
    ds.PatientBirthDate = "19600101"
    ds.PatientSex = spec.sex
    ds.PatientAge = "064Y"
    ds.StudyInstanceUID = uid(spec, "study")
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = _DATE
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = _TIME
    ds.StudyID = "1"
    ds.AccessionNumber = f"P{spec.seed:06d}"
    ds.ReferringPhysicianName = ""
    ds.StudyDescription = "CT PHANTOM" if spec.variant == "not chest" else "CT CHEST PHANTOM"


def _series(ds: Dataset, spec: PhantomSpec, grid: Grid) -> None:
    ds.SOPClassUID = CTImageStorage
    ds.Modality = "CT"
    ds.SeriesInstanceUID = grid.frame.series_uid
    ds.SeriesNumber = 2
    ds.SeriesDescription = f"{spec.kernel} {spec.thickness_mm:g} mm"
    ds.BodyPartExamined = "ABDOMEN" if spec.variant == "not chest" else "CHEST"
    ds.PatientPosition = spec.patient_position
    ds.ProtocolName = "PHANTOM"
    ds.Manufacturer = "Lianyi"
    ds.ManufacturerModelName = "Phantom"
    ds.InstitutionName = ""
    ds.DeviceSerialNumber = "0"
    ds.SoftwareVersions = __version__
    ds.FrameOfReferenceUID = grid.frame.frame_of_reference_uid
    ds.PositionReferenceIndicator = ""
    if spec.contrast:
        ds.ContrastBolusAgent = "PHANTOM CONTRAST"
        ds.ContrastBolusRoute = "IV"


def _image(ds: Dataset, spec: PhantomSpec) -> None:
    row, column = tilted_cosines(spec)
    rows, columns = spec.matrix
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.AcquisitionNumber = 1
    ds.KVP = _ds(120)
    ds.ScanOptions = "HELICAL MODE"
    ds.DataCollectionDiameter = ds.ReconstructionDiameter = _ds(columns * spec.pixel_spacing_mm[1])
    ds.GantryDetectorTilt = _ds(spec.gantry_tilt_deg)
    ds.TableHeight = _ds(150)
    ds.RotationDirection = "CW"
    ds.ExposureTime = 500
    ds.XRayTubeCurrent = 200
    ds.Exposure = 100
    ds.FilterType = "BODY FILTER"
    ds.ConvolutionKernel = spec.kernel
    ds.SliceThickness = _ds(spec.thickness_mm)
    ds.PixelSpacing = [_ds(mm) for mm in spec.pixel_spacing_mm]
    ds.ImageOrientationPatient = [_ds(c) for c in (*row, *column)]
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = rows, columns
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = _ds(_INTERCEPT_HU), _ds(1), "HU"
    ds.WindowCenter, ds.WindowWidth = [_ds(-550), _ds(40)], [_ds(1500), _ds(400)]
    ds.WindowCenterWidthExplanation = ["LUNG", "MEDIASTINUM"]
    ds.LossyImageCompression = "00"


def _ds(number: float) -> DSfloat:
    """Give a decimal string of at most 16 characters; a whole 1e-6 mm is never worth writing out."""
    return DSfloat(round(float(number), 9) + 0.0, auto_format=True)
