"""Lists as text: LUNA16's CSV tables, and our JSON documents; :mod:`lianyi.evaluate.reading` takes them back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from pydantic import BaseModel

from lianyi.evaluate.documents import (
    MarkedChest,
    MarkPart,
    MarksDocument,
    NodulesDocument,
    ReadChest,
    TrueNodulePart,
)
from lianyi.evaluate.lists import Chest, Mark, TrueNodule
from lianyi.evaluate.reading import PLACE_COLUMNS

Cell = str | float | int | None


def marks_csv(marks: Iterable[Mark]) -> str:
    """Give marks as LUNA16's submissions have them."""
    return table_csv(
        (*PLACE_COLUMNS, "probability"), ((mark.series_uid, *mark.center_lps_mm, mark.probability) for mark in marks)
    )


def nodules_csv(nodules: Iterable[TrueNodule]) -> str:
    """Give nodules as LUNA16's ``annotations.csv`` has them, with readers and density beside; -1 is no diameter."""
    return table_csv(
        (*PLACE_COLUMNS, "diameter_mm", "readers", "density"),
        (
            (
                nodule.series_uid,
                *nodule.center_lps_mm,
                -1 if nodule.diameter_mm is None else nodule.diameter_mm,
                nodule.readers,
                nodule.density,
            )
            for nodule in nodules
        ),
    )


def chests_csv(chests: Iterable[Chest]) -> str:
    """Give chests, one a line."""
    return table_csv(
        ("seriesuid", "slice_thickness_mm"), ((chest.series_uid, chest.slice_thickness_mm) for chest in chests)
    )


def marks_json(chests: Sequence[Chest], marks: Sequence[Mark]) -> str:
    """Give marks by chest as ``lianyi.marks/1``; a mark of no listed chest would be lost, so it is a fault."""
    _require_listed(chests, marks)
    return _text(
        MarksDocument(
            chests=[
                MarkedChest(
                    series_uid=chest.series_uid,
                    slice_thickness_mm=chest.slice_thickness_mm,
                    marks=[
                        MarkPart(center_lps_mm=mark.center_lps_mm, probability=mark.probability)
                        for mark in marks
                        if mark.series_uid == chest.series_uid
                    ],
                )
                for chest in chests
            ]
        )
    )


def nodules_json(chests: Sequence[Chest], nodules: Sequence[TrueNodule]) -> str:
    """Give nodules by chest as ``lianyi.nodules/1``; a nodule of no listed chest would be lost, so it is a fault."""
    _require_listed(chests, nodules)
    return _text(
        NodulesDocument(
            chests=[
                ReadChest(
                    series_uid=chest.series_uid,
                    slice_thickness_mm=chest.slice_thickness_mm,
                    nodules=[
                        TrueNodulePart(
                            center_lps_mm=nodule.center_lps_mm,
                            diameter_mm=nodule.diameter_mm,
                            readers=nodule.readers,
                            density=nodule.density,
                        )
                        for nodule in nodules
                        if nodule.series_uid == chest.series_uid
                    ],
                )
                for chest in chests
            ]
        )
    )


def table_csv(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Give a table; numbers are written so that reading them back gives the same numbers."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(rows)
    return text.getvalue()


def _require_listed(chests: Sequence[Chest], places: Sequence[Mark] | Sequence[TrueNodule]) -> None:
    listed = {chest.series_uid for chest in chests}
    if strangers := sum(place.series_uid not in listed for place in places):
        raise ValueError(f"{strangers} of {len(places)} places are of a series that is not among the chests")


def _text(document: BaseModel) -> str:
    return document.model_dump_json(by_alias=True, indent=2, ensure_ascii=False) + "\n"
