"""Does a CT slice show text?  A check of pixels, not of promises in a header.

What it finds: lines of at least four signs of like height on one base line, and bands of crowded strokes as
Chinese characters have them, drawn in one grey value as graphics are (measured tissue, table and wires are never
of one value throughout).  Drawn in the slice's own highest or lowest value they are found anywhere (strokes: the
highest only); in another value only outside the body.
What it does not find: fewer than four signs, smooth-edged or noisy text whose strokes have no common value,
text inside the body in a value between the extremes, handwriting, slanted lines, and faces.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

# Engineering choices, in pixels: letters from the smallest legible (5) to a banner's (64).
_HEIGHTS = range(5, 65)
_MIN_SIGNS = 4
_BODY_HU = -400
_OFF_BODY_HU = -700
_FLAT_SHARE = 0.6
_MOST_INK = 0.2
_DENSER_THAN_BONE_HU = 1500
_REACHES = (4, 10)
"""Strokes this far apart, to the right and left, belong together: small characters and large."""

Slice = npt.NDArray[np.int16]
Mask = npt.NDArray[np.bool_]


def has_text(hu_ji: Slice) -> bool:
    """Tell whether text seems to be drawn into a slice.

    Args:
        hu_ji: Hounsfield units, (rows, columns).
    """
    extremes = (int(hu_ji.max()), int(hu_ji.min()))
    if any(_has_line(_signs(mask)) for mask in (hu_ji == value for value in extremes) if mask.mean() < _MOST_INK):
        return True
    if extremes[0] > _DENSER_THAN_BONE_HU and _has_band(hu_ji == extremes[0], hu_ji):
        return True
    outside = (hu_ji > _OFF_BODY_HU) & _flat(hu_ji)
    outside &= ~_body(hu_ji)
    return _has_line(_signs(outside)) or _has_band(outside, hu_ji)


def _has_band(mask: Mask, hu_ji: Slice) -> bool:
    """Tell whether strokes of one value crowd into a band wider than high, as Chinese characters do."""
    for reach in _REACHES:
        joined = ndimage.maximum_filter(mask, (reach // 2 + 1, 2 * reach + 1))
        labels, _ = ndimage.label(joined)
        for place in ndimage.find_objects(labels):
            if _is_band(mask[place], hu_ji[place], reach):
                return True
    return False


def _is_band(ink: Mask, hu_ji: Slice, reach: int) -> bool:
    height, width = ink.shape[0] - reach // 2, ink.shape[1] - 2 * reach
    if height not in _HEIGHTS or width < 3 * height or not 0.08 < ink.sum() / (height * width) < 0.75:
        return False
    _, counts = np.unique(hu_ji[ink], return_counts=True)
    if counts.max() < _FLAT_SHARE * counts.sum():
        return False
    strokes = np.count_nonzero(ink[:, 1:] & ~ink[:, :-1], axis=1)
    return bool(np.median(strokes[strokes > 0]) >= _MIN_SIGNS)


def _body(hu_ji: Slice) -> Mask:
    """Give the largest dense part, filled and a little widened, on a grid of every second pixel."""
    labels, count = ndimage.label(hu_ji[::2, ::2] > _BODY_HU)
    if not count:
        return np.zeros(hu_ji.shape, bool)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    body = ndimage.binary_fill_holes(labels == sizes.argmax())
    body = ndimage.binary_dilation(body, iterations=2)
    return np.asarray(body.repeat(2, 0).repeat(2, 1)[: hu_ji.shape[0], : hu_ji.shape[1]], dtype=np.bool_)


def _flat(hu_ji: Slice) -> Mask:
    """Give the pixels that share their exact value with a neighbour to the right, left, above or below."""
    flat = np.zeros(hu_ji.shape, bool)
    across, down = hu_ji[:, 1:] == hu_ji[:, :-1], hu_ji[1:] == hu_ji[:-1]
    flat[:, 1:] |= across
    flat[:, :-1] |= across
    flat[1:] |= down
    flat[:-1] |= down
    return flat


def _signs(mask: Mask) -> list[tuple[int, int, int, int]]:
    """Give the boxes (top, bottom, left, right) of parts that have the size of a letter and are no solid block."""
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel())
    boxes = []
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        rows, columns = place
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if height in _HEIGHTS and width <= 2 * height and sizes[number] < 0.9 * height * width + (width <= 3) * 999:
            boxes.append((rows.start, rows.stop, columns.start, columns.stop))
    return boxes


def _has_line(boxes: list[tuple[int, int, int, int]]) -> bool:
    """Tell whether at least four boxes stand beside each other on one line, like letters."""
    boxes = sorted(boxes, key=lambda box: box[2])
    longest = [1] * len(boxes)
    for later, box in enumerate(boxes):
        for earlier in range(later):
            if _follows(box, boxes[earlier]):
                longest[later] = max(longest[later], longest[earlier] + 1)
        if longest[later] >= _MIN_SIGNS:
            return True
    return False


def _follows(box: tuple[int, int, int, int], before: tuple[int, int, int, int]) -> bool:
    height = before[1] - before[0]
    gap = box[2] - before[3]
    return (
        -1 <= gap <= height and abs(box[1] - before[1]) <= 1 and abs((box[1] - box[0]) - height) <= max(1, height // 4)
    )
