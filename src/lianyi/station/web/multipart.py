"""Multipart bodies (RFC 2387), taken apart as they come in, so that no more than one part is in memory."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

_MOST_HEADERS: Final = 10_000  # bytes; an engineering choice


class BadBody(Exception):
    """The body is no multipart body, or a part of it is too large; says which."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its media type, without parameters, and its content."""

    media_type: str
    content: bytes


def boundary_of(content_type: str) -> str:
    """Give the boundary that a Content-Type names.

    Raises:
        BadBody: it names none, or is of another media type.
    """
    found = re.search(r'boundary="?([^";]{1,200})"?', content_type, re.IGNORECASE)
    if not content_type.lower().startswith("multipart/related") or found is None:
        raise BadBody("multipart/related with a boundary is expected")
    return found.group(1).strip()


async def parts_of(stream: AsyncIterator[bytes], boundary: str, *, most_bytes: int) -> AsyncIterator[Part]:
    """Yield the parts of a body.

    Raises:
        BadBody: it ends too early, or a part is larger than *most_bytes*.
    """
    border = b"\r\n--" + boundary.encode("latin-1", "replace")
    held = bytearray(b"\r\n")  # the first border may stand at the very beginning
    is_inside = False
    looked = 0
    async for piece in stream:
        held += piece
        while (at := held.find(border, max(0, looked - len(border)))) >= 0:
            if is_inside:
                yield _part(bytes(held[:at]))
            is_inside = True
            del held[: at + len(border)]
            looked = 0
        looked = len(held)
        if len(held) > most_bytes + _MOST_HEADERS:
            raise BadBody("a part is larger than allowed")
    if not is_inside or not held.startswith(b"--"):
        raise BadBody("the body ends before its last border")


def _part(raw: bytes) -> Part:
    heading, found, content = raw.partition(b"\r\n\r\n")
    if not found or len(heading) > _MOST_HEADERS:
        raise BadBody("a part has no heading")
    media = re.search(rb"content-type:\s*([^;\r\n]+)", heading, re.IGNORECASE)
    return Part(media.group(1).decode("latin-1").strip().lower() if media else "", content)
