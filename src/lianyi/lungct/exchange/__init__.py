"""The JSON documents that are shared: nodules and context in, assessments out; each with its JSON Schema beside it.

``findings.json`` holds the same assessments, so the parts live here and not in one stage.
"""

from __future__ import annotations

from lianyi.lungct.exchange.assessments import AssessmentDocument, AssessmentPart, RiskPart, write_assessments
from lianyi.lungct.exchange.context import ContextDocument
from lianyi.lungct.exchange.errors import NotAssessable
from lianyi.lungct.exchange.reading import Reading, read_case, read_context

__all__ = [
    "AssessmentDocument",
    "AssessmentPart",
    "ContextDocument",
    "NotAssessable",
    "Reading",
    "RiskPart",
    "read_case",
    "read_context",
    "write_assessments",
]
