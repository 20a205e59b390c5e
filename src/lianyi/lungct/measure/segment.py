"""What belongs to the nodule: dense, connected to the seed, compact, and inside the lung.

The shape is found on an even cube (millimetres mean the same in every direction) and then carried to the
native grid as a *membership* between 0 and 1.  The steps are a reader's:

1.  find the middle of the dense thing near the candidate (its radius and place are hints);
2.  draw the border half-way between the nodule's plateau and the parenchyma around it;
3.  take off what is thinner than the nodule (vessels) by an opening that grows with the nodule;
4.  cut at the lung's border (chest wall, mediastinum);
5.  if a broad rim of ground glass lies outside that border, draw it again around the rim.

Every constant here is an engineering choice, tried on phantoms and on LIDC readers' outlines; none is a
medical threshold.
"""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import edt
import fill_voids
import numpy as np
from scipy import ndimage

from lianyi.lungct.domain.geometry import Grid
from lianyi.lungct.domain.image import Booleans
from lianyi.lungct.measure.air import local_air
from lianyi.lungct.measure.crop import Reals, Sample, resample
from lianyi.lungct.measure.stumps import most_at_stumps, without_stumps

_LUNG_HU = -600.0
"""Aerated lung lies below this."""

_TYPICAL_LUNG_HU = -850.0
"""Stands in where no aerated lung is near (a nodule within a consolidation)."""

_SOFT_TISSUE_HU = 60.0
"""Plateaus count at most this much for the half level: a calcified core must not push the border inwards."""

_LEAST_CONTRAST_HU = 90.0
"""Fainter than this above the parenchyma: nothing to measure."""

_LEAST_DEPTH_MM = 1.0
"""A thing whose inscribed ball is smaller than this radius (2 mm across) is not measured."""

_FAINT_CONTRAST_HU = 400.0
"""Fainter than this above the parenchyma is treated as ground glass: smoothed more, bordered lower."""

_FAINT_LEVEL = 0.42
"""Border of ground glass between parenchyma (0) and plateau (1).  Its density falls off towards the edge and
readers draw outside the half level (LIDC slabs: by 10 to 15 % of the diameter)."""

_RIM_CONTRAST_HU = 140.0
"""Half level of the faintest ground glass sought around a denser core."""

_RIM_SHARE, _RIM_SPREAD = 0.2, 0.3
"""A ground-glass rim is one when at least this share of the whole lies deep in it, and is even: its 20th to
80th percentile, its outermost voxels left out, spread less than this part of its contrast.  The blurred halo and the
roots of a solid nodule are uneven.  Tuned on 150 LIDC slabs (patients for building) and 60 phantoms: a wider
spread finds more part-solid phantoms whole and takes more solid LIDC nodules for part-solid."""

_BROAD_SHARE, _BROAD_DEEPER, _BROAD_SPREAD = 0.45, 1.25, 0.9
"""A rim that makes up so much of the whole, lies so far around that the largest ball inside grows by so much, and is no
denser than ground glass, may be less even: vessels cross it.  On LIDC's half for building it changed no nodule by
more than 0.3 mm; of the phantoms for building 51 keep a rim that is missed, before it was 69."""

_FAINT_BLUR_MM = 0.8
"""How widely ground glass is smoothed, at most, in the slice before its border is read: a caliper takes the furthest
two points of a border, so noise lengthens it.  1.5 mm was tried and shortened nothing."""

_CAVITY_HU = -800.0
"""Darker than this in the middle of a dense nodule is air: it says nothing of how dense the nodule is."""

_MARGIN_MM = 1.5
"""How far beyond the half level a nodule's blur is still collected."""

_CRUST_MM, _LEAST_CRUST = (0.8, 2.0), 30
"""How deep below the border, and on how many voxels at least, it is read whether calcification reaches it."""

