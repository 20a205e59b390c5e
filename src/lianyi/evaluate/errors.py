"""What keeps lists from being measured; a person mends the list."""

from __future__ import annotations

from lianyi.lungct.domain.errors import LianyiError


class NotMeasurable(LianyiError):
    """The lists do not fit together, or one of them cannot be what it claims to be.

    Attributes:
        zh: one Chinese sentence: what was found, what was expected, what to do.
        en: the same in English.
    """

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.zh = zh
        self.en = en
