"""An answer as DICOM objects of the study it answers: SR, SEG, GSPS, pictures, PDF; and the report once signed.

Public: :func:`write_objects`, :func:`clear_objects`, :class:`Answered`, :class:`ResultIdentity`, :class:`Pictures`,
:class:`Failure`, :func:`verified_report`, :class:`Signature`, :func:`content_tree`.
"""

from lianyi.lungct.objects.content_tree import content_tree
from lianyi.lungct.objects.ending import Failure
from lianyi.lungct.objects.header import Answered
from lianyi.lungct.objects.identity import ResultIdentity
from lianyi.lungct.objects.verified import Signature, verified_report
from lianyi.lungct.objects.write import Pictures, clear_objects, write_objects

__all__ = [
    "Answered",
    "Failure",
    "Pictures",
    "ResultIdentity",
    "Signature",
    "clear_objects",
    "content_tree",
    "verified_report",
    "write_objects",
]
