"""UIDs that follow from what went in: the same answer to the same images has the same UIDs, whenever it is given.

A delivery may be repeated after a power cut, and a receiver then sees that it has the object already.  Anything that
may change what an object says (another version, detector, operating point, prior CT, fact of the patient, language,
or one slice more) gives others, because an instance must never change under its UID.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

_NAMESPACE = UUID("6f0d5c0e-3d5b-5f6e-9c0b-6c69616e7969")
"""Ours: names hashed under it belong to this program's results.  Fixed for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultIdentity:
    """What an answer follows from.

    Attributes:
        software: name and version.
        inputs: SOP Instance UIDs of the images, in any order.
        settings: everything else that may change what is said, as text, in a fixed order.
    """

    software: str
    inputs: tuple[str, ...]
    settings: tuple[str, ...]

    def uid(self, *what: object) -> str:
        """Give the UID of one thing of this answer: ``uid("series", "SR")``.

        Source: DICOM PS3.5 2024e, B.2 (UUID derived UID); RFC 9562, version 5.
        """
        return hashed_uid((self.software, *sorted(set(self.inputs)), "settings", *self.settings, "of", *map(str, what)))


def hashed_uid(parts: Sequence[str]) -> str:
    """Give a UID that only these texts, in this order, have."""
    name = "".join(f"{len(part)}:{part}" for part in parts)
    return f"2.25.{uuid5(_NAMESPACE, name).int}"
