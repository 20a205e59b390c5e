"""The content tree of a report as a table, read from a written report and not from a list kept by hand.

The conformance page is generated from this, so that it says what the code writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO

import pydicom
from pydicom import Dataset

from lianyi.lungct.objects.header import quiet_pydicom


@dataclass(slots=True, kw_only=True)
class TreeRow:
    """One kind of content item at one place of the tree.

    Attributes:
        level: how deep; 0 is the root.
        relationship: to its parent; "" for the root.
        value_type: of DICOM.
        concept: "(value, scheme, meaning)" of its name; "" where it has none.
        values: of a code item, the codes that were met; of a number, its units; otherwise empty.
        count: how many of it there were in all.
    """

    level: int
    relationship: str
    value_type: str
    concept: str
    values: list[str] = field(default_factory=list)
    count: int = 0


def content_tree(reports: Sequence[bytes]) -> list[TreeRow]:
    """Give the merged tree of several written reports: items alike in place, type and name are one row.

    Args:
        reports: files as written, for example of a screened, a partly screened and a refused study.

    Returns:
        Rows in the order of the tree, parents before their children.
    """
    root = _Node(TreeRow(level=-1, relationship="", value_type="", concept=""))
    with quiet_pydicom():
        for report in reports:
            _merge(root, [pydicom.dcmread(BytesIO(report))], 0)
    return _rows(root)[1:]


def markdown(rows: Sequence[TreeRow]) -> str:
    """Give the rows as a Markdown table."""
    lines = ["| NL | relationship | value type | concept name | values, units |", "|---|---|---|---|---|"]
    lines += [
        f"| {'>' * row.level} | {row.relationship} | {row.value_type} | {row.concept} | {'; '.join(row.values)} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


@dataclass(slots=True)
class _Node:
    row: TreeRow
    children: dict[tuple[str, str, str], _Node] = field(default_factory=dict)


def _merge(parent: _Node, items: Sequence[Dataset], level: int) -> None:
    for item in items:
        name = _code(item, "ConceptNameCodeSequence")
        key = (str(item.get("RelationshipType", "")), str(item.ValueType), name)
        if key not in parent.children:
            row = TreeRow(level=level, relationship=key[0], value_type=key[1], concept=name)
            parent.children[key] = _Node(row)
        node = parent.children[key]
        node.row.count += 1
        value = _value(item)
        if value and value not in node.row.values:
            node.row.values.append(value)
        _merge(node, item.get("ContentSequence", []), level + 1)


def _value(item: Dataset) -> str:
    if item.ValueType == "CODE":
        return _code(item, "ConceptCodeSequence")
    if item.ValueType == "NUM" and item.get("MeasuredValueSequence"):
        return _code(item.MeasuredValueSequence[0], "MeasurementUnitsCodeSequence")
    return ""


def _code(item: Dataset, keyword: str) -> str:
    sequence = item.get(keyword)
    if not sequence:
        return ""
    one = sequence[0]
    value = one.get("CodeValue") or one.get("LongCodeValue", "")
    return f"({value}, {one.CodingSchemeDesignator}, {one.CodeMeaning})"


def _rows(node: _Node) -> list[TreeRow]:
    return [node.row, *(row for child in node.children.values() for row in _rows(child))]
