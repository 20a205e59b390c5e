"""`lianyi doctor --peers` and `lianyi send`, on the command line, against real peers."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pydicom
import pytest
import trustme

from lianyi.phantom import PhantomSpec, write_phantom
from lianyi.station.destinations.config_file import destinations_of
from lianyi.station.peers import PeerCheck, examine_peers
from outbox_fhir_server import fhir_running
from outbox_objects import write_objects
from outbox_peers import Orthanc, StoreScp, TlsFiles, free_port, storescp_running


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "study"
    write_phantom(folder, PhantomSpec(nodules=0, juxtapleural=0, matrix=(64, 72), slice_step_mm=10.0))
    return folder


def lianyi(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "lianyi", *map(str, words)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONUTF8": "1", "COLUMNS": "220"},
    )


def settings(folder: Path, orthanc: Orthanc, *, more: str = "") -> Path:
    (folder / "password").write_text("secret")
    path = folder / "station.toml"
    path.write_text(
        f"""
[[destinations]]
name = "pacs"
kind = "dicom"
host = "127.0.0.1"
port = {orthanc.dicom_port}
called_ae = "ORTHANC"

[[destinations]]
name = "web"
kind = "stow"
url = "{orthanc.url}/dicom-web"
user = "lianyi"
password = {{ file = "{folder / "password"}" }}
{more}""",
        encoding="utf-8",
    )
    return path


def test_a_phantom_is_sent_to_orthanc_and_found_again_by_c_find_and_qido(orthanc: Orthanc, tmp_path: Path) -> None:
    ended = lianyi("doctor", "--peers", settings(tmp_path, orthanc), "--round-trip")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "C-ECHO" in ended.stdout
    assert "C-FIND" in ended.stdout
    assert "QIDO-RS" in ended.stdout
    assert "✗" not in ended.stdout
    assert len(orthanc.instances()) > 10


def test_without_a_round_trip_nothing_is_sent(orthanc: Orthanc, tmp_path: Path) -> None:
    ended = lianyi("doctor", "--peers", settings(tmp_path, orthanc))

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert orthanc.instances() == set()


def test_what_does_not_work_is_marked_and_the_status_is_one(orthanc: Orthanc, tmp_path: Path) -> None:
    more = f'[[destinations]]\nname = "ris"\nkind = "hl7"\nhost = "127.0.0.1"\nport = {free_port()}\n'

    ended = lianyi("doctor", "--peers", settings(tmp_path, orthanc, more=more))

    assert ended.returncode == 1
    assert next(line for line in ended.stdout.splitlines() if "✗" in line).split()[:3] == ["✗", "ris", "tcp"]
    assert "无法连接" in ended.stdout
    assert "cannot be reached" in ended.stdout


def test_wrong_settings_name_the_key_and_start_nothing(tmp_path: Path) -> None:
    (tmp_path / "station.toml").write_text('[[destinations]]\nname = "pacs"\nkind = "dicom"\nhots = "x"\n')

    ended = lianyi("doctor", "--peers", tmp_path / "station.toml")

    assert ended.returncode == 2
    assert "[pacs] hots" in ended.stderr


def checks(*tables: dict[str, Any]) -> dict[tuple[str, str], PeerCheck]:
    return {(one.peer, one.step): one for one in examine_peers(destinations_of(list(tables), "station.toml"))}


def test_the_end_of_the_peers_certificate_is_shown(certificates: TlsFiles, tmp_path: Path) -> None:
    words = ("--enable-tls", certificates.peer_key, certificates.peer, "--add-cert-file", certificates.ca)
    with storescp_running(tmp_path / "tls", *map(str, words)) as peer:
        tls = {"ca": certificates.ca, "certificate": certificates.ours, "key": certificates.our_key}
        table = {"name": "p", "kind": "dicom", "host": "127.0.0.1", "port": peer.port, "called_ae": "STORESCP"}
        found = checks({**table, "tls": tls})
        unknown = checks({**table, "tls": {**tls, "ca": certificates.stranger}})

    assert found["p", "echo"].is_fit
    assert found["p", "tls"].is_fit
    assert "有效期至" in found["p", "tls"].zh
    assert not unknown["p", "tls"].is_fit
    assert ("p", "echo") not in unknown


def test_a_certificate_that_ends_soon_is_still_fit_and_told(tmp_path: Path) -> None:
    authority = trustme.CA()
    pair = authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) + timedelta(days=9))
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    pair.cert_chain_pems[0].write_to_path(tmp_path / "c.pem")
    pair.private_key_pem.write_to_path(tmp_path / "k.pem")
    words = ("--enable-tls", tmp_path / "k.pem", tmp_path / "c.pem", "--ignore-peer-cert")
    with storescp_running(tmp_path / "tls", *map(str, words)) as peer:
        table = {"name": "p", "kind": "dicom", "host": "127.0.0.1", "port": peer.port, "called_ae": "STORESCP"}
        found = checks({**table, "tls": {"ca": tmp_path / "ca.pem"}})

    assert found["p", "tls"].is_fit
    assert "soon" in found["p", "tls"].en


def test_folder_and_fhir_are_tried_too(tmp_path: Path) -> None:
    with fhir_running() as server:
        found = checks(
            {"name": "share", "kind": "folder", "path": tmp_path},
            {"name": "absent", "kind": "folder", "path": tmp_path / "absent"},
            {"name": "fhir", "kind": "fhir", "url": server.url, "patient_system": "urn:oid:1.2.3"},
        )

    assert found["share", "write"].is_fit
    assert list(tmp_path.iterdir()) == []
    assert not found["absent", "write"].is_fit
    assert found["fhir", "metadata"].is_fit
    assert "4.3.0" in found["fhir", "metadata"].en


def test_a_port_that_speaks_no_dicom_is_told() -> None:
    with fhir_running() as server:
        port = int(server.url.split(":")[2].split("/")[0])
        table = {"name": "p", "kind": "dicom", "host": "127.0.0.1", "port": port, "called_ae": "X", "timeout_s": 2}
        found = checks(table)

    assert found["p", "tcp"].is_fit
    assert not found["p", "echo"].is_fit


def test_a_result_folder_goes_to_every_destination_of_the_settings(
    documents: Path, study: Path, orthanc: Orthanc, tmp_path: Path
) -> None:
    objects = write_objects(study, tmp_path / "dicom")
    share = tmp_path / "share"
    share.mkdir()
    toml = settings(tmp_path, orthanc, more=f'[[destinations]]\nname = "share"\nkind = "folder"\npath = "{share}"\n')

    ended = lianyi("send", documents, "--dicom", tmp_path / "dicom", "--to", toml)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert orthanc.instances() == {pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID for path in objects}
    assert len(list(share.iterdir())) == 1


def test_a_study_goes_to_a_peer_named_on_the_command_line(study: Path, storescp: StoreScp) -> None:
    ended = lianyi("send", study, "--to", f"STORESCP@127.0.0.1:{storescp.port}", "--calling-ae", "IT")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len(storescp.received()) == len(list(study.glob("*.dcm")))


def test_one_destination_can_be_picked_by_name(study: Path, orthanc: Orthanc, tmp_path: Path) -> None:
    toml = settings(tmp_path, orthanc)

    ended = lianyi("send", study, "--to", f"{toml}:web")
    unknown = lianyi("send", study, "--to", f"{toml}:nobody")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "✓ web" in ended.stdout
    assert "pacs" not in ended.stdout
    assert unknown.returncode == 2


def test_what_could_not_be_delivered_is_told_and_the_status_is_five(study: Path) -> None:
    ended = lianyi("send", study, "--to", f"PACS@127.0.0.1:{free_port()}")

    assert ended.returncode == 5
    assert "cannot be reached" in ended.stdout


def test_a_folder_with_nothing_to_send_is_a_wrong_usage(tmp_path: Path) -> None:
    assert lianyi("send", tmp_path, "--to", "PACS@127.0.0.1:104").returncode == 2
