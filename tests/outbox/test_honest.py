"""What holds for every way of sending: failed studies are told, patients stay out of logs, text survives."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import hl7
import httpx
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.lungct.report.findings import Findings
from lianyi.station.destinations import NotDelivered, Package, deliver
from lianyi.station.destinations.config_file import destinations_of
from lianyi.station.destinations.hl7_text import escaped
from outbox_fhir_server import fhir_running
from outbox_mllp import listening
from outbox_peers import Orthanc, orthanc_running


@pytest.fixture
def failed_package(package: Package, tmp_path: Path) -> Package:
    """What a fault of ours leaves: findings that know neither patient nor study."""
    whole = json.loads((package.documents / "findings.json").read_text(encoding="utf-8"))
    nothing = {"patient": None, "study": None, "lungs": None, "nodules": [], "assessments": [], "risks": []}
    folder = tmp_path / "failed"
    folder.mkdir()
    failed = Findings.model_validate({**whole, **nothing, "outcome": "failed", "operating_point": None})
    (folder / "findings.json").write_text(failed.to_json(), encoding="utf-8")
    return replace(package, documents=folder)


def test_a_failed_study_is_told_by_hl7_and_fhir_with_what_its_objects_know(failed_package: Package) -> None:
    with listening() as ris, fhir_running() as server:
        to_ris, to_fhir = destinations_of(
            [
                {"name": "ris", "kind": "hl7", "host": "127.0.0.1", "port": ris.port},
                {"name": "f", "kind": "fhir", "url": server.url, "patient_system": "urn:oid:1.2.3", "pdf": False},
            ],
            "station.toml",
        )
        deliver(failed_package, to_ris)
        deliver(failed_package, to_fhir)

    (obx,) = ris.message().segments("OBX")
    (report,) = server.of("DiagnosticReport")
    assert str(obx[11]) == "X"
    assert "未能完成" in str(obx[5])
    assert report["status"] == "cancelled"
    assert server.of("Patient")[0]["identifier"][0]["value"] == "P|12^3&4"


def test_a_failed_study_that_nobody_can_match_to_a_patient_waits_for_a_person(failed_package: Package) -> None:
    nameless = replace(failed_package, objects=())
    (to_ris,) = destinations_of([{"name": "ris", "kind": "hl7", "host": "h", "port": 1}], "station.toml")

    with pytest.raises(NotDelivered, match="patient ID") as error:
        deliver(nameless, to_ris)

    assert error.value.is_final


@pytest.fixture
def everywhere(tmp_path: Path) -> Iterator[list[dict[str, object]]]:
    """A destination of each kind, each with a peer behind it."""
    with ExitStack() as stack:
        orthanc = stack.enter_context(orthanc_running(tmp_path / "orthanc", AuthenticationEnabled=False))
        ris = stack.enter_context(listening())
        fhir = stack.enter_context(fhir_running())
        (tmp_path / "share").mkdir()
        yield [
            {"name": "d", "kind": "dicom", "host": "127.0.0.1", "port": orthanc.dicom_port, "called_ae": "ORTHANC"},
            {"name": "s", "kind": "stow", "url": f"{orthanc.url}/dicom-web"},
            {"name": "h", "kind": "hl7", "host": "127.0.0.1", "port": ris.port},
            {"name": "f", "kind": "fhir", "url": fhir.url, "patient_system": "urn:oid:1.2.3"},
            {"name": "folder", "kind": "folder", "path": tmp_path / "share"},
        ]


def test_no_log_line_receipt_or_file_name_holds_patient_data(
    package: Package, everywhere: list[dict[str, object]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    findings = Findings.model_validate_json((package.documents / "findings.json").read_bytes())
    secrets = ("Zhang", "张", findings.patient.id, findings.patient.birth_date, findings.study.accession_number)

    with caplog.at_level(logging.INFO):
        receipts = [deliver(package, one) for one in destinations_of(everywhere, "station.toml")]

    names = " ".join(str(path) for path in (tmp_path / "share").rglob("*"))
    told = f"{caplog.text} {receipts} {names}"
    assert [secret for secret in secrets if secret in told] == []


def test_stow_changes_nothing_in_an_object(package: Package, orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORTHANC_PASSWORD", "secret")
    web = {"name": "s", "kind": "stow", "url": f"{orthanc.url}/dicom-web", "user": "lianyi"}
    (to_web,) = destinations_of([{**web, "password": {"env": "ORTHANC_PASSWORD"}}], "station.toml")
    deliver(package, to_web)

    with httpx.Client(auth=("lianyi", "secret"), trust_env=False, base_url=orthanc.url) as client:
        stored = [client.get(f"/instances/{one}/file").content for one in client.get("/instances").json()]
    read = [pydicom.dcmread(BytesIO(content)) for content in stored]
    received = {one.SOPInstanceUID: one for one in read}
    for path in package.objects:
        sent = pydicom.dcmread(path)
        assert received[sent.SOPInstanceUID] == sent


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=40))
def test_any_text_survives_escaping(text: str) -> None:
    """Separators come back; controls, which could end a segment or a block, are blanks."""
    message = hl7.parse(f"MSH|^~\\&|A\rOBX|1|TX|x||{escaped(text)}|end\r")

    assert str(message.segment("OBX")[6]) == "end"
    expected = "".join(character if character.isprintable() else " " for character in text)
    assert re.search(r"[\r\n\x0b\x1c]", escaped(text)) is None
    assert message.unescape(str(message.segment("OBX")[5])) == expected
