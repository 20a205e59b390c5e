"""Write everything a run leaves behind into one folder."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from PIL import Image

from lianyi.lungct.domain.outcome import Outcome, Refused, Screened
from lianyi.lungct.report.findings import Findings, findings_of, findings_of_failure, key_image_name, pictured
from lianyi.lungct.report.html import html_of
from lianyi.lungct.report.key_images import key_image
from lianyi.lungct.report.lines import Run
from lianyi.lungct.report.nodule_rows import slice_label
from lianyi.lungct.report.overview import overview
from lianyi.lungct.report.page import Report, report_page
from lianyi.lungct.report.pdf import pdf_of
from lianyi.lungct.report.provenance import provenance_text
from lianyi.lungct.report.received import received_view
from lianyi.lungct.report.record import RunRecord
from lianyi.lungct.report.refusal_page import NotScreened, failure_page, refusal_page
from lianyi.lungct.report.wording import Language, pick

Finish = Callable[[], dict[str, float]]
_JPEG_QUALITY = 90
_PNG_LEVEL = 1
"""Speed before size: twenty key images in a third of a second."""


def write_documents(
    outcome: Outcome, folder: Path, *, record: RunRecord, language: Language, finish: Finish | None = None
) -> Findings:
    """Write findings.json, report.html, report.pdf, key-images/*.png and provenance.json.

    Key images of an earlier run in the same folder are removed, so that none is taken for one of this run.

    Args:
        outcome: screened (wholly or partly) or refused.
        folder: made if it does not exist.
        record: of the run.
        language: of the report and of the messages in findings.json.
        finish: gives seconds by stage, "report" and "total" among them, up to the moment it is asked;
            asked twice: when the pages are composed (the time a reader sees) and at the very end (the
            time in findings.json and provenance.json).  Without it, ``record.timing_s`` is used.

    Returns:
        The findings as written.
    """
    times = finish or (lambda: record.timing_s)
    documents = _Documents(folder)
    pictures: dict[str, bytes]
    page: Report | NotScreened
    if isinstance(outcome, Screened):
        pictures, fields_mm = _pictures(outcome, documents)
        page = report_page(outcome, run=Run(language=language, record=record, timing_s=times()), fields_mm=fields_mm)
    else:
        pictures = _received(outcome)
        run = Run(language=language, record=record, timing_s=times())
        page = refusal_page(outcome, run=run, has_picture=bool(pictures))
    documents.write("report.html", html_of(page, pictures).encode())
    documents.write("report.pdf", pdf_of(page, pictures, made=record.started))
    timing_s = times()
    findings = findings_of(outcome, record=record, language=language, timing_s=timing_s)
    documents.write("findings.json", findings.to_json().encode())
    documents.write_provenance(outcome, record, timing_s)
    return findings


def write_failure(
    folder: Path, *, record: RunRecord, language: Language, sentence_zh: str, sentence_en: str
) -> Findings:
    """Write the documents of a run that ended in a fault of ours; findings.json first, as it needs least."""
    documents = _Documents(folder)
    findings = findings_of_failure(record=record, timing_s=record.timing_s)
    documents.write("findings.json", findings.to_json().encode())
    run = Run(language=language, record=record, timing_s=record.timing_s)
    page = failure_page(pick((sentence_zh, sentence_en), language), run=run)
    documents.write("report.html", html_of(page, {}).encode())
    documents.write("report.pdf", pdf_of(page, {}, made=record.started))
    documents.write_provenance(None, record, record.timing_s)
    return findings


class _Documents:
    """A result folder, and the hashes of what was put into it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hashes: dict[str, str] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for stale in (folder / "key-images").glob("nodule-*.png"):
            stale.unlink()

    def write(self, name: str, data: bytes) -> None:
        """Write one file below the folder."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self._hashes[name] = sha256(data).hexdigest()

    def write_provenance(self, outcome: Outcome | None, record: RunRecord, timing_s: dict[str, float]) -> None:
        """Write provenance.json, last."""
        text = provenance_text(outcome, record=record, timing_s=timing_s, documents=self._hashes)
        self.write("provenance.json", text.encode())


def _pictures(outcome: Screened, documents: _Documents) -> tuple[dict[str, bytes], dict[int, float]]:
    """Render overview and key images; the latter also as PNG files."""
    drawn = pictured(outcome.nodules)
    pictures = {"overview.jpg": _jpeg(overview(outcome.volume, outcome.lungs, drawn))}
    fields_mm: dict[int, float] = {}
    for nodule in drawn:
        rendered = key_image(outcome.volume, nodule, slice_label=slice_label(nodule, outcome))
        documents.write(key_image_name(nodule.id), _png(rendered.image))
        pictures[f"nodule-{nodule.id:02d}.jpg"] = _jpeg(rendered.image)
        fields_mm[nodule.id] = rendered.field_mm
    return pictures, fields_mm


def _received(outcome: Refused) -> dict[str, bytes]:
    """Render the images that did arrive, if any."""
    picture = received_view(outcome.series) if outcome.series else None
    return {"received.jpg": _jpeg(picture)} if picture else {}


def _jpeg(image: Image.Image) -> bytes:
    """For the documents: small, rings without colour fringes."""
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()


def _png(image: Image.Image) -> bytes:
    """For key-images/: without loss."""
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=_PNG_LEVEL)
    return buffer.getvalue()
