"""The FROC for programs: ``froc.json`` (``lianyi.froc/1``) and ``froc.csv``.

Fields are added, never renamed.  A share is null (empty in the table) below twenty nodules, where only counts may
be printed; *found* is there always, and *text* is the number as it may be printed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from lianyi import __version__
from lianyi.evaluate import figures
from lianyi.evaluate.curve import AtProbability
from lianyi.evaluate.froc import RATES, Froc, FrocPart
from lianyi.evaluate.gathering import Note
from lianyi.evaluate.matching import Verdict
from lianyi.evaluate.resampling import Interval
from lianyi.evaluate.rows import rows_of
from lianyi.evaluate.writing import table_csv

COLUMNS = (
    "group",
    "class",
    "chests",
    "nodules",
    "false_marks_per_chest",
    "found",
    "found_low",
    "found_high",
    "sensitivity",
    "sensitivity_low",
    "sensitivity_high",
    "is_beyond_list",
    "text",
)


def froc_json(froc: Froc, *, notes: Sequence[Note] = (), at: Sequence[AtProbability] = ()) -> str:
    """Give the whole measurement, the curve point by point included."""
    verdicts = Counter(froc.verdicts)
    document = {
        "schema": "lianyi.froc/1",
        "software": f"lianyi {__version__}",
        "chests": froc.chests,
        "nodules": froc.nodules,
        "ignored_findings": froc.ignored_findings,
        "marks": {verdict.value: verdicts[verdict] for verdict in Verdict},
        "resampling": {
            "resamples": froc.resampling.resamples,
            "seed": froc.resampling.seed,
            "confidence": froc.resampling.confidence,
        },
        "notes": [{"zh": note.zh, "en": note.en} for note in notes],
        "parts": [
            {
                "group": row.group,
                "class": row.name,
                "chests": row.part.chests,
                "nodules": row.part.nodules,
                "last_false_marks_per_chest": row.part.curve.last_rate,
                "cpm": _cpm(row.part),
                "at_rate": [{"false_marks_per_chest": rate, **_at_rate(row.part, rate)} for rate in RATES],
            }
            for row in rows_of(froc)
        ],
        "at_probability": [_at_probability(one) for one in at],
        "curve": {
            "probability": [None, *froc.curve.probabilities[1:].tolist()],
            "found": [int(found) for found in froc.curve.found],
            "false_marks": [int(false) for false in froc.curve.false_marks],
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def froc_csv(froc: Froc) -> str:
    """Give one line for each class and rate, and one for each class's CPM (rate "cpm")."""
    lines = []
    for row in rows_of(froc):
        head = (row.group, row.name, row.part.chests, row.part.nodules)
        lines += [(*head, rate, *_line(_at_rate(row.part, rate))) for rate in RATES]
        lines.append((*head, "cpm", *_line(_cpm(row.part))))
    return table_csv(COLUMNS, lines)


def _line(cell: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(cell.get(column, "") for column in COLUMNS[5:])


def _at_rate(part: FrocPart, rate: float) -> dict[str, Any]:
    found = part.curve.found_at(rate)
    return {
        **_share(found, part.nodules, part.intervals.get(rate)),
        "is_beyond_list": rate > part.curve.last_rate,
        "text": figures.share(found, part.nodules),
    }


def _cpm(part: FrocPart) -> dict[str, Any]:
    found = part.cpm * part.nodules if part.nodules else 0.0
    return {
        **_share(found, part.nodules, part.cpm_interval),
        "text": figures.mean_share(part.cpm, part.nodules),
    }


def _share(found: float, nodules: int, interval: Interval | None) -> dict[str, float | None]:
    low, high = (interval.low, interval.high) if interval else (None, None)
    may = figures.may_print_percent(nodules)
    return {
        "found": found,
        "found_low": None if low is None else low * nodules,
        "found_high": None if high is None else high * nodules,
        "sensitivity": found / nodules if may else None,
        "sensitivity_low": low if may else None,
        "sensitivity_high": high if may else None,
    }


def _at_probability(at: AtProbability) -> dict[str, Any]:
    return {
        "probability": at.probability,
        "found": at.found,
        "nodules": at.nodules,
        "sensitivity": at.sensitivity if figures.may_print_percent(at.nodules) else None,
        "false_marks": at.false_marks,
        "false_marks_per_chest": at.false_marks_per_chest,
        "text": figures.share(at.found, at.nodules),
    }
