"""Cases of ``tests/cases/*.csv``: rows that a radiologist can read, into what the engine judges.

A row's expected answer is written from the published table, never from this program.  ``category`` is "-" where the
guideline does not answer, and "?" where it depends on what is not known; ``depends`` then names the fact that is
missing first, and the categories that may follow.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from lianyi.lungct.assess import assess_case
from lianyi.lungct.domain.assessment import Assessment
from lianyi.lungct.domain.case import Case, NoduleFacts
from lianyi.lungct.domain.context import Context
from lianyi.lungct.domain.nodule import Density

CASES = Path(__file__).parent / "cases"

NODULE_WORDS = {
    "long": "long_axis_mm",
    "short": "short_axis_mm",
    "prior_mm": "prior_mean_diameter_mm",
    "calcification": "calcification_pattern",
    "change": "cyst_change",
    "features": "suspicious_features",
    "benign": "proven_benign",
    "model": "model_probability",
}
PATIENT_WORDS = {
    "high_risk": "fleischner_high_risk",
    "age": "age_years",
    "old_cancer": "extrathoracic_cancer_over_5_years_ago",
}
TEXT = {"margin", "shape", "lobe", "calcification_pattern", "cyst_change", "prior_category", "indication", "smoking"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    guideline: str
    case: Case
    context: Context
    category: str
    due: str
    depends: str
    name: str


def rows() -> list[Row]:
    """Every case of every table."""
    found = []
    for path in sorted(CASES.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for number, line in enumerate(csv.DictReader(file), 2):
                assert None not in line, f"{path.name}, line {number}: too many columns"
                assert None not in line.values(), f"{path.name}, line {number}: too few columns"
                found.append(row_of(line, line.get("guideline") or path.stem, f"{path.stem}:{number} {line['why']}"))
    return found


def row_of(line: dict[str, str], guideline: str, name: str) -> Row:
    facts = words_of(line["nodule"], NODULE_WORDS)
    contrast = facts.pop("contrast", "unknown")
    numbers = {
        "mean_diameter_mm": line["mean_mm"],
        "volume_mm3": line["volume_mm3"],
        "solid_core_mean_diameter_mm": line["core_mm"],
    }
    facts |= {field: float(text) for field, text in numbers.items() if text}
    facts |= {
        field: line[column]
        for field, column in (("status", "status"), ("solid_core_status", "core_status"))
        if line[column]
    }
    if line["density"]:
        facts["density"] = Density(line["density"])
    count = int(line["count"] or 1)
    return Row(
        guideline=guideline,
        case=Case(
            nodules=(NoduleFacts(id=1, **facts),),  # type: ignore[arg-type]
            nodule_count=count,
            is_reviewed=True,
            contrast=contrast,  # type: ignore[arg-type]
        ),
        context=Context(**words_of(line["patient"], PATIENT_WORDS)),  # type: ignore[arg-type]
        category=line["category"],
        due=line["due"],
        depends=line["depends"],
        name=name,
    )


def words_of(cell: str, names: dict[str, str]) -> dict[str, object]:
    """Read "margin=smooth; fat=yes"."""
    found: dict[str, object] = {}
    for part in filter(None, (part.strip() for part in cell.split(";"))):
        word, _, value = part.partition("=")
        field = names.get(word, word)
        found[field] = value_of(field, value)
    return found


KINDS: dict[str, dict[str, object]] = {
    "airway": {"yes": "unknown level", "no": "none"},
    "cystic": {"yes": "unknown kind", "no": "none"},
    "calcification_pattern": {"unknown": None},
}


def value_of(field: str, value: str) -> object:
    if field == "suspicious_features":
        return (value,)
    if field in KINDS:
        return KINDS[field].get(value, value)
    if field == "contrast" or field in TEXT:
        return value
    return value == "yes" if value in {"yes", "no"} else float(value)


def judged(row: Row) -> Assessment:
    """What the engine says of the row's nodule."""
    (_, nodule) = assess_case(row.case, row.context, guidelines=(row.guideline,)).assessments
    return nodule


def due_of(assessment: Assessment) -> str:
    if assessment.due is None:
        return ""
    first, last = assessment.due.from_months, assessment.due.to_months
    return str(first) if first == last else f"{first}-{last}"
