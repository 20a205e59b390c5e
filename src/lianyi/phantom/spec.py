"""What a phantom is to be: every choice in one frozen value, so that the same value gives the same chest.

Lengths are millimetres, places are DICOM LPS (x to the Left, y to the Posterior, z to the head) in the
phantom's own frame, whose origin lies in the middle of the chest.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from lianyi.lungct.domain.nodule import Density

Variant = Literal["normal", "one lung", "emphysema", "effusion", "not chest"]
Shape = Literal["sphere", "ellipsoid"]
PatientPosition = Literal["HFS", "HFP", "FFS", "FFP"]
InstanceOrder = Literal["head to feet", "feet to head", "shuffled"]
Kernel = Literal["STANDARD", "LUNG", "SOFT"]

# DICOM PS3.3 C.7.3.1.1.2: head or feet first, supine or prone.  The image keeps the scanner's own left and up,
# so the patient turns in it.
_COSINES_OF_POSITION: dict[PatientPosition, tuple[float, float, float, float, float, float]] = {
    "HFS": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    "HFP": (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
    "FFS": (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    "FFP": (1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedNodule:
    """A nodule to plant.

    Attributes:
        center_lps_mm: where its centre is; must lie in a lung.  A nodule that crosses the pleura is cut by it.
        diameter_mm: of the sphere, or of the sphere of the same volume.
        density: solid, part-solid, ground-glass or calcified.
        core_diameter_mm: of the solid core of a part-solid nodule; half the diameter when None.
        shape: a sphere, or an ellipsoid with semi-axes in the ratio 1.25 : 1 : 0.8 (the same volume).
        hu: overrides the HU of the density (for a part-solid nodule, of its ground-glass part).
    """

    center_lps_mm: tuple[float, float, float]
    diameter_mm: float
    density: Density = Density.SOLID
    core_diameter_mm: float | None = None
    shape: Shape = "sphere"
    hu: float | None = None

    def __post_init__(self) -> None:
        if not self.diameter_mm > 0:
            raise ValueError(f"a nodule needs a positive diameter, got {self.diameter_mm} mm")
        if self.core_diameter_mm is not None and not 0 < self.core_diameter_mm < self.diameter_mm:
            raise ValueError("the core of a part-solid nodule must be smaller than the nodule")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomSpec:
    """A synthetic chest CT: body, nodules, stack, and how it is written.

    Attributes:
        seed: decides body, vessels, noise and the places of the nodules.
        nodules: how many to plant at random places; ignored when *planted* is given.
        juxtapleural: how many of those touch the pleura; the last ones, never the first.
        planted: exact nodules instead of random ones.
        variant: the kind of chest.
        contrast: whether the vessels are enhanced.
        matrix: rows, columns.
        pixel_spacing_mm: between rows, between columns (DICOM's order).
        slice_step_mm: distance the table moves from one slice to the next.
        slice_thickness_mm: width of the slice profile; the step when None.
        patient_position: decides where down is, where the table is and the default orientation.
        orientation: row and column cosines of the untilted stack; from the position when None.
        gantry_tilt_deg: turns the image planes about their rows; the step stays where it was (a sheared stack).
        apex_cut_share: share of the lungs' height left out at the top.
        base_cut_share: share of the lungs' height left out at the bottom.
        margin_mm: what is scanned beyond the lungs at either end.
        center_mm: patient x and y that lies in the middle of the images; the middle of the body when None.
        noise_hu: standard deviation of the noise; 0 gives none.
        kernel: reconstruction kernel; decides sharpness and the texture of the noise.
        has_table: whether the scanner's table lies under the patient.
        patient_name: DICOM person name; the default is plainly a test.
        patient_id: DICOM patient ID.
        sex: "M", "F", "O" or "".
        character_set: DICOM Specific Character Set.
        instance_order: which end Instance Number 1 lies at, or none.
        missing_slices: slices that are rendered but not written; 0 is nearest the feet.
        extension: of the file names; "" gives none.
    """

    seed: int = 0
    nodules: int = 6
    juxtapleural: int = 1
    planted: tuple[PlantedNodule, ...] | None = None
    variant: Variant = "normal"
    contrast: bool = False

    matrix: tuple[int, int] = (512, 512)
    pixel_spacing_mm: tuple[float, float] = (0.75, 0.75)
    slice_step_mm: float = 2.5
    slice_thickness_mm: float | None = None
    patient_position: PatientPosition = "HFS"
    orientation: tuple[float, float, float, float, float, float] | None = None
    gantry_tilt_deg: float = 0.0
    apex_cut_share: float = 0.0
    base_cut_share: float = 0.0
    margin_mm: float = 12.0
    center_mm: tuple[float, float] | None = None

    noise_hu: float = 18.0
    kernel: Kernel = "STANDARD"
    has_table: bool = True

    patient_name: str = "Ceshi^Timo=测试^体模"
    patient_id: str = "PHANTOM"
    sex: str = "O"
    character_set: str = "GB18030"
    instance_order: InstanceOrder = "head to feet"
    missing_slices: tuple[int, ...] = ()
    extension: str = ".dcm"

    def __post_init__(self) -> None:
        if min(*self.matrix, *self.pixel_spacing_mm, self.slice_step_mm, self.thickness_mm) <= 0:
            raise ValueError("matrix, spacing, step and thickness must be positive")
        if self.nodules < 0 or self.noise_hu < 0 or self.juxtapleural < 0:
            raise ValueError("counts and noise must not be negative")
        if not (0 <= self.apex_cut_share < 1 and 0 <= self.base_cut_share < 1):
            raise ValueError("a cut share lies between 0 and 1")
        if self.apex_cut_share + self.base_cut_share >= 1:
            raise ValueError("nothing of the lungs is left between the two cuts")
        if not abs(self.gantry_tilt_deg) < 45:
            raise ValueError("a gantry tilts by less than 45 degrees")
        row, column = self.cosines[:3], self.cosines[3:]
        between = sum(a * b for a, b in zip(row, column, strict=True))
        if max(abs(math.hypot(*row) - 1), abs(math.hypot(*column) - 1), abs(between)) > 1e-6:
            raise ValueError("row and column cosines must be unit vectors at a right angle")

    @property
    def thickness_mm(self) -> float:
        """Width of the slice profile."""
        return self.slice_step_mm if self.slice_thickness_mm is None else self.slice_thickness_mm

    @property
    def cosines(self) -> tuple[float, float, float, float, float, float]:
        """Row and column cosines of the stack before the gantry is tilted."""
        return _COSINES_OF_POSITION[self.patient_position] if self.orientation is None else self.orientation

    @property
    def is_prone(self) -> bool:
        """Whether the patient lies on the belly, so that gravity points to the anterior."""
        return self.patient_position in {"HFP", "FFP"}

    def as_json(self) -> dict[str, Any]:
        """Give every choice as plain JSON values."""
        return asdict(self)
