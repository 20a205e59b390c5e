"""The page on export without identity says what the table and the code say."""

import re
from pathlib import Path

from lianyi.deidentify.errors import REASONS
from lianyi.deidentify.table import BASIC, EDITION, MODIFIED_DATES, OPTIONS, PATIENT_CHARACTERISTICS, rows

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "export-without-identity.md"
ACTIONS = {"X", "Z", "D", "U", "X/D", "X/Z", "X/Z/D", "Z/D", "X/Z/U*"}


def part(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_page_counts_the_table() -> None:
    repeating = [tag for tag in rows() if "xx" in tag]
    attributes = [tag for tag in rows() if re.fullmatch("[0-9A-F]{8}", tag)]

    assert f"PS3.15 {EDITION}，表中 {len(rows())} 行" in part("table")
    assert f"{len(attributes)} 个属性" in part("table")
    assert f"{len(repeating)} 个重复组" in part("table")
    assert len(rows()) == len(attributes) + len(repeating) + 1


def test_the_page_names_the_codes_and_every_reason() -> None:
    assert re.findall(r"113\d{3}", part("table"))[:3] == [BASIC, MODIFIED_DATES, PATIENT_CHARACTERISTICS]
    assert re.findall(r"^\| (D\d\d) \|", part("reasons"), re.MULTILINE) == sorted(REASONS)


def test_the_table_holds_only_actions_of_the_standard() -> None:
    for row in rows().values():
        assert row.basic in ACTIONS
        assert set(row.options) <= set(OPTIONS)
        assert set(row.options.values()) <= {"K", "C"}


def test_the_table_says_what_everyone_knows() -> None:
    table = rows()
    known = {
        "00100010": "Z", "00100030": "Z", "00080050": "Z", "00081030": "X", "0008103E": "X", "00080080": "X/Z/D",
        "0020000D": "U", "00080018": "U", "50xxxxxx": "X", "60xx3000": "X", "PRIVATE": "X",
    }  # fmt: skip

    assert {tag: table[tag].basic for tag in known} == known
    assert table["00101010"].action(frozenset({PATIENT_CHARACTERISTICS})) == "K"
    assert table["00080020"].action(frozenset({MODIFIED_DATES})) == "C"
