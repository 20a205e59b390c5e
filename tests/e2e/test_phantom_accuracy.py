"""Geometry and measuring, files in, nodules out, against a phantom's formulae.

These say nothing about how well nodules are found in patients.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lianyi.kit import build_kit
from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.domain.study import CtSeries
from lianyi.lungct.pipeline import Stopwatch, screen
from lianyi.phantom import PhantomSpec, PlantedNodule, write_phantom
from lianyi.settings import Settings
from phantoms import rotated

SPHERES = (
    PlantedNodule(center_lps_mm=(-72.3, 21.4, 31.7), diameter_mm=6.0),
    PlantedNodule(center_lps_mm=(83.1, 34.9, -21.2), diameter_mm=8.0),
    PlantedNodule(center_lps_mm=(-80.6, 48.2, -47.5), diameter_mm=12.0),
    PlantedNodule(center_lps_mm=(73.7, 8.3, 42.1), diameter_mm=20.0),
)
_OBLIQUE = tuple(v for direction in rotated(yaw_deg=14.0, pitch_deg=-11.0, roll_deg=8.0) for v in direction)


def spec_of(step_mm: float, kind: str) -> PhantomSpec:
    return PhantomSpec(
        seed=21,
        planted=SPHERES,
        matrix=(470, 520),
        pixel_spacing_mm=(0.75, 0.72),
        slice_step_mm=step_mm,
        orientation=_OBLIQUE if kind == "oblique" else None,  # type: ignore[arg-type]
        gantry_tilt_deg=16.0 if kind == "tilted" else 0.0,
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["straight", "oblique", "tilted"])
@pytest.mark.parametrize(("step_mm", "volume_within"), [(1.0, 0.10), (2.5, 0.25)])
def test_solid_spheres_are_placed_and_measured(step_mm: float, volume_within: float, kind: str, tmp_path: Path) -> None:
    write_phantom(tmp_path, spec_of(step_mm, kind))

    series = read_chest_series([tmp_path], requested=None)
    assert isinstance(series, CtSeries)
    outcome = screen(series, kit=build_kit(Settings(detector="classical")), watch=Stopwatch())
    assert isinstance(outcome, Screened), outcome.reason

    found_xyz = np.array([nodule.center.xyz for nodule in outcome.nodules])
    for planted in SPHERES:
        distances_mm = np.linalg.norm(found_xyz - planted.center_lps_mm, axis=1)
        nodule = outcome.nodules[int(distances_mm.argmin())]
        volume_mm3 = np.pi / 6 * planted.diameter_mm**3
        assert distances_mm.min() <= 1.5, planted
        assert nodule.volume_mm3 == pytest.approx(volume_mm3, rel=volume_within), planted
        assert nodule.density == "solid"
