"""The figures of the page: errors on phantoms, coverage, agreement with readers, and how surface scores separate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from lianyi.lungct.measure.uncertainty import TERMS, fitted, half_width_from, score
from lianyi_train.calipers.collect import Row
from lianyi_train.calipers.fit import SHARES, errors_of
from lianyi_train.calipers.plots import Cloud

Pick = Callable[[Row], bool]


def half_width_of(quantity: str, terms: Sequence[float]) -> float:
    """Give what measuring states as half of the 95 % interval: volumes as a share of the measured value."""
    return half_width_from(quantity, terms)


def coverage(rows: Sequence[Row], quantity: str) -> tuple[int, int, float]:
    """Count how many stated intervals hold the truth, of how many, and the median half width."""
    held, widths = 0, []
    for row in rows:
        wrong = errors_of(row).get(quantity) if row["ours"] else None
        if wrong is None:
            continue
        widths.append(half_width_of(quantity, row["terms"]))
        held += abs(wrong) <= widths[-1]
    return held, len(widths), float(np.median(widths)) if widths else float("nan")


def phantom_errors(rows: Sequence[Row], quantity: str) -> np.ndarray:
    """Signed errors against the truth: volumes as a share of the true volume, the rest in their unit."""
    errors = []
    for row in rows:
        if row["ours"] is None or row["ours"][quantity] is None or row["true"][quantity] is None:
            continue
        value, truth = row["ours"][quantity], row["true"][quantity]
        errors.append(value / truth - 1 if quantity in SHARES else value - truth)
    return np.array(errors)


def ours_and_readers(rows: Sequence[Row], key: str, ours: str) -> tuple[Cloud, Cloud]:
    """Give two clouds: ours less the readers' mean, and each reader less the mean of the others.

    Args:
        rows: of LIDC.
        key: "readers_mm" or "readers_mm3".
        ours: name of our value.
    """
    measured = [row for row in rows if row["ours"]]
    means = [float(np.mean(row[key])) for row in measured]
    mine = Cloud(sizes=means, differences=[row["ours"][ours] - mean for row, mean in zip(measured, means, strict=True)])
    sizes, differences = [], []
    for row in measured:
        total, count = sum(row[key]), len(row[key])
        for one in row[key]:
            sizes.append(total / count)
            differences.append(one - (total - one) / (count - 1))
    return mine, Cloud(sizes=sizes, differences=differences)


def pair_differences(rows: Sequence[Row], key: str) -> np.ndarray:
    """Absolute differences of every two readers of the same nodule."""
    return np.array([abs(one - other) for row in rows if row["ours"] for one, other in combinations(row[key], 2)])


def reader_coverage(rows: Sequence[Row]) -> tuple[int, int, float]:
    """Count how many stated intervals of the mean diameter hold the readers' mean, of how many; median half width."""
    held, widths = 0, []
    for row in rows:
        if row["ours"] and row.get("terms"):
            widths.append(half_width_of("mean_diameter", row["terms"]))
            held += abs(row["ours"]["mean_diameter"] - float(np.mean(row["readers_mm"]))) <= widths[-1]
    return held, len(widths), float(np.median(widths)) if widths else float("nan")


def auc(scores: Sequence[float], is_positive: Sequence[bool]) -> float:
    """Chance that a positive scores above a negative; ties count half."""
    high = np.array([s for s, yes in zip(scores, is_positive, strict=True) if yes])
    low = np.array([s for s, yes in zip(scores, is_positive, strict=True) if not yes])
    if not high.size or not low.size:
        return float("nan")
    return float(np.mean((high[:, None] > low) + 0.5 * (high[:, None] == low)))


def surface_auc(rows: Sequence[Row], name: str, rated: float) -> tuple[float, int, int, tuple[float, float]]:
    """AUC of a surface score against "rated so high or more", positives, all, and its interval over patients."""
    told = [row for row in rows if row.get("surface") and row["ratings"][name] is not None]
    scores = [score(name, row["surface"])[0] for row in told]
    high = [row["ratings"][name] >= rated for row in told]
    random = np.random.default_rng(5)
    by_patient: dict[str, list[int]] = {}
    for n, row in enumerate(told):
        by_patient.setdefault(row["patient_id"], []).append(n)
    groups = list(by_patient.values())
    drawn = []
    for _ in range(500):
        chosen = [n for g in random.integers(len(groups), size=len(groups)) for n in groups[g]]
        drawn.append(auc([scores[n] for n in chosen], [high[n] for n in chosen]))
    low, top = (float(v) for v in np.nanquantile(drawn, (0.025, 0.975)))
    return auc(scores, high), sum(high), len(told), (low, top)


def check_terms() -> None:
    """Refuse a fit made for other terms than those measuring uses now.

    Raises:
        ValueError: fitted.json is of another model; fit anew.
    """
    if tuple(fitted()["terms"]) != TERMS:
        raise ValueError("fitted.json was made for other terms; run python -m lianyi_train.calipers.fit")
