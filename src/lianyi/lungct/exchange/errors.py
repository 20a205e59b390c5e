"""What keeps nodules from being assessed; a person mends the document."""

from __future__ import annotations

from lianyi.lungct.domain.errors import LianyiError


class NotAssessable(LianyiError):
    """A document cannot be read, or contradicts itself.

    Attributes:
        zh: one Chinese sentence: what was found, what was expected, what to do.
        en: the same in English.
    """

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.zh = zh
        self.en = en
