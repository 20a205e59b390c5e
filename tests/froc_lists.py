"""Lists for tests of evaluation, in few words: chests, nodules of given diameter, marks beside them."""

from __future__ import annotations

from lianyi.evaluate import Chest, Mark, TrueNodule
from lianyi.lungct.domain.nodule import Density
from lianyi.lungct.domain.uids import SeriesUID

Place = tuple[float, float, float]

NOWHERE: Place = (900.0, -900.0, 900.0)
"""So far off that no nodule of these tests is near."""


def chest(name: str, thickness_mm: float | None = None) -> Chest:
    return Chest(series_uid=SeriesUID(name), slice_thickness_mm=thickness_mm)


def nodule(
    name: str,
    place: Place = (10.0, -20.0, 30.0),
    *,
    diameter_mm: float | None = 10.0,
    readers: int = 4,
    density: Density | None = None,
) -> TrueNodule:
    return TrueNodule(
        series_uid=SeriesUID(name), center_lps_mm=place, diameter_mm=diameter_mm, readers=readers, density=density
    )


def mark(name: str, probability: float, place: Place = NOWHERE) -> Mark:
    return Mark(series_uid=SeriesUID(name), center_lps_mm=place, probability=probability)


def mark_on(finding: TrueNodule, probability: float, *, off_mm: Place = (0.0, 0.0, 0.0)) -> Mark:
    x, y, z = (float(c + o) for c, o in zip(finding.center_lps_mm, off_mm, strict=True))
    return Mark(series_uid=finding.series_uid, center_lps_mm=(x, y, z), probability=probability)
