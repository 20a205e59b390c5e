"""Where a nodule lies: its lobe by fissures seen or by typical anatomy, its neighbours, central or peripheral."""

from lianyi.lungct.locate.find import find_locations

__all__ = ["find_locations"]
