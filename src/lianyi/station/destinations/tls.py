"""TLS as BCP 195 asks: version 1.2 or newer, forward secrecy, authenticated encryption."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from lianyi.station.destinations.package import NotDelivered
from lianyi.station.destinations.secrets import Secret

# RFC 9325 (BCP 195), section 4.2: ECDHE with AES-GCM; ChaCha20-Poly1305 is of the same strength.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


class Tls(BaseModel):
    """How a peer is trusted, and who we are to it.

    Attributes:
        ca: certificates that may have signed the peer's; None: those of the operating system.
        certificate: ours, for peers that ask for one (mutual TLS).
        key: its private key.
        key_password: of the key, where it has one.
        check_host: whether the peer's certificate must name its host.  Certificates of DICOM nodes often name none.
        minimum: the oldest version of TLS.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    key_password: Secret | None = None
    check_host: bool = True
    minimum: Literal["1.2", "1.3"] = "1.2"

    @model_validator(mode="after")
    def _certificate_and_key(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate 与 key 须同时给出 give both certificate and key, or neither")
        return self

    def context(self) -> ssl.SSLContext:
        """Give the context of a client.

        Raises:
            NotDelivered: a file cannot be read or is no certificate.
        """
        try:
            context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
            if self.certificate and self.key:
                password = self.key_password.read() if self.key_password else None
                context.load_cert_chain(self.certificate, self.key, password)
        except (OSError, ssl.SSLError) as error:
            raise NotDelivered(
                zh=f"TLS 证书或私钥无法使用（{type(error).__name__}）；请检查 tls 中的 ca、certificate、key。",
                en=f"The TLS certificates or key cannot be used ({type(error).__name__}): "
                "check ca, certificate and key under tls.",
                is_final=True,
            ) from None
        context.check_hostname = self.check_host
        context.minimum_version = ssl.TLSVersion.TLSv1_3 if self.minimum == "1.3" else ssl.TLSVersion.TLSv1_2
        context.set_ciphers(_CIPHERS)
        return context
