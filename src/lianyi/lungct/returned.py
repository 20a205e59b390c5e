"""What goes back into the study: the outcome and the documents of a run, as DICOM objects."""

from __future__ import annotations

from pathlib import Path

from lianyi import __version__
from lianyi.lungct.domain.outcome import Outcome, Refused, Screened
from lianyi.lungct.domain.study import StudyHeader
from lianyi.lungct.objects import Answered, Failure, Pictures, ResultIdentity, clear_objects, write_objects
from lianyi.lungct.report import RunRecord, captioned, summary_of, summary_of_failure

__all__ = ["clear_objects", "header_of", "write_returned", "write_returned_failure"]

_KEY_IMAGES = "key-images/nodule-*.png"


def header_of(outcome: Outcome) -> StudyHeader | None:
    """Give the source's patient and study; None where several or none were read."""
    if isinstance(outcome, Refused):
        return outcome.series.header if outcome.series else outcome.header
    return outcome.series.header


def write_returned(outcome: Outcome, folder: Path, *, documents: Path, record: RunRecord) -> tuple[str, ...]:
    """Write the objects of an outcome into *folder*, from the documents that lie in *documents*.

    Returns:
        Names of the files; empty where the input belongs to no one study, and there is nothing to return it to.
    """
    header = header_of(outcome)
    if header is None:
        return ()
    pictures = Pictures(
        summary=summary_of(outcome, software=record.software),
        key_images=_key_images(outcome, documents),
        report=(documents / "report.pdf").read_bytes(),
    )
    answered = _answered(header, record, _settings(outcome, record))
    return write_objects(outcome, folder, answered=answered, pictures=pictures)


def write_returned_failure(  # noqa: PLR0913 -- for whom, where to, from what, by what, and what is said
    header: StudyHeader, folder: Path, *, documents: Path, record: RunRecord, sentence_zh: str, sentence_en: str
) -> tuple[str, ...]:
    """Write the objects that tell of a fault of ours: nobody may take silence for "nothing found"."""
    pictures = Pictures(
        summary=summary_of_failure(sentence_zh=sentence_zh, sentence_en=sentence_en, software=record.software),
        key_images={},
        report=(documents / "report.pdf").read_bytes(),
    )
    ending = Failure(zh=sentence_zh, en=sentence_en)
    answered = _answered(header, record, ("failed", *_of_run(record)))
    return write_objects(ending, folder, answered=answered, pictures=pictures)


def _answered(header: StudyHeader, record: RunRecord, settings: tuple[str, ...]) -> Answered:
    inputs = tuple(one.instance_uid for one in header.images)
    identity = ResultIdentity(software=record.software, inputs=inputs, settings=settings)
    return Answered(header=header, identity=identity, made=record.started, version=__version__)


def _key_images(outcome: Outcome, documents: Path) -> dict[int, bytes]:
    if not isinstance(outcome, Screened):
        return {}
    drawn = {int(file.stem.rpartition("-")[2]): file for file in documents.glob(_KEY_IMAGES)}
    return {one.id: captioned(drawn[one.id].read_bytes(), one, outcome) for one in outcome.nodules if one.id in drawn}


def _settings(outcome: Outcome, record: RunRecord) -> tuple[str, ...]:
    """Give all that may change what is said of the same images, as texts."""
    cautions = " ".join(one.code.value for one in outcome.cautions)
    if isinstance(outcome, Refused):
        return ("refused", outcome.reason.code.value, cautions, *_of_run(record))
    detector = outcome.detector
    return (
        "partly" if outcome.is_partial else "screened",
        cautions,
        f"{detector.name} {detector.version} {detector.sha256}",
        repr(outcome.operating_point),
        repr(outcome.counted_at),
        repr(outcome.context),
        *_prior(outcome),
        *_of_run(record),
    )


def _of_run(record: RunRecord) -> tuple[str, ...]:
    """Give what the caller chose; how many threads computed it changes nothing."""
    chosen = ("language", "guidelines", "precision", "operating_point", "probability", "max_marks")
    return tuple(f"{name}={record.settings.get(name)}" for name in chosen)


def _prior(outcome: Screened) -> tuple[str, ...]:
    """Name the prior CT by its date and by what of it was compared."""
    if outcome.compared is None:
        return ("no prior",)
    known = {growth.prior.instance_uid for growth in outcome.compared.growth.values() if growth.prior is not None}
    gone = {one.instance_uid for one in outcome.compared.gone}
    return ("prior", str(outcome.compared.prior_date), *sorted(known | gone))
