"""Small valid results in a study: capture, structured report, segmentation and PDF, made with highdicom and pydicom."""

from datetime import UTC, datetime
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from highdicom.sr.coding import CodedConcept
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian, generate_uid

MAKER = {
    "manufacturer": "Lianyi test",
    "manufacturer_model_name": "outbox",
    "software_versions": "1",
    "device_serial_number": "1",
}


def write_objects(study: Path, folder: Path) -> tuple[Path, ...]:
    """Write one object of each kind into the study of *study*'s slices; give their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    slices = [pydicom.dcmread(path) for path in sorted(study.glob("*.dcm"))[:3]]
    made = (structured_report(slices), segmentation(slices), capture(slices[0]), pdf(slices[0]))
    paths = []
    for number, dataset in enumerate(made):
        path = folder / f"{number}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return tuple(paths)


def capture(source: Dataset) -> Dataset:
    return hd.sc.SCImage.from_ref_dataset(
        source,
        pixel_array=np.full((16, 20, 3), 90, np.uint8),
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=("L", "P"),
        series_instance_uid=generate_uid(),
        series_number=901,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="Lianyi test",
    )


def segmentation(slices: list[Dataset]) -> Dataset:
    mask = np.zeros((len(slices), slices[0].Rows, slices[0].Columns), np.uint8)
    mask[:, 20:30, 20:30] = 1
    description = hd.seg.SegmentDescription(
        segment_number=1,
        segment_label="nodule 1",
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=CodedConcept("27925004", "SCT", "Nodule"),
        algorithm_type="AUTOMATIC",
        algorithm_identification=hd.AlgorithmIdentificationSequence(
            name="test", family=codes.DCM.ArtificialIntelligence, version="1"
        ),
    )
    return hd.seg.Segmentation(
        source_images=slices,
        pixel_array=mask,
        segmentation_type="BINARY",
        segment_descriptions=[description],
        series_instance_uid=generate_uid(),
        series_number=902,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        **MAKER,
    )


def structured_report(slices: list[Dataset]) -> Dataset:
    content = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(
            observer_device_context=hd.sr.ObserverContext(
                observer_type=codes.DCM.Device,
                observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(uid=generate_uid()),
            )
        ),
        procedure_reported=CodedConcept("24627-2", "LN", "CT Chest"),
        imaging_measurements=[
            hd.sr.MeasurementsAndQualitativeEvaluations(
                tracking_identifier=hd.sr.TrackingIdentifier(uid=generate_uid(), identifier="nodule 1"),
                measurements=[hd.sr.Measurement(name=codes.SCT.Volume, value=523.6, unit=codes.UCUM.CubicMillimeter)],
            )
        ],
        title=codes.DCM.ImagingMeasurementReport,
    )
    return hd.sr.Comprehensive3DSR(
        evidence=slices,
        content=content[0],
        series_instance_uid=generate_uid(),
        series_number=903,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="Lianyi test",
        is_complete=True,
        is_verified=False,
    )


def pdf(source: Dataset) -> Dataset:
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = EncapsulatedPDFStorage
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    for keyword in (
        "SpecificCharacterSet", "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
        "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName",
    ):  # fmt: skip
        if keyword in source:
            made[keyword] = source[keyword]
    made.Modality, made.SeriesInstanceUID, made.SeriesNumber, made.InstanceNumber = "DOC", generate_uid(), 904, 1
    made.ConversionType, made.BurnedInAnnotation, made.DocumentTitle = "WSD", "YES", "first look"
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    made.ContentDate, made.ContentTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    made.ConceptNameCodeSequence = []
    made.MIMETypeOfEncapsulatedDocument, made.EncapsulatedDocument = "application/pdf", b"%PDF-1.4 \n%%EOF \n"
    return made
