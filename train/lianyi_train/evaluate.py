"""What `make evaluate` runs: every stick, on both folds, each by the network that never saw the fold.

One fold's marks fit the calibration and choose the probabilities of the operating points; the other fold's marks are
judged by them.  So no stick chooses an operating point and reports it at once.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from lianyi.evaluate import Froc, TrueNodule, Verdict, froc, reliability
from lianyi.evaluate.figures import half_up, share
from lianyi.evaluate.table import table_text
from lianyi.lungct.detect.learned import LearnedDetector
from lianyi.lungct.models import read_weights
from lianyi_train.cache import Cache
from lianyi_train.calibrate import Outcome, Weighing, weigh, weights_of
from lianyi_train.folds import Fold
from lianyi_train.prepare import prepare
from lianyi_train.sticks.planted_run import ControlCounts, Lists, look_at_controls, look_at_planted
from lianyi_train.sticks.slabs_run import DENSITIES, SlabLook, look_at_slabs
from lianyi_train.sticks.whole_chests import look_at_whole_chests

FOLDS: tuple[Fold, Fold] = ("A", "B")
RATES = {"sensitive": 4.0, "balanced": 1.0, "specific": 0.25}
"""False marks a chest of the operating points (issue 3, part 5)."""
PROPOSALS_ALONE = Weighing(propose=1.0, refine=0.0, constant=0.0)
LARGE_MM = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What one fold's networks said on every stick, as their provisional manifest weighs it."""

    whole: Lists
    planted: Lists
    controls: ControlCounts
    slabs: list[SlabLook]


def look_at_all(cache: Cache, weights: Path, fold: Fold) -> Looks:
    """Look at every stick of a fold."""
    detector = LearnedDetector(read_weights(weights / fold))
    return Looks(
        whole=look_at_whole_chests(detector, cache, fold),
        planted=look_at_planted(detector, cache, fold),
        controls=look_at_controls(detector, cache, fold),
        slabs=look_at_slabs(detector, cache, fold),
    )


def calibrated_by(planted: Lists) -> Weighing:
    """Fit the two networks' weights on the planted marks of one fold."""
    judged = froc(planted.chests, planted.nodules, planted.marks, resamples=0)
    outcomes = [
        Outcome(
            propose_logit=candidate.evidence["propose_logit"],
            refine_logit=candidate.evidence.get("refine_logit"),
            is_nodule=verdict == Verdict.HIT,
        )
        for verdict, candidate in zip(judged.verdicts, planted.candidates, strict=True)
        if verdict in {Verdict.HIT, Verdict.FALSE}
    ]
    return weigh(outcomes, weights_of(outcomes, chests=judged.chests, nodules=judged.nodules))


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


def report(looks: dict[Fold, Looks]) -> tuple[str, dict[str, object]]:
    """Give the figures as text and as data."""
    fitted = {fold: calibrated_by(looks[fold].planted) for fold in FOLDS}
    other: dict[Fold, Fold] = {"A": "B", "B": "A"}
    lines: list[str] = []
    data: dict[str, object] = {"calibration fitted on": {fold: asdict(one) for fold, one in fitted.items()}}
    judged = {fold: weighed(looks[fold].planted, fitted[other[fold]]) for fold in FOLDS}
    whole = {fold: weighed(looks[fold].whole, fitted[other[fold]]) for fold in FOLDS}
    lines += ["## Whole chests", "", table_text(_froc(whole["A"] + whole["B"])), ""]
    for title, lists in (
        ("fold A", judged["A"]),
        ("fold B", judged["B"]),
        ("both folds", judged["A"] + judged["B"]),
    ):
        measured = _froc(lists)
        large = _froc(replace(lists, nodules=[_ignored_below(one, LARGE_MM) for one in lists.nodules]))
        data[f"planted, {title}"] = {
            "cpm": measured.cpm,
            "nodules": measured.nodules,
            "6 mm and more at 1": large.sensitivity_at(1.0),
        }
        at_one = share(large.curve.found_at(1.0), large.nodules)
        lines += [f"## Planted, {title}", "", table_text(measured), ""]
        lines += [f"6 mm and more ({large.nodules}), at 1 false mark a chest: {at_one}", ""]
    alone = {fold: weighed(looks[fold].planted, PROPOSALS_ALONE) for fold in FOLDS}
    cpm_alone = {fold: half_up(_froc(alone[fold]).cpm, 3) for fold in FOLDS}
    lines += [f"First network alone, CPM: A {cpm_alone['A']}, B {cpm_alone['B']}", ""]
    lines += ["## Operating points, chosen on one fold, measured on the other", ""]
    for fold in FOLDS:
        chosen_on = _froc(weighed(looks[other[fold]].planted, fitted[other[fold]]))
        measured = _froc(weighed(looks[fold].planted, fitted[other[fold]]))
        for name, rate in RATES.items():
            at = measured.at_probability(chosen_on.curve.probability_at(rate))
            lines.append(
                f"{name}, chosen on {other[fold]} at {rate:g} false marks: p {half_up(at.probability, 3)}; on {fold} "
                f"found {share(at.found, at.nodules)}, false marks a chest {half_up(at.false_marks_per_chest, 2)}"
            )
    lines += [
        "",
        *_calibration(judged),
        "",
        "## Control: normal lung pasted as a nodule is (p by the provisional weights)",
        "",
    ]
    for fold in FOLDS:
        controls = looks[fold].controls
        for probability in (0.3, 0.5):
            pasted = sum(one >= probability for one in controls.pasted)
            untouched = sum(one >= probability for one in controls.untouched)
            lines.append(
                f"{fold}, {controls.pieces} pieces, p {probability:g}: marks {pasted} pasted, {untouched} untouched"
            )
    lines += [
        "",
        "## Slabs (p by the provisional weights)",
        "",
        *_slabs([one for fold in FOLDS for one in looks[fold].slabs]),
    ]
    return "\n".join(lines) + "\n", data


