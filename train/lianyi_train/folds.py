"""Which patients and chests a network may learn from.

Two folds, fixed once.  A network "of fold A" never saw a patient or a chest of A, and is measured on A only;
"common" is everybody in neither, whom both may learn from.  So what both folds share can be learnt once.

===========  ==========================================  =================
fold         slabs                                       whole chests
===========  ==========================================  =================
A            a fifth of the patients                     those in CHESTS
B            another fifth                               those in CHESTS
common       the others                                  those in CHESTS
===========  ==========================================  =================
"""

from __future__ import annotations

import hashlib
from typing import Literal

Fold = Literal["A", "B", "common"]

CHESTS: dict[str, Fold] = {
    "LIDC-IDRI-0001": "A",
    "LUNGx-CT003": "A",
    "R01-001": "A",
    "LIDC-IDRI-0002": "B",
    "LIDC-IDRI-0003": "B",
    "CMB-CRC-MSB-01068": "B",
    "C3N-00247": "common",
    "4DLung-HM10395": "common",
    "LungFCP-01-0001": "common",
}
"""Every annotated chest lies in A or B, so each is measured by a network that never saw it."""

OTHER: dict[Fold, Fold] = {"A": "B", "B": "A"}
"""The fold that judges by what was fitted on the other."""

_SALT = "lianyi folds 1 "


def fold_of(patient_id: str) -> Fold:
    """Give the fold of a patient; a patient with a whole chest goes where the chest goes."""
    if patient_id in CHESTS:
        return CHESTS[patient_id]
    fifth = int(hashlib.sha256((_SALT + patient_id).encode()).hexdigest(), 16) % 5
    return "A" if fifth == 0 else "B" if fifth == 1 else "common"


Purpose = Literal["common", "A", "B", "everything"]
"""What a network is for: to be continued, to be measured on a fold, or to be shipped."""

LEARNS_FROM: dict[Purpose, frozenset[Fold]] = {
    "common": frozenset({"common"}),
    "A": frozenset({"common", "B"}),
    "B": frozenset({"common", "A"}),
    "everything": frozenset({"common", "A", "B"}),
}
