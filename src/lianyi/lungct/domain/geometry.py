"""Where things are: grids of voxels, and places in the patient.

Two spaces, two vocabularies:

=========  ==================  ============  ==========================
space      letters, in order   unit          meaning
=========  ==================  ============  ==========================
voxel      ``k, j, i``         voxel index   slice, row, column; the
                                             order of the numpy array
patient    ``x, y, z``         millimetre    DICOM LPS: x grows to the
                                             Left, y to the Posterior,
                                             z to the head (Superior)
=========  ==================  ============  ==========================

No name in this package uses ``x, y, z`` for a voxel or ``k, j, i`` for a
millimetre.  The only door between the spaces is :class:`Grid`.  There is no
RAS type anywhere.

A voxel centre has whole-number indices; (0, 0, 0) is the centre of the first
voxel of the first slice (DICOM PS3.3 C.7.6.2.1.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID

Floats = npt.NDArray[np.float64]

_SINGULAR = 1e6
"""A grid whose axes are closer to parallel than this cannot be inverted safely."""


class FrameMismatch(Exception):
    """Two places were combined that do not live in the same space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientFrame:
    """The coordinate system a place lives in.

    Keyed by Frame of Reference UID *and* series: anonymisers reuse the UID, so
    two series are registered, never assumed to share a space.
    """

    frame_of_reference_uid: FrameOfReferenceUID
    series_uid: SeriesUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Spacing:
    """Distance between neighbouring voxel centres, in mm, one per array axis."""

    k_mm: float
    j_mm: float
    i_mm: float

    def __post_init__(self) -> None:
        if not min(self.k_mm, self.j_mm, self.i_mm) > 0:
            raise ValueError(f"spacing must be positive, got {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientPoint:
    """A place in the patient: DICOM LPS, millimetres, in one frame."""

    x: float
    y: float
    z: float
    frame: PatientFrame

    def distance_mm(self, other: PatientPoint) -> float:
        """Straight-line distance.

        Raises:
            FrameMismatch: the two points belong to different frames, for
                example to two series that nobody registered.
        """
        if self.frame != other.frame:
            raise FrameMismatch(f"{self.frame} and {other.frame} are not registered")
        return float(np.linalg.norm(self.xyz - other.xyz))

    @property
    def xyz(self) -> Floats:
        """The three coordinates as an array, LPS mm, for code that has already checked the frame."""
        return np.array([self.x, self.y, self.z])


@dataclass(frozen=True, slots=True, kw_only=True)
class VoxelPoint:
    """A place on one grid, in (fractional) voxel indices."""

    k: float
    j: float
    i: float
    grid: Grid

    def to_patient(self) -> PatientPoint:
        """Give the same place in patient millimetres (LPS)."""
        x, y, z, _ = self.grid.patient_from_voxel @ [self.k, self.j, self.i, 1.0]
        return PatientPoint(x=float(x), y=float(y), z=float(z), frame=self.grid.frame)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A regular lattice of voxels, placed in one patient frame.

    Attributes:
        shape: number of voxels, (slices, rows, columns).
        patient_from_voxel: 4x4; maps (k, j, i, 1) to (x, y, z, 1) in LPS mm.
            Columns 0, 1, 2 are one step along k, j, i.
        frame: the frame the places live in.
    """

    shape: tuple[int, int, int]
    patient_from_voxel: Floats
    frame: PatientFrame

    def __post_init__(self) -> None:
        if self.patient_from_voxel.shape != (4, 4):
            raise ValueError("patient_from_voxel must be 4x4")
        if np.linalg.cond(self.patient_from_voxel[:3, :3]) > _SINGULAR:
            raise ValueError("patient_from_voxel is singular: two axes coincide")
        self.patient_from_voxel.setflags(write=False)

    @classmethod
    def from_dicom(  # noqa: PLR0913 -- DICOM's own six attributes, all keyword-only
        cls,
        *,
        image_position: tuple[float, float, float],
        image_orientation: tuple[float, float, float, float, float, float],
        pixel_spacing: tuple[float, float],
        slice_step: tuple[float, float, float],
        shape: tuple[int, int, int],
        frame: PatientFrame,
    ) -> Grid:
        """Build a grid from the attributes of the first slice.

        Parameters carry DICOM's own names and DICOM's own order: the first
        value of *pixel_spacing* is the distance between **rows** (a step along
        ``j``), the second between **columns** (a step along ``i``).  This
        function is the only place in the package that knows that.

        *slice_step* is measured, not computed: fitted over the image positions
        of all slices, in LPS mm (printed positions are rounded; the difference
        of the first two would drift by millimetres over a chest).  A tilted
        gantry therefore yields a sheared grid instead of a wrong one.

        Source: DICOM PS3.3 C.7.6.2.1.1, equation C.7.6.2.1-1; PS3.3 10.7.1.3.
        """
        along_row = np.array(image_orientation[:3])  # direction in which i grows
        down_column = np.array(image_orientation[3:])  # direction in which j grows
        between_rows_mm, between_columns_mm = pixel_spacing

        patient_from_voxel = np.eye(4)
        patient_from_voxel[:3, 0] = slice_step
        patient_from_voxel[:3, 1] = down_column * between_rows_mm
        patient_from_voxel[:3, 2] = along_row * between_columns_mm
        patient_from_voxel[:3, 3] = image_position
        return cls(shape, patient_from_voxel, frame)

    @property
    def spacing(self) -> Spacing:
        """Distance between neighbouring voxel centres along each array axis, in mm."""
        k, j, i = np.linalg.norm(self.patient_from_voxel[:3, :3], axis=0)
        return Spacing(k_mm=float(k), j_mm=float(j), i_mm=float(i))

    @property
    def voxel_mm3(self) -> float:
        """Volume of one voxel.  Not the product of the spacings: a tilted stack is sheared."""
        return float(abs(np.linalg.det(self.patient_from_voxel[:3, :3])))

    def voxel(self, *, k: float, j: float, i: float) -> VoxelPoint:
        """Name a place on this grid."""
        return VoxelPoint(k=k, j=j, i=i, grid=self)

    def locate(self, point: PatientPoint) -> VoxelPoint:
        """Find a patient point on this grid (the result may lie outside it).

        Raises:
            FrameMismatch: the point belongs to another frame.
        """
        if point.frame != self.frame:
            raise FrameMismatch(f"point is in {point.frame}, grid in {self.frame}")
        k, j, i, _ = np.linalg.solve(self.patient_from_voxel, [point.x, point.y, point.z, 1.0])
        return self.voxel(k=float(k), j=float(j), i=float(i))

    def crop(self, *, first_kji: tuple[int, int, int], shape: tuple[int, int, int]) -> Grid:
        """Give the grid of a box of this one; its voxel (0, 0, 0) is our *first_kji*."""
        patient_from_voxel = self.patient_from_voxel.copy()
        patient_from_voxel[:, 3] = self.patient_from_voxel @ [*first_kji, 1.0]
        return Grid(shape, patient_from_voxel, self.frame)
