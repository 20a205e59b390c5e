"""What keeps lists from being measured; a person mends the list."""

from __future__ import annotations

from lianyi.lungct.domain.errors import LianyiError


class NotMeasurable(LianyiError):
    """The lists do not fit together, or one of them cannot be what it claims to be."""
