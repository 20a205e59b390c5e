"""Whole answers for nodules planted in phantoms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lianyi.lungct.domain.image import LungFields, Mask
from lianyi.lungct.locate import find_locations
from lianyi.phantom import PhantomSpec, PlantedNodule
from lianyi.phantom.anatomy import build_anatomy
from located import measured, true_lobes, working_chest
from phantoms import PLANTED, oblique_chest, small_chest, tilted_chest

THIN = PhantomSpec(
    seed=31, nodules=0, matrix=(288, 328), pixel_spacing_mm=(1.15, 1.1), slice_step_mm=1.5, noise_hu=10.0
)
ACQUISITIONS = {
    "head first, supine": small_chest(),
    "head first, prone": replace(small_chest(), patient_position="HFP"),
    "feet first, supine": replace(small_chest(), patient_position="FFS"),
    "oblique": oblique_chest(),
    "tilted gantry": tilted_chest(),
}


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(spec, id=name, marks=() if name in {"head first, supine", "oblique"} else pytest.mark.slow)
        for name, spec in ACQUISITIONS.items()
    ],
)
def test_planted_nodules_lie_in_their_lobes_however_they_were_scanned(spec: PhantomSpec) -> None:
    working, lungs = working_chest(spec)
    nodules = measured(spec, PLANTED)

    locations = find_locations(working, lungs, spec.thickness_mm, nodules)

    for nodule, location in zip(nodules, locations, strict=True):
        assert location.lobe == true_lobes(spec, nodule.side, nodule.center.xyz[None])[0][0]
        assert 0.5 < location.lobe_probability < 1
        assert location.pleural_distance_mm == nodule.pleural_distance_mm
        assert location.is_at_pleura == (nodule.pleural_distance_mm <= 0.5)


def on_the_oblique_fissure(spec: PhantomSpec, x_mm: float, y_mm: float) -> tuple[float, float, float]:
    """The place of the left oblique fissure above a point of the axial plane."""
    z_mm = np.arange(-100.0, 120.0, 0.5)
    column_xyz = np.stack([np.full_like(z_mm, x_mm), np.full_like(z_mm, y_mm), z_mm], axis=1)
    lobes, _ = true_lobes(spec, "left", column_xyz)
    return x_mm, y_mm, float(z_mm[lobes.index("left upper")])


def test_a_nodule_on_a_fissure_is_told_from_one_beside_it() -> None:
    assert build_anatomy(THIN).has_lungs
    x, y, z = on_the_oblique_fissure(THIN, 75.0, 15.0)
    planted = (
        PlantedNodule(center_lps_mm=(x, y, z), diameter_mm=7.0),
        PlantedNodule(center_lps_mm=(x, y, z + 25.0), diameter_mm=7.0),
    )
    spec = replace(THIN, planted=planted)
    working, lungs = working_chest(spec)

    on_it, beside = find_locations(working, lungs, spec.thickness_mm, measured(spec, planted))

    assert on_it.fissure_distance_mm is not None
    assert beside.fissure_distance_mm is not None
    assert on_it.fissure_distance_mm < 1.0
    assert beside.fissure_distance_mm == pytest.approx(
        true_lobes(spec, "left", np.array([[x, y, z + 25.0]]))[1][0] - 3.5, abs=2.5
    )
    assert on_it.lobe_probability < 0.9 < beside.lobe_probability
    assert beside.perifissural is False
    assert on_it.perifissural is False  # a ball is not the form of a lymph node


def test_thick_slices_leave_perifissural_open_only_where_it_could_be() -> None:
    spec = replace(small_chest(), planted=(*PLANTED[:2],))
    working, lungs = working_chest(spec)
    nodules = measured(spec, PLANTED[:2])

    locations = find_locations(working, lungs, 5.0, nodules)

    for location in locations:
        assert location.lobe_basis == "typical anatomy"
        assert location.fissure_distance_mm is None
    assert locations[0].perifissural is False  # 12 mm: too large for a lymph node, seen or not


def test_a_nodule_of_a_lung_without_field_is_a_fault_of_ours() -> None:
    working, lungs = working_chest(small_chest())
    nothing = Mask(lungs.grid, np.zeros(lungs.grid.shape, dtype=bool))
    without = LungFields(left=lungs.left, right=nothing, missing_share={})

    with pytest.raises(ValueError, match="right lung"):
        find_locations(working, without, 2.5, measured(small_chest(), PLANTED[:1]))
