"""Is this a chest at all: what must be seen before anybody speaks of lungs."""

from __future__ import annotations

import numpy as np

from lianyi.lungct.domain.errors import Refusal, RefusalCode
from lianyi.lungct.domain.image import Booleans
from lianyi.lungct.lungs.coarse import COARSE_MM, CoarseChest, bounding_box

_LEAST_ML = 600.0
_LEAST_CUT_ML = 100.0
_MOST_ML = 12_000.0
"""Aerated lung of an adult in a chest CT: about 1 L in expiration with one lung, hardly over 10 L.

Source: predicted total lung capacity of adults is 3.5 to 9 L (Stocks and Quanjer, Eur Respir J 1995;8:492);
margins are ours, so that a small single lung is let through.
"""
_LEAST_TRACE_ML = 100.0
"""A chest without aerated lungs still shows a trace of lung beside its trachea; a belly has gas in tubes alone."""
_LEAST_HEIGHT_MM = 80.0
"""Lungs of adults are 200 to 320 mm high (the whole chests this was developed on: 208 to 319 mm)."""


def refuse_unless_lungs(aerated_kji: Booleans, chest: CoarseChest, *, has_trachea: bool) -> None:
    """Let pass what can be lungs, whole or cut.

    Args:
        aerated_kji: aerated lung on the coarse grid.
        chest: the coarse chest.
        has_trachea: whether a trachea was found: a chest without aerated lungs, not another body part.

    Raises:
        Refusal: NOT_CHEST or NO_LUNGS.
    """
    volume_ml = np.count_nonzero(aerated_kji) * COARSE_MM**3 / 1000.0
    if volume_ml > _MOST_ML:
        raise _not_chest(volume_ml)
    is_cut = bool(_leaves_volume(aerated_kji, chest.scanned_kji))
    height_mm = 0.0
    if volume_ml > 0:
        rows = bounding_box(aerated_kji)[0]
        height_mm = (rows.stop - rows.start) * COARSE_MM
    if volume_ml >= _LEAST_ML and (is_cut or height_mm >= _LEAST_HEIGHT_MM):
        return
    if is_cut and volume_ml >= _LEAST_CUT_ML:
        return
    raise _no_lungs(volume_ml) if has_trachea and volume_ml >= _LEAST_TRACE_ML else _not_chest(volume_ml)


def _leaves_volume(aerated_kji: Booleans, scanned_kji: Booleans) -> bool:
    if aerated_kji[0].any() or aerated_kji[-1].any():
        return True
    beyond_kji = ~scanned_kji
    return bool((aerated_kji[1:] & beyond_kji[:-1]).any() or (aerated_kji[:-1] & beyond_kji[1:]).any())


def _not_chest(volume_ml: float) -> Refusal:
    return Refusal(
        RefusalCode.NOT_CHEST,
        zh=f"图像中可辨认的含气肺组织为 {volume_ml:.0f} 毫升，不像成人胸部 CT（应为 600 至 12000 毫升）；"
        "请确认所选序列为包含全肺的胸部平扫或增强 CT。",
        en=f"Found {volume_ml:.0f} mL of what could be aerated lung, which is no adult chest CT"
        " (expected 600 to 12000 mL); choose a chest series that covers both lungs.",
    )


def _no_lungs(volume_ml: float) -> Refusal:
    return Refusal(
        RefusalCode.NO_LUNGS,
        zh=f"可见气管，但含气肺组织仅 {volume_ml:.0f} 毫升（应不少于 600 毫升）；"
        "双肺可能实变、萎陷或为大量积液所占，无法筛查，请由医生直接阅片。",
        en=f"There is a trachea, but only {volume_ml:.0f} mL of aerated lung (expected at least 600 mL); the lungs"
        " may be consolidated, collapsed or under effusion: this cannot be screened, a doctor must read it.",
    )
