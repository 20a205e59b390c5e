"""How much of the lungs lies outside the scan, told from where the lungs end at its edge.

A lung that is whole tapers to nothing inside the volume; one that is cut ends in a
cross-section on the last scanned slice.  The cross-sectional area of both lungs, from
apex to base, is much alike in all whole chests once height and area are scaled.  So
the areas that were scanned are matched with two such profiles (flat and steep
diaphragm) over every height and offset that the cut allows, each weighted by how well
it fits and by how usual the resulting lungs are; the share beyond the cut is the
weighted mean.

Error: seven whole chests were cut virtually, each estimated from profiles that leave it out.
Estimate minus truth, in percent of the lungs: root mean square, and the worst chest
(4DLung at the base: its lungs, beside a central mass, are only 194 mm high).

==============  ==========  ==========  ==========  ==========  ==========
truly missing   2           5           10          20          50
==============  ==========  ==========  ==========  ==========  ==========
apex            1.2 (2.9)   2.1 (4.8)   3.3 (6.4)   5.6 (8.9)   7.5 (11)
base            1.9 (4.5)   5.4 (14)    6.9 (17)    6.1 (14)    4.7 (8.0)
apex and base   1.3 (2.7)   2.4 (5.2)   5.2 (13)    6.5 (16)    4.3 (9.2)
==============  ==========  ==========  ==========  ==========  ==========

The side is estimated from the chord along which the field of view cuts the lung.  Three
chests cut by round fields and by planes: below a truth of 10 % it is too high, by up to 4
points; above, it is too low (20 % reads 15 %, 40 % reads 20 %) but never falls below 10 %.
An oblique cut of a tilted stack is told less well: on a phantom tilted by 16 degrees, 12 % reads 6 %.

So at the apex a share is good to about a third of itself, and at the base it is no
better than "a little", "a good part", "most".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.image import Booleans
from lianyi.lungct.lungs.coarse import bounding_box

Floats = npt.NDArray[np.float64]

# Area from apex to base in 24 equal steps of the height, over its mean.  Measured.
_STEEP_DIAPHRAGM = (  # mean of LIDC-IDRI-0001, LUNGx-CT003, C3N-00247
    "0.07 0.31 0.61 0.88 1.11 1.30 1.45 1.54 1.61 1.65 1.64 1.60 "
    "1.57 1.54 1.48 1.39 1.28 1.01 0.76 0.58 0.36 0.17 0.07 0.01"
)
_FLAT_DIAPHRAGM = (  # mean of LIDC-IDRI-0002, LIDC-IDRI-0003, R01-001, 4DLung-HM10395
    "0.07 0.25 0.44 0.63 0.82 1.00 1.16 1.30 1.39 1.44 1.49 1.53 "
    "1.53 1.51 1.48 1.47 1.47 1.44 1.34 1.09 0.68 0.35 0.13 0.02"
)
_PROFILES = np.array([profile.split() for profile in (_STEEP_DIAPHRAGM, _FLAT_DIAPHRAGM)], dtype=np.float64)
_HEIGHTS_MM = np.arange(150.0, 361.0, 5.0)
# Heights of the seven: 194 to 289 mm, mean 263, standard deviation 32; volume over cubed height 0.18 to 0.31.
_USUAL_HEIGHT_MM, _HEIGHT_SPREAD_MM = 265.0, 35.0
_USUAL_FULLNESS, _FULLNESS_LOG_SPREAD = 0.235, 0.2
_FIT_SPREAD = 0.06
"""Typical misfit of a whole chest to a profile, as a share of its area, over ten independent stretches."""
_BIN_MM = 5
_STRETCHES = 10

_LEAST_END_MM2 = 150.0
_LEAST_CHORD_MM = 15.0
# What a chord cuts off a lung is a segment of about this times the squared chord; measured on LIDC-IDRI-0001 to -0003.
_SEGMENT_PER_CHORD2 = 0.17
_MOST_UNDER_ARC = 0.4
_LEAST_SEEN_MM = 30
_LEAST_CAP = 0.06
_LEAST_SHARE = 0.0005


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """Where lung meets what was not scanned.

    Attributes:
        up_mm2: by slice, area of lung that goes on above.
        down_mm2: by slice, area of lung that goes on below.
        side_mm3: estimated volume beside the field of view.
    """

    up_mm2: Floats
    down_mm2: Floats
    side_mm3: float


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """The part of the lungs that whole slices show, from apex to base.

    A tilted stack cuts obliquely: slices that its edge crosses show less than was there, and are left out.

    Attributes:
        area_mm2: mean area in equal stretches.
        depths_mm: their centres below the upper edge.
        length_mm: from the upper to the lower edge.
        volume_mm3: between the edges.
        above_mm3: scanned all the same, above the upper edge.
        below_mm3: the same, below the lower.
    """

    area_mm2: Floats
    depths_mm: Floats
    length_mm: float
    volume_mm3: float
    above_mm3: float
    below_mm3: float


def missing_share(lungs_kji: Booleans, scanned_kji: Booleans | None) -> dict[str, float]:
    """Estimate the share of the lungs outside the scan, by place.

    Args:
        lungs_kji: both lungs on the 1 mm working grid.
        scanned_kji: what was scanned; None when all of it was.

    Returns:
        Shares of the whole lungs (0 to 1) under "lung apex", "lung base" and "lung side"; only places that are
        cut off.  Estimates: see the module for their error.
    """
    if not lungs_kji.any():
        return {}
    ends = _ends(lungs_kji, scanned_kji)
    above_mm3, below_mm3 = _beyond(lungs_kji, ends)
    whole_mm3 = float(np.count_nonzero(lungs_kji)) + above_mm3 + below_mm3 + ends.side_mm3
    shares = {
        "lung apex": above_mm3 / whole_mm3,
        "lung base": below_mm3 / whole_mm3,
        "lung side": ends.side_mm3 / whole_mm3,
    }
    return {place: share for place, share in shares.items() if share > _LEAST_SHARE}


def _ends(lungs_kji: Booleans, scanned_kji: Booleans | None) -> _Ends:
    _, j, i = bounding_box(lungs_kji)
    lungs = lungs_kji[:, j, i]
    out_kji = np.zeros(tuple(length + 2 for length in lungs.shape), dtype=bool)
    out_kji[[0, -1]] = True
    out_kji[:, [0, -1]] = [[j.start == 0], [j.stop == lungs_kji.shape[1]]]
    out_kji[:, :, [0, -1]] = [i.start == 0, i.stop == lungs_kji.shape[2]]
    if scanned_kji is not None:
        around_j = slice(max(0, j.start - 1), j.stop + 1)
        around_i = slice(max(0, i.start - 1), i.stop + 1)
        to_j, to_i = slice(around_j.start - j.start + 1, None), slice(around_i.start - i.start + 1, None)
        part_kji = ~scanned_kji[:, around_j, around_i]
        out_kji[1:-1, to_j, to_i][:, : part_kji.shape[1], : part_kji.shape[2]] |= part_kji

    goes_up_kji = lungs & out_kji[2:, 1:-1, 1:-1]
    goes_down_kji = lungs & out_kji[:-2, 1:-1, 1:-1]
    beside_kji = out_kji[1:-1, :-2, 1:-1] | out_kji[1:-1, 2:, 1:-1]
    beside_kji |= out_kji[1:-1, 1:-1, :-2]
    beside_kji |= out_kji[1:-1, 1:-1, 2:]
    beside_kji &= lungs & ~goes_up_kji & ~goes_down_kji
    return _Ends(
        up_mm2=np.count_nonzero(goes_up_kji, axis=(1, 2)).astype(np.float64),
        down_mm2=np.count_nonzero(goes_down_kji, axis=(1, 2)).astype(np.float64),
        side_mm3=_side_mm3(beside_kji, beside_kji.shape[2] / 2),
    )


def _side_mm3(beside_kji: Booleans, middle_i: float) -> float:
    """Sum, over slices and both sides, the segment of the lung's outline that its chord cuts off.

    A round field of view bulges into that segment; the part under its arc was scanned.
    """
    half = round(middle_i)
    total_mm3 = 0.0
    for side_kji in (beside_kji[:, :, :half], beside_kji[:, :, half:]):
        rows_kj, columns_ki = np.any(side_kji, axis=2), np.any(side_kji, axis=1)
        chord_mm, sagitta_mm = _extent_mm(rows_kj), np.maximum(_extent_mm(columns_ki) - 1.0, 0.0)
        segment_mm2 = _SEGMENT_PER_CHORD2 * chord_mm**2
        under_arc_mm2 = np.minimum(2 / 3 * chord_mm * sagitta_mm, _MOST_UNDER_ARC * segment_mm2)
        total_mm3 += float((segment_mm2 - under_arc_mm2)[chord_mm >= _LEAST_CHORD_MM].sum())
    return total_mm3


def _extent_mm(mask: Booleans) -> Floats:
    """Length from the first to the last True of each row, on the 1 mm grid."""
    first, last = mask.argmax(axis=1), mask.shape[1] - mask[:, ::-1].argmax(axis=1)
    return np.where(mask.any(axis=1), last - first, 0).astype(np.float64)


def _beyond(lungs_kji: Booleans, ends: _Ends) -> tuple[float, float]:
    """Give the volume above and below the scan, in mm³."""
    up_mm2, down_mm2 = float(ends.up_mm2.sum()), float(ends.down_mm2.sum())
    has_apex, has_base = up_mm2 < _LEAST_END_MM2, down_mm2 < _LEAST_END_MM2
    if has_apex and has_base:
        return 0.0, 0.0
    seen = _seen(lungs_kji, ends)
    guesses: list[tuple[float, float, float]] = []
    for profile in _PROFILES:
        for height_mm in _HEIGHTS_MM[seen.length_mm <= _HEIGHTS_MM]:
            spare_mm = height_mm - seen.length_mm
            offsets_mm = np.array([0.0]) if has_apex else np.array([spare_mm])
            if not has_apex and not has_base:
                offsets_mm = np.arange(0.0, spare_mm + 1.0, _BIN_MM)
            guesses += [_guess(profile, height_mm, offset_mm, seen) for offset_mm in offsets_mm]
    above_mm3, below_mm3 = 0.0, 0.0
    if guesses:
        log_weight, above, below = np.array(guesses).T
        weight = np.exp(log_weight - log_weight.max())
        above_mm3 = float(np.average(above, weights=weight)) * seen.volume_mm3 - seen.above_mm3
        below_mm3 = float(np.average(below, weights=weight)) * seen.volume_mm3 - seen.below_mm3
    # Whatever the profiles say, a cut lung goes on for at least a flat cap.
    return (
        0.0 if has_apex else max(above_mm3, _LEAST_CAP * up_mm2**1.5),
        0.0 if has_base else max(below_mm3, _LEAST_CAP * down_mm2**1.5),
    )


def _seen(lungs_kji: Booleans, ends: _Ends) -> _Seen:
    area_mm2 = np.count_nonzero(lungs_kji, axis=(1, 2)).astype(np.float64)
    slices = np.flatnonzero(area_mm2)
    low, high = int(slices[0]), int(slices[-1]) + 1
    # The lowest slice below which little goes on above, and the highest above which little goes on below.
    crossed_up = np.flatnonzero(np.cumsum(ends.up_mm2) >= _LEAST_END_MM2)
    crossed_down = np.flatnonzero(np.cumsum(ends.down_mm2[::-1])[::-1] >= _LEAST_END_MM2)
    top = int(crossed_up[0]) + 1 if crossed_up.size else high
    bottom = int(crossed_down[-1]) if crossed_down.size else low
    if top - bottom < _LEAST_SEEN_MM:
        bottom, top = low, high
    whole_mm2 = area_mm2[bottom:top][::-1]
    stretches = max(1, whole_mm2.size // _BIN_MM)
    step = whole_mm2.size // stretches
    return _Seen(
        area_mm2=whole_mm2[: stretches * step].reshape(stretches, step).mean(axis=1),
        depths_mm=(np.arange(stretches) + 0.5) * step,
        length_mm=float(whole_mm2.size),
        volume_mm3=float(whole_mm2.sum()),
        above_mm3=float(area_mm2[top:].sum()),
        below_mm3=float(area_mm2[:bottom].sum()),
    )


def _guess(profile: Floats, height_mm: float, offset_mm: float, seen: _Seen) -> tuple[float, float, float]:
    """Match one profile; give its log weight, and what lies above and below as multiples of what was seen."""
    steps = profile.size
    centres = np.concatenate([[0.0], (np.arange(steps) + 0.5) / steps, [1.0]])
    expected = np.interp((seen.depths_mm + offset_mm) / height_mm, centres, np.concatenate([[0.0], profile, [0.0]]))
    scale_mm2 = float(seen.area_mm2 @ expected / max(expected @ expected, 1e-9))
    misfit = float(((seen.area_mm2 - scale_mm2 * expected) ** 2).sum() / (seen.area_mm2**2).sum())
    stretches = min(seen.area_mm2.size, 3 * _STRETCHES) / _STRETCHES
    fullness = max(scale_mm2, 1e-3) / height_mm**2
    log_weight = (
        -misfit * stretches / (2 * _FIT_SPREAD**2)
        - (height_mm - _USUAL_HEIGHT_MM) ** 2 / (2 * _HEIGHT_SPREAD_MM**2)
        - float(np.log(fullness / _USUAL_FULLNESS)) ** 2 / (2 * _FULLNESS_LOG_SPREAD**2)
    )
    cumulated = np.concatenate([[0.0], np.cumsum(profile) / profile.sum()])
    before, through = np.interp(
        [offset_mm / height_mm, (offset_mm + seen.length_mm) / height_mm], np.arange(steps + 1) / steps, cumulated
    )
    inside = max(float(through - before), 1e-3)
    return log_weight, float(before) / inside, float(1.0 - through) / inside
