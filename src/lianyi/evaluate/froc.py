"""The FROC of a list of marks: over all nodules, and by size, density and slice thickness.

Whose false marks count in a class differs.  A false mark has no size and no density of a nodule, so in those
classes the false marks are those of all chests, as a reader of the whole list meets them: the rows of one table
are read at the same operating points.  A false mark does have a slice thickness, so there each class is measured
on its own chests alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np
import numpy.typing as npt

from lianyi.evaluate.curve import RATES, AtProbability, Curve, Levels, curve_of
from lianyi.evaluate.lists import Chest, Mark, TrueNodule, require_measurable
from lianyi.evaluate.matching import Matching, Verdict, match
from lianyi.evaluate.resampling import Interval, Resampling, Spread, spread_of
from lianyi.lungct.domain.nodule import Density

__all__ = ["RATES", "Froc", "FrocPart", "froc"]

# From (mm), below (mm).  The bounds are those of Lung-RADS v2022 for solid nodules at baseline; below 3 mm nothing
# is counted.
SIZES: Mapping[str, tuple[float, float]] = {
    "3-6 mm": (3.0, 6.0),
    "6-8 mm": (6.0, 8.0),
    "8-15 mm": (8.0, 15.0),
    "15 mm+": (15.0, inf),
}

DENSITIES = (Density.GROUND_GLASS.value, Density.PART_SOLID.value, Density.SOLID.value, Density.CALCIFIED.value)

# Above (mm), up to and with (mm).  2.5 mm is LUNA16's limit; 1.5 mm parts the thin series in which small nodules are
# measured (Fleischner Society 2017 recommends 1.5 mm or less) from the rest.
THICKNESSES: Mapping[str, tuple[float, float]] = {
    "<=1.5 mm": (0.0, 1.5),
    "1.5-2.5 mm": (1.5, 2.5),
    ">2.5 mm": (2.5, inf),
}

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FrocPart:
    """The curve of one class of nodules, with its intervals.

    Attributes:
        curve: read it at any rate or probability.
        spread: intervals by resampling the chests; None without resampling, or where too few chests hold nodules.
    """

    curve: Curve
    spread: Spread | None

    @property
    def chests(self) -> int:
        """How many chests were looked at."""
        return self.curve.chests

    @property
    def nodules(self) -> int:
        """How many nodules were to be found."""
        return self.curve.nodules

    def sensitivity_at(self, rate: float) -> float:
        """Give the share of the nodules found at *rate* false marks a chest; NaN where there is no nodule."""
        return self.curve.sensitivity_at(rate)

    @property
    def cpm(self) -> float:
        """Mean sensitivity at LUNA16's seven rates; NaN where there is no nodule."""
        return self.curve.cpm

    @property
    def intervals(self) -> dict[float, Interval]:
        """Interval of the sensitivity at each of LUNA16's seven rates; empty where there is none."""
        return {rate: self.spread.band[rate] for rate in RATES} if self.spread else {}

    @property
    def cpm_interval(self) -> Interval | None:
        """Interval of the mean sensitivity."""
        return self.spread.cpm if self.spread else None

    def at_probability(self, probability: float) -> AtProbability:
        """Give what is found, and the false marks, when every mark of at least *probability* is shown."""
        return self.curve.at_probability(probability)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Froc(FrocPart):
    """The FROC of all counted nodules, and of each class of them.

    Attributes:
        by_size: by diameter, from the lower bound up to but without the upper; all chests' false marks.
        by_density: by density, the last class being "unknown"; all chests' false marks.
        by_thickness: by slice thickness, above the lower bound up to and with the upper; its own chests alone.
        verdicts: what became of each mark, in the order given.
        ignored_findings: how many findings were neither to be found nor to be avoided.
        resampling: how the intervals were made.
    """

    by_size: dict[str, FrocPart]
    by_density: dict[str, FrocPart]
    by_thickness: dict[str, FrocPart]
    verdicts: tuple[Verdict, ...]
    ignored_findings: int
    resampling: Resampling


