"""Can each destination be reached, and is what is sent found again?  For ``lianyi doctor --peers``."""

from lianyi.station.peers.check import PeerCheck
from lianyi.station.peers.examine import examine_peers

__all__ = ["PeerCheck", "examine_peers"]
