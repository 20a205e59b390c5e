"""A doctor's signature makes a new report that refers to the first."""

import io
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pydicom
import pytest

from lianyi.lungct.objects import Signature, verified_report
from object_answers import ENDINGS, answered, header, source, write

SIGNED = datetime(2099, 3, 10, 9, 30, tzinfo=timezone(timedelta(hours=8)))
SIGNATURE = Signature(observer="Li^Ming=李^明", organization="测试县人民医院", signed=SIGNED)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("signed")
    write(ENDINGS["screened"], folder)
    return (folder / "sr.dcm").read_bytes()


def test_it_names_the_doctor_and_the_report_it_replaces(first: bytes) -> None:
    before = pydicom.dcmread(io.BytesIO(first))

    ds = pydicom.dcmread(io.BytesIO(verified_report(first, SIGNATURE)))

    observer = ds.VerifyingObserverSequence[0]
    assert (ds.VerificationFlag, ds.CompletionFlag, ds.PreliminaryFlag) == ("VERIFIED", "COMPLETE", "FINAL")
    assert str(observer.VerifyingObserverName) == "Li^Ming=李^明"
    assert observer.VerifyingOrganization == "测试县人民医院"
    assert str(observer.VerificationDateTime) == "20990310093000+0800"
    replaced = ds.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
    assert replaced.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == before.SOPInstanceUID
    assert ds.SOPInstanceUID != before.SOPInstanceUID
    assert ds.ContentSequence == before.ContentSequence


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@pytest.mark.parametrize("character_set", ["ISO_IR 100", "", "GB18030"])
def test_a_chinese_doctor_can_sign_whatever_the_source_s_character_set(character_set: str, tmp_path: Path) -> None:
    name = "Müller^Jörg".encode("latin-1") if character_set != "GB18030" else b"Ceshi"
    write(ENDINGS["refused"], tmp_path, answered(header(source(character_set, name))))

    signed = verified_report((tmp_path / "sr.dcm").read_bytes(), SIGNATURE)

    ds = pydicom.dcmread(io.BytesIO(signed))
    assert str(ds.VerifyingObserverSequence[0].VerifyingObserverName) == "Li^Ming=李^明"
    assert name in signed


def test_the_signed_report_conforms(first: bytes, tmp_path: Path) -> None:
    tool = shutil.which("dciodvfy")
    if tool is None:
        pytest.skip("dciodvfy is not installed (Debian: dicom3tools)")
    (tmp_path / "sr.dcm").write_bytes(verified_report(first, SIGNATURE))

    said = subprocess.run([tool, tmp_path / "sr.dcm"], capture_output=True, check=False).stderr.decode("latin-1")

    assert [line for line in said.splitlines() if line.startswith("Error")] == []


def test_signing_again_at_the_same_moment_is_the_same_instance(first: bytes) -> None:
    assert verified_report(first, SIGNATURE) == verified_report(first, SIGNATURE)


def test_a_signed_report_is_not_signed_over(first: bytes) -> None:
    with pytest.raises(ValueError, match="verified already"):
        verified_report(verified_report(first, SIGNATURE), SIGNATURE)


@pytest.mark.parametrize("observer", ["", "  "])
def test_nobody_cannot_sign(observer: str) -> None:
    with pytest.raises(ValueError, match="needs a name"):
        Signature(observer=observer, organization="H", signed=SIGNED)
