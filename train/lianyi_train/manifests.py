"""``manifest.json`` beside exported networks: provisional while nothing is measured, complete once it is."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lianyi.lungct.models.manifest import (
    BothLanguages,
    Calibration,
    DataSet,
    Manifest,
    MeasuredPoint,
    NetworkFile,
    NetworkFiles,
    PointName,
)

NOT_MEASURED = BothLanguages(zh="尚未测定", en="not measured yet")

DATA = (
    DataSet(
        name="LIDC-IDRI",
        licence="CC BY 3.0",
        citation="Armato SG III et al., Data From LIDC-IDRI, The Cancer Imaging Archive 2015, "
        "doi:10.7937/K9/TCIA.2015.LO9QL9SX; Med Phys 2011;38:915",
    ),
    DataSet(
        name="SPIE-AAPM LUNGx (LUNGx-CT003)",
        licence="CC BY 3.0",
        citation="Armato SG III et al., The Cancer Imaging Archive 2015, doi:10.7937/K9/TCIA.2015.UZLSU3FL",
    ),
    DataSet(
        name="NSCLC Radiogenomics (R01-001)",
        licence="CC BY 3.0",
        citation="Bakr S et al., The Cancer Imaging Archive 2017, doi:10.7937/K9/TCIA.2017.7hs46erv",
    ),
    DataSet(
        name="Cancer Moonshot Biobank CRC (CMB-CRC-MSB-01068)",
        licence="CC BY 4.0",
        citation="Cancer Moonshot Biobank, The Cancer Imaging Archive",
    ),
    DataSet(name="CPTAC (C3N-00247)", licence="CC BY", citation="CPTAC, The Cancer Imaging Archive"),
    DataSet(
        name="4D-Lung (HM10395)",
        licence="CC BY 3.0",
        citation="The Cancer Imaging Archive 2016, doi:10.7937/K9/TCIA.2016.ELN8YGLE",
    ),
    DataSet(
        name="Lung-Fused-CT-Pathology (LungFCP-01-0001)",
        licence="CC BY",
        citation="The Cancer Imaging Archive",
    ),
)


def write_provisional(folder: Path) -> None:
    """Write a manifest with equal weights and no claim, so that the product's detector can be measured at all."""
    has_refine = (folder / "refine.onnx").exists()
    points: dict[PointName, MeasuredPoint] = {
        "sensitive": _unmeasured(0.2),
        "balanced": _unmeasured(0.5),
        "specific": _unmeasured(0.8),
    }
    manifest = Manifest(
        schema="lianyi.models/1",
        name="provisional",
        version="0.0.1",
        files=NetworkFiles(
            propose=network_file(folder / "propose.onnx"),
            refine=network_file(folder / "refine.onnx") if has_refine else None,
        ),
        calibration=Calibration(
            propose=0.5 if has_refine else 1.0,
            refine=1.0 if has_refine else 0.0,
            constant=0.0,
            population=NOT_MEASURED,
        ),
        density_cuts=None,
        training_data=DATA,
        operating_points=points,
        sensitivity_source=NOT_MEASURED,
    )
    (folder / "manifest.json").write_text(manifest.model_dump_json(indent=1, by_alias=True) + "\n")


def _unmeasured(probability: float) -> MeasuredPoint:
    return MeasuredPoint(probability=probability, max_marks=20, false_marks_per_chest=0.0, sensitivity=())


def network_file(file: Path) -> NetworkFile:
    """Describe an exported file."""
    return NetworkFile(file=file.name, sha256=hashlib.sha256(file.read_bytes()).hexdigest(), precision="float16")
