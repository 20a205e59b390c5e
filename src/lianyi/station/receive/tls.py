"""TLS as BCP 195 has it (RFC 9325): version 1.2 or newer, forward secrecy, no weak cipher."""

from __future__ import annotations

import socket
import ssl
from typing import Any, Final

from lianyi.lungct.domain.errors import Misconfigured
from lianyi.station.config import Tls

# RFC 9325, section 4.2: recommended for TLS 1.2; those of 1.3 are all good.
_CIPHERS: Final = "ECDHE+AESGCM:DHE+AESGCM:!aNULL:!eNULL"
_HANDSHAKE_S: Final = 10.0  # an engineering choice: a peer that says nothing must not keep others waiting


class _Impatient(ssl.SSLContext):
    """Ends a handshake that takes too long."""

    def wrap_socket(self, sock: socket.socket, *words: Any, **names: Any) -> ssl.SSLSocket:
        sock.settimeout(_HANDSHAKE_S)
        wrapped = super().wrap_socket(sock, *words, **names)
        wrapped.settimeout(None)
        return wrapped


def server_context(tls: Tls) -> ssl.SSLContext:
    """Give what the node wraps its connections in; a peer's certificate is checked where it shows one.

    Raises:
        Misconfigured: a certificate or key cannot be used.
    """
    context = _Impatient(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_SINGLE_ECDH_USE
    try:
        context.load_cert_chain(tls.certificate, tls.key)
        if tls.authorities is not None:
            context.load_verify_locations(tls.authorities)
            context.verify_mode = ssl.CERT_OPTIONAL
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
        raise Misconfigured(
            zh=f"无法使用 [tls] 中的证书或私钥（{reason}），请检查三个文件。",
            en=f"certificate or key in [tls] cannot be used ({reason}); check the files.",
        ) from None
    return context
