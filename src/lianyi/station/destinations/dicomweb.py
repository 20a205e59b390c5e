"""The DICOMweb client of a destination: its sign-in, its TLS, and no retrying of its own."""

from __future__ import annotations

import ssl
from typing import Any

import requests
from dicomweb_client import DICOMwebClient
from requests.adapters import HTTPAdapter

from lianyi.station.destinations.config import StowDestination

# dicomweb-client sends larger bodies chunked, which reverse proxies and small servers may refuse; one object fits.
_ONE_PIECE = 2**31


class _OurTls(HTTPAdapter):
    """HTTPS by our context, so that BCP 195 and the site's certificates hold here too."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *words: Any, **named: Any) -> None:
        """Make connections with our context."""
        checked = None if self._context.check_hostname else False  # urllib3: None is its own default, which checks
        super().init_poolmanager(*words, **named, ssl_context=self._context, assert_hostname=checked)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:  # noqa: ANN401 -- as it comes
        """Leave the certificates to the context: requests would put its own list beside it."""


class Answers:
    """The responses as they came: dicomweb-client keeps only what it understands of them."""

    def __init__(self) -> None:
        self._last = requests.Response()

    def take(self, response: requests.Response, *_: object, **__: object) -> requests.Response:
        """Remember a response; given to the client as its hook."""
        self._last = response
        return response

    def last(self) -> requests.Response:
        """Give the latest response."""
        return self._last


def dicomweb_client(destination: StowDestination) -> tuple[DICOMwebClient, Answers]:
    """Give a client, and where its last response is found.

    Raises:
        NotDelivered: a secret or certificate cannot be read.
    """
    session = requests.Session()
    session.trust_env = False  # neither a proxy nor a .netrc of the environment: they are not in the settings
    tls = destination.tls_in_use
    if tls is not None:
        session.mount("https://", _OurTls(tls.context()))
    if destination.user is not None and destination.password is not None:
        session.auth = (destination.user, destination.password.read())
    headers = {"Authorization": f"Bearer {destination.token.read()}"} if destination.token else None
    answers = Answers()
    client = DICOMwebClient(
        destination.base_url,
        session=session,
        headers=headers,
        callback=answers.take,
        chunk_size=_ONE_PIECE,
        timeout=destination.timeout_s,
    )
    client.set_http_retry_params(retry=False)  # the outbox retries, with its own patience
    return client, answers
