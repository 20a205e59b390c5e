"""Our mean diameter against four readers', by the same caliper rule, on whole LIDC chests."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.domain.errors import RefusalCode
from lianyi.lungct.domain.nodule import Candidate
from lianyi.lungct.domain.outcome import Refused
from lianyi.lungct.lungs import find_lungs
from lianyi.lungct.measure import measure_nodule
from lianyi.lungct.measure.size import longest_axes
from lianyi.lungct.volume import assemble, to_working_grid
from lidc_readers import agreed_nodules


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize(("patient_id", "nodules"), [("LIDC-IDRI-0001", 1), ("LIDC-IDRI-0003", 3)])
def test_mean_diameter_is_within_a_quarter_of_the_readers(shared_data: Path, patient_id: str, nodules: int) -> None:
    series = read_chest_series([shared_data / "ct" / patient_id], requested=None)
    assert not isinstance(series, Refused), f"refused: one of {list(RefusalCode)}"
    volume, _ = assemble(series)
    lungs = find_lungs(to_working_grid(volume))
    contours = json.loads((shared_data / "labels" / "lidc_reader_contours.json").read_text())
    agreed = agreed_nodules(volume, [one for one in contours if one["patient_id"] == patient_id])

    assert len(agreed) == nodules
    for masks in agreed:
        k, j, i = (float(n) for n in np.mean([np.argwhere(mask).mean(axis=0) for mask in masks], axis=0))
        center = volume.grid.voxel(k=k, j=j, i=i).to_patient()
        readers_mm = float(np.mean([longest_axes(mask.astype(np.float32), volume.grid).mean_mm for mask in masks]))
        for factor in (0.6, 1.4):
            hint = Candidate(center=center, radius_mm=readers_mm / 2 * factor, probability=0.5, evidence={})
            nodule = measure_nodule(volume, lungs, hint, id=1)
            assert nodule is not None
            assert nodule.mean_diameter_mm == pytest.approx(readers_mm, rel=0.25)
            assert nodule.center.distance_mm(center) < readers_mm / 4
