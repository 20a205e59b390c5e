"""From paths to one decoded chest CT series: headers first, choose, then only the chosen pixels.

The same way for folders, files and archives.  Whatever the bytes are, the caller gets a series or a refusal;
a file that cannot be read is named in a caution and costs nothing else.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lianyi.lungct.dicom.decoding import decode_all, without_duplicates
from lianyi.lungct.dicom.instances import Instance, NotDicom, UnreadableHeader, group_series, read_instance
from lianyi.lungct.dicom.notes import Notes, header_of
from lianyi.lungct.dicom.series import Choice, NothingToScreen, choose
from lianyi.lungct.dicom.sources import Source, open_inputs
from lianyi.lungct.domain.errors import Refusal, RefusalCode
from lianyi.lungct.domain.outcome import Refused
from lianyi.lungct.domain.study import CtSeries, StudyHeader
from lianyi.lungct.domain.uids import SeriesUID

Tell = Callable[[str, int, int], None]

_STAGE = "read"


def read_chest_series(
    paths: Sequence[Path], *, requested: SeriesUID | None, tell: Tell | None = None
) -> CtSeries | Refused:
    """Read the one series to screen from folders, files and zip archives.

    Args:
        paths: where to look; folders are walked to their end.
        requested: a series the caller insists on, or None to choose.
        tell: called as ``tell("read", done, total)``: first over all files while headers are read, then over
            the files of the chosen series.

    Returns:
        The decoded series, or why there is none; both say which series were not chosen and what was met.
    """
    notes = Notes()
    try:
        with _quiet_pydicom(), open_inputs(paths) as inputs:
            notes.unreadable += inputs.unreadable
            _read_headers(inputs.sources, notes, tell or _tell_nobody)
            if not notes.headers:
                raise _no_dicom(notes)
            choice = choose(group_series(notes.headers), requested=requested)
            notes.not_chosen, notes.from_choice = choice.not_chosen, choice.cautions
            return _read_chosen(choice, notes, tell or _tell_nobody)
    except NothingToScreen as outcome:
        notes.not_chosen = outcome.not_chosen
        return notes.refused(outcome.reason)
    except Refusal as reason:
        return notes.refused(reason)


def read_study_header(paths: Sequence[Path]) -> StudyHeader | None:
    """Read whose study it is from the headers alone, for an answer to a study that could not be screened.

    Returns:
        Patient and study as the headers state them; None where nothing is readable, or not of one patient and study.
    """
    notes = Notes()
    with _quiet_pydicom(), open_inputs(paths) as inputs:
        _read_headers(inputs.sources, notes, _tell_nobody)
    return notes.header()


def _tell_nobody(_stage: str, _done: int, _total: int) -> None:
    """Take the place of a listener."""


@contextmanager
def _quiet_pydicom() -> Iterator[None]:
    """Silence pydicom's warnings, which quote header values, on this thread's watch.

    They concern malformed values, and nothing here relies on pydicom's repair of them: names, numbers and
    dates are read from the bytes, pixels from checked attributes.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom(\.|$)")
        yield


def _read_headers(sources: Sequence[Source], notes: Notes, tell: Tell) -> None:
    for done, source in enumerate(sources, start=1):
        try:
            notes.headers.append(read_instance(source))
        except NotDicom:
            if source.path.name.upper() != "DICOMDIR":
                notes.ignored.append(source.name)
        except UnreadableHeader:
            notes.unreadable.append(source.name)
        tell(_STAGE, done, len(sources))


def _no_dicom(notes: Notes) -> Refusal:
    if notes.unreadable:
        return _all_unreadable()
    return Refusal(
        RefusalCode.NO_DICOM,
        zh="没有找到 DICOM 文件。请给出含有胸部 CT 图像的文件夹、文件或压缩包。",
        en="No DICOM file was found. Give a folder, files or a zip archive with a chest CT.",
    )


def _all_unreadable() -> Refusal:
    return Refusal(
        RefusalCode.UNREADABLE_SERIES,
        zh="所有文件都无法读取，可能在拷贝或传输时损坏。请从 PACS 重新导出。",
        en="None of the files can be read; they may have been damaged in copying. Export them again from the PACS.",
    )


def _read_chosen(choice: Choice, notes: Notes, tell: Tell) -> CtSeries:
    chosen = choice.chosen
    notes.chosen, notes.of_chosen = chosen.first, chosen.instances
    decoded = decode_all(chosen.instances, notes, lambda done, total: tell(_STAGE, done, total))
    if not decoded:
        raise _all_unreadable()
    _require_one_frame([one.instance for one in decoded])
    slices = without_duplicates(decoded, notes)
    return CtSeries(
        patient=chosen.first.patient,
        facts=chosen.facts,
        slices=slices,
        files=tuple(one.file for one in decoded),
        not_chosen=choice.not_chosen,
        cautions=notes.cautions(),
        header=header_of(chosen.first, [one.instance for one in decoded]),
    )


def _require_one_frame(instances: Sequence[Instance]) -> None:
    """Refuse images that do not name the same frame of reference; none naming any is the same.

    Raises:
        Refusal: R24.
    """
    frames = len({one.facts.frame_of_reference_uid for one in instances})
    if frames > 1:
        raise Refusal(
            RefusalCode.MIXED_FRAMES,
            zh=f"该序列的图像使用了 {frames} 种坐标系（Frame of Reference UID 不同或部分缺失），不能堆叠成一个身体；"
            "请把每次扫描作为单独的序列重新发送。",
            en=f"The images of the series name {frames} frames of reference (Frame of Reference UIDs differ or some "
            "are absent) and must not be stacked as one body; send each acquisition as a series of its own.",
        )
