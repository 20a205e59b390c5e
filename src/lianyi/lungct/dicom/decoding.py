"""The files of the chosen series to slices: decoded, hashed, each image once.

Good images are never lost to a bad one of another kind: damaged files are named and left out, and so are a few
images whose pixels must not be used.  A refusal names the image it is about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pydicom
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from lianyi.lungct.dicom.instances import Instance
from lianyi.lungct.dicom.notes import Notes
from lianyi.lungct.dicom.pixels import decode_slices
from lianyi.lungct.domain.errors import Refusal, RefusalCode
from lianyi.lungct.domain.image import CtSlice
from lianyi.lungct.domain.study import InputFile

_DECODERS = 2
"""An ordinary PC of the county hospital has two cores, and the codecs let go of Python's lock while they work."""

_FEW = 3
_FEW_SHARE = 0.05
"""A series holds this many screen saves or dose pages at most, and less than this share of its images: a
judgement.  More is a fault of the whole series."""

_UNDEFINED_LENGTH = 0xFFFFFFFF
_EVIDENT_SYNTAXES = (  # (implicit VR, little endian)
    ((True, True), ImplicitVRLittleEndian),
    ((False, True), ExplicitVRLittleEndian),
    ((False, False), ExplicitVRBigEndian),
)


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One file's slices.

    Attributes:
        instance: its header.
        sha256: of its bytes.
        bytes: its size, 0 when it cannot be opened.
        slices: None when its pixels cannot be read or must not be used.
        refusal: why they must not be used, naming the image; else None.
    """

    instance: Instance
    sha256: str
    bytes: int
    slices: tuple[CtSlice, ...] | None
    refusal: Refusal | None = None

    @property
    def file(self) -> InputFile:
        """The file as provenance names it."""
        return InputFile(path=self.instance.source.path, sha256=self.sha256, bytes=self.bytes)


def decode_all(instances: Sequence[Instance], notes: Notes, tell: Callable[[int, int], None]) -> tuple[Decoded, ...]:
    """Decode the files of one series, and note what was read and what is left out.

    A few images that must not be used among many good ones (a screen save stored in the series) are left out
    and named; a hole they leave in the stack is found when it is assembled.

    Args:
        instances: of the series.
        notes: gets ``files``, ``unreadable`` and ``left_out``; ``files`` also when this refuses.
        tell: called with the number of files done and their total.

    Returns:
        The files with slices.

    Raises:
        Refusal: R07, R10, R14 or R19 with the image's number and file, for any lossy image and for others
            beyond a few.
    """
    decoded: list[Decoded] = []
    refused: list[Decoded] = []
    with ThreadPoolExecutor(_DECODERS) as pool:
        try:
            for one in pool.map(_decode, instances):
                decoded.append(one)
                if one.refusal is not None:
                    refused.append(one)
                    _require_few(refused, one.refusal, len(instances))
                tell(len(decoded), len(instances))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        finally:
            notes.files = tuple(one.file for one in decoded if one.bytes)
    unreadable = [one for one in decoded if one.slices is None and one.refusal is None]
    if unreadable and refused and refused[0].refusal is not None:
        raise refused[0].refusal
    notes.unreadable += [one.instance.source.name for one in unreadable]
    notes.left_out += [one.instance.source.name for one in refused]
    return tuple(one for one in decoded if one.slices is not None)


def _require_few(refused: Sequence[Decoded], latest: Refusal, total: int) -> None:
    if latest.code is RefusalCode.LOSSY_COMPRESSION:
        raise latest
    if (len(refused) > _FEW or len(refused) >= _FEW_SHARE * total) and refused[0].refusal is not None:
        raise refused[0].refusal


def _decode(instance: Instance) -> Decoded:
    """Read, hash and decode one file."""
    data = b""
    slices: tuple[CtSlice, ...] | None = None
    refusal: Refusal | None = None
    try:
        data = instance.source.read()
        ds = pydicom.dcmread(BytesIO(data), force=True)
        _name_evident_transfer_syntax(ds)
        slices = decode_slices(ds)
    except Refusal as reason:  # lossy, unknown rescale, no geometry, unsupported
        refusal = _naming(reason, instance)
    except Exception:  # noqa: BLE001 -- a hostile file fails in any way pydicom can; it is named in a caution (W03)
        slices = None
    return Decoded(instance, hashlib.sha256(data).hexdigest(), len(data), slices, refusal)


def _naming(reason: Refusal, instance: Instance) -> Refusal:
    """Say which image of the series is meant."""
    number, name = instance.instance_number, instance.source.name
    return Refusal(
        reason.code,
        zh=f"图像号 {'未知' if number is None else number}（文件 {name}）：{reason.zh}",
        en=f"Image number {'unknown' if number is None else number} (file {name}): {reason.en}",
    )


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


def without_duplicates(decoded: Sequence[Decoded], notes: Notes) -> tuple[CtSlice, ...]:
    """Give the slices, of each instance once; files given twice are counted in *notes*.

    Raises:
        Refusal: R18, two files claim to be the same instance and differ.
    """
    kept: dict[str, Decoded] = {}
    for one in decoded:
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


def _are_equal(first: Decoded, second: Decoded) -> bool:
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
