"""Pasting a nodule (or, for control, a piece of normal lung) into a chest without leaving a seam.

The pasted piece is turned about the patient's long axis and mirrored, its lung is brought to the grey of the lung
around it, and it is blended by its weights.  Where the chest below is soft tissue, the brighter of the two stays:
otherwise a dark ring would betray the seam at the pleura.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lianyi_train.grey import Grey, grey_of
from lianyi_train.slabs import Cut

Floats = npt.NDArray[np.float32]

SOFT_TISSUE = int(grey_of(np.array(-300.0)))
LUNG = int(grey_of(np.array(-600.0)))
MOST_SHIFT = 25.0
"""Grey values (137 HU): more would turn the pasted lung into something it never was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How a cut is turned before it is pasted.

    Attributes:
        degrees: about k.
        mirror_kji: axes that are mirrored.
        scale: lengths are multiplied by it.
    """

    degrees: float
    mirror_kji: tuple[bool, bool, bool]
    scale: float = 1.0


def turned(cut: Cut, turn: Turn) -> Cut:
    """Give the cut, turned."""
    angle = np.deg2rad(turn.degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    signs = np.where(turn.mirror_kji, -1.0, 1.0)
    cut_from_turned = np.diag(signs) @ np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]]) / turn.scale
    corners = np.array(np.meshgrid(*([0.0, n - 1.0] for n in cut.grey_kji.shape))).reshape(3, -1)
    center = np.array(cut.center_kji)[:, None]
    inside = np.linalg.inv(cut_from_turned) @ (corners - center)
    low = np.floor(inside.min(axis=1)).astype(int)
    high = np.ceil(inside.max(axis=1)).astype(int) + 1
    axes = np.meshgrid(*(np.arange(a, b, dtype=np.float64) for a, b in zip(low, high, strict=True)), indexing="ij")
    shape = axes[0].shape
    places = (cut_from_turned @ np.array(axes).reshape(3, -1) + center).reshape(3, *shape)

    def sampled(array_kji: Grey, mode: str) -> Grey:
        values = ndimage.map_coordinates(array_kji, places, output=np.float32, order=1, mode=mode, cval=0.0)
        bytes_kji: Grey = np.rint(values).astype(np.uint8)
        return bytes_kji

    k, j, i = (float(-n) for n in low)
    return replace(
        cut,
        grey_kji=sampled(cut.grey_kji, "nearest"),
        weight_kji=sampled(cut.weight_kji, "constant"),
        votes_kji=sampled(cut.votes_kji, "constant"),
        center_kji=(k, j, i),
    )


def paste(grey_kji: Grey, cut: Cut, at_kji: tuple[int, int, int], votes_kji: Grey | None = None) -> None:
    """Paste a turned cut so that its centre comes to *at_kji*; writes into *grey_kji* (and *votes_kji*).

    What would lie outside the array is left out.
    """
    target, source = _overlap(grey_kji.shape, cut, at_kji)
    below = grey_kji[target].astype(np.float32)
    above = cut.grey_kji[source].astype(np.float32)
    weight = cut.weight_kji[source].astype(np.float32) / 255.0
    brought = above + _shift(below, above, weight) * np.clip(1.0 - above / LUNG, 0.0, 1.0)
    mixed = below + weight * (brought - below)
    mixed = np.where(below >= SOFT_TISSUE, np.maximum(mixed, below), mixed)
    grey_kji[target] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    if votes_kji is not None:
        np.maximum(votes_kji[target], cut.votes_kji[source], out=votes_kji[target])


def soft_share(grey_kji: Grey, cut: Cut, at_kji: tuple[int, int, int]) -> float:
    """Give the share of the nodule that would lie over soft tissue; what leaves the array counts as such."""
    target, source = _overlap(grey_kji.shape, cut, at_kji)
    nodule = cut.votes_kji > 0
    over_lung = int(np.count_nonzero(nodule[source] & (grey_kji[target] < SOFT_TISSUE)))
    return 1.0 - over_lung / max(int(np.count_nonzero(nodule)), 1)


def _shift(below: Floats, above: Floats, weight: Floats) -> float:
    """Give how much darker the cut's lung is than the lung it comes to, read at the rim."""
    rim = (weight > 0.02) & (weight < 0.98) & (below < LUNG) & (above < LUNG)
    if np.count_nonzero(rim) < 20:
        return 0.0
    return float(np.clip(np.median(below[rim]) - np.median(above[rim]), -MOST_SHIFT, MOST_SHIFT))


def _overlap(
    shape: tuple[int, ...], cut: Cut, at_kji: tuple[int, int, int]
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    target, source = [], []
    for size, length, center, at in zip(shape, cut.grey_kji.shape, cut.center_kji, at_kji, strict=True):
        first = at - round(center)
        low, high = max(first, 0), min(first + length, size)
        high = max(high, low)
        target.append(slice(low, high))
        source.append(slice(low - first, high - first))
    return tuple(target), tuple(source)
