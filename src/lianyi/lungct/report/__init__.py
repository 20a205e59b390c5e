"""Documents of a first look: findings.json, report in HTML and PDF, key images, provenance.

Public: :func:`write_documents`, :func:`write_failure`, :class:`RunRecord`, :class:`Ability`,
:class:`MeasuredSensitivity`, :class:`Findings`.
"""

from lianyi.lungct.report.documents import write_documents, write_failure
from lianyi.lungct.report.findings import Findings
from lianyi.lungct.report.record import Ability, JsonValue, MeasuredSensitivity, RunRecord

__all__ = [
    "Ability",
    "Findings",
    "JsonValue",
    "MeasuredSensitivity",
    "RunRecord",
    "write_documents",
    "write_failure",
]
