"""Ready phantoms for any test: small, never isotropic, never with square pixels, rendered once a session."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

from lianyi.lungct.domain.image import CtVolume
from lianyi.lungct.domain.nodule import Density
from lianyi.phantom import PhantomSpec, PhantomTruth, PlantedNodule, render

PLANTED = (
    PlantedNodule(center_lps_mm=(-72.3, 21.4, 31.7), diameter_mm=12.0),
    PlantedNodule(center_lps_mm=(83.1, 34.9, -21.2), diameter_mm=8.0),
    PlantedNodule(center_lps_mm=(-80.6, 48.2, -47.5), diameter_mm=16.0, density=Density.GROUND_GLASS),
    PlantedNodule(center_lps_mm=(73.7, 8.3, 42.1), diameter_mm=18.0, density=Density.PART_SOLID, core_diameter_mm=9.0),
)
"""Four nodules, two in either lung."""


def small_chest() -> PhantomSpec:
    """Supine, straight, 200 x 236 pixels of 1.70 x 1.60 mm every 2.5 mm, with PLANTED."""
    return PhantomSpec(
        seed=11,
        planted=PLANTED,
        matrix=(200, 236),
        pixel_spacing_mm=(1.7, 1.6),
        slice_step_mm=2.5,
        noise_hu=10.0,
    )


def oblique_chest() -> PhantomSpec:
    """The same patient in a stack turned about all three axes."""
    row, column = rotated(yaw_deg=14.0, pitch_deg=-11.0, roll_deg=8.0)
    return PhantomSpec(
        seed=11,
        planted=PLANTED,
        matrix=(220, 248),
        pixel_spacing_mm=(1.7, 1.6),
        slice_step_mm=3.0,
        noise_hu=10.0,
        orientation=(*row, *column),
    )


def tilted_chest() -> PhantomSpec:
    """The same patient with the gantry tilted by 16 degrees: a sheared stack."""
    return PhantomSpec(
        seed=11,
        planted=PLANTED,
        matrix=(212, 236),
        pixel_spacing_mm=(1.7, 1.6),
        slice_step_mm=2.5,
        noise_hu=10.0,
        gantry_tilt_deg=16.0,
    )


def one_lung() -> PhantomSpec:
    """The left lung is gone; its place holds fluid."""
    return _variant(PhantomSpec(variant="one lung", seed=12, nodules=2, juxtapleural=0))


def effusion() -> PhantomSpec:
    """Fluid in the dependent part of the right pleural space."""
    return _variant(PhantomSpec(variant="effusion", seed=13, nodules=2, juxtapleural=0))


def emphysema() -> PhantomSpec:
    """Lungs full of holes, and bullae under the tips."""
    return _variant(PhantomSpec(variant="emphysema", seed=14, nodules=2, juxtapleural=0))


def not_chest() -> PhantomSpec:
    """A belly: no lungs at all."""
    return _variant(PhantomSpec(variant="not chest", seed=15, nodules=0))


@lru_cache(maxsize=8)
def rendered(spec: PhantomSpec) -> tuple[CtVolume, PhantomTruth]:
    """Render a spec once a session; do not write into the arrays."""
    volume, truth = render(spec)
    volume.values_kji.setflags(write=False)
    return volume, truth


def rotated(
    *, yaw_deg: float, pitch_deg: float, roll_deg: float
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Row and column cosines turned about z, then x, then y."""
    a, b, c = (math.radians(angle) for angle in (yaw_deg, pitch_deg, roll_deg))

    def turn(x: float, y: float, z: float) -> tuple[float, float, float]:
        x, y = x * math.cos(a) - y * math.sin(a), x * math.sin(a) + y * math.cos(a)
        y, z = y * math.cos(b) - z * math.sin(b), y * math.sin(b) + z * math.cos(b)
        z, x = z * math.cos(c) - x * math.sin(c), z * math.sin(c) + x * math.cos(c)
        return x, y, z

    return turn(1, 0, 0), turn(0, 1, 0)


def _variant(spec: PhantomSpec) -> PhantomSpec:
    return replace(spec, matrix=(200, 236), pixel_spacing_mm=(1.7, 1.6), slice_step_mm=3.5, noise_hu=10.0)