def _froc(lists: Lists) -> Froc:
    return froc(lists.chests, lists.nodules, lists.marks)


def _ignored_below(nodule: TrueNodule, least_mm: float) -> TrueNodule:
    """Give a smaller nodule as a finding that neither helps nor hurts."""
    is_small = nodule.diameter_mm is not None and nodule.diameter_mm < least_mm
    return replace(nodule, readers=min(nodule.readers, 1)) if is_small else nodule


def _calibration(judged: dict[Fold, Lists]) -> list[str]:
    """Give the calibration error, each fold by the other's weights, at the prevalence that the stick has."""
    lists = judged["A"] + judged["B"]
    verdicts = froc(lists.chests, lists.nodules, lists.marks, resamples=0).verdicts
    pairs = [
        (mark.probability, verdict == Verdict.HIT)
        for mark, verdict in zip(lists.marks, verdicts, strict=True)
        if verdict in {Verdict.HIT, Verdict.FALSE}
    ]
    of = reliability([p for p, _ in pairs], [hit for _, hit in pairs], 10)
    sentence = (
        "Expected calibration error on planted chests as they are (about five nodules a chest, though the weights "
        f"are fitted for 1.34): {half_up(of.ece, 3)} over {len(pairs)} marks"
    )
    return ["## Calibration", "", sentence]


def _slabs(slabs: Sequence[SlabLook]) -> list[str]:
    counted = [one for one in slabs if one.readers >= 3]
    area = sum(one.lung_cm2 for one in slabs)
    lines = []
    for probability in (0.3, 0.5, 0.7):
        found = sum(one.hit is not None and one.hit >= probability for one in counted)
        false = sum(p >= probability for one in slabs for p in one.false) / area
        lines.append(
            f"p {probability:g}: found {share(found, len(counted))} of {len(counted)} nodules of 3+ readers, "
            f"{half_up(false, 4)} false marks a cm2 of lung"
        )
    dice = [one.dice for one in slabs if one.dice is not None]
    lines.append(f"outline: mean Dice {half_up(float(np.mean(dice)), 3)} over {len(dice)} marks")
    table = np.zeros((3, 3), dtype=int)
    for one in slabs:
        if one.density is not None and one.density_probabilities is not None:
            table[DENSITIES.index(one.density), int(np.argmax(one.density_probabilities))] += 1
    recalls = [table[row, row] / max(table[row].sum(), 1) for row in range(3)]
    lines.append(f"density: balanced accuracy {half_up(float(np.mean(recalls)), 3)}; rows readers, columns networks:")
    lines += [f"  {name}: {row[0]} {row[1]} {row[2]}" for name, row in zip(DENSITIES, table, strict=True)]
    ratings = np.array(
        [
            (one.suspicion, one.suspicion_rating)
            for one in slabs
            if one.suspicion is not None and one.suspicion_rating is not None
        ]
    )
    lines.append(
        f"suspicion rating (reader opinion, not pathology): correlation "
        f"{half_up(float(np.corrcoef(ratings.T)[0, 1]), 2)}, mean difference "
        f"{half_up(float(np.abs(ratings[:, 0] - ratings[:, 1]).mean()), 2)} over {len(ratings)}"
    )
    return lines


def main() -> None:
    """Measure both folds, print the figures, and write them beside."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("out/train"))
    parser.add_argument("--weights", type=Path, default=Path(__file__).parents[1] / "weights")
    given = parser.parse_args()
    prepare(given.data, given.work / "cache")
    cache = Cache(given.work / "cache")
    text, data = report({fold: look_at_all(cache, given.weights, fold) for fold in FOLDS})
    print(text)  # noqa: T201 -- what the command is for
    (given.work / "evaluate.md").write_text(text)
    (given.work / "evaluate.json").write_text(json.dumps(data, indent=1))


if __name__ == "__main__":
    main()
