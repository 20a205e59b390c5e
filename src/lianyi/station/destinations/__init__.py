"""Where results go, and how one package gets to one destination.

:func:`deliver` tries once and says how it ended; trying again, and remembering what is still to be sent, is the
outbox's business.  Whatever is sent twice carries the same identity twice, so that a receiver can tell.
"""

from lianyi.station.destinations.config import (
    Destination,
    DicomDestination,
    FhirDestination,
    FolderDestination,
    Hl7Destination,
    StowDestination,
)
from lianyi.station.destinations.config_file import read_destinations
from lianyi.station.destinations.deliver import deliver
from lianyi.station.destinations.package import NotDelivered, ObjectReceipt, Package, Receipt

__all__ = [
    "Destination",
    "DicomDestination",
    "FhirDestination",
    "FolderDestination",
    "Hl7Destination",
    "NotDelivered",
    "ObjectReceipt",
    "Package",
    "Receipt",
    "StowDestination",
    "deliver",
    "read_destinations",
]
