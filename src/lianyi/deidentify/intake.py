"""What lies in a folder, grouped by study, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pydicom
from pydicom.dataset import FileDataset

from lianyi.deidentify.errors import NotExported
from lianyi.lungct.dicom.sources import Source

_HEADER = ["StudyInstanceUID", "PatientID", "IssuerOfPatientID", "MediaStorageSOPClassUID"]
_DIRECTORY = "1.2.840.10008.1.3.10"
_SUFFIXES = (".dcm", ".dicom", ".ima")


@dataclass(slots=True)
class Study:
    """One patient's study: *identity* is what the pseudonym is made of, *uid* the real study UID."""

    identity: str
    patient_id: str
    uid: str
    sources: list[Source] = field(default_factory=list)


@dataclass(slots=True)
class Intake:
    """The studies found, and how many other files were left alone."""

    studies: dict[tuple[str, str], Study] = field(default_factory=dict)
    other_files: int = 0

    def add_all(self, sources: Sequence[Source]) -> None:
        """Look into every file.

        Raises:
            NotExported: D02, a file should be DICOM and cannot be read.
        """
        for source in sources:
            self._add(source)

    def _add(self, source: Source) -> None:
        ds = _read_header(source)
        if ds is None:
            self.other_files += 1
            return
        if ds.file_meta.get("MediaStorageSOPClassUID") == _DIRECTORY:
            self.other_files += 1
            return
        uid = str(ds.get("StudyInstanceUID", "")).strip()
        patient = str(ds.get("PatientID", "") or "").strip()
        issuer = str(ds.get("IssuerOfPatientID", "") or "").strip()
        identity = f"{patient}\0{issuer}" if patient else f"study\0{uid}"
        if not uid:
            raise NotExported("D02")
        self.studies.setdefault((identity, uid), Study(identity, patient, uid)).sources.append(source)


def parse(data: bytes) -> FileDataset:
    """Read one file's data set.

    Raises:
        NotExported: D02.
    """
    try:
        return pydicom.dcmread(BytesIO(data))
    except Exception as error:  # a hostile file fails in any way pydicom can
        raise NotExported("D02") from error


def _read_header(source: Source) -> FileDataset | None:
    """Give what groups a file, or None where it is no DICOM."""
    try:
        with source.open() as stream:
            is_dicom = stream.read(132)[128:] == b"DICM"
            stream.seek(0)
            if is_dicom:
                return pydicom.dcmread(stream, stop_before_pixels=True, specific_tags=_HEADER)
    except Exception as error:
        raise NotExported("D02") from error
    if source.path.suffix.lower() in _SUFFIXES:
        raise NotExported("D02")
    return None


def is_inside(path: Path, folder: Path) -> bool:
    """Tell whether *path* is *folder* or lies in it."""
    return path.resolve().is_relative_to(folder.resolve())
