"""Where nodules may be: the stage between the lung fields and the measuring.

Everything here answers one question, for one volume: which places deserve a look, and why.
"""

from lianyi.lungct.detect.classical import ClassicalDetector
from lianyi.lungct.detect.fallback import CLASSICAL_INSTEAD
from lianyi.lungct.detect.learned import LearnedDetector, Precision, RuntimeUnavailable

__all__ = ["CLASSICAL_INSTEAD", "ClassicalDetector", "LearnedDetector", "Precision", "RuntimeUnavailable"]
