"""Smooth fields of the body on a coarse lattice, read at any patient point.

Organs are signed distances (mm, positive inside).  A distance is smooth where the HU are not: read between
the points of a coarse lattice it still gives edges that are sharp, on any grid, with the share of a voxel
that lies inside.  That is what makes one body serve every orientation, tilt and spacing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Field = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

HU_FIELDS = frozenset({"parenchyma"})
"""Fields that are no distances."""

FAR_MM = np.float32(-1000.0)
"""Signed distance of a place where there is no such organ."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Lattice:
    """A patient-aligned lattice of points: array axes are z, y, x.

    Attributes:
        first_xyz: the first point, LPS mm.
        step_mm: between neighbours, the same on every axis.
        shape_zyx: number of points.
    """

    first_xyz: tuple[float, float, float]
    step_mm: float
    shape_zyx: tuple[int, int, int]

    def axes(self) -> tuple[Field, Field, Field]:
        """Give x, y and z of the points, shaped to broadcast over (z, y, x)."""
        nz, ny, nx = self.shape_zyx
        x, y, z = (
            (first + self.step_mm * np.arange(count)).astype(np.float32)
            for first, count in zip(self.first_xyz, (nx, ny, nz), strict=True)
        )
        return x[None, None, :], y[None, :, None], z[:, None, None]

    def indices(self, points_xyz: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Give fractional lattice indices (3, ...) in array order of points (..., 3)."""
        indices = (points_xyz - np.asarray(self.first_xyz)) / self.step_mm
        in_order: npt.NDArray[np.float32] = np.moveaxis(indices[..., ::-1], -1, 0).astype(np.float32)
        return in_order


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Atlas:
    """Named fields on one lattice.

    Attributes:
        lattice: where the values are.
        fields: by name; signed distances in mm, and "parenchyma", which is HU.
    """

    lattice: Lattice
    fields: dict[str, Field]

    def read(self, name: str, points_xyz: npt.NDArray[np.floating]) -> Field:
        """Read one field at patient points (..., 3), linearly between lattice points."""
        values = self.read_at(name, self.lattice.indices(points_xyz.reshape(-1, 3)))
        return values.reshape(points_xyz.shape[:-1])

    def read_at(self, name: str, indices: npt.NDArray[np.float32]) -> Field:
        """Read one field at lattice indices (3, ...), as :meth:`Lattice.indices` gives them."""
        values: Field = ndimage.map_coordinates(
            self.fields[name], indices, output=np.float32, order=1, mode="nearest", prefilter=False
        )
        return values

    def read_stack(
        self, patient_from_coarse: Floats, shape: tuple[int, int, int], *, within_mm: float
    ) -> dict[str, Field]:
        """Read all fields on a regular stack of points.

        Args:
            patient_from_coarse: 4x4, maps (k, j, i, 1) of the stack to LPS mm.
            shape: of the stack.
            within_mm: a signed distance that comes nowhere nearer than this is left out.

        Returns:
            By name, (k, j, i).
        """
        at = (patient_from_coarse[:3, 3] - np.asarray(self.lattice.first_xyz)) / self.lattice.step_mm
        steps = patient_from_coarse[:3, :3] / self.lattice.step_mm
        ends = np.stack(np.meshgrid(*[(0, n - 1) for n in shape], indexing="ij"), axis=-1).reshape(-1, 3)
        corners = ends @ steps.T + at
        limits = np.array(self.lattice.shape_zyx[::-1]) - 1
        low = np.clip(np.floor(corners.min(axis=0)), 0, limits).astype(int)
        high = np.clip(np.ceil(corners.max(axis=0)), 0, limits).astype(int) + 1
        window = (slice(low[2], high[2]), slice(low[1], high[1]), slice(low[0], high[0]))
        wanted = {
            name: field[window]
            for name, field in self.fields.items()
            if name in HU_FIELDS or float(field[window].max()) > -within_mm
        }
        if np.count_nonzero(np.abs(steps) > 1e-9) == 3:
            return {name: _read_aligned(field, steps, at - low, shape) for name, field in wanted.items()}
        # scipy wants both sides in array order: z, y, x from k, j, i.
        matrix, offset = steps[::-1], (at - low)[::-1]
        return {
            name: ndimage.affine_transform(
                field, matrix, offset, shape, output=np.float32, order=1, mode="nearest", prefilter=False
            )
            for name, field in wanted.items()
        }

    def volume_ml(self, inside: npt.NDArray[np.float32]) -> float:
        """Volume of what a signed distance of this lattice encloses."""
        share = np.clip(0.5 + inside / self.lattice.step_mm, 0, 1)
        return float(share.sum(dtype=np.float64)) * self.lattice.step_mm**3 / 1000.0


def _read_aligned(field: Field, steps: Floats, at: Floats, shape: tuple[int, int, int]) -> Field:
    """Read a field on a stack whose axes run along the lattice's: one axis after the other, which is far quicker."""
    axis_of = np.argmax(np.abs(steps), axis=0)  # patient axis (x, y, z) each of k, j, i runs along
    for stack_axis, patient_axis in enumerate(axis_of):
        lattice_axis = 2 - int(patient_axis)
        places = at[patient_axis] + steps[patient_axis, stack_axis] * np.arange(shape[stack_axis])
        places = np.clip(places, 0, field.shape[lattice_axis] - 1)
        index = np.minimum(places.astype(int), max(field.shape[lattice_axis] - 2, 0))
        weight_shape = [1, 1, 1]
        weight_shape[lattice_axis] = len(places)
        weight = (places - index).astype(np.float32).reshape(weight_shape)
        first = np.take(field, index, axis=lattice_axis)
        following = np.take(field, np.minimum(index + 1, field.shape[lattice_axis] - 1), axis=lattice_axis)
        field = first + weight * (following - first)
    aligned: Field = np.transpose(field, [2 - int(axis) for axis in axis_of])
    return aligned


def as_distance(implicit: Field, step_mm: float) -> Field:
    """Turn an implicit function (positive inside) into a distance that is right near its surface."""
    slopes = np.gradient(implicit, step_mm)
    steepness = np.sqrt(sum(slope * slope for slope in slopes))
    distance: Field = (implicit / np.maximum(steepness, 0.05)).astype(np.float32)
    return distance


def ellipsoid(
    axes: tuple[Field, Field, Field], center: tuple[float, float, float], radii: tuple[float, float, float]
) -> Field:
    """Signed distance to an ellipsoid, first order (exact on the surface and for a sphere)."""
    offsets = [axis - np.float32(middle) for axis, middle in zip(axes, center, strict=True)]
    near = sum((offset / np.float32(r)) ** 2 for offset, r in zip(offsets, radii, strict=True))
    slope = sum((offset / np.float32(r * r)) ** 2 for offset, r in zip(offsets, radii, strict=True))
    k0, k1 = np.sqrt(near), np.sqrt(slope)
    distance: Field = np.where(k1 > 1e-6, k0 * (1 - k0) / np.maximum(k1, 1e-6), min(radii)).astype(np.float32)
    return distance


def rounded_min(first: Field, second: Field, radius_mm: float) -> Field:
    """Intersect two shapes and round the edge where they meet."""
    blend = np.maximum(radius_mm - np.abs(first - second), 0) / np.float32(radius_mm)
    joined: Field = np.minimum(first, second) - blend * blend * np.float32(radius_mm / 4)
    return joined


def rounded_max(first: Field, second: Field, radius_mm: float) -> Field:
    """Unite two shapes and fill the corner where they meet."""
    return -rounded_min(-first, -second, radius_mm)
