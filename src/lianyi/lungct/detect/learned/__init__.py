"""Finding nodules with two small networks: one looks everywhere, the other again at the best places.

::

    lungs' box ─▶ image ─▶ propose ─▶ cells ─▶ peaks ─▶ cubes ─▶ refine ─▶ best of each place

OpenVINO is met in :mod:`.runtime` and nowhere else.
"""

from lianyi.lungct.detect.learned.detector import LearnedDetector
from lianyi.lungct.detect.learned.runtime import Precision, RuntimeUnavailable

__all__ = ["LearnedDetector", "Precision", "RuntimeUnavailable"]
