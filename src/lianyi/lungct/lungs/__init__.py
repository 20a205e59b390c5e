"""Lung fields: which voxels are left lung, right lung, or neither; and how much of the lungs was not scanned."""

from lianyi.lungct.lungs.find import find_lungs

__all__ = ["find_lungs"]
