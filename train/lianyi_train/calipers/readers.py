"""Ours beside the readers' on LIDC: the slabs of shared/data as native volumes, each reader by the same caliper.

A slab ends where its nodule ends and brings no lung field; what is aerated, with its holes filled in the slice,
stands in for one.  Diameters are taken from the acquired slices, never from resampled ones.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import jpeg_ls
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lianyi.lungct.domain.geometry import Grid, PatientFrame, PatientPoint
from lianyi.lungct.domain.image import Booleans, CtVolume, LungFields, Mask
from lianyi.lungct.domain.nodule import Candidate
from lianyi.lungct.domain.uids import FrameOfReferenceUID, InstanceUID, SeriesUID
from lianyi.lungct.measure import Found, draw_nodule
from lianyi.lungct.measure.size import longest_axes

_AERATED_HU = -500
_LEAST_AIR_PIXELS = 300
RATINGS = ("texture", "spiculation", "lobulation", "calcification", "margin", "malignancy")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DrawnNodule:
    """One nodule with the outlines of the readers who marked it.

    Attributes:
        name: of the slab.
        patient_id: slabs of one patient stay on one side of every split.
        volume: native grid; x and y of the patient are unknown and begin at 0.
        lungs: what is aerated, holes filled.
        masks: one array a reader, kji, none of them empty.
        ratings: mean over readers; None where there is none.
        is_hu_exact: False where HU were inferred.
    """

    name: str
    patient_id: str
    volume: CtVolume
    lungs: LungFields
    masks: tuple[Booleans, ...]
    ratings: dict[str, float | None]
    is_hu_exact: bool

    @property
    def center(self) -> PatientPoint:
        """Mean of the readers' centres."""
        middles = [np.argwhere(mask_kji).mean(axis=0) for mask_kji in self.masks]
        k, j, i = (float(n) for n in np.mean(middles, axis=0))
        return self.volume.grid.voxel(k=k, j=j, i=i).to_patient()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One nodule's figures, ours and the readers'; None for ours where measuring drew no outline."""

    drawn: DrawnNodule
    found: Found | None
    readers_mm: tuple[float, ...]
    readers_mm3: tuple[float, ...]

    @property
    def mean_mm(self) -> float:
        """Mean of the readers' mean diameters."""
        return float(np.mean(self.readers_mm))

    @property
    def mean_mm3(self) -> float:
        """Mean of the readers' volumes."""
        return float(np.mean(self.readers_mm3))


def is_for_building(patient_id: str) -> bool:
    """Whether a patient belongs to the half on which measuring may be tuned; the other half is reported."""
    return zlib.crc32(patient_id.encode()) % 2 == 0


def drawn_nodules(shared_data: Path, *, least_readers: int, building: bool) -> Iterator[DrawnNodule]:
    """Read the slabs of one half of the patients that so many readers drew, in the order of slabs.csv."""
    with (shared_data / "slabs" / "slabs.csv").open() as table:
        for row in csv.DictReader(table):
            if int(row["readers"]) >= least_readers and is_for_building(row["patient_id"]) == building:
                yield _read(shared_data, row)


def _read(shared_data: Path, row: dict[str, str]) -> DrawnNodule:
    slab = np.load(shared_data / "slabs" / f"{row['slab']}.npz")
    depth, rows, columns = (int(n) for n in slab["shape_kji"])
    hu_kji = jpeg_ls.decode(slab["hu_plus_1024_jls"]).reshape(depth, rows, columns).astype(np.int16) - np.int16(1024)
    bits = np.unpackbits(slab["reader_mask_bits"])[: 4 * hu_kji.size].reshape(4, *hu_kji.shape)
    frame = PatientFrame(
        frame_of_reference_uid=FrameOfReferenceUID(row["series_uid"]), series_uid=SeriesUID(row["series_uid"])
    )
    pixel_mm = float(row["spacing_ji_mm"])
    patient_from_voxel = np.zeros((4, 4))
    patient_from_voxel[2, 0], patient_from_voxel[1, 1], patient_from_voxel[0, 2] = (
        float(row["spacing_k_mm"]),
        pixel_mm,
        pixel_mm,
    )
    patient_from_voxel[3, 3] = 1.0
    grid = Grid((depth, rows, columns), patient_from_voxel, frame)
    instances = tuple((InstanceUID(f"{row['series_uid']}.{k + 1}"), k + 1) for k in range(depth))
    return DrawnNodule(
        name=row["slab"],
        patient_id=row["patient_id"],
        volume=CtVolume(grid, hu_kji, None, instances),
        lungs=_aerated(grid, hu_kji),
        masks=tuple(mask.astype(np.bool_) for mask in bits if mask.any()),
        ratings={name: float(row[name]) if row[name] else None for name in RATINGS},
        is_hu_exact=row["hu_exact"] == "True",
    )


def _aerated(grid: Grid, hu_kji: npt.NDArray[np.int16]) -> LungFields:
    lung_kji = ndimage.binary_opening(hu_kji < _AERATED_HU, structure=np.ones((1, 3, 3)))
    labels, count = ndimage.label(lung_kji, structure=np.ones((3, 3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    lung_kji = (sizes >= _LEAST_AIR_PIXELS)[labels]
    for k, slice_ji in enumerate(lung_kji):
        lung_kji[k] = ndimage.binary_fill_holes(slice_ji)
    nothing = Mask(grid, np.zeros(grid.shape, np.bool_))
    return LungFields(left=Mask(grid, lung_kji), right=nothing, missing_share={})


def hint(drawn: DrawnNodule, readers_mm: Sequence[float]) -> Candidate:
    """Give the place as a detector would: a few mm off and with a radius wrong by up to 30 %, by the name's seed."""
    random = np.random.default_rng(zlib.crc32(drawn.name.encode()))
    radius_mm = float(np.mean(readers_mm)) / 2
    x, y, z = drawn.center.xyz + random.normal(size=3) * 0.2 * radius_mm
    place = PatientPoint(x=float(x), y=float(y), z=float(z), frame=drawn.volume.grid.frame)
    return Candidate(center=place, radius_mm=radius_mm * float(random.uniform(0.7, 1.3)), probability=0.5, evidence={})


def compare(drawn: DrawnNodule) -> Compared:
    """Measure one nodule, and every reader's outline of it by the same caliper rule."""
    grid = drawn.volume.grid
    readers_mm = tuple(longest_axes(mask.astype(np.float32), grid).mean_mm for mask in drawn.masks)
    return Compared(
        drawn=drawn,
        found=draw_nodule(drawn.volume, drawn.lungs, hint(drawn, readers_mm)),
        readers_mm=readers_mm,
        readers_mm3=tuple(float(mask.sum()) * grid.voxel_mm3 for mask in drawn.masks),
    )
