"""How far a measured number may be wrong: half the width of its 95 % interval.

A model fitted on phantom nodules (seeds below 4,000,000) by ``python -m lianyi_train.calipers.fit`` and kept beside
this module: the logarithm of the half width is a sum over what makes measuring hard, and a factor, one for dense
nodules and one for those with ground glass, widens it until 95 % of phantoms it was not fitted on lie inside.
On new phantoms that holds over all, not for each kind; readers disagree for other reasons.
docs/validation/measurement.md counts both.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lianyi.lungct.domain.nodule import Density

Numbers = dict[str, Any]
TERMS = (
    "one",
    "log diameter",
    "log step",
    "step over diameter",
    "log pixel",
    "log noise over contrast",
    "part-solid",
    "ground-glass",
    "touches pleura",
    "haze",
)
"""What the logarithm of a half width is a sum of, in the order of the weights."""


_WIDEST_MM, _WIDEST_SHARE_OF_DIAMETER, _WIDEST_SHARE_OF_VOLUME = 2.0, 0.25, 1.0
"""No half width of a length is wider than 2 mm and a quarter of the diameter, none of a volume than the volume.
Engineering choice: within about that, 95 % of the LIDC nodules for building lie of their readers' mean, size by size;
beyond it a nodule was outlined wrongly, not measured badly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difficulty:
    """What makes a nodule hard to measure.

    Attributes:
        diameter_mm: its mean diameter as measured.
        step_mm: between slices.
        pixel_mm: the larger of the two in the slice.
        contrast_hu: plateau less parenchyma.
        noise_hu: standard deviation between neighbouring voxels of aerated lung.
        density: as classified.
        touches_pleura: whether the pleura bounds it.
        haze: share of the lung close around it that is denser than lung: perhaps a rim that was missed.
    """

    diameter_mm: float
    step_mm: float
    pixel_mm: float
    contrast_hu: float
    noise_hu: float
    density: Density
    touches_pleura: bool
    haze: float

    @property
    def terms(self) -> tuple[float, ...]:
        """The values of TERMS."""
        return (
            1.0,
            math.log(self.diameter_mm),
            math.log(self.step_mm),
            self.step_mm / self.diameter_mm,
            math.log(self.pixel_mm),
            math.log(max(self.noise_hu, 1.0) / self.contrast_hu),
            float(self.density is Density.PART_SOLID),
            float(self.density is Density.GROUND_GLASS),
            float(self.touches_pleura),
            self.haze,
        )


@cache
def fitted() -> Numbers:
    """Read what was fitted: weights and factors of every quantity, and the surface scores' weights."""
    text = files("lianyi.lungct.measure").joinpath("fitted.json").read_text(encoding="utf-8")
    numbers: Numbers = json.loads(text)
    return numbers


def half_width(quantity: str, difficulty: Difficulty) -> float:
    """Give half the width of the 95 % interval of one quantity.

    Args:
        quantity: "mean_diameter", "long_axis", "short_axis", "core_diameter" in mm; "volume" and "core_volume"
            as a share of the value; "mean_density" in HU.
        difficulty: of this nodule.
    """
    return half_width_from(quantity, difficulty.terms)


def half_width_from(quantity: str, terms: Sequence[float]) -> float:
    """Give the same from the values of TERMS."""
    model = fitted()["uncertainty"][quantity]
    total = sum(weight * term for weight, term in zip(model["weights"], terms, strict=True))
    width = float(model["factors"][group_of(terms)] * math.exp(total))
    return min(width, widest(quantity, terms))


def widest(quantity: str, terms: Sequence[float]) -> float:
    """Give the widest half width that still says something; the page counts how often it is too narrow."""
    if quantity == "mean_density":
        return math.inf
    diameter_mm = math.exp(terms[TERMS.index("log diameter")])
    return (
        _WIDEST_SHARE_OF_VOLUME if quantity.endswith("volume") else _WIDEST_MM + _WIDEST_SHARE_OF_DIAMETER * diameter_mm
    )


def group_of(terms: Sequence[float]) -> str:
    """Tell which factor a nodule takes: "faint" where it is called part-solid or ground-glass, else "dense"."""
    is_faint = terms[TERMS.index("part-solid")] or terms[TERMS.index("ground-glass")]
    return "faint" if is_faint else "dense"


def score(name: str, evidence: dict[str, float]) -> tuple[float, float]:
    """Give a surface score of 0 to 1 and half the width of its 95 % interval, from its evidence."""
    model = fitted()["surface"][name]
    values = [(evidence[key] - model["means"][key]) / model["spreads"][key] for key in model["weights"]]
    logit = model["bias"] + sum(w * v for w, v in zip(model["weights"].values(), values, strict=True))
    return 1.0 / (1.0 + math.exp(-logit)), float(model["half_width"])
