"""An answer as files: one object a file, named by its kind and by nothing of the patient.

========================  ===================================================  =======================
file                      object                                               written
========================  ===================================================  =======================
``sr.dcm``                Comprehensive 3D SR, TID 1500                        always
``sc-01.dcm``             secondary capture: the summary                       always
``report-pdf.dcm``        encapsulated PDF                                     always
``sc-02.dcm`` …           secondary capture: key images                        for each drawn nodule
``seg.dcm``               segmentation, one segment a nodule                   where there is a nodule
``gsps.dcm``              presentation state: rings and sizes                  where there is a nodule
========================  ===================================================  =======================
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset

from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.domain.study import SourceImage
from lianyi.lungct.objects.capture import capture
from lianyi.lungct.objects.ending import Ending
from lianyi.lungct.objects.header import Answered, encoded
from lianyi.lungct.objects.presentation import presentation_state
from lianyi.lungct.objects.report_file import encapsulated_pdf
from lianyi.lungct.objects.segmentation import segmentation
from lianyi.lungct.objects.structured import structured_report

_OWN_NAMES = re.compile(r"(sr|seg|gsps|report-pdf|sc-\d\d)\.dcm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What was drawn and written already.

    Attributes:
        summary: PNG; how it ended, readable at a glance.
        key_images: PNG of each drawn nodule, by its number.
        report: report.pdf.
    """

    summary: bytes
    key_images: Mapping[int, bytes]
    report: bytes


def write_objects(ending: Ending, folder: Path, *, answered: Answered, pictures: Pictures) -> tuple[str, ...]:
    """Write the objects of an answer into *folder*, made if absent; those of an earlier one are removed first.

    One object is in memory at a time.

    Returns:
        Names of the files, in the order in which they are best sent: what others refer to first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clear_objects(folder)
    names = []
    try:
        for name, ds in _objects(ending, answered, pictures):
            (folder / name).write_bytes(encoded(ds))
            names.append(name)
    except BaseException:
        clear_objects(folder)  # half an answer may be taken for a whole one
        raise
    return tuple(names)


def clear_objects(folder: Path) -> None:
    """Remove the objects of an earlier answer, so that none is taken for one of this study; nothing else."""
    for stale in folder.glob("*.dcm"):
        if _OWN_NAMES.fullmatch(stale.name):
            stale.unlink()


def _objects(ending: Ending, answered: Answered, pictures: Pictures) -> Iterator[tuple[str, Dataset]]:
    if isinstance(ending, Screened) and ending.nodules:
        yield "seg.dcm", segmentation(ending, answered)
    yield "sr.dcm", structured_report(ending, answered)
    if isinstance(ending, Screened) and (rings := presentation_state(ending, answered)) is not None:
        yield "gsps.dcm", rings
    yield "sc-01.dcm", capture(pictures.summary, answered, number=1, shown=None)
    for number, (nodule_id, picture) in enumerate(sorted(pictures.key_images.items()), start=2):
        shown = _shown(ending, answered, nodule_id)
        yield f"sc-{number:02d}.dcm", capture(picture, answered, number=number, shown=shown)
    yield "report-pdf.dcm", encapsulated_pdf(pictures.report, answered)


def _shown(ending: Ending, answered: Answered, nodule_id: int) -> tuple[SourceImage, int] | None:
    nodules = ending.nodules if isinstance(ending, Screened) else ()
    for nodule in nodules:
        if nodule.id == nodule_id:
            return answered.image(nodule.instance_uid), nodule.instance_number
    return None
