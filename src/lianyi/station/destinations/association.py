"""Associations with a DICOM peer, and sentences for those that fail."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, build_context

from lianyi.station.destinations.config import DicomDestination
from lianyi.station.destinations.package import NotDelivered

# PS3.8, section 9.3.4: result 1 (permanent) with source 1 and these reasons.
_UNKNOWN_AE = {3: ("主叫 AE 未登记", "calling AE not known there"), 7: ("被叫 AE 不对", "called AE not recognised")}
_PERMANENT = 1
_UNCOMPRESSED = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)


def contexts_for(kinds: Iterable[tuple[str, str]]) -> list[PresentationContext]:
    """Give a context for each pair of SOP class and transfer syntax; uncompressed ones may be had in either."""
    uncompressed = {str(syntax) for syntax in _UNCOMPRESSED}
    wanted = {(kind, "" if syntax in uncompressed else syntax) for kind, syntax in kinds}
    return [build_context(kind, syntax or list(_UNCOMPRESSED)) for kind, syntax in sorted(wanted)]


@contextmanager
def association(
    peer: DicomDestination, contexts: list[PresentationContext], *, handlers: list[Any] | None = None
) -> Iterator[Association]:
    """Open an association and release it.

    Raises:
        NotDelivered: the peer cannot be reached or does not want us; says which.
    """
    ae = AE(ae_title=peer.calling_ae)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = ae.connection_timeout = peer.timeout_s
    tls = (peer.tls.context(), peer.host) if peer.tls else None
    asked = ae.associate(
        peer.host,
        peer.port,
        contexts=contexts,
        ae_title=peer.called_ae,
        tls_args=tls,
        evt_handlers=handlers or [],
    )
    if not asked.is_established:
        raise _not_associated(peer, asked)
    try:
        yield asked
    finally:
        if asked.is_established:
            asked.release()


def _not_associated(peer: DicomDestination, asked: Association) -> NotDelivered:
    where = f"{peer.host}:{peer.port}（{peer.called_ae}）"
    answer = asked.acceptor.primitive
    if asked.is_rejected and answer is not None:
        zh, en = _UNKNOWN_AE.get(answer.diagnostic or 0, ("", "")) if answer.result_source == 1 else ("", "")
        code = f"result {answer.result}, source {answer.result_source}, reason {answer.diagnostic}"
        return NotDelivered(
            zh=f"{where} 拒绝了连接：{zh or '对方未允许'}（{code}）；"
            f"请在对方登记 AE 标题 {peer.calling_ae}，并核对 called_ae。",
            en=f"{peer.host}:{peer.port} ({peer.called_ae}) rejected the association: {en or 'not allowed'} ({code}); "
            f"register the AE title {peer.calling_ae} there, and check called_ae.",
            is_final=answer.result == _PERMANENT,
        )
    if not _is_listening(peer):
        return NotDelivered(
            zh=f"无法连接 {where}；请检查对方是否在运行、地址、端口和防火墙。",
            en=f"{peer.host}:{peer.port} cannot be reached: check that it runs, its address, port and firewall.",
            is_final=False,
        )
    tls_zh, tls_en = (
        ("TLS 证书或版本、", "TLS certificates or version, ") if peer.tls else ("对方是否要求 TLS、", "TLS, ")
    )
    return NotDelivered(
        zh=f"{where} 能连通，但建立 DICOM 连接失败；请检查{tls_zh}AE 标题。",
        en=f"{peer.host}:{peer.port} ({peer.called_ae}) answers, but no association came about: "
        f"check {tls_en}AE titles and the presentation contexts it takes.",
        is_final=False,
    )


def _is_listening(peer: DicomDestination) -> bool:
    try:
        with socket.create_connection((peer.host, peer.port), timeout=peer.timeout_s):
            return True
    except OSError:
        return False
