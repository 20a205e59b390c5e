"""Every destination tried in turn, by its own protocol."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import assert_never

import httpx
from requests import HTTPError, RequestException

from lianyi.station.destinations.association import association, contexts_for
from lianyi.station.destinations.config import (
    Destination,
    DicomDestination,
    FhirDestination,
    FolderDestination,
    Hl7Destination,
    StowDestination,
)
from lianyi.station.destinations.dicomweb import dicomweb_client
from lianyi.station.destinations.mllp import connected
from lianyi.station.destinations.package import NotDelivered
from lianyi.station.destinations.web import client_for, not_taken, unreachable
from lianyi.station.peers.check import PeerCheck, failed, reach
from lianyi.station.peers.round_trip import round_trip_dicom, round_trip_stow

_VERIFICATION = "1.2.840.10008.1.1"  # PS3.4, annex A
_IMPLICIT = "1.2.840.10008.1.2"


def examine_peers(destinations: tuple[Destination, ...], *, round_trip: bool = False) -> Iterator[PeerCheck]:
    """Try each destination.  Nothing is sent, but for *round_trip*: a phantom study to those that take DICOM."""
    for destination in destinations:
        yield from _examine(destination, round_trip=round_trip)


def _examine(destination: Destination, *, round_trip: bool) -> Iterator[PeerCheck]:
    reached = True
    for check in _reach(destination):
        reached = reached and check.is_fit
        yield check
    if not reached:
        return
    match destination:
        case DicomDestination():
            yield _try_echo(destination)
            if round_trip:
                yield round_trip_dicom(destination)
        case StowDestination():
            yield _try_qido(destination)
            if round_trip:
                yield round_trip_stow(destination)
        case Hl7Destination():
            yield _try_mllp(destination)
        case FhirDestination():
            yield _try_metadata(destination)
        case FolderDestination():
            yield _try_writing(destination)
        case _:
            assert_never(destination)


def _reach(destination: Destination) -> Iterator[PeerCheck]:
    match destination:
        case DicomDestination() | Hl7Destination():
            host, port, tls = destination.host, destination.port, destination.tls
        case StowDestination() | FhirDestination():
            host, port, tls = destination.url.host or "", destination.url.port or 443, destination.tls_in_use
        case FolderDestination():
            return
        case _:
            assert_never(destination)
    yield from reach(destination.name, host, port, tls, timeout_s=destination.timeout_s)


def _try_echo(peer: DicomDestination) -> PeerCheck:
    try:
        with association(peer, contexts_for([(_VERIFICATION, _IMPLICIT)])) as asked:
            status = asked.send_c_echo().get("Status")
    except NotDelivered as error:
        return failed(peer.name, "echo", error)
    except ValueError:  # no accepted context for Verification
        status = None
    if status == 0:
        return PeerCheck(
            peer=peer.name,
            step="echo",
            is_fit=True,
            zh=f"C-ECHO 成功（{peer.calling_ae} → {peer.called_ae}）",
            en=f"C-ECHO answered ({peer.calling_ae} to {peer.called_ae})",
        )
    return PeerCheck(
        peer=peer.name,
        step="echo",
        is_fit=False,
        zh=f"C-ECHO 无应答（{status}）；请在对方登记 AE 标题 {peer.calling_ae}，并核对 called_ae。",
        en=f"C-ECHO was not answered ({status}): register the AE title {peer.calling_ae} there and check called_ae.",
    )


def _try_qido(peer: StowDestination) -> PeerCheck:
    try:
        client, answers = dicomweb_client(peer)
        client.search_for_series(limit=1, fields=["Modality"])
    except NotDelivered as error:
        return failed(peer.name, "qido", error)
    except HTTPError:
        return failed(peer.name, "qido", not_taken(peer, answers.last().status_code))
    except RequestException as error:
        return failed(peer.name, "qido", unreachable(peer, error))
    except ValueError:
        return failed(peer.name, "qido", not_taken(peer, 502, what="no DICOM JSON"))
    return PeerCheck(peer=peer.name, step="qido", is_fit=True, zh="QIDO-RS 可查询", en="QIDO-RS answers")


def _try_mllp(peer: Hl7Destination) -> PeerCheck:
    try:
        with connected(peer):
            pass
    except NotDelivered as error:
        return failed(peer.name, "mllp", error)
    return PeerCheck(
        peer=peer.name,
        step="mllp",
        is_fit=True,
        zh="MLLP 端口可连接（不发送试验消息：RIS 收下便无法撤回）",
        en="the MLLP port takes connections (no test message is sent: a RIS could not give it back)",
    )


def _try_metadata(peer: FhirDestination) -> PeerCheck:
    try:
        with client_for(peer) as client:
            response = client.get(f"{peer.base_url}/metadata", headers={"Accept": "application/fhir+json"})
        if not response.is_success:
            raise not_taken(peer, response.status_code)
        version = str(response.json().get("fhirVersion", ""))
    except NotDelivered as error:
        return failed(peer.name, "metadata", error)
    except httpx.HTTPError as error:
        return failed(peer.name, "metadata", unreachable(peer, error))
    except (ValueError, AttributeError):
        version = ""
    is_fit = version.startswith(("4.0", "4.3"))  # R4, R4B
    return PeerCheck(
        peer=peer.name,
        step="metadata",
        is_fit=is_fit,
        zh=f"FHIR {version}" if is_fit else f"FHIR 版本“{version[:12]}”不是 R4 或 R4B；请检查 url。",
        en=f"FHIR {version}" if is_fit else f'FHIR version "{version[:12]}" is neither R4 nor R4B: check the url.',
    )


def _try_writing(peer: FolderDestination) -> PeerCheck:
    try:
        with tempfile.NamedTemporaryFile(dir=peer.path, prefix=".lianyi-") as probe:
            probe.write(b"lianyi")
            os.fsync(probe.fileno())
    except OSError as error:
        why = type(error).__name__
        return PeerCheck(
            peer=peer.name,
            step="write",
            is_fit=False,
            zh=f"文件夹 {peer.path} 不可写（{why}）；请检查是否存在、是否已挂载、权限和剩余空间。",
            en=f"The folder {peer.path} cannot be written ({why}): check that it exists and is mounted, "
            "its permissions and the room left.",
        )
    return PeerCheck(
        peer=peer.name, step="write", is_fit=True, zh=f"{peer.path} 可写", en=f"{peer.path} can be written"
    )
