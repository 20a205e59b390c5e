"""From paths to one decoded chest CT series: headers first, choose, then only the chosen pixels.

The same way for folders, files and archives.  Whatever the bytes are, the caller gets a series or a refusal;
a file that cannot be read is named in a caution and costs nothing else.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from lianyi.lungct.dicom.instances import Instance, NotDicom, UnreadableHeader, group_series, read_instance
from lianyi.lungct.dicom.pixels import UnreadablePixels, decode_slices
from lianyi.lungct.dicom.series import Choice, NothingToScreen, choose
from lianyi.lungct.dicom.sources import Source, open_inputs
from lianyi.lungct.domain.errors import Caution, CautionCode, Refusal, RefusalCode
from lianyi.lungct.domain.image import CtSlice
from lianyi.lungct.domain.outcome import Refused
from lianyi.lungct.domain.study import CtSeries, InputFile, NotChosen
from lianyi.lungct.domain.uids import SeriesUID

Tell = Callable[[str, int, int], None]

_STAGE = "read"
_DECODERS = 2
"""An ordinary PC of the county hospital has two cores, and the codecs let go of Python's lock while they work."""

_NAMED_FILES = 5

_UNDEFINED_LENGTH = 0xFFFFFFFF
_EVIDENT_SYNTAXES = (  # (implicit VR, little endian)
    ((True, True), ImplicitVRLittleEndian),
    ((False, True), ExplicitVRLittleEndian),
    ((False, False), ExplicitVRBigEndian),
)


