"""Measure everything once, for fitting and for the page, and keep the figures as JSON under out/calipers.

``python -m lianyi_train.calipers.collect building|reported``: the phantoms of their own seeds and one half of LIDC's
patients, the whole chests besides.  The two never meet: fit reads "building", the page "reported".
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lianyi.lungct.measure import draw_nodule
from lianyi.lungct.measure.core import measure_core
from lianyi.lungct.measure.gather import difficulty_of
from lianyi.lungct.measure.surface import surface_evidence
from lianyi_train.calipers.chests import chest_nodules
from lianyi_train.calipers.phantoms import FIRST_BUILDING, FIRST_REPORTED, LOOKED_AT, Case, make_case
from lianyi_train.calipers.readers import Compared, compare, drawn_nodules

ROOT = Path(__file__).resolve().parents[3]
SHARED_DATA = ROOT.parent / "shared" / "data"
COLLECTED = ROOT / "out" / "calipers"
_SEEDS = {
    "building": [*range(FIRST_BUILDING, FIRST_BUILDING + 400), *LOOKED_AT],
    "reported": [*range(FIRST_REPORTED, FIRST_REPORTED + 500)],
}
_LEAST_READERS = 2

Row = dict[str, Any]


def phantom_row(case: Case) -> Row:
    """Measure one phantom: its truth, and the measured value of every quantity; no values where nothing was drawn."""
    row: Row = {
        "seed": case.seed,
        "density": case.density.value,
        "thickness_mm": case.thickness_mm,
        "is_cut": case.is_cut,
        "is_touched": case.is_touched,
        "true": {
            "long_axis": case.axes_mm[0],
            "short_axis": case.axes_mm[1],
            "mean_diameter": case.mean_diameter_mm,
            "volume": case.volume_mm3,
            "mean_density": case.mean_hu,
            "core_diameter": case.core_diameter_mm,
            "core_volume": case.core_volume_mm3,
        },
        "ours": None,
    }
    found = draw_nodule(case.volume, case.lungs, case.candidate)
    if found is None:
        return row
    drawn = found.drawn
    core = measure_core(drawn.native.hu_kji, drawn.share_kji, drawn.mask_kji, drawn.native.grid)
    row["terms"] = difficulty_of(drawn).terms
    row["called"] = drawn.density.value
    row["ours"] = {
        "long_axis": drawn.axial.long_mm,
        "short_axis": drawn.axial.short_mm,
        "mean_diameter": drawn.axial.mean_mm,
        "volume": drawn.volume_mm3,
        "mean_density": float(drawn.native.hu_kji[drawn.mask_kji].mean()),
        "core_diameter": None if core is None else core.mean_diameter_mm,
        "core_volume": None if core is None else core.volume_mm3,
    }
    return row


def reader_row(compared: Compared) -> Row:
    """Keep one LIDC nodule: ours in the axial plane beside every reader's, ratings, and the surface's evidence."""
    drawn, found = compared.drawn, compared.found
    row: Row = {
        "name": drawn.name,
        "patient_id": drawn.patient_id,
        "step_mm": drawn.volume.grid.spacing.k_mm,
        "ratings": drawn.ratings,
        "readers_mm": compared.readers_mm,
        "readers_mm3": compared.readers_mm3,
        "ours": None,
    }
    if found is None:
        return row
    own = found.drawn
    row["terms"] = difficulty_of(own).terms
    row["ours"] = {
        "mean_diameter": own.axial.mean_mm,
        "volume": own.volume_mm3,
        "density": own.density.value,
    }
    row["surface"] = surface_evidence(
        own.outline, mean_diameter_mm=own.axial.mean_mm, slice_step_mm=own.native.grid.spacing.k_mm
    )
    return row


def collect(part: str) -> None:
    """Measure one part and write its files: the whole chests belong to the reported one."""
    COLLECTED.mkdir(parents=True, exist_ok=True)
    rows = [phantom_row(make_case(seed)) for seed in _SEEDS[part]]
    (COLLECTED / f"{part}_phantoms.json").write_text(json.dumps(rows), encoding="utf-8")
    drawn = drawn_nodules(SHARED_DATA, least_readers=_LEAST_READERS, building=part == "building")
    read = [reader_row(compare(one)) for one in drawn]
    (COLLECTED / f"{part}_readers.json").write_text(json.dumps(read), encoding="utf-8")
    if part == "reported":
        own = [reader_row(compare(one)) for one in chest_nodules(SHARED_DATA, least_readers=_LEAST_READERS)]
        (COLLECTED / "reported_chests.json").write_text(json.dumps(own), encoding="utf-8")


def rows_of(part: str, what: str) -> list[Row]:
    """Read what was collected: "phantoms", "readers" or, of the reported part, "chests"."""
    rows: list[Row] = json.loads((COLLECTED / f"{part}_{what}.json").read_text(encoding="utf-8"))
    return rows


def main(arguments: Sequence[str]) -> None:
    """Collect one part."""
    collect(arguments[0])


if __name__ == "__main__":
    main(sys.argv[1:])
