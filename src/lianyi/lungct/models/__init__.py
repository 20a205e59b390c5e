"""The detector's weights as shipped: ONNX files, and ``manifest.json`` that says what they are and what they reach.

While this folder holds no manifest there are no weights, and :func:`shipped_weights` says so.
"""

from lianyi.lungct.models.manifest import Calibration, Manifest, MeasuredPoint
from lianyi.lungct.models.weights import Weights, read_weights, shipped_weights

__all__ = ["Calibration", "Manifest", "MeasuredPoint", "Weights", "read_weights", "shipped_weights"]
