"""Patient and study are the source's own bytes, whatever the character set; our words never change them."""

import io
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from lianyi.lungct.dicom.study_header import COPIED, encoded_header
from lianyi.lungct.domain.study import StudyHeader
from object_answers import ENDINGS, answered, header, source, write

NAMES = {
    "GB18030": ("GB18030", "Wang^XiaoDong=王^小东".encode("gb18030")),
    "GBK": ("GBK", "Zhang^Yu=张^䶮".encode("gb18030")),
    "ISO 2022 GB2312": (
        "\\ISO 2022 IR 58",
        b"Zhang^XiaoDong=\x1b$)A" + "张".encode("gb2312") + b"^\x1b$)A" + "小东".encode("gb2312"),
    ),
    "UTF-8": ("ISO_IR 192", "Wang^XiaoDong=王^小东".encode()),
    "Latin-1": ("ISO_IR 100", "Müller^Jörg".encode("latin-1")),
    "Korean": ("\\ISO 2022 IR 149", b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7"),
    "Chinese bytes, nothing declared": ("", "Ceshi=测试".encode("gbk")),
    "Chinese bytes, Latin-1 declared": ("ISO_IR 100", "Ceshi=测试".encode("gbk")),
    "a set that does not exist": ("ISO-IR 999", b"Ceshi^Yi"),
    "no name": ("GB18030", b""),
}


def raw(ds: pydicom.Dataset, keyword: str) -> bytes | None:
    tag = pydicom.datadict.tag_for_keyword(keyword)
    element = ds.get_item(tag) if tag in ds else None
    if element is None:
        return None
    value = element.value
    if isinstance(value, bytes):
        return value
    if keyword == "OtherPatientIDsSequence":
        return "|".join(f"{item.PatientID} {item.IssuerOfPatientID}" for item in value).encode()
    return "\\".join([value] if isinstance(value, str) else list(value)).encode()  # pydicom converts the character set


def read(file: Path | bytes) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(file) if isinstance(file, bytes) else file)


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@pytest.mark.parametrize("case", NAMES)
@pytest.mark.parametrize("ending", ["screened", "refused", "failed"])
def test_every_object_carries_the_source_s_bytes(case: str, ending: str, tmp_path: Path) -> None:
    ds = source(*NAMES[case])

    names = write(ENDINGS[ending], tmp_path, answered(header(ds)))

    for name in names:
        ours, theirs = read(tmp_path / name), source(*NAMES[case])
        for keyword in COPIED:
            expected = raw(theirs, keyword)
            if expected is not None:
                assert (raw(ours, keyword) or b"").strip() == expected.strip(), (name, keyword)


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@pytest.mark.parametrize("case", NAMES)
def test_the_name_stands_in_the_file_as_it_stood_in_the_source(case: str, tmp_path: Path) -> None:
    character_set, name = NAMES[case]
    write(ENDINGS["refused"], tmp_path, answered(header(source(character_set, name))))

    found = (tmp_path / "sr.dcm").read_bytes()

    head = b"\x10\x00\x10\x00PN" + (len(name) + len(name) % 2).to_bytes(2, "little")
    assert head + name in found


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_how_the_source_was_encoded_makes_no_difference(syntax: pydicom.uid.UID) -> None:
    ds = source()
    expected = encoded_header(source())
    stream = io.BytesIO()
    for element in ds:  # converted, so that it can be written in another syntax
        assert element.tag
    ds.file_meta.TransferSyntaxUID = syntax
    pydicom.dcmwrite(
        stream, ds, implicit_vr=syntax.is_implicit_VR, little_endian=syntax.is_little_endian, force_encoding=True
    )

    again = encoded_header(read(stream.getvalue()))

    assert again == expected


def test_a_header_without_patient_or_study_texts_gives_empty_ones(tmp_path: Path) -> None:
    bare = pydicom.Dataset()
    bare.StudyInstanceUID = "1.2.3.1"
    only = StudyHeader(encoded=encoded_header(bare), images=header().images)

    write(ENDINGS["refused"], tmp_path, answered(only))

    ds = read(tmp_path / "sr.dcm")
    assert (ds.PatientID, str(ds.PatientName), ds.AccessionNumber) == ("", "", "")
    assert "SpecificCharacterSet" not in ds
