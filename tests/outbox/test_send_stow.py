"""STOW-RS to Orthanc's DICOMweb plug-in, and to a server that refuses."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pydicom
import pytest

from lianyi.station.destinations import NotDelivered, Package, StowDestination, deliver
from outbox_peers import Orthanc, TlsFiles, free_port


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("secret\n")
    return path


def to_stow(url: str, **more: Any) -> StowDestination:
    return StowDestination.model_validate({"name": "web", "kind": "stow", "url": url, "timeout_s": 20, **more})


def uids_of(package: Package) -> set[str]:
    return {pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID for path in package.objects}


def test_orthanc_holds_each_object_after_one_delivery_and_no_more_after_two(
    package: Package, orthanc: Orthanc, password: Path
) -> None:
    web = to_stow(f"{orthanc.url}/dicom-web/", user="lianyi", password={"file": password})

    receipts = [deliver(package, web) for _ in range(2)]

    assert orthanc.instances() == uids_of(package)
    assert all({one.what for one in receipt.objects} == uids_of(package) for receipt in receipts)


def test_a_wrong_password_is_told_and_not_shown(package: Package, orthanc: Orthanc, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("hunter2")
    web = to_stow(f"{orthanc.url}/dicom-web", user="lianyi", password={"file": tmp_path / "wrong"})

    with pytest.raises(NotDelivered, match="HTTP 401") as error:
        deliver(package, web)

    assert "hunter2" not in str(error.value)
    assert orthanc.instances() == set()


def test_a_wrong_address_is_final(package: Package, orthanc: Orthanc, password: Path) -> None:
    web = to_stow(f"{orthanc.url}/no-such-root", user="lianyi", password={"file": password})

    with pytest.raises(NotDelivered, match="HTTP 404") as error:
        deliver(package, web)

    assert error.value.is_final


def test_a_service_that_is_down_is_tried_again(package: Package) -> None:
    with pytest.raises(NotDelivered, match="cannot be reached") as error:
        deliver(package, to_stow(f"http://127.0.0.1:{free_port()}/dicom-web"))

    assert not error.value.is_final


def test_a_service_over_tls_is_trusted_by_its_authority_alone(package: Package, certificates: TlsFiles) -> None:
    """Against Python's own server: the HTTPS of Debian 12's Orthanc ends the whole process at the first request."""
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates.ca))
    server.load_cert_chain(certificates.peer, certificates.peer_key)
    server.verify_mode = ssl.CERT_REQUIRED
    ours = {"ca": certificates.ca, "certificate": certificates.ours, "key": certificates.our_key}
    with answering(503, "", server) as (url, seen):
        with pytest.raises(NotDelivered, match="HTTP 503"):  # it was reached, and heard
            deliver(package, to_stow(url, tls=ours))
        for wrong in ({**ours, "ca": certificates.stranger}, {"ca": certificates.ca}, None):
            with pytest.raises(NotDelivered, match="cannot be reached"):
                deliver(package, to_stow(url, tls=wrong))

    assert len(seen) == 1


FAILED = {"00081198": {"vr": "SQ", "Value": [{"00081197": {"vr": "US", "Value": [0]}}]}}


@pytest.mark.parametrize(
    ("status", "reason", "is_final"),
    [(409, 0xA900, True), (409, 0x0122, True), (409, 0xA700, False), (200, 0xC122, True)],
)
def test_the_failure_of_an_instance_is_read_from_the_response(
    package: Package, status: int, reason: int, *, is_final: bool
) -> None:
    body = json.loads(json.dumps(FAILED))
    body["00081198"]["Value"][0]["00081197"]["Value"] = [reason]
    with answering(status, body) as (url, _), pytest.raises(NotDelivered, match=f"{reason:04X}") as error:
        deliver(package, to_stow(url))

    assert error.value.is_final is is_final


@pytest.mark.parametrize("body", ["<html>", {}, []])
def test_a_200_that_says_nothing_of_our_object_is_no_delivery(package: Package, body: Any) -> None:
    with answering(200, body) as (url, _), pytest.raises(NotDelivered) as error:
        deliver(package, to_stow(url))

    assert not error.value.is_final


def test_a_token_goes_as_a_bearer_token(package: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACS_TOKEN", "abc.def")
    with answering(503, "") as (url, seen), pytest.raises(NotDelivered):
        deliver(package, to_stow(url, token={"env": "PACS_TOKEN"}))

    assert seen == ["Bearer abc.def"]


@contextmanager
def answering(status: int, body: Any, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[str]]]:
    """A server that gives one answer: Orthanc does not refuse on demand."""
    seen: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.headers.get("Authorization", ""))
            self.rfile.read(int(self.headers["Content-Length"]))
            content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/dicom+json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.handle_error = lambda *_: None  # a handshake that fails is the client's to tell
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://localhost:{server.server_port}/dicom-web", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
