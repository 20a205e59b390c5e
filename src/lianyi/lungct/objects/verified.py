"""The report once a doctor has signed: a new instance that names the signer and refers to the one it replaces."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import pydicom
from pydicom import Dataset
from pydicom.uid import UID

from lianyi.lungct.objects.header import encoded, quiet_pydicom
from lianyi.lungct.objects.identity import hashed_uid


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who vouches for a report.

    Attributes:
        observer: the doctor, as a DICOM person name ("Wang^XiaoDong=王^小东").
        organization: where the doctor works.
        signed: when, with its time zone.
    """

    observer: str
    organization: str
    signed: datetime

    def __post_init__(self) -> None:
        if not (self.observer.strip() and self.organization.strip()):
            raise ValueError("a signature needs a name and an organization")
        if self.signed.tzinfo is None:
            raise ValueError("signed needs a time zone")


def verified_report(report: bytes, signature: Signature) -> bytes:
    """Give the verified report that replaces *report*, as the bytes of a file.

    The content is that of *report* unchanged: what the doctor changed must be in it already.  The UID follows from
    the report's and the signature, so that a repeat is the same instance.

    Args:
        report: sr.dcm as written, UNVERIFIED.
        signature: of the doctor.

    Raises:
        ValueError: *report* is verified already.
    """
    with quiet_pydicom():
        first = pydicom.dcmread(BytesIO(report))
        if first.VerificationFlag != "UNVERIFIED":
            raise ValueError("the report is verified already; its signer is not to be replaced")
        ds = deepcopy(first)
        moment = signature.signed.strftime("%Y%m%d%H%M%S")
        said = (signature.observer, signature.organization, signature.signed.isoformat())
        ds.SOPInstanceUID = UID(hashed_uid((str(first.SOPInstanceUID), "verified", *said)))
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.InstanceNumber = int(first.InstanceNumber) + 1
        ds.ContentDate, ds.ContentTime = moment[:8], moment[8:]
        ds.CompletionFlag, ds.VerificationFlag, ds.PreliminaryFlag = "COMPLETE", "VERIFIED", "FINAL"
        ds.VerifyingObserverSequence = [_observer(signature, moment)]
        ds.PredecessorDocumentsSequence = [_predecessor(first)]
        return encoded(ds)


def _observer(signature: Signature, moment: str) -> Dataset:
    """Name the signer; an item may have a character set of its own (PS3.3 C.12.1.1.2), so no name is ever lost."""
    item = Dataset()
    if not (signature.observer + signature.organization).isascii():
        item.SpecificCharacterSet = "ISO_IR 192"
    item.VerifyingObserverName = signature.observer
    item.VerifyingOrganization = signature.organization
    item.VerificationDateTime = moment + signature.signed.strftime("%z")
    item.VerifyingObserverIdentificationCodeSequence = []
    return item


def _predecessor(first: Dataset) -> Dataset:
    instance, series, study = Dataset(), Dataset(), Dataset()
    instance.ReferencedSOPClassUID, instance.ReferencedSOPInstanceUID = first.SOPClassUID, first.SOPInstanceUID
    series.SeriesInstanceUID, series.ReferencedSOPSequence = first.SeriesInstanceUID, [instance]
    study.StudyInstanceUID, study.ReferencedSeriesSequence = first.StudyInstanceUID, [series]
    return study
