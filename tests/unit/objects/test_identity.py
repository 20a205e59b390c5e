"""The same answer has the same UIDs, and anything that may change what is said gives others."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.lungct.objects.identity import ResultIdentity, hashed_uid
from object_answers import ENDINGS, answered, identity, write

TEXTS = st.lists(st.text(max_size=6), max_size=5)


def uids(folder: Path) -> dict[str, str]:
    return {file.name: pydicom.dcmread(file).SOPInstanceUID for file in sorted(folder.iterdir())}


def test_a_repeat_writes_the_same_bytes(tmp_path: Path) -> None:
    write(ENDINGS["screened"], tmp_path / "first")
    write(ENDINGS["screened"], tmp_path / "again")

    for file in (tmp_path / "first").iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes(), file.name


def test_a_repeat_at_another_time_keeps_its_uids(tmp_path: Path) -> None:
    now = answered()
    write(ENDINGS["screened"], tmp_path / "first", now)
    write(ENDINGS["screened"], tmp_path / "later", replace(now, made=now.made + timedelta(hours=3)))

    assert uids(tmp_path / "first") == uids(tmp_path / "later")


@pytest.mark.parametrize(
    "other",
    [
        identity("0.2.0"),
        identity("0.1.0", "sensitive"),
        replace(identity(), inputs=(*identity().inputs, "1.2.3.6.60")),
    ],
    ids=["version", "operating point", "one slice more"],
)
def test_another_version_setting_or_slice_gives_other_uids(other: ResultIdentity, tmp_path: Path) -> None:
    write(ENDINGS["screened"], tmp_path / "first")
    write(ENDINGS["screened"], tmp_path / "other", answered(by=other))

    assert not set(uids(tmp_path / "first").values()) & set(uids(tmp_path / "other").values())


def test_the_order_and_repetition_of_inputs_make_no_difference() -> None:
    once = identity()

    shuffled = replace(once, inputs=(*reversed(once.inputs), once.inputs[3]))

    assert shuffled.uid("instance", "SR") == once.uid("instance", "SR")


@given(TEXTS, TEXTS)
def test_only_the_same_texts_in_the_same_order_give_the_same_uid(first: list[str], second: list[str]) -> None:
    assert (hashed_uid(first) == hashed_uid(second)) == (first == second)


@given(TEXTS)
def test_a_uid_is_one(texts: list[str]) -> None:
    uid = pydicom.uid.UID(hashed_uid(texts))

    assert uid.is_valid
    assert len(uid) <= 64
