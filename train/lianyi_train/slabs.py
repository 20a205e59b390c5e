"""The slabs of shared/data at 1 mm: grey values, how many readers marked each voxel, and the nodule to be pasted.

A slab ends where its nodule ends, so a pasted nodule needs a slice beyond: the last slice is repeated there and
its weight falls to nothing within one slice spacing, which is what linear interpolation to a slice without the
nodule would have given.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jpeg_ls
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lianyi_train.grey import Grey, grey_of

Floats = npt.NDArray[np.float32]

RIM_MM = 1.5
"""How far beyond the readers' outline a pasted nodule keeps its own surroundings."""
MARGIN_MM = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SlabFacts:
    """One row of slabs.csv.  Ratings are means over readers; texture and malignancy run from 1 to 5."""

    name: str
    patient_id: str
    readers: int
    diameter_mm: float
    spacing_k_mm: float
    texture: float | None
    malignancy: float | None
    calcification: float | None
    is_hu_exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Slab:
    """One slab at 1 mm.

    Attributes:
        facts: its row.
        grey_kji: one byte a voxel.
        votes_kji: how many readers marked the voxel, 0 to 4.
        center_kji: the nodule's centre of mass, weighted by votes.
        cut: the nodule ready to be pasted.
    """

    facts: SlabFacts
    grey_kji: Grey
    votes_kji: Grey
    center_kji: tuple[float, float, float]
    cut: Cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A nodule with a little of its surroundings, and with how much weight each voxel is pasted.

    Attributes:
        grey_kji: one byte a voxel.
        weight_kji: 0 to 255; 255 inside the readers' outlines, falling to 0 at the rim.
        votes_kji: how many readers marked the voxel.
        center_kji: the nodule's centre in this box.
    """

    grey_kji: Grey
    weight_kji: Grey
    votes_kji: Grey
    center_kji: tuple[float, float, float]


def density_of(texture: float | None) -> str | None:
    """Give the density class of the readers' texture: 1-2 ground-glass, 3 part-solid, 4-5 solid (means rounded)."""
    if texture is None:
        return None
    return "ground-glass" if texture < 2.5 else "part-solid" if texture < 3.5 else "solid"


def _facts(row: dict[str, str]) -> SlabFacts:
    return SlabFacts(
        name=row["slab"],
        patient_id=row["patient_id"],
        readers=int(row["readers"]),
        diameter_mm=float(row["diameter_mm"]),
        spacing_k_mm=float(row["spacing_k_mm"]),
        texture=_rating(row["texture"]),
        malignancy=_rating(row["malignancy"]),
        calcification=_rating(row["calcification"]),
        is_hu_exact=row["hu_exact"] == "True",
    )


def _rating(text: str) -> float | None:
    """Not every reader rated everything; an absent rating stays absent."""
    return float(text) if text else None


def read_slabs(data: Path) -> Iterator[Slab]:
    """Give every slab at 1 mm, patient-aligned."""
    with (data / "slabs" / "slabs.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        facts = _facts(row)
        stored = np.load(data / "slabs" / f"{facts.name}.npz")
        hu_kji = jpeg_ls.decode(stored["hu_plus_1024_jls"]).reshape(stored["shape_kji"]).astype(np.float32) - 1024.0
        size = 4 * hu_kji.size
        votes_kji = np.unpackbits(stored["reader_mask_bits"])[:size].reshape(4, *hu_kji.shape).sum(axis=0)
        if row["flipped"] == "True":
            hu_kji, votes_kji = hu_kji[:, ::-1, ::-1], votes_kji[:, ::-1, ::-1]
        yield _at_1_mm(facts, hu_kji, votes_kji.astype(np.float32), float(row["spacing_ji_mm"]))


def _at_1_mm(facts: SlabFacts, hu_kji: Floats, votes_kji: Floats, spacing_ji_mm: float) -> Slab:
    spacing_mm = (facts.spacing_k_mm, spacing_ji_mm, spacing_ji_mm)
    places = _places(hu_kji.shape, spacing_mm)
    votes = _sample(votes_kji, places)
    weights = votes / max(float(votes.sum()), 1e-6)
    k, j, i = (float((weights * axis).sum()) for axis in np.indices(votes.shape, dtype=np.float32))
    return Slab(
        facts=facts,
        grey_kji=grey_of(_sample(hu_kji, places)),
        votes_kji=np.rint(votes).astype(np.uint8),
        center_kji=(k, j, i),
        cut=_cut(hu_kji, votes_kji, spacing_mm),
    )


def _cut(hu_kji: Floats, votes_kji: Floats, spacing_mm: tuple[float, float, float]) -> Cut:
    """Take the nodule out: one slice more at either end, weight by distance from the outline."""
    hu_kji = np.pad(hu_kji, ((1, 1), (0, 0), (0, 0)), mode="edge")
    votes_kji = np.pad(votes_kji, ((1, 1), (0, 0), (0, 0)))
    weight_kji = np.zeros_like(votes_kji)
    for weight_ji, votes_ji in zip(weight_kji, votes_kji, strict=True):
        if votes_ji.any():
            beyond_mm = ndimage.distance_transform_edt(votes_ji == 0, sampling=spacing_mm[1:])
            weight_ji[:] = np.clip(1.5 - beyond_mm / RIM_MM, 0.0, 1.0)
    kept = [
        slice(max(int(inside.min() - MARGIN_MM / step), 0), int(inside.max() + MARGIN_MM / step) + 1)
        for inside, step in zip(np.nonzero(votes_kji), spacing_mm, strict=True)
    ]
    box = tuple(kept)
    places = _places(hu_kji[box].shape, spacing_mm)
    votes = _sample(votes_kji[box], places)
    share = votes / max(float(votes.sum()), 1e-6)
    k, j, i = (float((share * axis).sum()) for axis in np.indices(votes.shape, dtype=np.float32))
    return Cut(
        grey_kji=grey_of(_sample(hu_kji[box], places)),
        weight_kji=np.rint(255.0 * _sample(weight_kji[box], places)).astype(np.uint8),
        votes_kji=np.rint(votes).astype(np.uint8),
        center_kji=(k, j, i),
    )


def _places(shape: tuple[int, ...], spacing_mm: tuple[float, float, float]) -> Floats:
    """Give where the 1 mm voxels between the first and the last native centre lie, in native voxels."""
    axes = [
        np.arange(int(np.floor((n - 1) * step + 1e-3)) + 1, dtype=np.float32) / step
        for n, step in zip(shape, spacing_mm, strict=True)
    ]
    return np.stack(np.meshgrid(*axes, indexing="ij")).astype(np.float32)


def _sample(array_kji: Floats, places: Floats) -> Floats:
    return np.asarray(ndimage.map_coordinates(array_kji, places, order=1, mode="nearest"), dtype=np.float32)
