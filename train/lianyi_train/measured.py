"""From what the detectors said on the sticks to figures: one document, which the model card and the manifest quote.

One fold's planted marks fit the calibration and choose the probabilities of the operating points; the other fold's
marks are judged by them.  So no stick chooses an operating point and reports it at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from lianyi.evaluate import RATES, Froc, FrocPart, Reliability, TrueNodule, Verdict, froc, reliability
from lianyi.evaluate.froc import SIZES
from lianyi.lungct.detect.learned.densities import Shares
from lianyi_train.calibrate import Outcome, Weighing, weigh, weights_of
from lianyi_train.densities import balanced_accuracy, choose_cuts, confusion
from lianyi_train.folds import OTHER, Fold
from lianyi_train.sticks.planted_run import ControlCounts, Lists
from lianyi_train.sticks.slabs_run import DENSITIES, SlabLook

FOLDS: tuple[Fold, Fold] = ("A", "B")
POINTS = {"sensitive": 4.0, "balanced": 1.0, "specific": 0.25}
"""False marks a chest of the operating points (a doctor who gets fifteen switches the tool off)."""
LARGE_MM = 6.0
LIKELY = 0.1
"""Nearly all marks are less likely, and right to be; they would hide what is wrong with the others."""
PROPOSALS_ALONE = Weighing(propose=1.0, refine=0.0, constant=0.0)
SLAB_PROBABILITIES = (0.1, 0.3, 0.5)

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What one fold's networks said on every stick, its probabilities by the calibration of the other fold."""

    whole: Lists
    planted: Lists
    controls: ControlCounts
    slabs: list[SlabLook]


def outcomes_of(planted: Lists) -> list[Outcome]:
    """Give every mark of which it is known whether it is a nodule; doubtful places are left out."""
    lists = planted.without_doubtful()
    judged = froc(lists.chests, lists.nodules, lists.marks, resamples=0)
    return [
        Outcome(
            propose_logit=candidate.evidence["propose_logit"],
            refine_logit=candidate.evidence.get("refine_logit"),
            is_nodule=verdict == Verdict.HIT,
        )
        for verdict, candidate in zip(judged.verdicts, lists.candidates, strict=True)
        if verdict in {Verdict.HIT, Verdict.FALSE}
    ]


def calibrated_by(planted: Lists) -> Weighing:
    """Fit the two networks' weights on planted marks."""
    outcomes = outcomes_of(planted)
    counted = froc(planted.chests, planted.nodules, planted.marks, resamples=0).nodules
    return weigh(outcomes, weights_of(outcomes, chests=len(planted.chests), nodules=counted))


def weighed(lists: Lists, weighing: Weighing) -> Lists:
    """Give the same marks with other probabilities."""
    marks = [
        replace(
            mark,
            probability=weighing.probability(
                candidate.evidence["propose_logit"], candidate.evidence.get("refine_logit")
            ),
        )
        for mark, candidate in zip(lists.marks, lists.candidates, strict=True)
    ]
    return replace(lists, marks=marks)


def figures_of(looks: dict[Fold, Looks]) -> tuple[Figures, Froc, Reliability]:
    """Give the document, and the two curves that are drawn."""
    fitted = {fold: calibrated_by(looks[fold].planted) for fold in FOLDS}
    planted = {fold: weighed(looks[fold].planted, fitted[OTHER[fold]]) for fold in FOLDS}
    whole = {fold: weighed(looks[fold].whole, fitted[OTHER[fold]]) for fold in FOLDS}
    both = planted["A"] + planted["B"]
    drawn = _froc(both)
    calibration = _reliability(both)
    document: Figures = {
        "calibration": {
            **{f"fitted on {fold}": asdict(fitted[fold]) for fold in FOLDS},
            "fitted on both": asdict(calibrated_by(looks["A"].planted + looks["B"].planted)),
        },
        "whole chests": _both_readings(whole["A"] + whole["B"]),
        "planted": {
            "A": _both_readings(planted["A"]),
            "B": _both_readings(planted["B"]),
            "both": _both_readings(both),
            "ranked by the first network alone": {
                fold: _froc(weighed(looks[fold].planted, PROPOSALS_ALONE)).cpm for fold in FOLDS
            },
        },
        "operating points": _points(looks, planted, fitted),
        "calibration error": {
            "all marks": calibration.ece,
            f"marks of p {LIKELY:g} and more": _error_of_likely(calibration),
            "bins": [
                {"marks": one.outcomes, "nodules": one.true, "mean probability": one.mean_probability}
                for one in calibration.bins
            ],
        },
        "controls": {fold: _controls(looks[fold].controls) for fold in FOLDS},
        "slabs": _slabs({fold: looks[fold].slabs for fold in FOLDS}),
    }
    return document, drawn, calibration


