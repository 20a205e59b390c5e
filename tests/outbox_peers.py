"""Real peers on loopback: Debian's Orthanc and dcmtk's storescp, started for a test and stopped by their id."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

PATIENCE_S = 60.0
PLUGINS = Path("/usr/share/orthanc/plugins")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, peer: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        assert peer.poll() is None, log.read_text(errors="replace")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(log.read_text(errors="replace"))


@contextmanager
def running(words: Sequence[str], *, port: int, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as out:
        peer = subprocess.Popen(words, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            wait_for_port(port, peer, log)
            yield peer
        finally:
            peer.terminate()
            try:
                peer.wait(timeout=20)
            except subprocess.TimeoutExpired:
                peer.kill()
                peer.wait()


@dataclass(frozen=True)
class Orthanc:
    dicom_port: int
    http_port: int
    commitment_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def instances(self) -> set[str]:
        """SOP Instance UIDs that Orthanc holds."""
        with httpx.Client(trust_env=False, auth=("lianyi", "secret"), timeout=30) as client:
            return {
                client.get(f"{self.url}/instances/{one}/simplified-tags").json()["SOPInstanceUID"]
                for one in client.get(f"{self.url}/instances").json()
            }

    def forget_all(self) -> None:
        with httpx.Client(trust_env=False, auth=("lianyi", "secret"), timeout=30) as client:
            for one in client.get(f"{self.url}/patients").json():
                client.delete(f"{self.url}/patients/{one}").raise_for_status()


@contextmanager
def orthanc_running(folder: Path, *, dicom_port: int | None = None, **more: Any) -> Iterator[Orthanc]:
    program = shutil.which("Orthanc")
    if program is None or not (PLUGINS / "libOrthancDicomWeb.so").exists():
        pytest.skip("Orthanc and its DICOMweb plug-in are absent (Debian: orthanc, orthanc-dicomweb)")
    folder.mkdir(parents=True)
    peer = Orthanc(dicom_port or free_port(), free_port(), free_port())
    settings = {
        "Name": "test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "index"),
        "Plugins": [str(PLUGINS / "libOrthancDicomWeb.so")],
        "DicomPort": peer.dicom_port,
        "DicomAet": "ORTHANC",
        "DicomCheckCalledAet": True,
        "DicomAlwaysAllowEcho": True,
        "DicomAlwaysAllowStore": False,
        "HttpPort": peer.http_port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {"lianyi": "secret"},
        "OverwriteInstances": False,
        "DicomModalities": {"lianyi": {"AET": "LIANYI", "Host": "127.0.0.1", "Port": peer.commitment_port}},
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        **more,
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    log = folder / "log.txt"
    with running([program, str(folder / "orthanc.json")], port=peer.http_port, log=log) as started:
        wait_for_port(peer.dicom_port, started, log)
        yield peer


@dataclass(frozen=True)
class StoreScp:
    port: int
    folder: Path

    def received(self) -> list[Path]:
        return sorted(self.folder.glob("*"))


@contextmanager
def storescp_running(folder: Path, *words: str) -> Iterator[StoreScp]:
    program = shutil.which("storescp")
    if program is None:
        pytest.skip("storescp is absent (Debian: dcmtk)")
    received = folder / "received"
    received.mkdir(parents=True)
    port = free_port()
    words = (program, "--aetitle", "STORESCP", "--output-directory", str(received), *words, str(port))
    with running(words, port=port, log=folder / "log.txt"):
        yield StoreScp(port, received)


@dataclass(frozen=True)
class TlsFiles:
    """PEM files of one authority: the peer's pair, ours, and that of somebody nobody knows."""

    ca: Path
    peer: Path
    peer_key: Path
    ours: Path
    our_key: Path
    stranger: Path
    stranger_key: Path


def tls_files(folder: Path) -> TlsFiles:
    authority, unknown = trustme.CA(), trustme.CA()
    files = TlsFiles(*(folder / f"{name}.pem" for name in ("ca", "peer", "peer-key", "ours", "our-key", "x", "x-key")))
    authority.cert_pem.write_to_path(files.ca)
    for issuer, name, certificate, key in (
        (authority, "localhost", files.peer, files.peer_key),
        (authority, "lianyi.hospital.example", files.ours, files.our_key),
        (unknown, "stranger.example", files.stranger, files.stranger_key),
    ):
        pair = issuer.issue_cert(name, "127.0.0.1")
        pair.cert_chain_pems[0].write_to_path(certificate)
        pair.private_key_pem.write_to_path(key)
    return files
