"""Names, UIDs and days that stand for the real ones: the same for the same key, and meaningless without it.

Everything is HMAC-SHA256 of the key and the real value (RFC 2104).  Whoever holds the key can link; whoever
does not cannot even try a known Patient ID.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import uuid
from pathlib import Path

from pydicom._uid_dict import UID_dictionary

from lianyi.deidentify.errors import NotExported

KEY_BYTES = 32
_MOST_DAYS = 3650
"""Dates move back by 30 to this many days: an engineering choice; a month at least, ten years at most."""


def new_key() -> bytes:
    """Give a key that no one has seen."""
    return secrets.token_bytes(KEY_BYTES)


def read_or_make_key(path: Path) -> bytes:
    """Give the key in *path*; a new one is made there, for its owner's eyes only, where there is none.

    Raises:
        NotExported: D09, the file does not hold 32 bytes.
        OSError: it cannot be read or made.
    """
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(new_key())
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise NotExported("D09")
    return key


class Pseudonyms:
    """What one key makes of real values."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def _digest(self, what: str, value: str) -> bytes:
        return hmac.digest(self._key, f"{what}\0{value}".encode("utf-8", "surrogateescape"), hashlib.sha256)

    def uid(self, uid: str) -> str:
        """Give the UID that stands for *uid*; one registered in PS3.6 (a SOP class, a syntax) stays itself.

        A UID under 2.25 made of a version 4 UUID (PS3.5 B.2).
        """
        if uid in UID_dictionary:
            return uid
        return f"2.25.{uuid.UUID(bytes=self._digest('uid', uid)[:16], version=4).int}"

    def patient(self, identity: str) -> str:
        """Give the Patient ID that stands for *identity*: LY- and 16 letters and digits."""
        return "LY-" + base64.b32encode(self._digest("patient", identity)[:10]).decode("ascii")

    def days(self, identity: str) -> int:
        """Give by how many days *identity*'s dates move: one negative number for all, so that intervals stay."""
        return -30 - int.from_bytes(self._digest("days", identity)[:8], "big") % (_MOST_DAYS - 29)
