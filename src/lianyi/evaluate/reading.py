"""Lists from files: LUNA16's CSV tables, our JSON documents, and folders of ``findings.json``.

==========  =====================================================================================
marks       ``seriesuid,coordX,coordY,coordZ,probability``, ``lianyi.marks/1``, or a folder that
            holds a ``findings.json`` for each chest, at any depth
nodules     ``seriesuid,coordX,coordY,coordZ,diameter_mm`` with, if known, ``readers`` and
            ``density``; or ``lianyi.nodules/1``
chests      one series UID a line, with or without the heading ``seriesuid`` and a column
            ``slice_thickness_mm``; or either JSON document
==========  =====================================================================================
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from lianyi.evaluate.documents import MarksDocument, NodulesDocument, ScreeningDocument
from lianyi.evaluate.errors import NotMeasurable
from lianyi.evaluate.lists import COUNTED_READERS, Chest, Mark, PlaceLps, TrueNodule
from lianyi.lungct.domain.nodule import Density
from lianyi.lungct.domain.uids import SeriesUID

Row = dict[str, str]
Document = TypeVar("Document", bound=BaseModel)

PLACE_COLUMNS = ("seriesuid", "coordX", "coordY", "coordZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkList:
    """Marks, and the chests that the list says were looked at.

    Attributes:
        marks: as read.
        chests: each once.
        names_every_chest: whether a chest without a mark would be among them.
        not_screened: how many ``findings.json`` say that their series was refused or failed; not among *chests*.
    """

    marks: tuple[Mark, ...]
    chests: tuple[Chest, ...]
    names_every_chest: bool
    not_screened: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NoduleList:
    """What readers found, and the chests that the list says were read.

    Attributes:
        nodules: as read.
        chests: each once.
        names_every_chest: whether a chest without a nodule would be among them.
    """

    nodules: tuple[TrueNodule, ...]
    chests: tuple[Chest, ...]
    names_every_chest: bool


def read_marks(path: Path) -> MarkList:
    """Read marks from a table, a document, or a folder of screenings.

    Raises:
        NotMeasurable: the file is none of these, or a value in it cannot be read.
    """
    if path.is_dir():
        return _marks_of_screenings(path)
    if path.suffix.lower() == ".json":
        document = _document(path, MarksDocument)
        return MarkList(
            marks=tuple(
                Mark(
                    series_uid=SeriesUID(chest.series_uid),
                    center_lps_mm=mark.center_lps_mm,
                    probability=mark.probability,
                )
                for chest in document.chests
                for mark in chest.marks
            ),
            chests=_chests_of(document),
            names_every_chest=True,
        )
    marks = tuple(
        Mark(
            series_uid=SeriesUID(row["seriesuid"]),
            center_lps_mm=_place(path, number, row),
            probability=_number(path, number, row, "probability"),
        )
        for number, row in _rows(path, (*PLACE_COLUMNS, "probability"))
    )
    return MarkList(marks=marks, chests=_named_by(marks), names_every_chest=False)


def read_nodules(path: Path) -> NoduleList:
    """Read what readers found.

    A table without the column ``readers`` is taken for LUNA16's ``annotations.csv``, whose rows are nodules that
    at least three of four readers accepted.

    Raises:
        NotMeasurable: the file is neither a table nor a document of nodules, or a value in it cannot be read.
    """
    if path.suffix.lower() == ".json":
        document = _document(path, NodulesDocument)
        return NoduleList(
            nodules=tuple(
                TrueNodule(
                    series_uid=SeriesUID(chest.series_uid),
                    center_lps_mm=nodule.center_lps_mm,
                    diameter_mm=nodule.diameter_mm,
                    readers=nodule.readers,
                    density=nodule.density,
                )
                for chest in document.chests
                for nodule in chest.nodules
            ),
            chests=_chests_of(document),
            names_every_chest=True,
        )
    nodules = tuple(_nodules_of_table(path))
    return NoduleList(nodules=nodules, chests=_named_by(nodules), names_every_chest=False)


def read_ignored(path: Path) -> tuple[TrueNodule, ...]:
    """Read findings that neither help nor hurt, as LUNA16's ``annotations_excluded.csv``; no reader is counted.

    A diameter below zero stands for one that nobody measured.

    Raises:
        NotMeasurable: the file is no table of findings, or a value in it cannot be read.
    """
    return tuple(
        TrueNodule(
            series_uid=SeriesUID(row["seriesuid"]),
            center_lps_mm=_place(path, number, row),
            diameter_mm=_diameter_mm(path, number, row),
            readers=0,
        )
        for number, row in _rows(path, (*PLACE_COLUMNS, "diameter_mm"))
    )


def read_chests(path: Path) -> tuple[Chest, ...]:
    """Read which series were looked at.

    Raises:
        NotMeasurable: the file is neither a list nor a document, or a value in it cannot be read.
    """
    if path.suffix.lower() == ".json":
        try:
            return _chests_of(_document(path, NodulesDocument))
        except NotMeasurable:
            return _chests_of(_document(path, MarksDocument))
    lines = [line for line in _lines(path) if line and line[0].strip()]
    if lines and lines[0][0].strip() == "seriesuid":
        return tuple(
            Chest(
                series_uid=SeriesUID(row["seriesuid"]),
                slice_thickness_mm=(
                    _number(path, number, row, "slice_thickness_mm") if row.get("slice_thickness_mm") else None
                ),
            )
            for number, row in _rows(path, ("seriesuid",))
        )
    return tuple(Chest(series_uid=SeriesUID(line[0].strip())) for line in lines)


def _marks_of_screenings(folder: Path) -> MarkList:
    paths = sorted(folder.rglob("findings.json"))
    if not paths:
        raise NotMeasurable(
            zh=f"文件夹 {folder} 中没有 findings.json；请指定 lianyi screen 的结果文件夹。",
            en=f"There is no findings.json in {folder}; name a folder of results of lianyi screen.",
        )
    chests: list[Chest] = []
    marks: list[Mark] = []
    not_screened = 0
    for path in paths:
        screening = _document(path, ScreeningDocument)
        if screening.outcome not in {"screened", "partly"} or screening.study is None:
            not_screened += 1
            continue
        uid = SeriesUID(screening.study.series_uid)
        chests.append(Chest(series_uid=uid, slice_thickness_mm=screening.study.slice_thickness_mm))
        marks += (
            Mark(series_uid=uid, center_lps_mm=nodule.center_lps_mm, probability=nodule.probability)
            for nodule in screening.nodules
        )
    if twice := len(chests) - len({chest.series_uid for chest in chests}):
        raise NotMeasurable(
            zh=f"文件夹 {folder} 中有 {twice} 个序列的结果重复；每个序列只能有一份 findings.json。",
            en=f"{twice} series in {folder} have more than one findings.json; keep one of each.",
        )
    return MarkList(marks=tuple(marks), chests=tuple(chests), names_every_chest=True, not_screened=not_screened)


def _nodules_of_table(path: Path) -> Iterator[TrueNodule]:
    for number, row in _rows(path, (*PLACE_COLUMNS, "diameter_mm")):
        density = row.get("density", "")
        if density and density not in {known.value for known in Density}:
            _refuse_value(path, number, "density")
        readers = row.get("readers", "")
        if readers and not readers.isdecimal():
            _refuse_value(path, number, "readers")
        yield TrueNodule(
            series_uid=SeriesUID(row["seriesuid"]),
            center_lps_mm=_place(path, number, row),
            diameter_mm=_diameter_mm(path, number, row),
            readers=int(readers) if readers else COUNTED_READERS,
            density=Density(density) if density else None,
        )


def _chests_of(document: MarksDocument | NodulesDocument) -> tuple[Chest, ...]:
    return tuple(
        Chest(series_uid=SeriesUID(chest.series_uid), slice_thickness_mm=chest.slice_thickness_mm)
        for chest in document.chests
    )


def _named_by(places: Iterable[Mark] | Iterable[TrueNodule]) -> tuple[Chest, ...]:
    return tuple(Chest(series_uid=uid) for uid in dict.fromkeys(place.series_uid for place in places))


def _document(path: Path, model: type[Document]) -> Document:
    try:
        return model.model_validate_json(path.read_bytes())
    except ValidationError as error:
        # Pydantic's own sentence quotes the value, which may be a name; where it stands is enough to find it.
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "-"
        name = str(model.model_fields["schema_"].annotation).split("'")[1]
        raise NotMeasurable(
            zh=f"{path} 不是正确的 {name}（{where}：{first['type']}）；请改正。",
            en=f"{path} is no proper {name} ({where}: {first['type']}); correct it.",
        ) from None


def _lines(path: Path) -> list[list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))
    except (UnicodeDecodeError, csv.Error):
        raise NotMeasurable(
            zh=f"{path} 不是 UTF-8 编码的 CSV 表；请另存为 CSV（UTF-8）。",
            en=f"{path} is no CSV table in UTF-8; save it as one.",
        ) from None


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, Row]]:
    """Give each row by heading, with its number in the file as an editor counts it."""
    lines = _lines(path)
    headings = [heading.strip() for heading in lines[0]] if lines else []
    if missing := [column for column in columns if column not in headings]:
        raise NotMeasurable(
            zh=f"{path} 缺少列 {'、'.join(missing)}；第一行应为 {','.join(columns)}。",
            en=f"{path} lacks {', '.join(missing)}; its first line must be {','.join(columns)}.",
        )
    for number, line in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != len(headings):
            raise NotMeasurable(
                zh=f"{path} 第 {number} 行有 {len(line)} 列，应为 {len(headings)} 列；请改正。",
                en=f"{path}, line {number}, has {len(line)} columns, not {len(headings)}; correct it.",
            )
        yield number, {heading: cell.strip() for heading, cell in zip(headings, line, strict=True)}


def _number(path: Path, number: int, row: Row, column: str) -> float:
    try:
        value = float(row[column])
    except ValueError:
        _refuse_value(path, number, column)
    if not isfinite(value):
        _refuse_value(path, number, column)
    return value


def _place(path: Path, number: int, row: Row) -> PlaceLps:
    x, y, z = (_number(path, number, row, column) for column in ("coordX", "coordY", "coordZ"))
    return x, y, z


def _diameter_mm(path: Path, number: int, row: Row) -> float | None:
    """Read a diameter; LUNA16 writes -1 where nobody measured one."""
    value = _number(path, number, row, "diameter_mm")
    return None if value < 0 else value


def _refuse_value(path: Path, number: int, column: str) -> NoReturn:
    raise NotMeasurable(
        zh=f"{path} 第 {number} 行的 {column} 不是可用的值；请改正。",
        en=f"{path}, line {number}: {column} is no usable value; correct it.",
    )
