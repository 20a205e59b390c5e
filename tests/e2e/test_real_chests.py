"""Whole real chests, from files to measured marks, against what several readers drew on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lianyi.kit import build_kit
from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.domain.study import CtSeries
from lianyi.lungct.pipeline import Stopwatch, screen
from lianyi.settings import Settings
from lidc_readers import readers_nodules

MOST_MARKS = 20
DIAMETER_WITHIN = 0.25

pytestmark = [pytest.mark.slow, pytest.mark.shared_data]


def screened(shared_data: Path, patient_id: str) -> Screened:
    series = read_chest_series([shared_data / "ct" / patient_id], requested=None)
    assert isinstance(series, CtSeries)
    outcome = screen(series, kit=build_kit(Settings()), watch=Stopwatch())
    assert isinstance(outcome, Screened), outcome.reason
    return outcome


@pytest.mark.parametrize(("patient_id", "agreed"), [("LIDC-IDRI-0001", 1), ("LIDC-IDRI-0003", 3)])
def test_what_three_readers_drew_is_marked_and_measured_as_they_did(
    shared_data: Path, patient_id: str, agreed: int
) -> None:
    outcome = screened(shared_data, patient_id)

    drawn = readers_nodules(shared_data, patient_id, outcome.volume)
    faults = []
    for nodule in drawn:
        nearest = min(outcome.nodules, key=lambda mark: mark.center.distance_mm(nodule.center))
        off_mm = nearest.center.distance_mm(nodule.center)
        if off_mm > nodule.mean_diameter_mm / 2 or nearest.mean_diameter_mm != pytest.approx(
            nodule.mean_diameter_mm, rel=DIAMETER_WITHIN
        ):
            faults.append(
                f"{nodule.readers} readers {nodule.mean_diameter_mm:.1f} mm: nearest mark {nearest.id} "
                f"of {len(outcome.nodules)}, {off_mm:.1f} mm off, {nearest.mean_diameter_mm:.1f} mm"
            )
    assert len(drawn) == agreed
    assert not faults, "; ".join(faults)
    assert len(outcome.nodules) <= MOST_MARKS


def test_a_chest_with_no_agreed_nodule_is_screened_without_fault(shared_data: Path) -> None:
    outcome = screened(shared_data, "LIDC-IDRI-0002")

    assert len(outcome.nodules) <= MOST_MARKS
