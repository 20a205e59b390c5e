"""What is delivered, and how a delivery ends."""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path

from lianyi.lungct.domain.errors import LianyiError

# An arbitrary, fixed name space (RFC 4122, version 5): the same identity gives the same UUID on every machine.
_NAMESPACE = uuid.UUID("6f6d2a0e-4f3b-5d53-9a56-1b7f0c2f9b11")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What one screening yields.

    Attributes:
        identity: stable over repeats, derived from the inputs and the version; holds no patient data.
        documents: folder with ``findings.json``, ``report.pdf`` and ``report.html``.
        objects: DICOM files (SR, SEG, GSPS, SC, PDF) in the source's study.
    """

    identity: str
    documents: Path
    objects: tuple[Path, ...]

    def token(self, what: str, *, length: int) -> str:
        """Give a short name for a part of this package: A-Z and 2-7, the same on every repeat."""
        digest = hashlib.sha256(f"{self.identity}\n{what}".encode()).digest()
        return base64.b32encode(digest).decode("ascii")[:length]

    def uuid(self, what: str) -> uuid.UUID:
        """Give a UUID for a part of this package, the same on every repeat."""
        return uuid.uuid5(_NAMESPACE, f"{self.identity}\n{what}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectReceipt:
    """What the receiver said of one object.

    Attributes:
        what: SOP Instance UID, file name or resource type; never patient data.
        said: status as the protocol gives it, such as "0000" or "201 Created".
        is_warning: taken, but not as it was sent (elements coerced, for example).
    """

    what: str
    said: str
    is_warning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the receiver said; never patient data.

    Attributes:
        destination: its name in the settings.
        reference: by which the receiver can find it: message control id, transaction UID, folder or bundle; or "".
        objects: one entry an object, where it applies.
        is_committed: the receiver promised to keep the objects (DICOM storage commitment).
        is_needless: there was nothing to send, such as a priority message for an unsuspicious study.
    """

    destination: str
    reference: str = ""
    objects: tuple[ObjectReceipt, ...] = ()
    is_committed: bool = False
    is_needless: bool = False


class NotDelivered(LianyiError):
    """A delivery failed; sentences for the person who must act.

    Attributes:
        is_final: trying again cannot help; somebody must change something first.
        objects: what was said of the objects that were tried.
    """

    def __init__(self, *, zh: str, en: str, is_final: bool, objects: tuple[ObjectReceipt, ...] = ()) -> None:
        super().__init__(zh=zh, en=en)
        self.is_final = is_final
        self.objects = objects
