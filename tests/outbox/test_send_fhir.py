"""A transaction bundle over real HTTP to a server that creates conditionally."""

import base64
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from lianyi.lungct.report.findings import Findings
from lianyi.station.destinations import FhirDestination, NotDelivered, Package, deliver
from outbox_fhir_server import FhirServer, fhir_running
from outbox_peers import free_port

SYSTEM = "urn:oid:1.2.840.99999.1"


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with fhir_running() as state:
        yield state


def to_fhir(url: str, **more: Any) -> FhirDestination:
    settings = {"name": "fhir", "kind": "fhir", "url": url, "patient_system": SYSTEM, "timeout_s": 20}
    return FhirDestination.model_validate({**settings, **more})


def findings_of(package: Package) -> Findings:
    return Findings.model_validate_json((package.documents / "findings.json").read_bytes())


def test_the_bundle_is_valid_r4b_and_makes_one_of_each_and_an_observation_a_nodule(
    package: Package, server: FhirServer
) -> None:
    receipt = deliver(package, to_fhir(server.url))

    Bundle.model_validate(server.posted[0])
    nodules = len(findings_of(package).nodules)
    assert Counter(one["resourceType"] for one in server.stored.values()) == {
        "Patient": 1, "ImagingStudy": 1, "Device": 1, "DiagnosticReport": 1, "Provenance": 1, "Observation": nodules,
    }  # fmt: skip
    assert {one.said for one in receipt.objects} == {"201"}


def test_a_repeat_makes_nothing_new(package: Package, server: FhirServer) -> None:
    deliver(package, to_fhir(server.url))
    before = dict(server.stored)

    receipt = deliver(package, to_fhir(server.url))

    assert server.stored == before
    assert {one.said for one in receipt.objects} == {"200"}


def test_a_second_study_of_the_patient_shares_patient_and_device(package: Package, server: FhirServer) -> None:
    deliver(package, to_fhir(server.url))
    deliver(replace(package, identity="another"), to_fhir(server.url))

    assert len(server.of("Patient")) == len(server.of("Device")) == 1
    assert len(server.of("DiagnosticReport")) == len(server.of("Provenance")) == 2


def test_the_report_is_preliminary_and_refers_to_what_was_stored(package: Package, server: FhirServer) -> None:
    deliver(package, to_fhir(server.url))

    (report,), (study,), (patient,) = server.of("DiagnosticReport"), server.of("ImagingStudy"), server.of("Patient")
    assert report["status"] == "preliminary"
    assert report["code"]["coding"][0]["code"] == "24627-2"
    assert report["subject"] == {"reference": f"Patient/{patient['id']}"}
    assert report["imagingStudy"] == [{"reference": f"ImagingStudy/{study['id']}"}]
    assert len(report["result"]) == len(server.of("Observation"))
    assert "未经医师确认" in report["conclusion"]
    assert base64.b64decode(report["presentedForm"][0]["data"]) == (package.documents / "report.pdf").read_bytes()
    assert study["identifier"][0] == {
        "system": "urn:dicom:uid",
        "value": f"urn:oid:{findings_of(package).study.study_uid}",
    }
    assert patient["identifier"] == [{"system": SYSTEM, "value": "P|12^3&4"}]
    assert patient["name"][1] == {"text": "张 三", "family": "张", "given": ["三"]}


def test_an_observation_has_size_volume_and_place(package: Package, server: FhirServer) -> None:
    deliver(package, to_fhir(server.url))

    for nodule, one in zip(findings_of(package).nodules, server.of("Observation"), strict=True):
        parts = {part["code"]["coding"][0]["code"]: part for part in one["component"] if "coding" in part["code"]}
        assert parts["118565006"]["valueQuantity"]["value"] == pytest.approx(nodule.volume_mm3, abs=0.05)
        assert parts["103339001"]["valueQuantity"]["value"] == pytest.approx(nodule.long_axis_mm, abs=0.05)
        assert one["bodySite"]["text"]
        assert one["status"] == "preliminary"


def test_a_refused_study_gives_a_cancelled_report_with_its_reason_and_no_observation(
    refused_package: Package, server: FhirServer
) -> None:
    deliver(refused_package, to_fhir(server.url))

    (report,) = server.of("DiagnosticReport")
    assert report["status"] == "cancelled"
    assert "R03" in report["conclusion"]
    assert "result" not in report
    assert server.of("Observation") == []


def test_two_patients_with_one_number_fail_the_whole_and_show_nobody(package: Package, server: FhirServer) -> None:
    twin = {"resourceType": "Patient", "identifier": [{"system": SYSTEM, "value": "P|12^3&4"}]}
    server.stored = {"Patient/1": {**twin, "id": "1"}, "Patient/2": {**twin, "id": "2"}}

    with pytest.raises(NotDelivered, match="412, multiple-matches") as error:
        deliver(package, to_fhir(server.url))

    assert error.value.is_final
    assert "张" not in str(error.value)
    assert len(server.stored) == 2


def test_a_token_goes_as_a_bearer_token(package: Package, server: FhirServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FHIR_TOKEN", "abc")
    deliver(package, to_fhir(server.url, token={"env": "FHIR_TOKEN"}))

    assert server.authorization == ["Bearer abc"]


def test_a_server_that_is_down_is_tried_again(package: Package) -> None:
    with pytest.raises(NotDelivered, match="cannot be reached") as error:
        deliver(package, to_fhir(f"http://127.0.0.1:{free_port()}/fhir"))

    assert not error.value.is_final
