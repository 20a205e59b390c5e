"""What lies in a folder, grouped by study, before anything is written."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pydicom
from pydicom.dataset import FileDataset

from lianyi.deidentify.errors import NotExported
from lianyi.lungct.dicom.sources import Source, TooLarge

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
        data = _bytes_of(source)
        if data[128:132] != b"DICM":
            if source.path.suffix.lower() in _SUFFIXES:
                raise NotExported("D02")
            self.other_files += 1
            return
        ds = parse(data, header_only=True)
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


def parse(data: bytes, *, header_only: bool = False) -> FileDataset:
    """Read one file's data set.

    Raises:
        NotExported: D02.
    """
    try:
        tags = _HEADER if header_only else None
        return pydicom.dcmread(BytesIO(data), stop_before_pixels=header_only, specific_tags=tags)
    except Exception as error:  # a hostile file fails in any way pydicom can
        raise NotExported("D02") from error


def _bytes_of(source: Source) -> bytes:
    try:
        return source.read()
    except (OSError, TooLarge, zipfile.BadZipFile) as error:
        raise NotExported("D02") from error


def is_inside(path: Path, folder: Path) -> bool:
    """Tell whether *path* is *folder* or lies in it."""
    return path.resolve().is_relative_to(folder.resolve())
