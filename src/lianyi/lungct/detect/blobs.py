"""Where something roundish and brighter than lung might be: peaks of a blob response over scales.

The response is the Laplacian of Gaussian, normalised for scale (Lindeberg, Int J Comput Vis
1998;30:79), which answers a ball of radius ``r`` most strongly at ``sigma = r / sqrt(3)`` whatever
its size.  A vessel answers nearly as strongly, so every peak is also asked for the curvature along
its *straightest* direction (the smallest eigenvalue of the Hessian): a ball curves alike every way,
a tube not at all along itself, a sheet in one direction only.

Small scales are searched at 1 mm; larger ones on grids of 2 and 4 mm, where they cost an eighth and
a sixty-fourth and lose nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lianyi.lungct.domain import image

Floats32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

RADIUS_PER_SIGMA = math.sqrt(3.0)
"""Radius of the ball that answers most strongly at a sigma of one, in three dimensions."""


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One box of lung at one sampling, everything outside the lungs replaced by plain lung.

    Voxel (k, j, i) lies at ``step_mm * (k, j, i)`` millimetres from the first voxel of the box.

    Attributes:
        step_mm: distance between neighbouring voxels, the same along all axes.
        sigma_mm: how far the values have been smoothed already.
        hu_kji: clipped Hounsfield units.
        inside_kji: True in the lungs.
    """

    step_mm: int
    sigma_mm: float
    hu_kji: Floats32
    inside_kji: image.Booleans


@dataclass(frozen=True, slots=True, eq=False)
class Peaks:
    """Local maxima of the blob response, one row each.

    Attributes:
        places_kji_mm: (n, 3), millimetres from the first voxel of the box.
        sigma_mm: scale at which the peak was found.
        response_hu: normalised Laplacian: about the contrast, for a ball of matching size.
        roundness: curvature along the straightest direction over that along the most curved one:
            1 for a ball, 0 for a tube or a sheet, below 0 for a saddle.
    """

    places_kji_mm: Floats
    sigma_mm: Floats
    response_hu: Floats
    roundness: Floats

    def __len__(self) -> int:
        return len(self.sigma_mm)

    def __getitem__(self, chosen: Indices | image.Booleans) -> Peaks:
        """Give some of the peaks."""
        return Peaks(
            self.places_kji_mm[chosen], self.sigma_mm[chosen], self.response_hu[chosen], self.roundness[chosen]
        )

    @property
    def strength_hu(self) -> Floats:
        """Response that a tube cannot fake: what remains of it along the straightest direction."""
        return self.response_hu * self.roundness


def join(parts: list[Peaks]) -> Peaks:
    """Put several lists of peaks into one."""
    return Peaks(
        np.concatenate([part.places_kji_mm for part in parts]),
        np.concatenate([part.sigma_mm for part in parts]),
        np.concatenate([part.response_hu for part in parts]),
        np.concatenate([part.roundness for part in parts]),
    )


def pyramid(finest: Level) -> list[Level]:
    """Give the box at 1, 2 and 4 mm, smoothed before each halving so that nothing aliases."""
    levels = [finest]
    for _ in range(2):
        last = levels[-1]
        sigma_mm = float(last.step_mm)
        smooth_kji = _smooth(last, sigma_mm)
        levels.append(
            Level(
                2 * last.step_mm,
                sigma_mm,
                np.ascontiguousarray(smooth_kji[::2, ::2, ::2]),
                np.ascontiguousarray(last.inside_kji[::2, ::2, ::2]),
            )
        )
    return levels


def find_peaks(level: Level, sigmas_mm: tuple[float, ...], *, least_response_hu: float) -> Iterator[Peaks]:
    """Find the local maxima of the blob response on one level, scale by scale.

    Args:
        level: the box.
        sigmas_mm: scales, ascending; each at least the level's own smoothing.
        least_response_hu: weaker maxima are not worth a look.

    Yields:
        The peaks of each scale, all inside the lungs, all brighter than their surroundings in
        every direction.
    """
    for sigma_mm in sigmas_mm:
        smooth_kji = _smooth(level, sigma_mm)
        yield _peaks(level, smooth_kji, sigma_mm, least_response_hu)
        level = Level(level.step_mm, sigma_mm, smooth_kji, level.inside_kji)


def _smooth(level: Level, sigma_mm: float) -> Floats32:
    missing_mm = math.sqrt(max(sigma_mm**2 - level.sigma_mm**2, 0.0))
    if missing_mm == 0.0:
        return level.hu_kji
    smooth: Floats32 = ndimage.gaussian_filter(level.hu_kji, missing_mm / level.step_mm, mode="nearest", truncate=3.0)
    return smooth


def _peaks(level: Level, smooth_kji: Floats32, sigma_mm: float, least_response_hu: float) -> Peaks:
    scale = (sigma_mm / level.step_mm) ** 2
    laplacian = smooth_kji[1:-1, 1:-1, 1:-1] * np.float32(6.0)
    for axis in range(3):
        for shift in (0, 2):
            window = [slice(1, -1)] * 3
            window[axis] = slice(shift, smooth_kji.shape[axis] - 2 + shift)
            laplacian -= smooth_kji[tuple(window)]
    response = np.zeros_like(smooth_kji)
    np.multiply(laplacian, np.float32(scale), out=response[1:-1, 1:-1, 1:-1])
    del laplacian

    response[~level.inside_kji] = 0.0
    flat = response.ravel()
    places = np.flatnonzero(flat > least_response_hu)
    strides = [response.shape[1] * response.shape[2], response.shape[2], 1]
    for neighbour in _neighbours(strides):
        # ">=" one way and ">" the other: of two equal neighbours exactly one is the peak
        beyond = flat[places + neighbour]
        places = places[flat[places] > beyond] if neighbour > 0 else places[flat[places] >= beyond]

    eigenvalues = np.linalg.eigvalsh(_hessians(smooth_kji.ravel(), places, strides))  # ascending: most curved first
    roundness: Floats = eigenvalues[:, 2] / np.minimum(eigenvalues[:, 0], -1e-6)
    bright = eigenvalues[:, 2] < 0.0
    kji = np.stack(np.unravel_index(places, response.shape), axis=1)
    return Peaks(
        kji[bright].astype(np.float64) * float(level.step_mm),
        np.full(np.count_nonzero(bright), sigma_mm),
        flat[places[bright]].astype(np.float64),
        roundness[bright],
    )


def _neighbours(strides: list[int]) -> list[int]:
    steps = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1], [-1, 0, 1], indexing="ij"), axis=-1).reshape(-1, 3)
    return [int(step @ strides) for step in steps if step.any()]


def _hessians(flat: Floats32, places: Indices, strides: list[int]) -> Floats:
    hessians = np.empty((len(places), 3, 3))
    centre = flat[places]
    for a in range(3):
        for b in range(a, 3):
            p, q = strides[a], strides[b]
            if a == b:
                second = flat[places + p] - 2.0 * centre + flat[places - p]
            else:
                second = 0.25 * (
                    flat[places + p + q] - flat[places + p - q] - flat[places - p + q] + flat[places - p - q]
                )
            hessians[:, a, b] = hessians[:, b, a] = second
    return hessians
