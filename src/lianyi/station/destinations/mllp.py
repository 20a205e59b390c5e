"""MLLP (HL7's minimal lower layer protocol): one message out, one acknowledgement back, over a plain or TLS socket.

The hl7 package's own blocking client sends and reads once only, which cuts large messages and slow answers short.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lianyi.station.destinations.config import Hl7Destination
from lianyi.station.destinations.package import NotDelivered

START, END = b"\x0b", b"\x1c\r"
_LONGEST_ANSWER = 2**20  # an acknowledgement has some hundred bytes; an engineering choice


def exchange(message: bytes, to: Hl7Destination) -> bytes:
    """Send a message and give the acknowledgement, both without their frame.

    Raises:
        NotDelivered: the receiver cannot be reached, hangs up, or does not answer in time.  It may have taken the
            message all the same: a repeat has the same MSH-10.
    """
    with connected(to) as peer:
        try:
            peer.sendall(START + message + END)
            return _answer(peer, to)
        except TimeoutError:
            raise NotDelivered(
                zh=f"{to.name}（{to.host}:{to.port}）在 {to.timeout_s:g} 秒内没有应答；将以同一 MSH-10 重发。",
                en=f"{to.name} ({to.host}:{to.port}) did not answer within {to.timeout_s:g} s: "
                "it will be sent again with the same MSH-10.",
                is_final=False,
            ) from None
        except OSError as error:
            raise _broken(to, type(error).__name__) from None


@contextmanager
def connected(to: Hl7Destination) -> Iterator[socket.socket]:
    """Open a connection, with TLS where the destination has it.

    Raises:
        NotDelivered: it cannot be reached, or TLS cannot be agreed upon.
    """
    context = to.tls.context() if to.tls else None
    try:
        plain = socket.create_connection((to.host, to.port), timeout=to.timeout_s)
    except OSError as error:
        raise _unreachable(to, error) from None
    with plain:
        if context is None:
            yield plain
            return
        try:
            secured = context.wrap_socket(plain, server_hostname=to.host)
        except OSError as error:
            raise _unreachable(to, error) from None
        with secured:
            yield secured


def _answer(peer: socket.socket, to: Hl7Destination) -> bytes:
    """Read one frame; *timeout_s* holds for all of it, not for each piece."""
    until = time.monotonic() + to.timeout_s
    received = b""
    while END not in received:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        peer.settimeout(left)
        piece = peer.recv(65536)
        if not piece:
            raise _broken(to, "EOF")
        received += piece
        if len(received) > _LONGEST_ANSWER:
            raise _broken(to, "too long")
    block = received.partition(END)[0]
    if not block.startswith(START):
        raise _broken(to, "no start block")
    return block[1:]


def _unreachable(to: Hl7Destination, error: OSError) -> NotDelivered:
    return NotDelivered(
        zh=f"无法连接 {to.name}（{to.host}:{to.port}，{type(error).__name__}）；请检查地址、端口、防火墙和 TLS 证书。",
        en=f"{to.name} ({to.host}:{to.port}) cannot be reached ({type(error).__name__}): "
        "check address, port, firewall and TLS certificates.",
        is_final=False,
    )


def _broken(to: Hl7Destination, why: str) -> NotDelivered:
    return NotDelivered(
        zh=f"与 {to.name}（{to.host}:{to.port}）的连接中断，没有收到完整应答（{why}）；将以同一 MSH-10 重发。",
        en=f"The connection to {to.name} ({to.host}:{to.port}) broke before a whole answer came ({why}): "
        "it will be sent again with the same MSH-10.",
        is_final=False,
    )
