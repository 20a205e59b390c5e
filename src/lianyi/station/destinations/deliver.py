"""One package to one destination, once."""

from __future__ import annotations

from typing import assert_never

from lianyi.station.destinations.config import (
    Destination,
    DicomDestination,
    FhirDestination,
    FolderDestination,
    Hl7Destination,
    StowDestination,
)
from lianyi.station.destinations.package import Package, Receipt


def deliver(package: Package, destination: Destination) -> Receipt:
    """Give what the receiver said when it was handed the package.

    Delivering the same package again is safe: SOP Instance UIDs, MSH-10 and FHIR identifiers stay the same.

    Raises:
        NotDelivered: it was not taken, or nobody knows; says whether trying again can help.
    """
    # Each protocol's libraries are imported where that protocol is spoken, so that none waits for the others'.
    match destination:
        case DicomDestination():
            from lianyi.station.destinations.dicom import send_dicom  # noqa: PLC0415 -- see above

            return send_dicom(package, destination)
        case StowDestination():
            from lianyi.station.destinations.stow import send_stow  # noqa: PLC0415 -- see above

            return send_stow(package, destination)
        case FolderDestination():
            from lianyi.station.destinations.folder import send_folder  # noqa: PLC0415 -- see above

            return send_folder(package, destination)
        case Hl7Destination():
            from lianyi.station.destinations.hl7 import send_hl7  # noqa: PLC0415 -- see above

            return send_hl7(package, destination)
        case FhirDestination():
            from lianyi.station.destinations.fhir import send_fhir  # noqa: PLC0415 -- see above

            return send_fhir(package, destination)
        case _:
            assert_never(destination)
