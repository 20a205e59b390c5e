"""``manifest.json``: what the weights are, from what data, how far to trust them.

Everything a report says about the learned detector's ability comes from here, so a figure that was not measured
has no place to be written.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

PointName = Literal["sensitive", "balanced", "specific"]

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Place = Annotated[float, Field(ge=0.0, le=2.0)]
Millimetres = Annotated[float, Field(ge=0.0)]
Words = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    """Nothing unknown, nothing infinite, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


class BothLanguages(_Part):
    """A sentence or clause for people."""

    zh: Words
    en: Words


class NetworkFile(_Part):
    """One ONNX file beside the manifest.

    Attributes:
        file: its name, no folder.
        sha256: of its bytes.
        precision: of the numbers stored in it.
    """

    file: Annotated[str, Field(pattern=r"^[\w.-]+\.onnx$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    precision: Literal["float32", "float16"]


class NetworkFiles(_Part):
    """The two networks; without the second there is no density, mask or suspicion rating."""

    propose: NetworkFile
    refine: NetworkFile | None


class Calibration(_Part):
    """Log odds of a mark: propose * its logit + refine * its logit + constant.

    Attributes:
        propose: weight of the first network's logit.
        refine: weight of the second network's; 0 where there is none.
        constant: what is added.
        population: for whom the probability is calibrated.
    """

    propose: Annotated[float, Field(gt=0.0)]
    refine: Annotated[float, Field(ge=0.0)]
    constant: float
    population: BothLanguages


class DataSet(_Part):
    """A collection the weights were trained on, with its licence and how its authors wish to be cited."""

    name: Words
    licence: Words
    citation: Words


class SizeClass(_Part):
    """Nodules of one size, found of all; *below_mm* is None for the open class."""

    from_mm: Millimetres
    below_mm: Millimetres | None
    found: Annotated[int, Field(ge=0)]
    total: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.found > self.total:
            raise ValueError("more found than there are")
        if self.below_mm is not None and self.below_mm <= self.from_mm:
            raise ValueError("an empty size class")
        return self


class MeasuredPoint(_Part):
    """An operating point and what was measured at it.

    Attributes:
        probability: marks at or above it.
        max_marks: at most so many a chest.
        false_marks_per_chest: as measured on *sensitivity_source*.
        sensitivity: by size, as measured there.
    """

    probability: Share
    max_marks: Annotated[int, Field(ge=1, le=20)]
    false_marks_per_chest: Annotated[float, Field(ge=0.0)]
    sensitivity: tuple[SizeClass, ...]


class Manifest(_Part):
    """The whole document.

    Attributes:
        density_cuts: where the line from ground-glass (0) over part-solid (1) to solid (2) is cut, so that the
            detector's density class is taken instead of the measured one; None: never.
        sensitivity_source: on what the operating points were measured.
    """

    schema_: Literal["lianyi.models/1"] = Field(alias="schema")
    name: Words
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    files: NetworkFiles
    calibration: Calibration
    density_cuts: tuple[Place, Place] | None
    training_data: Annotated[tuple[DataSet, ...], Field(min_length=1)]
    operating_points: dict[PointName, MeasuredPoint]
    sensitivity_source: BothLanguages

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.operating_points.keys() != {"sensitive", "balanced", "specific"}:
            raise ValueError("the operating points are sensitive, balanced and specific, each once")
        in_order = [self.operating_points[name].probability for name in ("sensitive", "balanced", "specific")]
        if in_order != sorted(in_order):
            raise ValueError("a more sensitive operating point has a higher probability")
        if self.files.refine is None and self.calibration.refine != 0:
            raise ValueError("the calibration weighs a network that is not there")
        if self.density_cuts is not None and self.density_cuts[0] > self.density_cuts[1]:
            raise ValueError("the density cuts are not in order")
        if self.files.refine is None and self.density_cuts is not None:
            raise ValueError("a density class is promised by a network that is not there")
        return self
