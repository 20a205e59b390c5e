"""A package out of what lies in a folder, for sending once by hand."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lianyi.station.destinations.package import NotDelivered, Package


def package_of(path: Path, dicom: Path | None = None) -> Package:
    """Give a result folder, or a study of DICOM files, as a package.

    A result's identity is its ``findings.json``: the same folder sent twice is told as a repeat.

    Args:
        path: result folder, folder of DICOM files, or one DICOM file.
        dicom: where a result's DICOM objects lie; None: in its sub-folder ``dicom``, where there is one.

    Raises:
        NotDelivered: there is nothing that could be sent.
    """
    findings = path / "findings.json"
    if findings.is_file():
        folder = dicom or path / "dicom"
        identity = hashlib.sha256(findings.read_bytes()).hexdigest()
        return Package(identity=identity, documents=path, objects=_dicom_files(folder))
    objects = _dicom_files(path)
    if not objects:
        raise NotDelivered(
            zh=f"{path} 既不是结果文件夹（没有 findings.json），其中也没有 DICOM 文件。",
            en=f"{path} is no result folder (it has no findings.json), and it holds no DICOM files.",
            is_final=True,
        )
    return Package(identity=str(path), documents=path, objects=objects)


def _dicom_files(folder: Path) -> tuple[Path, ...]:
    if folder.is_file():
        return (folder,) if _is_dicom(folder) else ()
    return tuple(path for path in sorted(folder.rglob("*")) if path.is_file() and _is_dicom(path))


def _is_dicom(path: Path) -> bool:
    """Tell a DICOM file (PS3.10, section 7.1: "DICM" after 128 bytes); a DICOMDIR is none to be sent."""
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM" and path.name.upper() != "DICOMDIR"
