"""The fissures of one lung, and which lobe a place belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from lianyi.lungct.domain.image import CtVolume, Mask
from lianyi.lungct.domain.location import Lobe, LobeBasis
from lianyi.lungct.domain.nodule import Side
from lianyi.lungct.locate.plates import Plates, find_plates
from lianyi.lungct.locate.surface import Surface, fit_surface, unseen
from lianyi.lungct.locate.typical import (
    HORIZONTAL_HEIGHT,
    Extent,
    measure_extent,
    typical_horizontal,
    typical_oblique,
)

Floats = npt.NDArray[np.float64]

_KNOWN_WITHIN_MM = 5.0
"""A fissure that is known this well at the nodule (standard deviation) counts as seen near it."""
_ALWAYS_WRONG = 0.04
"""Share of answers that are wrong for reasons no distance tells: another plate taken for the fissure, an accessory
fissure, an unusual lung.  An engineering choice."""
_OTHER_FISSURE_MM = 6.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fissures:
    """The fissures of one lung; *horizontal* is None in the left."""

    side: Side
    extent: Extent
    oblique: Surface
    horizontal: Surface | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LobeAnswer:
    """The most probable lobe, what it was told from, and whether it is the lingula."""

    lobe: Lobe
    probability: float
    basis: LobeBasis
    lingula: bool | None


def find_fissures(working: CtVolume, lung: Mask, side: Side, *, are_visible: bool, is_cut: bool) -> Fissures:
    """Find the fissures of one lung.

    Args:
        working: 1 mm patient-aligned.
        lung: its field, not empty.
        side: which lung.
        are_visible: False where the slices are too thick to show them; then typical anatomy stands alone.
        is_cut: whether apex or base lie outside the CT.
    """
    extent = measure_extent(lung)
    oblique = unseen(typical_oblique(extent, side, is_cut=is_cut))
    horizontal = unseen(typical_horizontal(extent, is_cut=is_cut)) if side == "right" else None
    if are_visible:
        plates = find_plates(working, lung)
        oblique = fit_surface(oblique.plane, plates)
        if horizontal is not None:
            horizontal = fit_surface(horizontal.plane, _in_front_of(oblique, plates))
    return Fissures(side=side, extent=extent, oblique=oblique, horizontal=horizontal)


def _in_front_of(oblique: Surface, plates: Plates) -> Plates:
    """Leave out the oblique fissure itself and what lies behind it."""
    signed_mm, spread_mm = oblique.signed_mm(plates.points_xyz)
    keep = signed_mm > np.where(spread_mm < _KNOWN_WITHIN_MM, _OTHER_FISSURE_MM, -spread_mm)
    return Plates(
        points_xyz=plates.points_xyz[keep],
        normals_xyz=plates.normals_xyz[keep],
        contrast_hu=plates.contrast_hu[keep],
    )


def tell_lobe(fissures: Fissures, point_xyz: Floats) -> LobeAnswer:
    """Tell the lobe of a place in this lung, LPS mm.

    The probability follows from the distance to each fissure over how well that fissure is known.
    """
    above_oblique, oblique_known = _probability_above(fissures.oblique, point_xyz)
    shares: dict[Lobe, float]
    if fissures.horizontal is None:
        shares, is_known = {"left upper": above_oblique, "left lower": 1 - above_oblique}, oblique_known
    else:
        above_horizontal, horizontal_known = _probability_above(fissures.horizontal, point_xyz)
        shares = {
            "right upper": above_oblique * above_horizontal,
            "right middle": above_oblique * (1 - above_horizontal),
            "right lower": 1 - above_oblique,
        }
        is_known = oblique_known and (horizontal_known or above_oblique < 0.5)
    lobe = max(shares, key=shares.__getitem__)
    return LobeAnswer(
        lobe=lobe,
        probability=shares[lobe] * (1 - _ALWAYS_WRONG) + _ALWAYS_WRONG / len(shares),
        basis="fissures" if is_known else "typical anatomy",
        lingula=_is_lingula(fissures.extent, point_xyz) if lobe == "left upper" else None,
    )


def _probability_above(surface: Surface, point_xyz: Floats) -> tuple[float, bool]:
    signed_mm, spread_mm = surface.signed_mm(point_xyz[None])
    return float(ndtr(signed_mm[0] / spread_mm[0])), bool(spread_mm[0] <= _KNOWN_WITHIN_MM)


def _is_lingula(extent: Extent, point_xyz: Floats) -> bool:
    """Below the height of the right lung's horizontal fissure: an engineering choice, no fissure shows it."""
    return extent.height_share(float(point_xyz[2])) < HORIZONTAL_HEIGHT
