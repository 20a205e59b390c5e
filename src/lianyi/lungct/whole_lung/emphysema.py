"""Emphysema index: the share of the lungs below -950 HU, and whether it may be read on this CT.

Source: threshold at full inspiration, Gevenois et al., Am J Respir Crit Care Med 1996;154:187 (1 mm slices).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.image import CtVolume, Hounsfields, LungFields
from lianyi.lungct.domain.kernels import Sharpness, sharpness
from lianyi.lungct.domain.study import SeriesFacts
from lianyi.lungct.domain.whole_lung import EmphysemaIndex
from lianyi.lungct.domain.words import Sentence

_EMPTY_HU = -950
_THICKEST_MM = 1.5
_NOISIEST_HU = 50.0
"""Conditions (thin slices, soft kernel, no contrast, whole lungs, little noise) are usual practice, known to us from
general knowledge and not verified; the two numbers are engineering choices."""
_THIN = 2
"""Every second voxel of every second row and slice: over a million remain, and their HU are as acquired."""
_TISSUE_HU = (-20, 120)
_BLOCK = 6


def measure_emphysema(
    volume: CtVolume, lungs: LungFields, facts: SeriesFacts, slice_thickness_mm: float | None
) -> EmphysemaIndex:
    """Measure the share of the lung fields (without trachea and main bronchi) below -950 HU, as acquired.

    What it is not: corrected for breath, dose or kernel.  Whether the breath was full is not in the header and is
    not checked.

    Returns:
        Share 0 to 1; None where no lung was scanned; with a reason for each condition that is not met.
    """
    inside_hu = _lung_hu(volume, lungs)
    share = float(np.mean(inside_hu < _EMPTY_HU)) if inside_hu.size else None
    reasons = _reasons(facts, slice_thickness_mm, noise_hu=_noise_hu(volume), is_cut=bool(_cut_share(lungs)))
    return EmphysemaIndex(share=share, is_readable=share is not None and not reasons, reasons=reasons)


def _cut_share(lungs: LungFields) -> float:
    return sum(lungs.missing_share.values())


def _lung_hu(volume: CtVolume, lungs: LungFields) -> Hounsfields:
    """HU of every second scanned native voxel, along each axis, whose centre lies in a lung field."""
    native_shape = volume.grid.shape
    working_from_native = np.linalg.inv(lungs.grid.patient_from_voxel) @ volume.grid.patient_from_voxel
    both_kji = lungs.both_kji
    rows, columns = (np.arange(0, count, _THIN) for count in native_shape[1:])
    in_plane = (
        rows[:, None, None] * working_from_native[:3, 1] + columns[None, :, None] * working_from_native[:3, 2]
    ).astype(np.float32)
    found: list[npt.NDArray[np.int16]] = []
    for k in range(0, native_shape[0], _THIN):
        origin = (k * working_from_native[:3, 0] + working_from_native[:3, 3]).astype(np.float32)
        index = np.rint(in_plane + origin).astype(np.int32)
        reached = np.all((index >= 0) & (index < both_kji.shape), axis=-1)
        index[~reached] = 0
        is_lung = both_kji[index[..., 0], index[..., 1], index[..., 2]] & reached
        if volume.scanned_kji is not None:
            is_lung &= volume.scanned_kji[k, ::_THIN, ::_THIN]
        found.append(volume.values_kji[k, ::_THIN, ::_THIN][is_lung])
    return np.concatenate(found)


def _noise_hu(volume: CtVolume) -> float:
    """Noise in soft tissue, from neighbours along a row: their difference holds no slow change of tissue.

    Tissue is told by the mean of a small block, so that noise does not decide what is looked at.  Neighbours' noise
    is correlated, so this is less than the standard deviation over a region.
    """
    slices = volume.values_kji[:: max(1, volume.grid.shape[0] // 12)].astype(np.float32)
    k, j, i = slices.shape[0], slices.shape[1] // _BLOCK, slices.shape[2] // _BLOCK
    blocks = slices[:, : j * _BLOCK, : i * _BLOCK].reshape(k, j, _BLOCK, i, _BLOCK).swapaxes(2, 3)
    mean_hu = blocks.mean(axis=(3, 4))
    low, high = _TISSUE_HU
    tissue = blocks[(mean_hu > low) & (mean_hu < high)]
    if not tissue.size:
        return 0.0
    apart = np.abs(np.diff(tissue, axis=2))
    return float(1.4826 * np.median(apart) / np.sqrt(2))


def _reasons(facts: SeriesFacts, thickness_mm: float | None, *, noise_hu: float, is_cut: bool) -> tuple[Sentence, ...]:
    reasons: list[Sentence] = []
    if thickness_mm is None:
        reasons.append(Sentence(zh="层厚未注明", en="slice thickness not stated"))
    elif thickness_mm > _THICKEST_MM:
        reasons.append(
            Sentence(
                zh=f"层厚 {thickness_mm:g} mm，超过 {_THICKEST_MM:g} mm",
                en=f"slices of {thickness_mm:g} mm, over {_THICKEST_MM:g} mm",
            )
        )
    rank = sharpness(facts.kernel)
    if rank >= Sharpness.SHARP:
        reasons.append(Sentence(zh=f"锐利卷积核（{facts.kernel}）", en=f"sharp kernel ({facts.kernel})"))
    elif rank is Sharpness.UNKNOWN:
        name = facts.kernel
        reasons.append(
            Sentence(
                zh=f"卷积核{f'“{name}”无法判断' if name else '未注明'}", en=f"kernel {name or 'not stated'}: unknown"
            )
        )
    if facts.contrast != "no":
        reasons.append(
            Sentence(zh="使用了造影剂", en="contrast was given")
            if facts.contrast == "yes"
            else Sentence(zh="未注明是否使用造影剂", en="not stated whether contrast was given")
        )
    if is_cut:
        reasons.append(Sentence(zh="肺未扫全", en="the lungs are cut off"))
    if noise_hu > _NOISIEST_HU:
        reasons.append(Sentence(zh=f"噪声大（约 {noise_hu:.0f} HU）", en=f"noise of about {noise_hu:.0f} HU"))
    return tuple(reasons)
