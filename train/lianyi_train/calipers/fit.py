"""Fit the uncertainty of measuring on phantoms, and the surface scores on LIDC's building half: fitted.json.

``python -m lianyi_train.calipers.fit`` reads what ``collect building`` measured: seeds below 4,000,000 and the patients
for building, nothing else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from lianyi.lungct.measure.surface import FEATURES
from lianyi.lungct.measure.uncertainty import TERMS, group_of, widest
from lianyi_train.calipers.collect import ROOT, Row, rows_of

Floats = npt.NDArray[np.float64]

FITTED = ROOT / "src" / "lianyi" / "lungct" / "measure" / "fitted.json"
SHARES = ("volume", "core_volume")
"""Quantities whose error is a share of the measured value."""

_HELD = 0.95
_FOLDS = 5
_LEAST_GROUP = 50
_RIDGE = 0.02
_NEVER_NARROWING = ("log step", "step over diameter", "log noise over contrast", "haze")
"""Terms whose weights may not fall below 0: thicker slices, more noise or haze make no interval narrower."""

_RATED = 3.0
"""Readers' mean rating from which a surface counts as spiculated or lobulated: the middle of 1 to 5."""


def errors_of(row: Row) -> dict[str, float]:
    """By how much every quantity of one phantom is wrong: volumes as a share of the measured value."""
    wrong = {}
    for quantity, value in row["ours"].items():
        truth = row["true"][quantity]
        if value is not None and truth is not None:
            wrong[quantity] = 1 - truth / value if quantity in SHARES else value - truth
    return wrong


def fit_half_width(
    terms: Floats, wrong: Floats, groups: Sequence[str], *, most: Floats | None = None, names: Sequence[str] = TERMS
) -> dict[str, Any]:
    """Fit one quantity: weights by the likeliest scale of the errors, each group's factor on cases left out.

    *names* are of the columns of *terms*.  A group of fewer than 50 takes the factor of all.  No interval holds an
    error beyond its *most*: the factor makes up for those with the rest, as far as it can.
    """
    spreads = np.maximum(terms.std(axis=0), 1e-6)
    bounds = [(0.0 if name in _NEVER_NARROWING else None, None) for name in names]

    def weights_of(rows: npt.NDArray[np.bool_]) -> Floats:
        x, size = terms[rows], np.abs(wrong[rows]) + 1e-3

        def loss(weights: Floats) -> float:
            log_scale = np.clip(x @ weights, -12, 8)
            return float(np.mean(log_scale + size / np.exp(log_scale)) + _RIDGE * np.mean((weights * spreads)[1:] ** 2))

        start = np.zeros(x.shape[1])
        start[0] = math.log(float(size.mean()))
        found: Floats = minimize(loss, start, method="L-BFGS-B", bounds=bounds).x
        return found

    fold = np.arange(len(wrong)) % _FOLDS
    ratios = np.empty(len(wrong))
    for one in range(_FOLDS):
        ratios[fold == one] = np.abs(wrong[fold == one]) / np.exp(terms[fold == one] @ weights_of(fold != one))
    if most is not None:
        ratios = np.where(np.abs(wrong) > most, np.inf, ratios)
    return {
        "weights": [round(float(w), 5) for w in weights_of(np.ones(len(wrong), np.bool_))],
        "factors": {name: _factor(ratios, np.array(groups) == name) for name in ("dense", "faint")},
    }


def _factor(ratios: Floats, is_own: npt.NDArray[np.bool_]) -> float:
    own = ratios[is_own] if np.count_nonzero(is_own) >= _LEAST_GROUP else ratios
    held = float(np.quantile(own, _HELD, method="higher"))
    # Where more than 5 % are beyond the widest, all that can be held are held.
    return round(held if math.isfinite(held) else float(own[np.isfinite(own)].max()), 4)


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


def _fit_phantoms(rows: Sequence[Row]) -> dict[str, Any]:
    terms: dict[str, list[list[float]]] = {}
    wrong: dict[str, list[float]] = {}
    for row in rows:
        if row["ours"] is None:
            continue
        for quantity, error in errors_of(row).items():
            terms.setdefault(quantity, []).append(row["terms"])
            wrong.setdefault(quantity, []).append(error)
    return {
        name: fit_half_width(
            np.array(terms[name]),
            np.array(wrong[name]),
            [group_of(one) for one in terms[name]],
            most=np.array([widest(name, one) for one in terms[name]]),
        )
        for name in sorted(wrong)
    }


def _fit_surfaces(rows: Sequence[Row]) -> dict[str, Any]:
    fitted = {}
    for name in ("spiculation", "lobulation"):
        rated = [row for row in rows if row.get("surface") and row["ratings"][name] is not None]
        fitted[name] = fit_surface([row["surface"] for row in rated], [row["ratings"][name] for row in rated])
    return fitted


def main() -> None:
    """Fit, and write the file beside the measuring."""
    phantoms, readers = rows_of("building", "phantoms"), rows_of("building", "readers")
    fitted: dict[str, Any] = {
        "made by": "python -m lianyi_train.calipers.fit",
        "phantoms": len(phantoms),
        "readers' nodules": len(readers),
        "terms": list(TERMS),
        "uncertainty": _fit_phantoms(phantoms),
        "surface": _fit_surfaces(readers),
    }
    FITTED.write_text(json.dumps(fitted, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
