"""What a phantom really holds: the answer to measure against."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lianyi.lungct.domain.nodule import Density
from lianyi.phantom.anatomy import Anatomy
from lianyi.phantom.nodules import Ball, volume_mm3
from lianyi.phantom.spec import PhantomSpec

SCHEMA = "lianyi.phantom/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueNodule:
    """One planted nodule.

    Attributes:
        id: 1 is the first.
        center_lps_mm: of the whole sphere, also where the pleura cuts it.
        diameter_mm: of the sphere (of the sphere of the same volume for an ellipsoid), before any cut.
        volume_mm3: inside the lung.
        density: as planted.
        core_diameter_mm: of the solid core of a part-solid nodule, otherwise None.
        side: the patient's.
        is_juxtapleural: whether the pleura cuts it.
        shape: as planted.
    """

    id: int
    center_lps_mm: tuple[float, float, float]
    diameter_mm: float
    volume_mm3: float
    density: Density
    core_diameter_mm: float | None
    side: Literal["left", "right"]
    is_juxtapleural: bool
    shape: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomTruth:
    """The answer for one phantom.

    Attributes:
        spec: what was asked for.
        nodules: what was planted, in order.
        left_lung_ml: air, tissue, vessels and nodules inside the patient's left pleura; the part beyond a cut
            counts too.
        right_lung_ml: the same on the right.
    """

    spec: PhantomSpec
    nodules: tuple[TrueNodule, ...]
    left_lung_ml: float
    right_lung_ml: float

    def as_json(self) -> dict[str, Any]:
        """Give the content of ``truth.json``."""
        return {
            "schema": SCHEMA,
            "spec": self.spec.as_json(),
            "nodules": [
                {
                    "id": nodule.id,
                    "center_lps_mm": list(nodule.center_lps_mm),
                    "diameter_mm": nodule.diameter_mm,
                    "volume_mm3": nodule.volume_mm3,
                    "density": nodule.density.value,
                    "core_diameter_mm": nodule.core_diameter_mm,
                    "side": nodule.side,
                    "is_juxtapleural": nodule.is_juxtapleural,
                    "shape": nodule.shape,
                }
                for nodule in self.nodules
            ],
            "lungs": {"left_ml": self.left_lung_ml, "right_ml": self.right_lung_ml},
        }

    def write(self, path: Path) -> None:
        """Write ``truth.json``."""
        path.write_text(json.dumps(self.as_json(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def truth_of(spec: PhantomSpec, anatomy: Anatomy, balls: tuple[Ball, ...]) -> PhantomTruth:
    """Tell what a scene holds."""
    lung = anatomy.atlas.fields["lung"]
    x = anatomy.atlas.lattice.axes()[0][0, 0]
    return PhantomTruth(
        spec=spec,
        nodules=tuple(
            TrueNodule(
                id=number,
                center_lps_mm=ball.planted.center_lps_mm,
                diameter_mm=ball.planted.diameter_mm,
                volume_mm3=volume_mm3(ball, anatomy),
                density=ball.planted.density,
                core_diameter_mm=ball.core_diameter_mm,
                side=ball.side,
                is_juxtapleural=ball.is_cut,
                shape=ball.planted.shape,
            )
            for number, ball in enumerate(balls, start=1)
        ),
        left_lung_ml=anatomy.atlas.volume_ml(lung[..., x > 0]),
        right_lung_ml=anatomy.atlas.volume_ml(lung[..., x <= 0]),
    )
