"""A higher place in the worklist for a suspicious study: ORM^O01 or OMI^O23, a change of an order that exists.

It rests on the suspicion rating alone.  Emergencies (pneumothorax, embolism, dissection…) are *not* looked for: no
message means nothing about urgency.  The order's other particulars are not repeated, so a receiver must be set to
take the priority only.
"""

from __future__ import annotations

from lianyi.station.destinations.config import Hl7Destination
from lianyi.station.destinations.facts import Facts
from lianyi.station.destinations.hl7_segments import msh, obr, orc, pid, pv1
from lianyi.station.destinations.hl7_text import components, escaped, segment
from lianyi.station.destinations.package import NotDelivered
from lianyi.station.destinations.wording import highest_suspicion

_CHANGE = "XO"  # table 0119: change order; IHE Radiology's procedure update (RAD-13) uses it too
_CODE = ("LIANYI-SUSPICION", "Suspicion rating, opinion, 1 to 5", "L")


def is_suspicious(facts: Facts, to: Hl7Destination) -> bool:
    """Tell whether a nodule reaches the site's limit."""
    highest = highest_suspicion(facts.findings)
    return highest is not None and to.suspicion_from is not None and highest >= to.suspicion_from


def priority_message(facts: Facts, to: Hl7Destination, *, control_id: str) -> str:
    """Give the message, segments ended by a carriage return.

    Raises:
        NotDelivered: the study has no accession number, so the order is not known; or the name cannot be encoded.
    """
    if not facts.accession:
        raise NotDelivered(
            zh="该检查没有检查号（AccessionNumber），无法在工作列表中提高优先级；请人工处理。",
            en="The study has no accession number, so its place in the worklist cannot be raised: do it by hand.",
            is_final=True,
        )
    lines = _omi(facts, to, control_id) if to.structure == "OMI" else _orm(facts, to, control_id)
    return "\r".join(lines) + "\r"


def _orm(facts: Facts, to: Hl7Destination, control_id: str) -> list[str]:
    # ORC-7.6 and OBR-27.6: v2.5.1 keeps them for backward compatibility, and ORM^O01 has no TQ1.
    timing = f"^^^^^{to.priority}"
    return [
        msh(to, facts, kind="ORM^O01^ORM_O01", control_id=control_id),
        pid(to, facts),
        pv1(to, facts),
        orc(facts, _CHANGE, quantity_timing=timing),
        obr(to, facts, status="", quantity_timing=timing),
        _reason(facts),
    ]


def _omi(facts: Facts, to: Hl7Destination, control_id: str) -> list[str]:
    return [
        msh(to, facts, kind="OMI^O23^OMI_O23", control_id=control_id),
        pid(to, facts),
        pv1(to, facts),
        orc(facts, _CHANGE),
        segment("TQ1", "1", *[""] * 7, to.priority),
        obr(to, facts, status=""),
        _reason(facts),
        # IPC-1 accession, IPC-2 requested procedure, IPC-3 study UID, IPC-4 scheduled step (required; not known here)
        segment("IPC", *_ipc(facts)),
    ]


def _ipc(facts: Facts) -> tuple[str, ...]:
    procedure = facts.procedure_id or facts.accession
    return (escaped(facts.accession), escaped(procedure), escaped(facts.study_uid), escaped(procedure), "CT")


def _reason(facts: Facts) -> str:
    rating = highest_suspicion(facts.findings)
    return segment("OBX", "1", "NM", components(*_CODE), "", f"{rating:.1f}", "", "", "", "", "", "P")
