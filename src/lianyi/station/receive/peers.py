"""Who may send: the table of peers, asked at each association."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Final

from lianyi.station.config import Peer, StationConfig

# DICOM PS3.8 2024e, table 9-21: result, source and reason of an A-ASSOCIATE-RJ.
CALLING_TITLE_UNKNOWN: Final = (0x01, 0x01, 0x03)
CALLED_TITLE_UNKNOWN: Final = (0x01, 0x01, 0x07)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks for an association.

    Attributes:
        is_certified: showed a certificate that one of our authorities signed.
    """

    ae_title: str
    called_title: str
    address: str
    is_encrypted: bool
    is_certified: bool


class Unwelcome(Exception):
    """Must not send; *answer* is for the wire, *reason* for the log."""

    def __init__(self, *, answer: tuple[int, int, int], reason: str) -> None:
        super().__init__(reason)
        self.answer = answer
        self.reason = reason


def admit(caller: Caller, config: StationConfig) -> Peer:
    """Give the peer that a caller is.

    Raises:
        Unwelcome: it is none, or does not come as it must.
    """
    if caller.called_title != config.dicom.ae_title:
        raise Unwelcome(answer=CALLED_TITLE_UNKNOWN, reason="called another AE title than ours")
    peer = next((peer for peer in config.peers if peer.ae_title.strip() == caller.ae_title), None)
    if peer is None:
        if config.dicom.unknown_peers == "this machine" and is_loopback(caller.address):
            return Peer(ae_title="THIS-MACHINE")
        raise Unwelcome(answer=CALLING_TITLE_UNKNOWN, reason="unknown AE title")
    if peer.host is not None and caller.address not in addresses_of(peer.host):
        raise Unwelcome(answer=CALLING_TITLE_UNKNOWN, reason="known AE title from another host")
    if peer.tls != "none" and not caller.is_encrypted:
        raise Unwelcome(answer=CALLING_TITLE_UNKNOWN, reason="must use TLS and did not")
    if peer.tls == "mutual" and not caller.is_certified:
        raise Unwelcome(answer=CALLING_TITLE_UNKNOWN, reason="must show a certificate and did not")
    return peer


def is_loopback(address: str) -> bool:
    """Tell whether an address is of this machine."""
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def addresses_of(host: str) -> frozenset[str]:
    """Give a host's addresses; none where its name cannot be looked up now."""
    try:
        return frozenset(str(found[4][0]) for found in socket.getaddrinfo(host, None))
    except OSError:
        return frozenset()
