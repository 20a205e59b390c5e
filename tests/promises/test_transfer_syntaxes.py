"""`lianyi info` names exactly the transfer syntaxes that are read; `lianyi doctor` tries one of each family."""

import numpy as np
import pytest
from pydicom.uid import UID, RLELossless

from lianyi.cli.info import TRANSFER_SYNTAXES
from lianyi.doctor.codecs import SLICES, decode_each
from lianyi.lungct.dicom import transfer


def test_info_names_what_the_reader_takes() -> None:
    taken = {*transfer._NATIVE, *transfer._CODED, RLELossless}

    assert set(TRANSFER_SYNTAXES.values()) == {str(uid) for uid in taken}


def test_each_slice_of_the_doctor_is_of_a_named_syntax() -> None:
    assert set(SLICES.values()) <= set(TRANSFER_SYNTAXES.values())


def test_every_slice_of_the_doctor_decodes_to_its_hu() -> None:
    assert dict(decode_each()) == dict.fromkeys(SLICES)


def test_a_decoder_that_gives_wrong_hu_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lianyi.doctor.codecs.expected_hu", lambda: np.zeros((16, 16), dtype=np.int16))

    assert set(dict(decode_each()).values()) == {"wrong HU"}


@pytest.mark.parametrize("uid", sorted(TRANSFER_SYNTAXES.values()))
def test_a_named_syntax_is_one_that_dicom_knows(uid: str) -> None:
    assert UID(uid).is_transfer_syntax
