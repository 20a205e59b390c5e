"""What keeps nodules from being assessed; a person mends the document."""

from __future__ import annotations

from lianyi.lungct.domain.errors import LianyiError


class NotAssessable(LianyiError):
    """A document cannot be read, or contradicts itself."""
