"""What sending by HTTP has in common: the client, its sign-in, and sentences for what goes wrong."""

from __future__ import annotations

import httpx

from lianyi.station.destinations.config import FhirDestination, StowDestination
from lianyi.station.destinations.package import NotDelivered, ObjectReceipt

WebDestination = StowDestination | FhirDestination

# RFC 9110 and RFC 6585: the same request may be answered otherwise later.
_LATER = {408, 425, 429}
_SIGN_IN = {401, 403}


def client_for(destination: WebDestination) -> httpx.Client:
    """Give a client that signs in as the destination asks; redirects are not followed, for they may lead elsewhere.

    Raises:
        NotDelivered: a secret or certificate cannot be read.
    """
    tls = destination.tls_in_use
    verify = tls.context() if tls else True
    auth = None
    if destination.user is not None and destination.password is not None:
        auth = httpx.BasicAuth(destination.user, destination.password.read())
    headers = {"Authorization": f"Bearer {destination.token.read()}"} if destination.token else {}
    return httpx.Client(verify=verify, auth=auth, headers=headers, timeout=destination.timeout_s, trust_env=False)


def unreachable(destination: WebDestination, error: Exception) -> NotDelivered:
    """Tell that no answer came."""
    host = destination.url.host
    return NotDelivered(
        zh=f"无法连接 {host}（{type(error).__name__}）；请检查地址、端口、防火墙和 TLS 证书。",
        en=f"{host} cannot be reached ({type(error).__name__}): check address, port, firewall and TLS certificates.",
        is_final=False,
    )


def not_taken(
    destination: WebDestination, status: int, *, objects: tuple[ObjectReceipt, ...] = (), what: str = ""
) -> NotDelivered:
    """Tell that the answer was a refusal; *what* is a code of the protocol, never the receiver's free text."""
    said = f"HTTP {status}{f', {what}' if what else ''}"
    zh, en = _advice(status)
    return NotDelivered(
        zh=f"{destination.name}（{destination.url.host}）未接收（{said}）；{zh}。",
        en=f"{destination.name} ({destination.url.host}) did not take it ({said}): {en}.",
        is_final=not (status >= 500 or status in _LATER or status in _SIGN_IN),
        objects=objects,
    )


def _advice(status: int) -> tuple[str, str]:
    if status in _SIGN_IN:
        return "请检查用户名、密码或令牌", "check user, password or token"
    if status == 404:
        return "请检查 url", "check the url"
    if status >= 500 or status in _LATER:
        return "将重试；请检查对方是否正常运行", "it will be tried again; check that the receiver works"
    return "请把该代码交给对方的管理员", "give the code to the receiver's administrator"
