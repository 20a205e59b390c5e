"""Documents of a first look: findings.json, report in HTML and PDF, key images, provenance.

Public: :func:`write_documents`, :func:`write_failure`, :class:`RunRecord`, :class:`Ability`,
:class:`MeasuredSensitivity`, :class:`Findings`, :func:`title_of`; in one picture :func:`summary_of`,
:func:`summary_of_failure`, :func:`captioned`; of a comparison :func:`write_comparison`,
:func:`write_not_compared`, :func:`change_name`, :class:`Comparison`.
"""

from lianyi.lungct.report.answers import title_of
from lianyi.lungct.report.captions import captioned
from lianyi.lungct.report.comparison import Comparison
from lianyi.lungct.report.comparison_documents import write_comparison, write_not_compared
from lianyi.lungct.report.comparison_page import change_name
from lianyi.lungct.report.documents import write_documents, write_failure
from lianyi.lungct.report.findings import Findings
from lianyi.lungct.report.record import Ability, JsonValue, MeasuredSensitivity, RunRecord
from lianyi.lungct.report.summary import summary_of, summary_of_failure

__all__ = [
    "Ability",
    "Comparison",
    "Findings",
    "JsonValue",
    "MeasuredSensitivity",
    "RunRecord",
    "captioned",
    "change_name",
    "summary_of",
    "summary_of_failure",
    "title_of",
    "write_comparison",
    "write_documents",
    "write_failure",
    "write_not_compared",
]
