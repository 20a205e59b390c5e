"""Large airless places: planted ones are flagged, healthy chests are not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from lianyi.lungct.domain.image import CtVolume, LungFields
from lianyi.lungct.lungs import find_lungs
from lianyi.lungct.whole_lung.airless import find_outside_task
from lianyi.phantom import PhantomSpec
from located import points_in, working_chest
from phantoms import effusion, emphysema, one_lung, rendered, small_chest


@pytest.mark.parametrize("spec", [small_chest(), emphysema(), one_lung()], ids=["normal", "emphysema", "one lung"])
def test_nothing_is_flagged_where_nothing_was_drawn(spec: PhantomSpec) -> None:
    assert find_outside_task(rendered(spec)[0], *working_chest(spec)) == ()


def test_a_drawn_effusion_is_flagged_on_its_side_and_shown_where_it_is() -> None:
    volume, _ = rendered(effusion())

    (found,) = find_outside_task(volume, *working_chest(effusion()))

    assert (found.kind, found.side) == ("effusion", "right")
    assert 100 < found.volume_ml < 1500
    numbers = [number for _, number in volume.instances]
    assert found.instance_number in numbers
    k = numbers.index(found.instance_number)
    middle_i = volume.grid.shape[2] // 2
    fluid = (volume.values_kji[k] > -10) & (volume.values_kji[k] < 30)
    assert fluid[:, :middle_i].sum() > 1.5 * fluid[:, middle_i:].sum()


def consolidated(working: CtVolume, lungs: LungFields, radius_mm: float) -> CtVolume:
    """Fill a ball in the middle of the left lung with airless tissue, on the working grid."""
    depth = distance_transform_edt(lungs.left.values_kji)
    middle = np.array(np.unravel_index(int(depth.argmax()), depth.shape))
    k, j, i = np.ogrid[tuple(slice(0, n) for n in working.grid.shape)]
    inside = (k - middle[0]) ** 2 + (j - middle[1]) ** 2 + (i - middle[2]) ** 2 < radius_mm**2
    values_kji = working.values_kji.copy()
    values_kji[inside & lungs.left.values_kji] = 40
    return CtVolume(working.grid, values_kji)


@pytest.mark.parametrize(("radius_mm", "is_flagged"), [(30.0, True), (12.0, False)])
def test_a_consolidation_within_the_lung_is_flagged_and_a_nodule_is_not(radius_mm: float, *, is_flagged: bool) -> None:
    volume, _ = rendered(small_chest())
    working, lungs = working_chest(small_chest())
    ill = consolidated(working, lungs, radius_mm)

    found = find_outside_task(volume, ill, lungs)

    assert [(one.kind, one.side) for one in found] == ([("consolidation", "left")] if is_flagged else [])


def test_consolidation_of_the_back_of_a_lung_is_flagged_though_it_is_outside_the_field() -> None:
    volume, _ = rendered(small_chest())
    working, lungs = working_chest(small_chest())
    values_kji = working.values_kji.copy()
    low_z, high_z = np.percentile(points_in(lungs.left, 500)[:, 2], [15, 60])
    back_y = np.percentile(points_in(lungs.left, 500)[:, 1], 62)
    first_k, last_k = (round(z - working.grid.patient_from_voxel[2, 3]) for z in (low_z, high_z))
    first_j = round(back_y - working.grid.patient_from_voxel[1, 3])
    part = (slice(first_k, last_k), slice(first_j, None))
    values_kji[part][lungs.left.values_kji[part]] = 45
    ill = CtVolume(working.grid, values_kji)

    found = find_outside_task(volume, ill, find_lungs(ill))

    assert [(one.kind, one.side) for one in found] == [("consolidation", "left")]
