"""What a report says where the learned detector's runtime could not be loaded, and the classical one did its work.

Only then: weights that are missing or changed stop everything, for nobody knows what they would find.
"""

from __future__ import annotations

from lianyi.lungct.domain.errors import Caution, CautionCode

CLASSICAL_INSTEAD = Caution(
    code=CautionCode.CLASSICAL_FALLBACK,
    zh="这台机器无法载入学习型检出器的运行库，本次改用经典检出器，它的检出能力没有测定；请管理员运行 lianyi doctor。",
    en="This machine cannot load the learned detector's runtime; the classical detector, whose sensitivity was never "
    "measured, was used instead. Have the administrator run lianyi doctor.",
)
