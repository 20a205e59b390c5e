"""Segments that our HL7 v2.5.1 messages share: MSH, PID, PV1, and who ordered what."""

from __future__ import annotations

from lianyi.station.destinations.config import Hl7Destination
from lianyi.station.destinations.facts import Facts
from lianyi.station.destinations.hl7_text import components, escaped, person, provider, segment, timestamp

SERVICE = components("24627-2", "CT Chest", "LN")
"""OBR-4: LOINC 24627-2, the display name shortened."""
_SEX = {"M": "M", "F": "F", "O": "O"}  # table 0001; DICOM's codes are the same


def msh(to: Hl7Destination, facts: Facts, *, kind: str, control_id: str) -> str:
    """Give MSH; *kind* is MSH-9, such as ``ORU^R01^ORU_R01``.

    MSH-11 is P (production); acknowledgement is of the original mode: MSH-15 and MSH-16 stay empty.
    """
    sender = (escaped(to.sending_application), escaped(to.sending_facility))
    receiver = (escaped(to.receiving_application), escaped(to.receiving_facility))
    fields = (*sender, *receiver, timestamp(facts.written), "", kind, control_id, "P", "2.5.1", "", "", "", "", "")
    return "MSH|^~\\&|" + "|".join((*fields, to.charset))


def pid(to: Hl7Destination, facts: Facts) -> str:
    """Give PID: number with who gave it (PID-3), name, birth date, sex."""
    authority = to.assigning_authority or facts.issuer
    number = components(facts.patient_id, "", "", authority, "PI" if authority else "")
    fields = ("1", "", number, "", person(facts.patient_name, to.charset), "", facts.birth_date)
    return segment("PID", *fields, _SEX.get(facts.sex, "U" if facts.sex else ""))


def pv1(to: Hl7Destination, facts: Facts) -> str:
    """Give PV1: the class of the visit is not known here (U), the referring physician where the images name one."""
    return segment("PV1", "1", "U", "", "", "", "", "", provider(facts.referring, to.charset))


def orc(facts: Facts, control: str, *, quantity_timing: str = "") -> str:
    """Give ORC with placer's (ORC-2) and filler's number (ORC-3: the accession number)."""
    numbers = (escaped(facts.placer_order), escaped(facts.accession))
    return segment("ORC", control, *numbers, "", "", "", quantity_timing)


def obr(to: Hl7Destination, facts: Facts, *, status: str, quantity_timing: str = "") -> str:
    """Give OBR: OBR-18 the accession number, OBR-19 the requested procedure, OBR-25 *status*, OBR-27 as given."""
    fields = [""] * 27
    fields[0] = "1"
    fields[1], fields[2] = escaped(facts.placer_order), escaped(facts.accession)
    fields[3] = SERVICE
    fields[6] = timestamp(facts.acquired)
    fields[15] = provider(facts.referring, to.charset)
    fields[17] = escaped(facts.accession)
    fields[18] = escaped(facts.procedure_id)
    fields[21] = timestamp(facts.written)
    fields[23] = "CT" if to.message == "report" else ""  # table 0074: CAT scan
    fields[24] = status
    fields[26] = quantity_timing
    return segment("OBR", *fields)
