"""Fit the uncertainty of measuring on phantoms, and the surface scores on LIDC's building half: fitted.json.

``python -m lianyi_train.calipers.fit [cases]``; 1,200 cases take some ten minutes on one core.  Only seeds 0 to 9,999
and the patients for building are read.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from lianyi.lungct.measure import draw_nodule
from lianyi.lungct.measure.core import measure_core
from lianyi.lungct.measure.gather import difficulty_of
from lianyi.lungct.measure.surface import FEATURES
from lianyi.lungct.measure.uncertainty import TERMS
from lianyi_train.calipers.phantoms import FIRST_BUILDING, Case, make_case
from lianyi_train.calipers.readers import compare, drawn_nodules

Floats = npt.NDArray[np.float64]

FITTED = Path(__file__).resolve().parents[3] / "src" / "lianyi" / "lungct" / "measure" / "fitted.json"
SHARED_DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
_HELD = 0.95
_FOLDS = 5
_RIDGE = 0.02
_RATED = 3.0
"""Readers' mean rating from which a surface counts as spiculated or lobulated: the middle of 1 to 5."""


def errors(case: Case) -> tuple[tuple[float, ...], dict[str, float]] | None:
    """Measure one phantom: the terms of its difficulty, and by how much every quantity is wrong.

    Volumes as a share of the measured value, the rest in their unit; None where measuring drew nothing.
    """
    found = draw_nodule(case.volume, case.lungs, case.candidate)
    if found is None:
        return None
    drawn = found.drawn
    true_long_mm, true_short_mm = case.axes_mm
    wrong = {
        "mean_diameter": drawn.axial.mean_mm - case.mean_diameter_mm,
        "long_axis": drawn.axial.long_mm - true_long_mm,
        "short_axis": drawn.axial.short_mm - true_short_mm,
        "volume": 1 - case.volume_mm3 / drawn.volume_mm3,
        "mean_density": float(drawn.native.hu_kji[drawn.mask_kji].mean()) - case.mean_hu,
    }
    core = measure_core(drawn.native.hu_kji, drawn.share_kji, drawn.mask_kji, drawn.native.grid)
    if core is not None and case.core_diameter_mm is not None:
        wrong["core_diameter"] = core.mean_diameter_mm - case.core_diameter_mm
        wrong["core_volume"] = 1 - math.pi / 6 * case.core_diameter_mm**3 / core.volume_mm3
    return difficulty_of(drawn).terms, wrong


def fit_half_width(terms: Floats, wrong: Floats) -> dict[str, Any]:
    """Fit one quantity: weights by the likeliest scale of the errors, the factor on cases left out."""
    spreads = np.maximum(terms.std(axis=0), 1e-6)

    def weights_of(rows: npt.NDArray[np.bool_]) -> Floats:
        x, size = terms[rows], np.abs(wrong[rows]) + 1e-3

        def loss(weights: Floats) -> float:
            log_scale = np.clip(x @ weights, -12, 8)
            return float(np.mean(log_scale + size / np.exp(log_scale)) + _RIDGE * np.mean((weights * spreads)[1:] ** 2))

        start = np.zeros(x.shape[1])
        start[0] = math.log(float(size.mean()))
        found: Floats = minimize(loss, start, method="L-BFGS-B").x
        return found

    fold = np.arange(len(wrong)) % _FOLDS
    ratios = np.empty(len(wrong))
    for one in range(_FOLDS):
        ratios[fold == one] = np.abs(wrong[fold == one]) / np.exp(terms[fold == one] @ weights_of(fold != one))
    return {
        "weights": [round(float(w), 5) for w in weights_of(np.ones(len(wrong), np.bool_))],
        "factor": round(float(np.quantile(ratios, _HELD)), 4),
    }


def fit_surface(evidence: Sequence[dict[str, float]], ratings: Sequence[float]) -> dict[str, Any]:
    """Fit one score: a logistic regression of "rated 3 and more", kept small by a ridge."""
    x = np.array([[one[name] for name in FEATURES] for one in evidence])
    y = (np.array(ratings) >= _RATED).astype(float)
    means, spreads = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
    z = np.column_stack([np.ones(len(x)), (x - means) / spreads])

    def loss(weights: Floats) -> float:
        logit = z @ weights
        return float(np.mean(np.logaddexp(0, logit) - y * logit) + 0.02 * np.sum(weights[1:] ** 2))

    weights = minimize(loss, np.zeros(z.shape[1]), method="L-BFGS-B").x
    scores = 1 / (1 + np.exp(-z @ weights))
    as_share = (np.array(ratings) - 1) / 4
    named = zip(FEATURES, means, spreads, weights[1:], strict=True)
    table = {name: (float(mean), float(spread), float(weight)) for name, mean, spread, weight in named}
    return {
        "bias": round(float(weights[0]), 5),
        "means": {name: round(mean, 5) for name, (mean, _, _) in table.items()},
        "spreads": {name: round(spread, 5) for name, (_, spread, _) in table.items()},
        "weights": {name: round(weight, 5) for name, (_, _, weight) in table.items()},
        # 95 % of the readers' mean ratings, as a share of their scale, lie within this of the score.
        "half_width": round(float(np.quantile(np.abs(scores - as_share), _HELD)), 3),
    }


def _fit_phantoms(cases: int) -> dict[str, Any]:
    terms: dict[str, list[tuple[float, ...]]] = {}
    wrong: dict[str, list[float]] = {}
    for seed in range(FIRST_BUILDING, FIRST_BUILDING + cases):
        found = errors(make_case(seed))
        if found is None:
            continue
        for quantity, error in found[1].items():
            terms.setdefault(quantity, []).append(found[0])
            wrong.setdefault(quantity, []).append(error)
    return {name: fit_half_width(np.array(terms[name]), np.array(wrong[name])) for name in sorted(wrong)}


def _fit_surfaces() -> dict[str, Any]:
    found: dict[str, tuple[list[dict[str, float]], list[float]]] = {"spiculation": ([], []), "lobulation": ([], [])}
    for drawn in drawn_nodules(SHARED_DATA, least_readers=2, building=True):
        nodule = compare(drawn).nodule
        if nodule is None or nodule.measurements.surface is None:
            continue
        for name, (evidence, ratings) in found.items():
            rating = drawn.ratings[name]
            if rating is not None:
                evidence.append(nodule.measurements.surface.evidence)
                ratings.append(rating)
    return {name: fit_surface(*pair) for name, pair in found.items()}


def main(arguments: Sequence[str]) -> None:
    """Fit, and write the file beside the measuring."""
    cases = int(arguments[0]) if arguments else 1200
    fitted: dict[str, Any] = {
        "made by": f"python -m lianyi_train.calipers.fit {cases}",
        "terms": list(TERMS),
        "uncertainty": _fit_phantoms(cases),
        "surface": _fit_surfaces(),
    }
    FITTED.write_text(json.dumps(fitted, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
