"""How well places are marked: FROC by LUNA16's rule, and whether a probability means what it says.

::

    chests, nodules, marks ──▶ matching ──▶ curve ──▶ resampling ──▶ Froc ──▶ table, JSON, CSV, SVG
    probabilities, outcomes ─────────────────────────────────────▶ Reliability ──▶ SVG

:func:`froc` and :func:`reliability` are pure: lists in, numbers out, and the order of a list never matters.
Reading and writing stand apart.  Only the words of :mod:`lianyi.lungct.domain` are shared with the engine,
so that whatever made the marks can be measured, Lianyi or another.
"""

from lianyi.evaluate.curve import AtProbability, Curve
from lianyi.evaluate.errors import NotMeasurable
from lianyi.evaluate.froc import RATES, Froc, FrocPart, froc
from lianyi.evaluate.lists import Chest, Mark, TrueNodule
from lianyi.evaluate.matching import Verdict
from lianyi.evaluate.reliability import Binning, Reliability, ReliabilityBin, reliability
from lianyi.evaluate.resampling import Interval

__all__ = [
    "RATES",
    "AtProbability",
    "Binning",
    "Chest",
    "Curve",
    "Froc",
    "FrocPart",
    "Interval",
    "Mark",
    "NotMeasurable",
    "Reliability",
    "ReliabilityBin",
    "TrueNodule",
    "Verdict",
    "froc",
    "reliability",
]
