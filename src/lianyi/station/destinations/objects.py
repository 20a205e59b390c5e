"""What a sender must know of a DICOM file: which object it is and how it is encoded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom import uid
from pydicom.errors import InvalidDicomError

from lianyi.station.destinations.config import ObjectKind
from lianyi.station.destinations.package import NotDelivered, Package

# SOP Class UIDs (PS3.4, table B.5-1) of the results that a package holds.
KINDS: dict[str, ObjectKind] = {
    uid.BasicTextSRStorage: "sr",
    uid.EnhancedSRStorage: "sr",
    uid.ComprehensiveSRStorage: "sr",
    uid.Comprehensive3DSRStorage: "sr",
    uid.ChestCADSRStorage: "sr",
    uid.SegmentationStorage: "seg",
    uid.GrayscaleSoftcopyPresentationStateStorage: "gsps",
    uid.SecondaryCaptureImageStorage: "sc",
    uid.MultiFrameGrayscaleByteSecondaryCaptureImageStorage: "sc",
    uid.MultiFrameTrueColorSecondaryCaptureImageStorage: "sc",
    uid.EncapsulatedPDFStorage: "pdf",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DicomObject:
    """A file to be sent.

    Attributes:
        path: where it lies.
        sop_class: SOP Class UID.
        sop_instance: SOP Instance UID.
        transfer_syntax: Transfer Syntax UID.
        study: Study Instance UID.
    """

    path: Path
    sop_class: str
    sop_instance: str
    transfer_syntax: str
    study: str


def objects_of(package: Package, *, leave_out: Iterable[ObjectKind] = ()) -> tuple[DicomObject, ...]:
    """Give the package's objects without the kinds that this destination is spared.

    Raises:
        NotDelivered: a file is missing or is no DICOM, or there is none to send.
    """
    spared = set(leave_out)
    found = tuple(one for one in map(read_object, package.objects) if KINDS.get(one.sop_class) not in spared)
    if not found:
        raise NotDelivered(
            zh="没有可发送的 DICOM 对象；请检查结果文件夹，以及目的地的 leave_out。",
            en="There is no DICOM object to send: check the result folder, and leave_out of the destination.",
            is_final=True,
        )
    return found


def read_object(path: Path) -> DicomObject:
    """Read what a sender must know.

    Raises:
        NotDelivered: the file is missing, or is no DICOM file (PS3.10).
    """
    try:
        header = pydicom.dcmread(path, specific_tags=["SOPClassUID", "SOPInstanceUID", "StudyInstanceUID"])
        return DicomObject(
            path=path,
            sop_class=header.SOPClassUID,
            sop_instance=header.SOPInstanceUID,
            transfer_syntax=header.file_meta.TransferSyntaxUID,
            study=header.StudyInstanceUID,
        )
    except (OSError, InvalidDicomError, AttributeError) as error:
        raise NotDelivered(
            zh=f"结果文件 {path.name} 缺失或不是 DICOM（{type(error).__name__}）；请重新初筛该检查。",
            en=f"The result file {path.name} is missing or no DICOM ({type(error).__name__}): screen the study again.",
            is_final=True,
        ) from None
