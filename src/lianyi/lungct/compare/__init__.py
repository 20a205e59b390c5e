"""A CT laid on a prior one of the same patient: nodules matched, growth measured, what cannot be told said.

Public: :func:`compare_chests`, :func:`require_prior_first`, :func:`require_one_patient`.
"""

from lianyi.lungct.compare.again import Measure
from lianyi.lungct.compare.chests import compare_chests
from lianyi.lungct.compare.pair import require_one_patient, require_prior_first

__all__ = ["Measure", "compare_chests", "require_one_patient", "require_prior_first"]