def _froc(lists: Lists) -> Froc:
    return froc(lists.chests, lists.nodules, lists.marks)


def _both_readings(lists: Lists) -> Figures:
    """Read strictly, every doubtful place a false mark, and with these left out."""
    return {"strict": reading(lists), "without doubtful places": reading(lists.without_doubtful())}


def reading(lists: Lists) -> Figures:
    """Read a list: sensitivity at the usual rates, CPM, and the same for large nodules, sizes and densities."""
    measured = _froc(lists)
    large = _froc(replace(lists, nodules=[_ignored_below(one, LARGE_MM) for one in lists.nodules]))
    return {
        **_part(measured),
        "cpm interval": None if measured.cpm_interval is None else asdict(measured.cpm_interval),
        "6 mm and more": _part(large),
        "by size": {name: _part(part) for name, part in measured.by_size.items()},
        "by density": {name: _part(part) for name, part in measured.by_density.items()},
    }


def _part(part: FrocPart) -> Figures:
    return {
        "chests": part.chests,
        "nodules": part.nodules,
        "found at": {f"{rate:g}": part.curve.found_at(rate) for rate in RATES},
        "cpm": part.cpm,
    }


def _ignored_below(nodule: TrueNodule, least_mm: float) -> TrueNodule:
    """Give a smaller nodule as a finding that neither helps nor hurts."""
    is_small = nodule.diameter_mm is not None and nodule.diameter_mm < least_mm
    return replace(nodule, readers=min(nodule.readers, 1)) if is_small else nodule


def _points(looks: dict[Fold, Looks], planted: dict[Fold, Lists], fitted: dict[Fold, Weighing]) -> Figures:
    """Choose each point on one fold, measure it on the other; what is shipped is chosen on both."""
    pooled = looks["A"].planted + looks["B"].planted
    shipped = _froc(weighed(pooled, calibrated_by(pooled))).curve
    points: Figures = {}
    for name, rate in POINTS.items():
        by_fold: Figures = {}
        sizes = {size: {"found": 0, "total": 0} for size in SIZES}
        false_marks = chests = 0
        for fold in FOLDS:
            chosen_on = OTHER[fold]
            probability = _froc(weighed(looks[chosen_on].planted, fitted[chosen_on])).curve.probability_at(rate)
            measured = _froc(planted[fold])
            at = measured.at_probability(probability)
            false_marks, chests = false_marks + at.false_marks, chests + measured.chests
            for size, part in measured.by_size.items():
                if size in sizes:
                    of_size = part.at_probability(probability)
                    sizes[size]["found"] += of_size.found
                    sizes[size]["total"] += of_size.nodules
            by_fold[fold] = {
                "probability": probability,
                "found": at.found,
                "nodules": at.nodules,
                "false marks a chest": at.false_marks_per_chest,
            }
        points[name] = {
            "false marks a chest, wanted": rate,
            "probability shipped": shipped.probability_at(rate),
            "measured on": by_fold,
            "by size": sizes,
            "false marks a chest": false_marks / chests,
        }
    return points