_FROM_WALL_MM = 2.0
"""Dense tissue nearer to the wall than this is the wall's blur, not a vessel that runs on."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Outline:
    """The nodule on the even cube.

    Attributes:
        cube: what it was drawn on.
        shape_kji: True inside the nodule.
        other_kji: True in dense tissue that is not the nodule: vessels taken off, the wall.
        lung_kji: share of lung, dents of the nodule's size filled.
        depth_mm: radius of the largest ball inside.
        parenchyma_hu: median of the aerated lung around.
        air_kji: HU next to the nodule: the parenchyma's, or less where a hollow darker than that adjoins.
        plateau_hu: of the part next to the border: the core of an even nodule, the rim of a part-solid one.
    """

    cube: Sample
    shape_kji: Booleans
    other_kji: Booleans
    lung_kji: Reals
    depth_mm: float
    parenchyma_hu: float
    air_kji: Reals
    plateau_hu: float

    @property
    def part(self) -> Grid:
        """The part of the cube that holds the nodule and the blur around it."""
        room = int(np.ceil(4.0 / self.cube.grid.spacing.k_mm))
        where = np.argwhere(self.shape_kji)
        first = where.min(axis=0) - room
        size = where.max(axis=0) + room + 1 - first
        return self.cube.grid.crop(
            first_kji=(int(first[0]), int(first[1]), int(first[2])), shape=(int(size[0]), int(size[1]), int(size[2]))
        )

    def strays(self, radius_mm: float) -> bool:
        """Whether this is hardly what was proposed: over twice as large, or its middle far off."""
        grid = self.cube.grid
        where = np.argwhere(self.shape_kji)
        ball_mm = float((len(where) * grid.voxel_mm3 * 3 / (4 * np.pi)) ** (1 / 3))
        middle = (np.array(grid.shape) - 1) / 2
        off_mm = float(np.linalg.norm(where.mean(axis=0) - middle)) * grid.spacing.k_mm
        return ball_mm > 2.2 * radius_mm + 1.0 or off_mm > radius_mm + 4.0

    @property
    def touches_border(self) -> bool:
        """Whether the cube was too small."""
        faces = [self.shape_kji.take(n, axis=axis) for axis in range(3) for n in (0, -1)]
        return any(bool(face.any()) for face in faces)


def draw_outline(cube: Sample, *, radius_mm: float, slice_step_mm: float, reach_mm: float) -> Outline | None:
    """Outline the dense thing nearest to the middle of *cube*; None when there is none.

    Args:
        cube: HU and lung share, the candidate in the middle.
        radius_mm: the detector's hint; half or double of the truth will do.
        slice_step_mm: of the native stack: blur along it must not pass for a rim of ground glass.
        reach_mm: nothing further than this from the middle is looked at.
    """
    step_mm = cube.grid.spacing.k_mm
    smooth_kji: Reals = ndimage.gaussian_filter(cube.hu_kji, 0.5 / step_mm)
    faint_kji: Reals = ndimage.gaussian_filter(cube.hu_kji, 1.0 / step_mm)
    away_mm = _distance_from_middle(cube)
    lung_share_kji = _lung_with_nodule(cube, away_mm, radius_mm)
    allowed_kji = (lung_share_kji > 0.5) & cube.inside_kji
    lung_hu = _parenchyma(cube, away_mm, radius_mm)
    air_kji = local_air(smooth_kji, allowed_kji, lung_hu=lung_hu, step_mm=step_mm)

    seed = _seed(smooth_kji, allowed_kji, away_mm, radius_mm=radius_mm, lung_hu=lung_hu, step_mm=step_mm)
    near_kji = allowed_kji & (away_mm < reach_mm)
    walk_kji = away_mm < radius_mm + 4.0  # a nodule's middle lies no further from its candidate
    free_kji = edt.edt(allowed_kji) * step_mm > _FROM_WALL_MM
    plateau_hu = _first_plateau(smooth_kji, seed, reach=max(1, round(0.4 * radius_mm / step_mm)))
    shape_kji = np.zeros_like(near_kji)
    depth_mm = 0.0
    for _ in range(2):
        if plateau_hu - lung_hu < _LEAST_CONTRAST_HU:
            return None
        border_kji = faint_kji if plateau_hu - lung_hu < _FAINT_CONTRAST_HU else smooth_kji
        half_hu = _border_hu(air_kji, plateau_hu, faint=plateau_hu - lung_hu < _FAINT_CONTRAST_HU)
        grown = _compact(near_kji & (border_kji > half_hu), seed, step_mm, walk_kji, free_kji)
        if grown is None:
            return None
        shape_kji, depth_mm, core_kji = grown
        plateau_hu = float(np.median(smooth_kji[core_kji]))
    if depth_mm < _LEAST_DEPTH_MM:
        return None

    half_hu = _border_hu(air_kji, plateau_hu, faint=plateau_hu - lung_hu < _FAINT_CONTRAST_HU)
    rim_hu = lung_hu + _RIM_CONTRAST_HU
    if float(half_hu.max()) > rim_hu + 100:
        wide = _compact(near_kji & (smooth_kji > rim_hu), seed, step_mm, walk_kji, free_kji)
        if wide is not None:
            outside_mm = edt.edt(~shape_kji) * step_mm
            rim_kji = wide[0] & (outside_mm > max(1.2, 0.3 * slice_step_mm + 0.6))
            share = np.count_nonzero(rim_kji) / np.count_nonzero(wide[0])
            if share > _RIM_SHARE:
                # Not its outermost voxels: the blur towards the air is no unevenness of the rim.
                even_kji = rim_kji & (edt.edt(wide[0]) > 1.01)
                even_kji = even_kji if even_kji.any() else rim_kji
                low_hu, middle_hu, high_hu = np.percentile(smooth_kji[even_kji], (20, 50, 80))
                contrast_hu, spread_hu = float(middle_hu - lung_hu), float(high_hu - low_hu)
                is_around = wide[1] > _BROAD_DEEPER * depth_mm
                is_broad = is_around and share > _BROAD_SHARE and contrast_hu < _FAINT_CONTRAST_HU
                if spread_hu < (_BROAD_SPREAD if is_broad else _RIM_SPREAD) * contrast_hu:
                    shape_kji, depth_mm, _ = wide
                    plateau_hu = min(plateau_hu, float(middle_hu))
                    half_hu = _border_hu(air_kji, plateau_hu, faint=plateau_hu - lung_hu < _FAINT_CONTRAST_HU)
    shape_kji = fill_voids.fill(shape_kji)
    dense_kji = (smooth_kji > half_hu) | ~allowed_kji
    return Outline(
        cube=cube,
        shape_kji=shape_kji,
        other_kji=dense_kji & ~shape_kji,
        lung_kji=lung_share_kji,
        depth_mm=depth_mm,
        parenchyma_hu=lung_hu,
        air_kji=air_kji,
        plateau_hu=plateau_hu,
    )


def _border_hu(air_kji: Reals, plateau_hu: float, *, faint: bool) -> Reals:
    """Where the border runs: half-way from the air next to it to the plateau, lower for ground glass."""
    level = np.float32(_FAINT_LEVEL if faint else 0.5)
    return air_kji + (np.float32(min(plateau_hu, _SOFT_TISSUE_HU)) - air_kji) * level


def _distance_from_middle(cube: Sample) -> Reals:
    step_mm = cube.grid.spacing.k_mm
    axes = [((np.arange(n) - n // 2) * step_mm) ** 2 for n in cube.grid.shape]
    away_mm: Reals = np.sqrt(axes[0][:, None, None] + axes[1][:, None] + axes[2]).astype(np.float32)
    return away_mm


def _lung_with_nodule(cube: Sample, away_mm: Reals, radius_mm: float) -> Reals:
    """Give the lung share, dents of the nodule's size near the candidate filled.

    A lung field may run along the inner side of a nodule on the pleura.  Closing by a ball of the hinted radius
    puts the pleura back where it would run without the nodule.
    """
    step_mm = cube.grid.spacing.k_mm
    ball_mm = float(np.clip(1.3 * radius_mm, 3.0, 15.0))
    lung_kji = cube.lung_kji > 0.5
    if not lung_kji.any():
        return np.where(away_mm < radius_mm, np.float32(1), np.float32(0))
    swept_kji = edt.edt(~lung_kji) * step_mm <= ball_mm
    closed_kji = edt.edt(swept_kji) * step_mm > ball_mm
    closed_kji &= away_mm < 1.5 * radius_mm + 3.0
    share_kji: Reals = np.maximum(cube.lung_kji, closed_kji.astype(np.float32))
    return share_kji


def _parenchyma(cube: Sample, away_mm: Reals, radius_mm: float) -> float:
    """Median HU of the aerated lung around the candidate."""
    around_kji = (cube.lung_kji > 0.5) & cube.inside_kji & (cube.hu_kji < _LUNG_HU) & (away_mm < 2 * radius_mm + 12)
    if np.count_nonzero(around_kji) < 100:
        return _TYPICAL_LUNG_HU
    return float(np.median(cube.hu_kji[around_kji]))


def _seed(  # noqa: PLR0913 -- one step of draw_outline, split off to be read
    smooth_kji: Reals,
    allowed_kji: Booleans,
    away_mm: Reals,
    *,
    radius_mm: float,
    lung_hu: float,
    step_mm: float,
) -> tuple[int, int, int]:
    """Find the middle of the dense thing near the candidate."""
    reach_mm = float(np.clip(0.8 * radius_mm, 2.5, 10.0))
    clipped_kji = np.where(allowed_kji, np.clip(smooth_kji, lung_hu, _SOFT_TISSUE_HU) - lung_hu, 0.0)
    blob_kji = ndimage.gaussian_filter(clipped_kji, float(np.clip(0.35 * radius_mm, 0.8, 4.0)) / step_mm)
    score_kji = np.where(away_mm <= reach_mm, blob_kji * (1 - 0.5 * (away_mm / reach_mm) ** 2), -1.0)
    k, j, i = np.unravel_index(int(np.argmax(score_kji)), score_kji.shape)
    return int(k), int(j), int(i)


def _first_plateau(smooth_kji: Reals, seed: tuple[int, int, int], *, reach: int) -> float:
    """Upper middle (60th percentile) of HU around the seed: one voxel may lie in a gap of a patchy nodule."""
    around = tuple(slice(max(n - reach, 0), n + reach + 1) for n in seed)
    return float(np.percentile(smooth_kji[around], 60))


def _compact(
    dense_kji: Booleans, seed: tuple[int, int, int], step_mm: float, walk_kji: Booleans, free_kji: Booleans
) -> tuple[Booleans, float, Booleans] | None:
    """Take the compact body at the seed out of a dense region.

    Opens by a share of the body's own depth, the smallest share that leaves something compact.

    Returns:
        (body, its depth in mm, its inner half), or None when nothing dense is at the seed.
    """
    depth_kji = edt.edt(fill_voids.fill(dense_kji)) * step_mm
    peak = _climb(np.where(walk_kji, depth_kji, np.float32(0)), seed)
    peak_mm = float(depth_kji[peak])
    if peak_mm <= 0:
        return None
    body_kji, reach_mm = np.zeros_like(dense_kji), 0.0
    for share in (0.35, 0.45, 0.55, 0.65):
        ball_mm = share * peak_mm
        labels = cc3d.connected_components(depth_kji > ball_mm, connectivity=6)
        inner_kji = labels == labels[peak]
        # What the ball sweeps, and one step more: corners and spicules' feet are the nodule's.
        body_kji = dense_kji & (edt.edt(~inner_kji) * step_mm <= ball_mm + step_mm)
        where = np.argwhere(body_kji)
        reach_mm = float(np.percentile(np.linalg.norm(where - peak, axis=1), 99)) * step_mm
        if reach_mm < 2.3 * (peak_mm + 0.5 * step_mm):
            break
    body_kji = without_stumps(body_kji, dense_kji & free_kji, middle=peak, step_mm=step_mm)
    core_kji = body_kji & (depth_kji >= 0.5 * peak_mm)
    return body_kji, peak_mm, core_kji


def _climb(depth_kji: Reals, seed: tuple[int, int, int]) -> tuple[int, int, int]:
    """Walk from the seed up to the middle of the body it lies in (or beside, within two steps)."""
    here = seed
    for _ in range(200):
        low = [max(n - 2, 0) for n in here]
        window = depth_kji[low[0] : here[0] + 3, low[1] : here[1] + 3, low[2] : here[2] + 3]
        step = np.unravel_index(int(np.argmax(window)), window.shape)
        there = (low[0] + int(step[0]), low[1] + int(step[1]), low[2] + int(step[2]))
        if depth_kji[there] <= depth_kji[here]:
            break
        here = there
    return here


def membership(native: Sample, outline: Outline) -> tuple[Reals, Reals]:
    """Carry an outline to the native grid.

    Returns:
        (share, collected): *share* runs from 0 to 1 and its half level is the nodule's border, for lengths and
        the mask; *collected* is the same before clipping, where noise still cancels out: its sum is the volume in
        voxels.
    """
    cube = outline.cube
    step_mm = cube.grid.spacing.k_mm
    spacing = native.grid.spacing
    # Signed distance to the outline, mm, positive inside; carried over it keeps the border between voxels.
    signed = (edt.edt(outline.shape_kji) - edt.edt(~outline.shape_kji)) * step_mm
    signed_mm = resample(signed, cube.grid, native.grid, outside=-99.0)
    other_share = resample(outline.other_kji, cube.grid, native.grid, outside=1.0)

    support_kji = signed_mm > 0
    margin = (min(spacing.k_mm, _MARGIN_MM), spacing.j_mm, spacing.i_mm)
    beyond_mm = edt.edt(~support_kji, anisotropy=margin)
    near_kji = (beyond_mm <= _MARGIN_MM + 1e-3) & ((other_share < 0.5) | support_kji) & native.inside_kji

    plateau_hu, hu_kji = outline.plateau_hu, native.hu_kji
    faint = plateau_hu - outline.parenchyma_hu < _FAINT_CONTRAST_HU
    if faint:  # noise is a large share of the contrast, so smooth in the slice
        blur_mm = min(_FAINT_BLUR_MM, 0.2 * outline.depth_mm)
        hu_kji = ndimage.gaussian_filter(hu_kji, (0.0, blur_mm / spacing.j_mm, blur_mm / spacing.i_mm))
    else:
        core_kji = signed_mm > 0.5 * outline.depth_mm
        if hu_kji[core_kji].min(initial=0.0) < _CAVITY_HU:  # the middle is a cavity: its wall tells the plateau
            core_kji = (signed_mm > 0) & (hu_kji > (plateau_hu + outline.parenchyma_hu) / 2)
        if np.count_nonzero(core_kji) >= 4:
            plateau_hu = float(np.median(hu_kji[core_kji]))
    air_kji = resample(outline.air_kji, cube.grid, native.grid, outside=outline.parenchyma_hu)
    scale_kji = np.maximum(np.float32(plateau_hu) - air_kji, np.float32(_LEAST_CONTRAST_HU))
    deep_kji = signed_mm > max(1.0, 0.5 * spacing.k_mm)

    def share_of(values_kji: Reals, *, least: float, most: float) -> Reals:
        share = np.clip((values_kji - air_kji) / scale_kji, least, most)
        return np.where(near_kji, np.where(deep_kji, np.float32(1), share), np.float32(0)).astype(np.float32)

    lung_share = resample(outline.lung_kji, cube.grid, native.grid, outside=0.0)
    # Against the half level of soft tissue, a calcified core must not draw the border inwards; but against that of
    # the calcified where it reaches the border.
    crust_kji = (signed_mm > _CRUST_MM[0]) & (signed_mm < _CRUST_MM[1])
    crust_hu = _SOFT_TISSUE_HU
    if np.count_nonzero(crust_kji) >= _LEAST_CRUST:
        crust_hu = max(crust_hu, float(np.percentile(hu_kji[crust_kji], 25)))
    firm = 0.5 / _FAINT_LEVEL if faint else np.maximum(1.0, scale_kji / (crust_hu - air_kji))
    share_kji = np.minimum(np.minimum(share_of(hu_kji, least=0.0, most=9.0) * firm, 1.0), lung_share)
    dense_kji = ((hu_kji - air_kji) / scale_kji * firm > 0.5) & (lung_share > 0.5)
    most_kji = most_at_stumps(share_kji, signed_mm, dense_kji, spacing=spacing)
    share_kji = np.minimum(share_kji, most_kji)
    # Unsmoothed, and not cut at 0: noise around the nodule cancels out in the sum.
    collected_kji = share_of(native.hu_kji, least=-0.5, most=1.5 if faint else 1.0)
    collected_kji = np.minimum(collected_kji, np.where(lung_share < 1, lung_share, np.float32(2)))
    collected_kji = np.where(most_kji < 1, np.minimum(collected_kji, most_kji), collected_kji).astype(np.float32)
    return share_kji, collected_kji