@dataclass(slots=True)
class _Notes:
    """What was met on the way, for the cautions."""

    unreadable: list[str] = field(default_factory=list)
    ignored: int = 0
    duplicates: int = 0
    from_choice: tuple[Caution, ...] = ()
    chosen: Instance | None = None
    not_chosen: tuple[NotChosen, ...] = ()

    def cautions(self) -> tuple[Caution, ...]:
        return (*self._of_files(), *self.from_choice, *self._of_header())

    def _of_files(self) -> Iterator[Caution]:
        if self.unreadable:
            names, count = sorted(self.unreadable)[:_NAMED_FILES], len(self.unreadable)
            yield Caution(
                code=CautionCode.UNREADABLE_FILES,
                zh=f"有 {count} 个文件无法读取，未使用：{'、'.join(names)}{' 等' if count > len(names) else ''}。",
                en=f"{count} file(s) could not be read and were left out: {', '.join(names)}"
                f"{' and more' if count > len(names) else ''}.",
            )
        if self.ignored:
            yield Caution(
                code=CautionCode.IGNORED_FILES,
                zh=f"有 {self.ignored} 个文件不是 DICOM 文件，已忽略。",
                en=f"{self.ignored} file(s) are not DICOM and were ignored.",
            )
        if self.duplicates:
            yield Caution(
                code=CautionCode.DUPLICATED_FILES,
                zh=f"有 {self.duplicates} 个文件是重复的，各只使用一份。",
                en=f"{self.duplicates} file(s) are duplicates; one of each was used.",
            )

    def _of_header(self) -> Iterator[Caution]:
        if self.chosen is None:
            return
        if self.chosen.texts_guessed:
            yield Caution(
                code=CautionCode.GUESSED_CHARACTER_SET,
                zh="姓名或其他文字的字符集未声明或声明有误，已按内容推断；请核对患者姓名。",
                en="The character set of names or texts is not declared or wrong and was inferred; check the name.",
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Decoded:
    """One file's slices; None when its pixels cannot be read."""

    instance: Instance
    sha256: str
    bytes: int
    slices: tuple[CtSlice, ...] | None


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
    notes = _Notes()
    try:
        with _quiet_pydicom(), open_inputs(paths) as inputs:
            notes.unreadable += inputs.unreadable
            instances = _read_headers(inputs.sources, notes, tell or _tell_nobody)
            if not instances:
                raise _no_dicom(notes)
            choice = choose(group_series(instances), requested=requested)
            notes.not_chosen, notes.from_choice = choice.not_chosen, choice.cautions
            return _read_chosen(choice, notes, tell or _tell_nobody)
    except NothingToScreen as outcome:
        return Refused(reason=outcome.reason, series=None, not_chosen=outcome.not_chosen, cautions=notes.cautions())
    except Refusal as reason:
        return Refused(reason=reason, series=None, not_chosen=notes.not_chosen, cautions=notes.cautions())


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


def _read_headers(sources: Sequence[Source], notes: _Notes, tell: Tell) -> list[Instance]:
    instances = []
    for done, source in enumerate(sources, start=1):
        try:
            instances.append(read_instance(source))
        except NotDicom:
            notes.ignored += source.path.name.upper() != "DICOMDIR"
        except UnreadableHeader:
            notes.unreadable.append(source.name)
        tell(_STAGE, done, len(sources))
    return instances


def _no_dicom(notes: _Notes) -> Refusal:
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


def _read_chosen(choice: Choice, notes: _Notes, tell: Tell) -> CtSeries:
    chosen = choice.chosen
    notes.chosen = chosen.first
    decoded = _decode_all(chosen.instances, tell)
    notes.unreadable += [one.instance.source.name for one in decoded if one.slices is None]
    slices = _without_duplicates(decoded, notes)
    if not slices:
        raise _all_unreadable()
    return CtSeries(
        patient=chosen.first.patient,
        facts=chosen.facts,
        slices=slices,
        files=tuple(
            InputFile(path=one.instance.source.path, sha256=one.sha256, bytes=one.bytes)
            for one in decoded
            if one.slices is not None
        ),
        not_chosen=choice.not_chosen,
        cautions=notes.cautions(),
    )


def _decode_all(instances: Sequence[Instance], tell: Tell) -> list[_Decoded]:
    decoded = []
    with ThreadPoolExecutor(_DECODERS) as pool:
        try:
            for one in pool.map(_decode, instances):
                decoded.append(one)
                tell(_STAGE, len(decoded), len(instances))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return decoded


def _decode(instance: Instance) -> _Decoded:
    """Read, hash and decode one file.

    Raises:
        Refusal: the pixels must not be used (lossy, unknown rescale, unsupported).
    """
    data = b""
    slices: tuple[CtSlice, ...] | None = None
    try:
        data = instance.source.read()
        ds = pydicom.dcmread(BytesIO(data), force=True)
        _name_evident_transfer_syntax(ds)
        slices = decode_slices(ds)
    except (Refusal, UnreadablePixels) as fault:
        if isinstance(fault, Refusal):
            raise
    except Exception:  # noqa: BLE001 -- a hostile file fails in any way pydicom can; it is named in a caution (W03)
        slices = None
    return _Decoded(instance, hashlib.sha256(data).hexdigest(), len(data), slices)


def _name_evident_transfer_syntax(ds: pydicom.FileDataset) -> None:
    """Name the transfer syntax of a bare data set, which has no file meta group to name it.

    The bytes themselves show how elements are encoded, and uncompressed pixels have a length;
    the syntax of compressed ones cannot be told, and stays unnamed.
    """
    pixels: DataElement | RawDataElement | None = ds.get_item("PixelData")
    if "TransferSyntaxUID" in ds.file_meta or not isinstance(pixels, RawDataElement):
        return
    syntax = next((syntax for encoding, syntax in _EVIDENT_SYNTAXES if encoding == ds.original_encoding), None)
    if syntax is not None and pixels.length != _UNDEFINED_LENGTH:
        ds.file_meta.TransferSyntaxUID = syntax


def _without_duplicates(decoded: Sequence[_Decoded], notes: _Notes) -> tuple[CtSlice, ...]:
    """Keep one of each instance.

    Raises:
        Refusal: R18, two files claim to be the same instance and differ.
    """
    kept: dict[str, _Decoded] = {}
    for one in decoded:
        if one.slices is None:
            continue
        first = kept.setdefault(one.instance.instance_uid, one)
        if first is one:
            continue
        if not _are_equal(first, one):
            number = one.instance.instance_number
            raise Refusal(
                RefusalCode.CONFLICTING_SLICES,
                zh=f"两个文件自称是同一幅图像（图像号 {'未知' if number is None else number}），内容却不同。"
                "请从 PACS 重新导出该序列。",
                en=f"Two files claim to be the same image (number {'unknown' if number is None else number}) "
                "but differ. Export the series again from the PACS.",
            )
        notes.duplicates += 1
    return tuple(one for kept_one in kept.values() for one in kept_one.slices or ())


def _are_equal(first: _Decoded, second: _Decoded) -> bool:
    if first.sha256 == second.sha256:
        return True
    if first.slices is None or second.slices is None or len(first.slices) != len(second.slices):
        return False
    return all(
        (a.image_position, a.image_orientation, a.pixel_spacing)
        == (b.image_position, b.image_orientation, b.pixel_spacing)
        and np.array_equal(a.hu_ji, b.hu_ji)
        for a, b in zip(first.slices, second.slices, strict=True)
    )
