"""One density on the report: the detector's where it is sure of one, the measured one elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from learned_chest import chest
from lianyi.lungct.domain.nodule import Candidate, Density
from lianyi.lungct.measure import measure_nodule
from lianyi.lungct.measure.density import settle


def test_a_detector_that_is_not_sure_leaves_it_to_measuring() -> None:
    assert settle(Density.PART_SOLID, None) == Density.PART_SOLID


@pytest.mark.parametrize("measured", list(Density))
@pytest.mark.parametrize("proposed", [Density.GROUND_GLASS, Density.PART_SOLID])
def test_a_detector_that_is_sure_is_followed(measured: Density, proposed: Density) -> None:
    assert settle(measured, proposed) == proposed


def test_calcium_is_solid_to_the_detector_and_stays_calcium() -> None:
    assert settle(Density.CALCIFIED, Density.SOLID) == Density.CALCIFIED
    assert settle(Density.GROUND_GLASS, Density.SOLID) == Density.SOLID


def test_a_nodule_carries_what_the_detector_said_of_it() -> None:
    working, lungs = chest(((36.0, 30.0, 24.0), 5.0))
    volume = replace(working, instances=tuple((f"2.25.{n}", n + 1) for n in range(working.grid.shape[0])))
    center = volume.grid.voxel(k=36, j=30, i=24).to_patient()
    candidate = Candidate(
        center=center,
        radius_mm=5.0,
        probability=0.9,
        evidence={"propose_logit": 1.5},
        density=Density.PART_SOLID,
        suspicion_rating=3.4,
    )

    nodule = measure_nodule(volume, lungs, candidate, id=1)
    plain = measure_nodule(volume, lungs, replace(candidate, density=None, suspicion_rating=None), id=1)

    assert nodule is not None
    assert plain is not None
    assert (nodule.density, nodule.suspicion_rating) == (Density.PART_SOLID, 3.4)
    assert (plain.density, plain.suspicion_rating) == (Density.SOLID, None)
    assert nodule.evidence == {"propose_logit": 1.5}
