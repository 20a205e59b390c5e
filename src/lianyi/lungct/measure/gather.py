"""From an outline to every number of a nodule, each with half the width of its 95 % interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lianyi.lungct.domain.image import Booleans
from lianyi.lungct.domain.measurement import Measurement, Measurements, SolidCore, Surface
from lianyi.lungct.domain.nodule import Density
from lianyi.lungct.measure.composition import Body, calcification_pattern, has_cavity, has_fat
from lianyi.lungct.measure.core import measure_core
from lianyi.lungct.measure.crop import Reals, Sample
from lianyi.lungct.measure.haze import haze_share
from lianyi.lungct.measure.planes import Measured, best_plane
from lianyi.lungct.measure.segment import Outline
from lianyi.lungct.measure.size import Axes
from lianyi.lungct.measure.surface import surface_evidence
from lianyi.lungct.measure.uncertainty import Difficulty, half_width, score

_AERATED_HU = -700.0
_TYPICAL_NOISE_HU = 25.0
"""Stands in where too little aerated lung is near to read the noise from."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Drawn:
    """A nodule's outline on its native box, and what follows from it directly.

    Attributes:
        native: the box.
        outline: on the even cube.
        share_kji: membership; its half level is the border.
        mask_kji: where that is above one half.
        axial: axes of the acquired slices.
        volume_mm3: partial-volume-aware; an enclosed cavity counts.
        density: as the report states it.
        touches_pleura: whether the pleura bounds it.
    """

    native: Sample
    outline: Outline
    share_kji: Reals
    mask_kji: Booleans
    axial: Axes
    volume_mm3: float
    density: Density
    touches_pleura: bool

    @property
    def body(self) -> Body:
        """What its composition is read from."""
        return Body(grid=self.native.grid, hu_kji=self.native.hu_kji, mask_kji=self.mask_kji)


def difficulty_of(drawn: Drawn) -> Difficulty:
    """Gather what makes this nodule hard to measure."""
    spacing = drawn.native.grid.spacing
    return Difficulty(
        diameter_mm=max(drawn.axial.mean_mm, 1.0),
        step_mm=spacing.k_mm,
        pixel_mm=max(spacing.j_mm, spacing.i_mm),
        contrast_hu=max(drawn.outline.plateau_hu - drawn.outline.parenchyma_hu, 90.0),
        noise_hu=noise_hu(drawn.native),
        density=drawn.density,
        touches_pleura=drawn.touches_pleura,
        haze=haze_share(drawn.outline),
    )


def noise_hu(native: Sample) -> float:
    """Give the standard deviation of the noise in aerated lung, from second neighbours along the rows."""
    calm = (native.lung_kji > 0.99) & (native.hu_kji < _AERATED_HU)
    pairs = calm[:, :, 2:] & calm[:, :, :-2]
    if np.count_nonzero(pairs) < 50:
        return _TYPICAL_NOISE_HU
    apart = (native.hu_kji[:, :, 2:] - native.hu_kji[:, :, :-2])[pairs]
    return 1.4826 * float(np.median(np.abs(apart))) / math.sqrt(2)


def plane_of(drawn: Drawn, difficulty: Difficulty) -> Measured:
    """Choose the plane of measurement: axial, or another one where the nodule is clearly longer."""
    return best_plane(drawn.share_kji, drawn.native.grid, drawn.axial, error_mm=half_width("long_axis", difficulty))


def gather(drawn: Drawn, difficulty: Difficulty, plane: Measured) -> Measurements:
    """Give every number of the nodule with its uncertainty, and what it is made of."""
    volume_part = half_width("volume", difficulty)
    mean_hu = float(drawn.native.hu_kji[drawn.mask_kji].mean())
    hu_error = half_width("mean_density", difficulty)
    ball_mm = (6 * drawn.volume_mm3 / math.pi) ** (1 / 3)
    mass_mg = max(drawn.volume_mm3 * (1 + mean_hu / 1000), 0.0)
    mass_part = math.hypot(volume_part, hu_error / max(1000 + mean_hu, 100.0))

    def millimetres(value: float, quantity: str) -> Measurement:
        return Measurement(value=value, unit="mm", uncertainty=half_width(quantity, difficulty))

    body = drawn.body
    pattern = calcification_pattern(body, mean_diameter_mm=drawn.axial.mean_mm)
    return Measurements(
        long_axis=millimetres(plane.long_mm, "long_axis"),
        short_axis=millimetres(plane.short_mm, "short_axis"),
        mean_diameter=millimetres(plane.mean_mm, "mean_diameter"),
        axial_long_axis=millimetres(drawn.axial.long_mm, "long_axis"),
        axial_short_axis=millimetres(drawn.axial.short_mm, "short_axis"),
        axial_mean_diameter=millimetres(drawn.axial.mean_mm, "mean_diameter"),
        volume=Measurement(value=drawn.volume_mm3, unit="mm3", uncertainty=volume_part * drawn.volume_mm3),
        # The cube root takes a third of a share.
        equivalent_diameter=Measurement(value=ball_mm, unit="mm", uncertainty=ball_mm * volume_part / 3),
        mean_density=Measurement(value=mean_hu, unit="HU", uncertainty=hu_error),
        mass=Measurement(value=mass_mg, unit="mg", uncertainty=mass_mg * mass_part),
        solid_core=_core(drawn, difficulty),
        surface=_surface(drawn),
        calcification_pattern=pattern,
        fat=_fat(drawn, difficulty),
        has_cavity=has_cavity(body),
    )


def _fat(drawn: Drawn, difficulty: Difficulty) -> bool | None:
    """Tell whether it holds fat; None where it seems so in a nodule with ground glass.

    The dense part of such a nodule, half air and half tissue, has the HU of fat and must not pass for benign.
    """
    is_fat = has_fat(drawn.body, noise_hu=difficulty.noise_hu)
    return None if is_fat and drawn.density in {Density.PART_SOLID, Density.GROUND_GLASS} else is_fat


def _core(drawn: Drawn, difficulty: Difficulty) -> SolidCore | None:
    if drawn.density is not Density.PART_SOLID:
        return None
    core = measure_core(drawn.native.hu_kji, drawn.share_kji, drawn.mask_kji, drawn.native.grid)
    if core is None:
        return None
    part = half_width("core_volume", difficulty)
    return SolidCore(
        mean_diameter=Measurement(
            value=core.mean_diameter_mm, unit="mm", uncertainty=half_width("core_diameter", difficulty)
        ),
        volume=Measurement(value=core.volume_mm3, unit="mm3", uncertainty=part * core.volume_mm3),
    )


def _surface(drawn: Drawn) -> Surface | None:
    evidence = surface_evidence(
        drawn.outline, mean_diameter_mm=drawn.axial.mean_mm, slice_step_mm=drawn.native.grid.spacing.k_mm
    )
    if evidence is None:
        return None
    (spiculation, spiculation_error), (lobulation, lobulation_error) = (
        score(name, evidence) for name in ("spiculation", "lobulation")
    )
    return Surface(
        spiculation=Measurement(value=spiculation, unit="1", uncertainty=spiculation_error),
        lobulation=Measurement(value=lobulation, unit="1", uncertainty=lobulation_error),
        evidence=evidence,
    )
