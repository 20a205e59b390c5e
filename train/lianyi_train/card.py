"""The measured part of the model card: Markdown made from ``train/measured.json``, so the card cannot say otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from lianyi.evaluate import RATES
from lianyi.evaluate.figures import half_up, mean_share, share
from lianyi_train.measured import FOLDS, LIKELY, POINTS, SLAB_PROBABILITIES, Figures

BEGIN = "<!-- measured: written by `make evaluate` from train/measured.json; do not edit by hand -->"
END = "<!-- end of measured -->"


def rewrite(card: Path, figures: Figures) -> None:
    """Put the figures between the two marks of a card.

    Raises:
        ValueError: the card has no such marks.
    """
    card.write_text(with_figures(card.read_text(), figures))


def with_figures(text: str, figures: Figures) -> str:
    """Give a card's text with the figures between its marks.

    Raises:
        ValueError: it has no such marks.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the card lacks the marks between which the figures are written")
    return f"{before}{BEGIN}\n\n{markdown(figures)}\n{END}{after}"


def markdown(figures: Figures) -> str:
    """Give all figures as Markdown."""
    parts = (_whole(figures), _planted(figures), _points(figures), _calibration(figures), _controls(figures))
    heading = f"Measured on {figures['date']}, computed in {figures['computed in']}.\n"
    return "\n".join([heading, *parts, _slabs(figures), _precisions(figures)])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _curve_row(name: str, part: Figures) -> list[str]:
    found = [share(part["found at"][f"{rate:g}"], part["nodules"]) for rate in RATES]
    return [name, str(part["nodules"]), *found, mean_share(part["cpm"], part["nodules"])]


_RATES = [half_up(rate, 3).rstrip("0").rstrip(".") for rate in RATES]


def _whole(figures: Figures) -> str:
    whole = figures["whole chests"]
    rows = [_curve_row(name, part) for name, part in whole.items()]
    return (
        "### Whole chests (six, seven nodules; each by the network that never saw it)\n\n"
        + _table(["false marks a chest", "nodules", *_RATES, "mean"], rows)
        + "\nSeven nodules of six patients make no percentage; in three of the chests only one nodule was ever noted.\n"
    )


def _planted(figures: Figures) -> str:
    planted = figures["planted"]
    rows = []
    for fold in (*FOLDS, "both"):
        for name, part in planted[fold].items():
            rows.append(_curve_row(f"{fold}, {name}", part))
            rows.append(_curve_row(f"{fold}, {name}, 6 mm and more", part["6 mm and more"]))
    strict = planted["both"]["strict"]
    rows += [_curve_row(f"both, strict, {name}", part) for name, part in strict["by size"].items()]
    rows += [_curve_row(f"both, strict, {name}", part) for name, part in strict["by density"].items()]
    low, high = strict["cpm interval"]["low"], strict["cpm interval"]["high"]
    alone = planted["ranked by the first network alone"]
    return (
        "### Planted: real nodules of unseen patients in unseen chests (frozen list)\n\n"
        + _table(["false marks a chest", "nodules", *_RATES, "CPM"], rows)
        + f"\nCPM of both folds, strict: 95 % interval by resampling the 60 composed chests {half_up(low, 3)} to "
        f"{half_up(high, 3)}; they are made of six, so the truth is less sure than that. "
        "Ranked by the first network's logit alone, strict: "
        + ", ".join(f"{fold} {half_up(alone[fold], 3)}" for fold in FOLDS)
        + '. "Strict" counts every mark at an unnoted place as false, and is the result. "Without doubtful places" '
        "leaves out nine (`train/splits/doubtful.json`): they were picked by the makers, no radiologists, among the "
        "networks' own strongest false marks, so that reading is an upper bound.\n"
    )


