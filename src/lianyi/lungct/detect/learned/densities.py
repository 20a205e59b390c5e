"""From the network's three shares to one density class.

The classes lie in order: ground-glass, part-solid, solid; the readers' texture, of which they were learnt, is a mean
of ratings along it.  So the shares are read as a place on that line, and the line is cut in two places.  Taking the
likeliest class would hardly ever say part-solid, the rarest of the three.
"""

from __future__ import annotations

from lianyi.lungct.domain.nodule import Density

IN_ORDER = (Density.GROUND_GLASS, Density.PART_SOLID, Density.SOLID)
Shares = tuple[float, float, float]
Cuts = tuple[float, float]


def place_of(shares: Shares) -> float:
    """Give the place between ground-glass (0) and solid (2)."""
    return shares[1] + 2.0 * shares[2]


def class_of(shares: Shares, cuts: Cuts) -> Density:
    """Give ground-glass below the first cut, part-solid between them, solid from the second on."""
    place = place_of(shares)
    return IN_ORDER[int(place >= cuts[0]) + int(place >= cuts[1])]
