"""The lungs as a whole: emphysema index, and what is large, no nodule, and another's task."""

from lianyi.lungct.whole_lung.describe import describe_whole_lung

__all__ = ["describe_whole_lung"]