def _points(figures: Figures) -> str:
    points = figures["operating points"]
    rows = []
    for name in POINTS:
        point = points[name]
        found = sum(size["found"] for size in point["by size"].values())
        total = sum(size["total"] for size in point["by size"].values())
        folds = [
            f"{share(point['measured on'][fold]['found'], point['measured on'][fold]['nodules'])} at "
            f"{half_up(point['measured on'][fold]['false marks a chest'], 2)}"
            for fold in FOLDS
        ]
        rows.append(
            [
                name,
                half_up(point["probability shipped"], 3),
                share(found, total),
                half_up(point["false marks a chest"], 2),
                *folds,
                *(share(size["found"], size["total"]) for size in point["by size"].values()),
            ]
        )
    sizes = list(points["balanced"]["by size"])
    head = ["point", "shipped p", "found", "false marks a chest", "on A", "on B", *sizes]
    return (
        "### Operating points: chosen on one fold, measured on the other (planted, strict)\n\n"
        + _table(head, rows)
        + "\nThe points were chosen at p "
        + "; ".join(
            f"{name} {half_up(points[name]['measured on']['A']['probability'], 3)} for A and "
            f"{half_up(points[name]['measured on']['B']['probability'], 3)} for B"
            for name in POINTS
        )
        + ". What is shipped was chosen on both, and measured on nothing. A hospital's own figure may lie at "
        "least as far from these as the folds lie apart.\n"
    )


def _calibration(figures: Figures) -> str:
    error = figures["calibration error"]
    bins = [[half_up(one["mean probability"], 2), str(one["marks"]), str(one["nodules"])] for one in error["bins"]]
    likely = f"marks of p {LIKELY:g} and more"
    return (
        "### Does a probability mean what it says?\n\n"
        "![reliability](learned-reliability.svg)\n\n"
        + _table(["said (mean of a bin)", "marks", "of them nodules"], bins)
        + f"\nExpected calibration error {half_up(error['all marks'], 3)} over all marks, most of them faint, and "
        f"{half_up(error[likely], 3)} over the {likely}. Population: planted chests as they are, five nodules each, "
        "doubtful places left out; the weights are fitted for 1.34 nodules a chest, as in LUNA16, so that here more "
        "of the marks are nodules than was said.\n"
    )


def _controls(figures: Figures) -> str:
    rows = [
        [fold, str(counts["pieces"])]
        + [f"{counts[f'p {p:g}']['pasted']} / {counts[f'p {p:g}']['untouched']}" for p in SLAB_PROBABILITIES]
        for fold, counts in figures["controls"].items()
    ]
    head = ["fold", "pieces", *(f"marks at p {p:g}: pasted / untouched" for p in SLAB_PROBABILITIES)]
    return "### Control: normal lung pasted as a nodule is\n\n" + _table(head, rows)


def _slabs(figures: Figures) -> str:
    slabs = figures["slabs"]
    rows = [
        [name, share(at["found"], slabs["nodules of 3+ readers"]), half_up(at["false marks a cm2"], 4)]
        for name, at in slabs["at"].items()
    ]
    density, rating = slabs["density"], slabs["suspicion rating"]
    ways = [
        [name, half_up(way["balanced accuracy"], 3)]
        + [" / ".join(map(str, row)) for row in way["rows readers, columns ours"]]
        for name, way in density["ways"].items()
    ]
    head = ["density class by", "balanced accuracy", *(f"readers say {name}" for name in density["classes"])]
    return (
        f"### Slabs of unseen patients ({slabs['slabs']})\n\n"
        + _table(["at", f"found of {slabs['nodules of 3+ readers']}", "false marks a cm2 of lung"], rows)
        + f"\nOutline: mean Dice {half_up(slabs['outline']['mean dice'], 3)} against the voxels that at least half of "
        f"the readers marked, {slabs['outline']['marks']} marks.\n\n"
        "Density class; each cell counts what is called ground-glass / part-solid / solid. The report "
        "states the class by the first way, within its own outline on the native grid:\n\n"
        + _table(head, ways)
        + f"\nSuspicion rating (reader opinion, not pathology): correlation {half_up(rating['correlation'], 2)}, mean "
        f"absolute difference {half_up(rating['mean absolute difference'], 2)} of 1 to 5, {rating['marks']} marks.\n"
    )


def _precisions(figures: Figures) -> str:
    rows = [
        [name, half_up(one["cpm"], 3), share(one["6 mm and more at 1"], one["6 mm and more"])]
        for name, one in figures.get("precisions", {}).items()
    ]
    if not rows:
        return "### Precisions\n\nNot measured.\n"
    head = ["computed in", "planted, strict: CPM", "6 mm and more at 1 false mark a chest"]
    return "### Precisions (same weights, same calibration)\n\n" + _table(head, rows)