def _reliability(lists: Lists) -> Reliability:
    """Hold probabilities against what came true, each fold by the other's weights, at the stick's own prevalence."""
    read = lists.without_doubtful()
    verdicts = froc(read.chests, read.nodules, read.marks, resamples=0).verdicts
    pairs = [
        (mark.probability, verdict == Verdict.HIT)
        for mark, verdict in zip(read.marks, verdicts, strict=True)
        if verdict in {Verdict.HIT, Verdict.FALSE}
    ]
    return reliability([p for p, _ in pairs], [hit for _, hit in pairs], 10)


def _error_of_likely(calibration: Reliability) -> float:
    """Give the calibration error over the marks of at least LIKELY: the bins from there on."""
    likely = [one for one in calibration.bins if one.mean_probability >= LIKELY]
    marks = sum(one.outcomes for one in likely)
    return sum(one.outcomes * abs(one.share - one.mean_probability) for one in likely) / max(marks, 1)


def _controls(counts: ControlCounts) -> Figures:
    return {
        "pieces": counts.pieces,
        **{
            f"p {probability:g}": {
                "pasted": sum(one >= probability for one in counts.pasted),
                "untouched": sum(one >= probability for one in counts.untouched),
            }
            for probability in SLAB_PROBABILITIES
        },
    }


def _slabs(by_fold: dict[Fold, list[SlabLook]]) -> Figures:
    slabs = [one for fold in FOLDS for one in by_fold[fold]]
    counted = [one for one in slabs if one.readers >= 3]
    area = sum(one.lung_cm2 for one in slabs)
    dice = [one.dice for one in slabs if one.dice is not None]
    ratings = np.array(
        [
            (one.suspicion, one.suspicion_rating)
            for one in slabs
            if one.suspicion is not None and one.suspicion_rating is not None
        ]
    )
    return {
        "slabs": len(slabs),
        "nodules of 3+ readers": len(counted),
        "at": {
            f"p {probability:g}": {
                "found": sum(one.hit is not None and one.hit >= probability for one in counted),
                "false marks a cm2": sum(p >= probability for one in slabs for p in one.false) / area,
            }
            for probability in SLAB_PROBABILITIES
        },
        "outline": {"mean dice": float(np.mean(dice)), "marks": len(dice)},
        "density": _densities(by_fold),
        "suspicion rating": {
            "marks": len(ratings),
            "correlation": float(np.corrcoef(ratings.T)[0, 1]),
            "mean absolute difference": float(np.abs(ratings[:, 0] - ratings[:, 1]).mean()),
        },
    }


def _densities(by_fold: dict[Fold, list[SlabLook]]) -> Figures:
    """Judge three ways to a density class; what is shipped is the measured HU (the first)."""
    rated = {fold: _rated(by_fold[fold]) for fold in FOLDS}
    cuts = {fold: choose_cuts(*rated[fold]) for fold in FOLDS}
    both = [one for fold in FOLDS for one in by_fold[fold] if one.density is not None]
    measured, likeliest = np.zeros((3, 3), dtype=np.int64), np.zeros((3, 3), dtype=np.int64)
    for one in both:
        truth = DENSITIES.index(str(one.density))
        if one.density_measured is not None:
            measured[truth, one.density_measured] += 1
        if one.density_probabilities is not None:
            likeliest[truth, int(np.argmax(one.density_probabilities))] += 1
    tables = {
        "HU within the outline, by the product's rule": measured,
        "the second network's likeliest class": likeliest,
        "its shares cut where the other fold was told best": sum(
            (confusion(*rated[fold], cuts[OTHER[fold]]) for fold in FOLDS), np.zeros((3, 3), dtype=np.int64)
        ),
    }
    return {
        "classes": list(DENSITIES),
        "ways": {
            name: {"rows readers, columns ours": table.tolist(), "balanced accuracy": balanced_accuracy(table)}
            for name, table in tables.items()
        },
    }


def _rated(slabs: Sequence[SlabLook]) -> tuple[list[int], list[Shares]]:
    pairs = [
        (DENSITIES.index(one.density), one.density_probabilities)
        for one in slabs
        if one.density is not None and one.density_probabilities is not None
    ]
    return [truth for truth, _ in pairs], [shares for _, shares in pairs]
