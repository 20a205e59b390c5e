"""Whatever tag, encoding or corner an identifier hides in, it is not in the export."""

import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.datadict import DicomDictionary
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from ct_dataset import set_pixels
from lianyi.deidentify import Pseudonyms, deidentify_folder
from planted_deidentify import CHINESE, LATIN, ct, found_marks, noisy_chest, save

TEXTS = ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT")
BYTES = ("OB", "OW", "OD", "OF", "OL", "OV", "UN")
NAMES = Pseudonyms(b"k" * 32)
NEEDED = {  # without these no image can be decoded or told apart: a mark there refuses the study instead
    "SOPClassUID", "StudyInstanceUID", "SpecificCharacterSet", "PhotometricInterpretation", "PixelData",
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "RescaleSlope",
    "RescaleIntercept", "RescaleType", "InstanceNumber", "NumberOfFrames", "BurnedInAnnotation",
    "LossyImageCompression",
    "PixelPaddingValue", "LossyImageCompressionMethod",
}  # fmt: skip


def with_every_element_of(vr: str, mark: bytes, *, written_as: str = "") -> bytes:
    """The data set part of a file, explicit VR, one element for each attribute of the VR, all holding the mark."""
    data = b""
    value = mark + b" " * (len(mark) % 2)
    written_as = written_as or vr
    long = written_as in ("OB", "OD", "OF", "OL", "OV", "OW", "UC", "UR", "UT", "UN", "SQ")
    for tag in sorted(DicomDictionary):
        of, _, _, _, keyword = DicomDictionary[tag]
        if vr not in of.split(" or ") or keyword in NEEDED or tag < 0x00080000 or (tag >> 16) % 2 or tag >= 0x7FE00000:
            continue
        head = tag.to_bytes(4, "big")
        head = bytes([head[1], head[0], head[3], head[2]]) + written_as.encode()
        size = b"\0\0" + len(value).to_bytes(4, "little") if long else len(value).to_bytes(2, "little")
        data += head + size + value
    return data


def export(folder: Path, out: Path) -> list[str]:
    result = deidentify_folder(folder, out, NAMES)
    assert [study.refused for study in result.studies] == [None]
    return [str(path) for path in out.rglob("*.dcm")]


@pytest.mark.parametrize("vr", TEXTS + BYTES)
@pytest.mark.parametrize("mark", [LATIN.encode(), CHINESE.encode("gb18030"), CHINESE.encode()], ids=["en", "gb", "utf"])
def test_a_mark_in_every_attribute_of_a_vr_is_gone(vr: str, mark: bytes, tmp_path: Path) -> None:
    extra = pydicom.filebase.DicomBytesIO(with_every_element_of("LO" if vr == "UN" else vr, mark, written_as=vr))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        planted = pydicom.filereader.read_dataset(extra, is_implicit_VR=False, is_little_endian=True)
        base = ct()
        for tag in planted.keys():  # noqa: SIM118 -- raw elements
            if tag not in base:
                base[tag] = planted.get_item(tag)
        save(base, tmp_path / "in" / "1.dcm")
    assert mark in (tmp_path / "in" / "1.dcm").read_bytes()

    assert export(tmp_path / "in", tmp_path / "out")

    assert found_marks(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("GB18030", "gb18030"), ("GBK", "gbk"), ("ISO_IR 192", "utf-8"), ("\\ISO 2022 GBK", "gbk"), ("", "gb18030")],
)
def test_a_chinese_name_in_all_three_groups_is_gone(declared: str, codec: str, tmp_path: Path) -> None:
    ds = ct()
    name = "张三丰^三=张三丰^三=张三丰^三".encode(codec)
    path = save(ds, tmp_path / "in" / "1.dcm")
    old = LATIN.encode()
    data = path.read_bytes()
    at = data.index(old) - 2
    name += b" " * (len(name) % 2)
    charset = b"\x08\x00\x05\x00CS" + (len(declared) + len(declared) % 2).to_bytes(2, "little")
    charset += declared.encode() + b" " * (len(declared) % 2)
    start = data.index(b"\x08\x00\x16\x00UI")
    data = data[:start] + charset + data[start:at] + len(name).to_bytes(2, "little") + name + data[at + 2 + len(old) :]
    path.write_bytes(data)

    (written,) = export(tmp_path / "in", tmp_path / "out")

    assert found_marks(tmp_path / "out") == []
    assert str(pydicom.dcmread(written).PatientName).startswith("LY-")


def test_private_nested_odd_and_padded_corners_are_empty(tmp_path: Path) -> None:
    ds = ct()
    block = ds.private_block(0x0029, f"{LATIN} HEADER", create=True)
    block.add_new(0x10, "LO", LATIN)
    block.add_new(0x11, "UN", LATIN.encode())
    inner, outer = Dataset(), Dataset()
    inner.private_block(0x0031, LATIN, create=True).add_new(1, "UT", LATIN)
    inner.PatientName, inner.TextValue, inner.CodeMeaning = CHINESE, LATIN, LATIN
    inner.SpecificCharacterSet = "GB18030"
    outer.ReferencedImageSequence = Sequence([inner])
    outer.ReferencedSOPInstanceUID = "1.2.3"
    block.add_new(0x12, "SQ", Sequence([inner]))
    ds.SourceImageSequence = Sequence([outer])
    ds.ReferencedInstanceSequence = Sequence([outer])
    icon = Dataset()
    icon.Rows, icon.Columns, icon.PixelData = 2, 2, LATIN.encode()
    icon["PixelData"].VR = "OB"
    ds.IconImageSequence = Sequence([icon])
    ds.add_new(0x50003000, "OB", LATIN.encode())
    ds.add_new(0xFFFCFFFC, "OB", LATIN.encode())
    ds.PixelData = ds.PixelData + LATIN.encode()
    ds.file_meta.SourceApplicationEntityTitle = LATIN
    ds.file_meta.PrivateInformationCreatorUID = "1.2.3"
    ds.file_meta.PrivateInformation = LATIN.encode()
    path = save(ds, tmp_path / "in" / f"{LATIN}.dcm", preamble=(LATIN.encode() * 20)[:128])
    assert found_marks(path.parent)

    (written,) = export(tmp_path / "in", tmp_path / "out")

    assert found_marks(tmp_path / "out") == []
    new = pydicom.dcmread(written)
    assert new.preamble == bytes(128)
    assert not [tag for tag in new.keys() if tag.is_private]  # noqa: SIM118
    assert new.SourceImageSequence[0].ReferencedSOPInstanceUID == NAMES.uid("1.2.3")


def test_unused_bits_of_the_pixels_are_cleared(tmp_path: Path) -> None:
    ds = ct()
    words = (noisy_chest() + 1024).astype(np.int64)
    set_pixels(ds, words, bits_stored=12, is_signed=False)
    ds.RescaleIntercept = -1024
    clean = np.frombuffer(ds.PixelData, "<u2")
    ds.PixelData = (clean | np.uint16(0x5000)).tobytes()
    save(ds, tmp_path / "in" / "1.dcm")

    (written,) = export(tmp_path / "in", tmp_path / "out")

    assert np.array_equal(np.frombuffer(pydicom.dcmread(written).PixelData, "<u2"), clean)
