"""What holds of any data set: a planted mark never survives, UIDs keep together, intervals stay."""

import warnings
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from pydicom.datadict import DicomDictionary, dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from lianyi.deidentify.datasets import without_identity
from lianyi.deidentify.policy import Person
from lianyi.deidentify.pseudonyms import Pseudonyms
from lianyi.deidentify.values import kept_age, shifted_date, shifted_date_time
from planted_deidentify import ENCODINGS

NAMES = Pseudonyms(b"k" * 32)
PERSON = Person("LY-TEST", -100, frozenset({"113107", "113108"}), NAMES)
TEXT_VRS = ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT")
TAGS = [
    tag for tag, entry in sorted(DicomDictionary.items()) if entry[0] in (*TEXT_VRS, "OB", "OW", "UN") and tag > 0x80000
]
SEQUENCES = [tag for tag, entry in sorted(DicomDictionary.items()) if entry[0] == "SQ" and tag > 0x80000]

tags = st.sampled_from(TAGS) | st.integers(0x00090010, 0x7FDFFFFF)
marks = st.sampled_from(["QXZHANGSANQX", "QX张三丰QX", "QX龘QX"])


@st.composite
def data_sets(draw: st.DrawFn, mark: str, depth: int = 2) -> Dataset:
    ds = Dataset()
    for tag in draw(st.lists(tags, max_size=12)):
        try:
            vr = dictionary_VR(tag)
        except KeyError:
            vr = "LO"
        text = draw(st.sampled_from(["", "20240101", "CT", "1.2.", "063Y", "SIEMENS\\"])) + mark
        value: object = text.encode() if vr in ("OB", "OW", "UN") else text
        ds._dict[Tag(tag)] = DataElement(Tag(tag), vr, value, already_converted=True)
    if depth:
        for tag in draw(st.lists(st.sampled_from(SEQUENCES), max_size=3)):
            ds.add_new(tag, "SQ", Sequence([draw(data_sets(mark, depth - 1))]))
    return ds


@given(st.data(), marks)
def test_a_planted_mark_never_survives(data: st.DataObject, mark: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        new = without_identity(data.draw(data_sets(mark)), PERSON)
        written = DicomBytesIO()
        written.is_little_endian, written.is_implicit_VR = True, False
        write_dataset(written, new)

    for encoding in ENCODINGS:
        try:
            assert mark.encode(encoding) not in written.getvalue()
        except UnicodeEncodeError:
            continue


uids = st.from_regex(r"[0-2](\.(0|[1-9][0-9]{0,8})){2,5}", fullmatch=True)


@given(uids, uids)
def test_a_uid_is_remapped_always_alike_and_never_to_another_ones(first: str, second: str) -> None:
    assert NAMES.uid(first) == Pseudonyms(b"k" * 32).uid(first) != Pseudonyms(b"l" * 32).uid(first)
    assert (NAMES.uid(first) == NAMES.uid(second)) == (first == second)
    assert len(NAMES.uid(first)) <= 64


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 5000), st.text(min_size=1))
def test_intervals_stay(first: date, apart: int, patient: str) -> None:
    days = NAMES.days(patient)
    moved = [shifted_date(f"{day:%Y%m%d}", days) for day in (first, first + timedelta(days=apart))]

    assert -3650 <= days <= -30
    assert (date.fromisoformat(moved[1]) - date.fromisoformat(moved[0])).days == apart
    assert shifted_date_time(f"{first:%Y%m%d}101500.25+0800", days) == f"{moved[0]}101500.25+0800"


@given(st.integers(0, 150))
def test_nobody_is_older_than_ninety(years: int) -> None:
    assert kept_age(f"{years:03d}Y") == f"{min(years, 90):03d}Y"


def test_a_registered_uid_stays_itself() -> None:
    assert NAMES.uid("1.2.840.10008.5.1.4.1.1.2") == "1.2.840.10008.5.1.4.1.1.2"
    assert NAMES.uid("1.2.840.10008.9999.1") != "1.2.840.10008.9999.1"


def test_the_law_can_fail() -> None:
    """A kept text would be found: the search looks at the bytes that are written."""
    ds = Dataset()
    ds.PatientComments = "QXZHANGSANQX"
    written = DicomBytesIO()
    written.is_little_endian, written.is_implicit_VR = True, False
    write_dataset(written, ds)
    assert b"QXZHANGSANQX" in written.getvalue()
