"""A folder of studies to a folder without identity: study by study, whole or not at all.

A study is written into a hidden folder beside its place and takes its place only when its last image is there.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from lianyi import __version__
from lianyi.deidentify.datasets import without_identity
from lianyi.deidentify.errors import NotExported
from lianyi.deidentify.intake import Intake, Study, is_inside, parse
from lianyi.deidentify.pixels import move_pixels
from lianyi.deidentify.policy import Person
from lianyi.deidentify.pseudonyms import Pseudonyms
from lianyi.deidentify.suitability import require_clean_header, require_ct_class
from lianyi.deidentify.table import BASIC, EDITION, MODIFIED_DATES, PATIENT_CHARACTERISTICS
from lianyi.lungct.dicom.sources import Source, TooLarge, open_inputs

MANIFEST = "manifest.json"
_LEFT_OUT = ("D01", "D03")
"""An object that these name is left out and told; any other reason keeps the whole study from being exported."""

Tell = Callable[[int, int], None]


@dataclass(slots=True)
class StudyExport:
    """What became of one study.

    Attributes:
        patient: the pseudonym.
        study_uid: the new UID.
        instances: how many were written; 0 when refused.
        left_out: how many objects were left out, by reason.
        refused: the reason's code, or None when the study was exported.
        refused_file: the file it is about, for the terminal of the person who gave it; never written down.
    """

    patient: str
    study_uid: str
    instances: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    refused: str | None = None
    refused_file: Path | None = None


@dataclass(slots=True)
class Export:
    """What became of all studies, and how many files were no DICOM objects."""

    studies: list[StudyExport]
    other_files: int


def deidentify_folder(  # noqa: PLR0913 -- each is a choice of the caller
    path: Path,
    out: Path,
    names: Pseudonyms,
    *,
    shift_dates: bool = True,
    crosswalk: Path | None = None,
    tell: Tell = lambda _done, _total: None,
) -> Export:
    """Export every CT study under *path* without identity.

    Args:
        path: a folder, a file or a zip archive.
        out: made if absent; must be empty and not lie within *path*.
        names: made of the key; the same key gives the same pseudonyms.
        shift_dates: keep dates, moved (113107); else they are removed.
        crosswalk: where real and new identity are written side by side; outside *out*; None: nowhere.
        tell: called with the files done and their total.

    Returns:
        What became of each study; the same without file names is in ``manifest.json``.

    Raises:
        NotExported: D02, D09, D10, D12; nothing was written.
        Refusal: R11, R12, an archive is broken or unsafe.
        OSError: a folder or file cannot be written.
    """
    if (out.exists() and any(out.iterdir())) or is_inside(out, path):
        raise NotExported("D10")
    if crosswalk is not None and is_inside(crosswalk, out):
        raise NotExported("D09")
    options = frozenset({PATIENT_CHARACTERISTICS, *([MODIFIED_DATES] if shift_dates else [])})
    with warnings.catch_warnings(), open_inputs([path]) as inputs:
        warnings.simplefilter("ignore")  # pydicom's quote values
        if inputs.unreadable:
            raise NotExported("D02")
        intake = Intake()
        intake.add_all(inputs.sources)
        if not intake.studies:
            raise NotExported("D12")
        out.mkdir(parents=True, exist_ok=True)
        total, done, exports = sum(len(study.sources) for study in intake.studies.values()), 0, []
        for study in intake.studies.values():
            person = Person(names.patient(study.identity), names.days(study.identity), options, names)
            exports.append(_export_study(study, person, out))
            tell(done := done + len(study.sources), total)
    export = Export(exports, intake.other_files)
    _write_manifest(export, options, out / MANIFEST)
    if crosswalk is not None:
        _write_crosswalk(list(intake.studies.values()), exports, names, crosswalk)
    return export


def _export_study(study: Study, person: Person, out: Path) -> StudyExport:
    result = StudyExport(person.pseudonym, person.names.uid(study.uid))
    staging = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=out))
    try:
        _write_instances(study, person, staging, result)
        place = out / person.pseudonym / f"study-{result.study_uid[-12:]}"
        place.parent.mkdir(exist_ok=True)
        staging.chmod(0o755)
        staging.rename(place)
        result.refused_file = None
    except NotExported as reason:
        result.refused, result.instances = reason.code, 0
    except (ValueError, TypeError, KeyError, AttributeError, NotImplementedError, OverflowError, RecursionError):
        result.refused, result.instances = "D11", 0
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return result


def _write_instances(study: Study, person: Person, folder: Path, result: StudyExport) -> None:
    for source in study.sources:
        result.refused_file = source.path
        try:
            new = _new_instance(parse(_bytes_of(source)), person)
        except NotExported as reason:
            if reason.code not in _LEFT_OUT:
                raise
            result.left_out[reason.code] += 1
            continue
        result.instances += 1
        pydicom.dcmwrite(folder / f"{result.instances:05d}.dcm", new, enforce_file_format=True)
    if not result.instances:
        raise NotExported("D12")


def _bytes_of(source: Source) -> bytes:
    try:
        return source.read()
    except (OSError, TooLarge, zipfile.BadZipFile) as error:
        raise NotExported("D02") from error


def _new_instance(old: Dataset, person: Person) -> Dataset:
    require_ct_class(old)
    require_clean_header(old)
    new = without_identity(old, person)
    move_pixels(old, new)
    new.file_meta = FileMetaDataset()
    new.file_meta.MediaStorageSOPClassUID = new.SOPClassUID
    new.file_meta.MediaStorageSOPInstanceUID = new.SOPInstanceUID
    new.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return new


def _write_manifest(export: Export, options: frozenset[str], path: Path) -> None:
    """Tell the receiver what was done; nothing real is in it."""
    document = {
        "lianyi": __version__,
        "profile": f"PS3.15 Table E.1-1 {EDITION}",
        "codes": [BASIC, *sorted(options)],
        "studies": [
            {
                "patient": study.patient,
                "study_uid": study.study_uid,
                "instances": study.instances,
                "left_out": dict(sorted(study.left_out.items())),
                "refused": study.refused,
            }
            for study in export.studies
        ],
        "other_files": export.other_files,
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _write_crosswalk(studies: list[Study], exports: list[StudyExport], names: Pseudonyms, path: Path) -> None:
    """Tell the key holder who is who; for the owner's eyes only."""
    document = [
        {
            "patient_id": study.patient_id,
            "study_uid": study.uid,
            "pseudonym": export.patient,
            "new_study_uid": export.study_uid,
            "days": names.days(study.identity),
        }
        for study, export in zip(studies, exports, strict=True)
        if export.refused is None
    ]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(document, stream, ensure_ascii=False, indent=2)
