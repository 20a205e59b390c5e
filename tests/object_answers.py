"""Answers for tests of the DICOM objects: outcomes of the analytic chest, with the header of a made-up source."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, EnhancedCTImageStorage, ExplicitVRLittleEndian

import report_outcome
from lianyi.lungct.dicom.study_header import encoded_header
from lianyi.lungct.domain.outcome import Outcome, Refused, Screened
from lianyi.lungct.domain.study import SourceImage, StudyHeader
from lianyi.lungct.domain.uids import InstanceUID
from lianyi.lungct.objects import Answered, Failure, Pictures, ResultIdentity, write_objects

FAILURE = Failure(zh="程序出错，没有完成初筛。", en="The program failed and nothing was screened.")
Ending = Outcome | Failure


def source(character_set: str = "GB18030", name: bytes = "Ceshi^Jia=测试^甲".encode("gb18030")) -> Dataset:
    """A source header, read from a file, its name the very bytes given."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = CTImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = "1.2.3.6.0"
    if character_set:
        ds.SpecificCharacterSet = character_set.split("\\")
    ds.PatientID, ds.PatientBirthDate, ds.PatientSex, ds.PatientAge = "TEST-P-0003", "20360102", "M", "063Y"
    ds.StudyInstanceUID, ds.StudyDate, ds.StudyTime = "1.2.3.1", "20990310", "080000.5"
    ds.StudyID, ds.AccessionNumber = "17", "TEST-0003"
    ds.IssuerOfPatientID = "TEST-ISSUER"
    other = Dataset()
    other.PatientID, other.IssuerOfPatientID, other.TypeOfPatientID = "TEST-OTHER", "ELSEWHERE", "TEXT"
    ds.OtherPatientIDsSequence = [other]
    ds.PatientName, ds.ReferringPhysicianName, ds.StudyDescription = "A" * len(name), "B" * len(name), "C" * len(name)
    stream = io.BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    written = stream.getvalue()  # pydicom would decode and encode the name; these bytes are to stay as given
    for letter, value in ((b"A", name), (b"B", name), (b"C", name.replace(b"^", b" "))):
        written = written.replace(letter * len(name), value, 1) if name else written
    return pydicom.dcmread(io.BytesIO(written))


def header(ds: Dataset | None = None, *, is_multi_frame: bool = False) -> StudyHeader:
    """The header of the analytic chest's slices; of one Enhanced CT if so asked."""
    count = 1 if is_multi_frame else report_outcome.standard_grid().shape[0]
    images = tuple(
        SourceImage(
            series_uid=report_outcome.FRAME.series_uid,
            sop_class_uid=EnhancedCTImageStorage if is_multi_frame else CTImageStorage,
            instance_uid=InstanceUID(f"1.2.3.6.{k}"),
            is_multi_frame=is_multi_frame,
            rescale=(1.0, -1024.0),
        )
        for k in range(count)
    )
    return StudyHeader(encoded=encoded_header(ds or source()), images=images)


def without_nodules() -> Screened:
    """Screened, nothing marked."""
    return report_outcome.judged(replace(report_outcome.screened(), nodules=()))


ENDINGS: dict[str, Ending] = {
    "screened": report_outcome.told(),
    "nothing found": without_nodules(),
    "partly": report_outcome.judged(report_outcome.partly()),
    "partly, nothing found": replace(report_outcome.partly(), nodules=()),
    "refused": report_outcome.refused(),
    "failed": FAILURE,
}


def identity(version: str = "0.1.0", *settings: str) -> ResultIdentity:
    """What UIDs follow from."""
    return ResultIdentity(
        software=f"lianyi {version}",
        inputs=tuple(f"1.2.3.6.{k}" for k in range(60)),
        settings=settings or ("balanced",),
    )


def answered(of: StudyHeader | None = None, *, by: ResultIdentity | None = None) -> Answered:
    """For which study, at the fixed time of the tests."""
    return Answered(header=of or header(), identity=by or identity(), made=report_outcome.STARTED, version="0.1.0")


def png(colour: tuple[int, int, int] = (10, 200, 90), size: tuple[int, int] = (63, 41)) -> bytes:
    """A picture whose bytes are odd in number."""
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, "PNG")
    return stream.getvalue()


def write(ending: Ending, folder: Path, to: Answered | None = None) -> tuple[str, ...]:
    """Write all objects of an ending."""
    nodules = () if isinstance(ending, Failure | Refused) else ending.nodules
    pictures = Pictures(
        summary=png(), key_images={one.id: png((one.id, 0, 0)) for one in nodules}, report=b"%PDF-1.7 odd"
    )
    return write_objects(ending, folder, answered=to or answered(), pictures=pictures)
