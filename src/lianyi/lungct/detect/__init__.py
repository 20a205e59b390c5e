"""Where nodules may be: the stage between the lung fields and the measuring.

Everything here answers one question, for one volume: which places deserve a look, and why.
"""

from lianyi.lungct.detect.classical import ClassicalDetector

__all__ = ["ClassicalDetector"]
