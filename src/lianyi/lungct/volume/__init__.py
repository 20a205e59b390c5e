"""From slices to a volume on its native grid, through the gates, and to the 1 mm working grid."""

from lianyi.lungct.volume.assemble import assemble
from lianyi.lungct.volume.resample import to_working_grid

__all__ = ["assemble", "to_working_grid"]
