"""One thing that was tried with one destination."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lianyi.station.destinations.package import NotDelivered
from lianyi.station.destinations.tls import Tls

_SOON = timedelta(days=30)  # an engineering choice: time enough to have a certificate renewed


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerCheck:
    """What was found.

    Attributes:
        peer: name of the destination.
        step: "tcp", "tls", "echo", "qido", "mllp", "metadata", "write" or "round trip".
        is_fit: whether it works as far as this step can tell.
        zh: what was found and, when unfit, what to do.
        en: the same in English.
    """

    peer: str
    step: str
    is_fit: bool
    zh: str
    en: str


def failed(peer: str, step: str, error: NotDelivered) -> PeerCheck:
    """Give an unfit check in the words of a failed delivery."""
    return PeerCheck(peer=peer, step=step, is_fit=False, zh=error.zh, en=error.en)


def reach(peer: str, host: str, port: int, tls: Tls | None, *, timeout_s: float) -> Iterator[PeerCheck]:
    """Try TCP, and TLS with the end date of the peer's certificate."""
    try:
        plain = socket.create_connection((host, port), timeout=timeout_s)
    except OSError as error:
        why = type(error).__name__
        yield PeerCheck(
            peer=peer,
            step="tcp",
            is_fit=False,
            zh=f"无法连接 {host}:{port}（{why}）；请检查地址、端口、防火墙，以及对方是否在运行。",
            en=f"{host}:{port} cannot be reached ({why}): check address, port, firewall and that it runs.",
        )
        return
    with plain:
        yield PeerCheck(peer=peer, step="tcp", is_fit=True, zh=f"{host}:{port} 可连接", en=f"{host}:{port} answers")
        if tls is not None:
            yield _try_tls(peer, plain, host, tls)


def _try_tls(peer: str, plain: socket.socket, host: str, tls: Tls) -> PeerCheck:
    try:
        with tls.context().wrap_socket(plain, server_hostname=host) as secured:
            version = secured.version() or "TLS"
            certificate = secured.getpeercert() or {}
    except NotDelivered as error:
        return failed(peer, "tls", error)
    except OSError as error:
        why = getattr(error, "verify_message", "") or getattr(error, "reason", "") or type(error).__name__
        return PeerCheck(
            peer=peer,
            step="tls",
            is_fit=False,
            zh=f"TLS 握手失败（{why}）；请检查 tls.ca、证书有效期、主机名（或 check_host = false）和 TLS 版本。",
            en=f"The TLS handshake failed ({why}): check tls.ca, the certificate's dates, its host name "
            "(or check_host = false) and the version of TLS.",
        )
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    soon_zh, soon_en = (
        ("，即将到期，请尽快更换", ", soon: have it renewed") if ends - datetime.now(UTC) < _SOON else ("", "")
    )
    return PeerCheck(
        peer=peer,
        step="tls",
        is_fit=True,
        zh=f"{version}，对方证书有效期至 {ends:%Y-%m-%d}{soon_zh}",
        en=f"{version}, the peer's certificate ends on {ends:%Y-%m-%d}{soon_en}",
    )
