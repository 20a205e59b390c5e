"""The HU of a thin slice, painted tissue over tissue from the skin inwards.

HU are those of a usual unenhanced (or enhanced) chest CT at 120 kV, chosen to look right beside clinical images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lianyi.phantom.atlas import FAR_MM, Field

AIR_HU, FAT_HU, MUSCLE_HU, BLOOD_HU, ENHANCED_HU = -1000.0, -103.0, 52.0, 42.0, 210.0
_TRABECULAR_HU, _CORTEX_HU, _DISC_HU = 180.0, 620.0, 75.0


_FISSURE_SHARE = 0.25
"""A fissure is thinner than a pixel: this share of tissue (0 HU) makes it a faint line."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tissues:
    """Distances of one thin slice.

    Attributes:
        coarse: fields at every few pixels, by name.
        grown: signed distances to tubes at every pixel, by name.
        skips: pixels from one coarse row, and column, to the next.
        shape: rows, columns.
        pixel_mm: size of a pixel: the width over which an edge is spread.
    """

    coarse: dict[str, Field]
    grown: dict[str, Field]
    skips: tuple[int, int]
    shape: tuple[int, int]
    pixel_mm: float

    def fine(self, name: str) -> Field:
        """Give a field at every pixel, linearly between the coarse ones; far outside where it was left out."""
        if name not in self.coarse:
            return np.full(self.shape, FAR_MM)
        values = self.coarse[name]
        for axis, (skip, count) in enumerate(zip(self.skips, self.shape, strict=True)):
            values = _stretch(values, skip, count, axis)
        return values

    def has(self, name: str) -> bool:
        """Whether an organ reaches into this slice."""
        return name in self.coarse and float(self.coarse[name].max()) > -self.pixel_mm

    def share(self, distance: Field) -> Field:
        """Share of each pixel inside a surface."""
        share: Field = distance * np.float32(1 / self.pixel_mm)
        share += np.float32(0.5)
        np.clip(share, 0, 1, out=share)
        return share


def compose(tissues: Tissues, *, has_contrast: bool) -> Field:
    """Paint one thin slice."""
    hu_ji = np.full(tissues.shape, AIR_HU, np.float32)
    blood_hu = ENHANCED_HU if has_contrast else BLOOD_HU
    if tissues.has("table"):
        _paint(hu_ji, tissues.share(tissues.fine("table")), -150.0)
        _paint(hu_ji, tissues.share(tissues.fine("table_hollow")), -990.0)
    if not tissues.has("skin"):
        return hu_ji
    _body(hu_ji, tissues, blood_hu)
    if tissues.has("lung"):
        _lung(hu_ji, tissues)
    _paint(hu_ji, tissues.share(tissues.grown["blood"]), blood_hu)
    _paint(hu_ji, tissues.share(tissues.grown["airway"]), 5.0)
    _paint(hu_ji, tissues.share(tissues.grown["lumen"]), -995.0)
    return hu_ji


def _body(hu_ji: Field, tissues: Tissues, blood_hu: float) -> None:
    """Skin, fat, muscle, and what lies in the chest beside the lungs and under the diaphragm."""
    skin = tissues.fine("skin")
    inside = tissues.share(skin)
    _paint(hu_ji, inside, 20.0)
    _paint(hu_ji, tissues.share(skin - np.float32(1.8)), FAT_HU)
    wall = tissues.fine("wall")
    if tissues.has("muscle"):
        _paint(hu_ji, tissues.share(tissues.fine("muscle")), MUSCLE_HU)
        sheets = np.minimum(np.float32(0.8) - np.abs(tissues.fine("fat_planes")), np.float32(-9) - wall)
        _paint(hu_ji, tissues.share(sheets) * inside * np.float32(0.85), FAT_HU)
    if tissues.has("wall"):
        _paint(hu_ji, tissues.share(wall), -92.0)
    if tissues.has("pleural"):
        # Fluid where a pleural space holds no lung; a lung paints over it.
        fluid = tissues.share(tissues.fine("pleural"))
        if tissues.has("dome"):
            fluid *= tissues.share(-tissues.fine("dome"))
        _paint(hu_ji, fluid, 12.0)
    if tissues.has("dome"):
        below = np.minimum(wall + np.float32(1.0), tissues.fine("dome"))
        rim = tissues.share(below) * (1 - tissues.share(below - np.float32(2.6)))
        _paint(hu_ji, rim, 45.0)
    enhanced_hu = blood_hu - BLOOD_HU
    organs = (
        ("heart", blood_hu - 2),
        ("liver", 58.0 + 0.25 * enhanced_hu),
        ("spleen", 48.0 + 0.3 * enhanced_hu),
        ("stomach", 28.0),
        ("bowel", 25.0),
        ("gas", -960.0),
    )
    for name, organ_hu in organs:
        if tissues.has(name):
            _paint(hu_ji, tissues.share(tissues.fine(name)), organ_hu)
    spine = tissues.fine("spine") if tissues.has("spine") else None
    ribs = tissues.grown["bone"]
    if spine is not None:
        near = tissues.share(spine + np.float32(1.0)) * inside
        _paint(hu_ji, near, _DISC_HU)
        ribs = np.maximum(spine, ribs)
    bone = tissues.share(ribs) * inside
    _paint(hu_ji, bone, _CORTEX_HU)
    _paint(hu_ji, tissues.share(ribs - np.float32(1.3)) * inside, _TRABECULAR_HU)


def _lung(hu_ji: Field, tissues: Tissues) -> None:
    lung = tissues.fine("lung")
    parenchyma = tissues.fine("parenchyma").copy()
    oblique = tissues.fine("oblique_fissure")
    # The horizontal fissure ends where it meets the oblique one.
    horizontal = np.abs(tissues.fine("horizontal_fissure")) + np.maximum(-oblique, 0)
    fissure = tissues.share(np.float32(0.3) - np.minimum(np.abs(oblique), horizontal)) * np.float32(_FISSURE_SHARE)
    parenchyma *= 1 - fissure
    share = tissues.share(lung)
    hu_ji *= 1 - share
    hu_ji += share * parenchyma


def _paint(under_ji: Field, share: Field, hu: float) -> None:
    """Lay a tissue over what is there, in proportion to its share of each pixel."""
    under_ji += share * (np.float32(hu) - under_ji)


def _stretch(values: Field, skip: int, count: int, axis: int) -> Field:
    """Interpolate linearly from every *skip*-th place to *count* places along one axis."""
    places = np.arange(count)
    index = places // skip
    shape = [1, 1]
    shape[axis] = count
    weight = ((places % skip) / np.float32(skip)).astype(np.float32).reshape(shape)
    low = np.take(values, index, axis=axis)
    high = np.take(values, index + 1, axis=axis)
    stretched: Field = low + weight * (high - low)
    return stretched
