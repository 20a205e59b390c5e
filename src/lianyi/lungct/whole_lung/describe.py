"""Put together what is said of the lungs as a whole."""

from __future__ import annotations

from lianyi.lungct.domain.image import CtVolume, LungFields
from lianyi.lungct.domain.study import SeriesFacts
from lianyi.lungct.domain.whole_lung import WholeLung
from lianyi.lungct.whole_lung.airless import find_outside_task
from lianyi.lungct.whole_lung.emphysema import measure_emphysema


def describe_whole_lung(
    volume: CtVolume,
    working: CtVolume,
    lungs: LungFields,
    facts: SeriesFacts,
    slice_thickness_mm: float | None,
) -> WholeLung:
    """Describe the lungs beside nodules.

    Args:
        volume: native grid, with its instances.
        working: 1 mm isotropic, k to Superior, j to Posterior, i to Left.
        lungs: fields on the grid of *working*.
        facts: kernel and contrast as the header states them.
        slice_thickness_mm: nominal; None where the header has none.
    """
    return WholeLung(
        emphysema=measure_emphysema(volume, lungs, facts, slice_thickness_mm),
        outside_task=find_outside_task(volume, working, lungs),
    )