def froc(  # noqa: PLR0913 -- three lists, and three numbers that have their usual values
    chests: Sequence[Chest],
    nodules: Sequence[TrueNodule],
    marks: Sequence[Mark],
    *,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Froc:
    """Judge marks against the nodules that readers found.

    Args:
        chests: every series looked at, those without a nodule or a mark too.
        nodules: counted and ignored findings; see :attr:`TrueNodule.is_counted`.
        marks: of any probability; none need be held back.
        resamples: how many times the chests are drawn anew for the intervals; 0 gives none, and is quick.
        seed: of the drawing.
        confidence: of the intervals.

    Returns:
        Numbers that do not depend on the order of any list.  Sensitivities are NaN where no nodule is counted;
        the false marks are measured all the same.

    Raises:
        NotMeasurable: the lists do not fit together; see :func:`~lianyi.evaluate.lists.require_measurable`.
        ValueError: a number of resamples or a confidence that is none.
    """
    resampling = Resampling(resamples=resamples, seed=seed, confidence=confidence)
    require_measurable(chests, nodules, marks)
    matching = match(chests, nodules, marks)
    everything = np.ones(len(matching.nodules), dtype=bool)
    by_size = _classes(matching, _size_of)
    by_density = _classes(matching, _density_of)
    whole, *parts = _measure(matching, [everything, *by_size.values(), *by_density.values()], resampling)
    return Froc(
        curve=whole.curve,
        spread=whole.spread,
        by_size=_named(by_size, parts[: len(by_size)], [*SIZES]),
        by_density=_named(by_density, parts[len(by_size) :], [*DENSITIES, UNKNOWN]),
        by_thickness=_by_thickness(matching, resampling),
        verdicts=matching.verdicts,
        ignored_findings=len(nodules) - len(matching.nodules),
        resampling=resampling,
    )


def _measure(matching: Matching, parts: list[npt.NDArray[np.bool_]], resampling: Resampling) -> list[FrocPart]:
    """Measure several classes of nodules against the same false marks."""
    levels = Levels.among(matching.nodule_probability, matching.false_probability)
    chests = len(matching.chests)
    spreads = spread_of(matching, levels, parts, resampling)
    return [
        FrocPart(curve=curve_of(levels, chests=chests, is_of_part=is_of_part), spread=spread)
        for is_of_part, spread in zip(parts, spreads, strict=True)
    ]


def _classes(matching: Matching, class_of: Callable[[TrueNodule], str]) -> dict[str, npt.NDArray[np.bool_]]:
    """Tell which nodules are of each class that has any."""
    classes = np.array([class_of(nodule) for nodule in matching.nodules], dtype=object)
    return {name: classes == name for name in sorted(set(classes))}


def _named(classes: dict[str, npt.NDArray[np.bool_]], parts: list[FrocPart], order: list[str]) -> dict[str, FrocPart]:
    measured = dict(zip(classes, parts, strict=True))
    return {name: measured[name] for name in order if name in measured}


def _size_of(nodule: TrueNodule) -> str:
    diameter_mm = nodule.diameter_mm
    assert diameter_mm is not None  # a nodule is counted only when it was measured
    return next(name for name, (start, end) in SIZES.items() if start <= diameter_mm < end)


def _density_of(nodule: TrueNodule) -> str:
    return UNKNOWN if nodule.density is None else nodule.density.value


def _thickness_of(chest: Chest) -> str:
    thickness_mm = chest.slice_thickness_mm
    if thickness_mm is None:
        return UNKNOWN
    return next(name for name, (start, end) in THICKNESSES.items() if start < thickness_mm <= end)


def _by_thickness(matching: Matching, resampling: Resampling) -> dict[str, FrocPart]:
    classes = np.array([_thickness_of(chest) for chest in matching.chests], dtype=object)
    parts = {}
    for name in [*THICKNESSES, UNKNOWN]:
        is_of_class = classes == name
        if is_of_class.any():
            own = _restricted(matching, is_of_class)
            [parts[name]] = _measure(own, [np.ones(len(own.nodules), dtype=bool)], resampling)
    return parts


def _restricted(matching: Matching, is_kept: npt.NDArray[np.bool_]) -> Matching:
    """Keep some of the chests, with their nodules and false marks."""
    number_of = np.cumsum(is_kept) - 1
    of_nodule, of_false = is_kept[matching.nodule_chest], is_kept[matching.false_chest]
    return replace(
        matching,
        chests=tuple(chest for chest, kept in zip(matching.chests, is_kept, strict=True) if kept),
        nodules=tuple(nodule for nodule, kept in zip(matching.nodules, of_nodule, strict=True) if kept),
        nodule_chest=number_of[matching.nodule_chest[of_nodule]],
        nodule_probability=matching.nodule_probability[of_nodule],
        false_chest=number_of[matching.false_chest[of_false]],
        false_probability=matching.false_probability[of_false],
    )
