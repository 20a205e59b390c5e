"""Where in the lungs a nodule lies, in a doctor's words, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Lobe = Literal["right upper", "right middle", "right lower", "left upper", "left lower"]
LobeBasis = Literal["fissures", "typical anatomy", "doctor"]

SURE_OF_LOBE = 0.8
"""An engineering choice: a lobe less probable than this counts as "not known" where something rests on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Place of one nodule.

    Attributes:
        lobe: the most probable one.
        lobe_probability: that it is this one, 0 to 1; a doctor's correction is 1.
        lobe_basis: what it was told from: fissures seen near the nodule, the shape of usual lungs, or the doctor.
        lingula: whether it lies in the lingula; None outside the left upper lobe.
        pleural_distance_mm: from the segmentation's surface to the nearest edge of its lung; 0 when it touches.
        is_at_pleura: touches the outer pleura; alone it is *not* the "juxtapleural" of Lung-RADS, which is a form too.
        fissure_distance_mm: from the surface to the nearest fissure seen; None where none was seen near it.
        perifissural: on a fissure with the form of an intrapulmonary lymph node; None where it cannot be told.
        centrality: "central" is the inner third from the hilum to the pleura, the rest is "peripheral".
    """

    lobe: Lobe
    lobe_probability: float
    lobe_basis: LobeBasis
    lingula: bool | None
    pleural_distance_mm: float
    is_at_pleura: bool
    fissure_distance_mm: float | None
    perifissural: bool | None
    centrality: Literal["central", "peripheral"]

    @property
    def sure_lobe(self) -> Lobe | None:
        """The lobe, where it is sure enough for something to rest on it."""
        return self.lobe if self.lobe_probability >= SURE_OF_LOBE else None
