"""HL7 v2 as destination: the message is sent, and its acknowledgement decides."""

from __future__ import annotations

from dataclasses import dataclass

import hl7

from lianyi.station.destinations.config import Hl7Destination
from lianyi.station.destinations.facts import facts_of
from lianyi.station.destinations.hl7_priority import is_suspicious, priority_message
from lianyi.station.destinations.hl7_report import report_message
from lianyi.station.destinations.hl7_text import CODECS, encoded
from lianyi.station.destinations.mllp import exchange
from lianyi.station.destinations.package import NotDelivered, ObjectReceipt, Package, Receipt

_CONTROL_ID_LENGTH = 20  # MSH-10, HL7 v2.5.1: ST of 20 characters; 100 bits of SHA-256
# Table 0008: application and commit acknowledgements.
_TAKEN, _ERROR, _REJECTED = {"AA", "CA"}, {"AE", "CE"}, {"AR", "CR"}
# Table 0357.  A rejection means "not now" unless the receiver says that it does not know such messages; an error means
# "not like this" unless it was the receiver's own.
_UNSUPPORTED = {"200", "201", "202", "203"}  # message type, event, processing id, version
_PASSING = {"206", "207"}  # record locked, internal error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """MSA-1, MSA-2 and ERR-3.1; the receiver's free text is left out, for it may repeat the patient's name."""

    code: str
    control_id: str
    errors: frozenset[str]


def control_id_of(package: Package, to: Hl7Destination) -> str:
    """Give MSH-10: the same for the same package and kind of message, whoever sends it and however often."""
    return package.token(f"hl7 {to.message}", length=_CONTROL_ID_LENGTH)


def send_hl7(package: Package, to: Hl7Destination) -> Receipt:
    """Send the report, or the priority where the study calls for it.

    Raises:
        NotDelivered: it was not acknowledged.
    """
    facts = facts_of(package)
    if to.message == "priority" and not is_suspicious(facts, to):
        return Receipt(destination=to.name, is_needless=True)
    control_id = control_id_of(package, to)
    message = (
        priority_message(facts, to, control_id=control_id)
        if to.message == "priority"
        else report_message(package, facts, to, control_id=control_id)
    )
    answer = _read(exchange(encoded(message, to.charset), to), to)
    if answer.control_id != control_id:
        raise _refused(to, answer, "MSA-2", is_final=False)
    if answer.code not in _TAKEN:
        raise _refused(to, answer, answer.code, is_final=_is_final(answer))
    return Receipt(
        destination=to.name, reference=control_id, objects=(ObjectReceipt(what=to.message, said=answer.code),)
    )


def _is_final(answer: _Answer) -> bool:
    if answer.code in _ERROR:
        return not answer.errors & _PASSING
    return answer.code in _REJECTED and bool(answer.errors & _UNSUPPORTED)


def _read(block: bytes, to: Hl7Destination) -> _Answer:
    try:
        message = hl7.parse(block.decode(CODECS[to.charset], errors="replace"))
        msa = message.segment("MSA")
        errors = {str(field).split("^")[0] for field in _fields(message, "ERR", 3)}
        return _Answer(code=str(msa[1]).strip(), control_id=str(msa[2]).strip(), errors=frozenset(errors))
    except (hl7.HL7Exception, KeyError, IndexError, ValueError):
        raise NotDelivered(
            zh=f"{to.name}（{to.host}:{to.port}）的应答不是 HL7 确认消息；请确认端口属于 HL7 接口。",
            en=f"{to.name} ({to.host}:{to.port}) answered with no HL7 acknowledgement: "
            "check that the port is that of its HL7 interface.",
            is_final=False,
        ) from None


def _fields(message: hl7.Message, name: str, number: int) -> list[object]:
    try:
        segments = message.segments(name)
    except KeyError:
        return []
    return [one[number] for one in segments if len(one) > number]


def _refused(to: Hl7Destination, answer: _Answer, what: str, *, is_final: bool) -> NotDelivered:
    codes = ", ".join((what, *sorted(answer.errors)))
    zh = "请把代码交给 RIS 或接口平台的管理员" if is_final else "将以同一 MSH-10 重发"
    en = (
        "give the codes to the administrator of the RIS or interface engine"
        if is_final
        else "it will be sent again with the same MSH-10"
    )
    return NotDelivered(
        zh=f"{to.name}（{to.host}:{to.port}）未接收消息（{codes}）；{zh}。",
        en=f"{to.name} ({to.host}:{to.port}) did not take the message ({codes}): {en}.",
        is_final=is_final,
        objects=(ObjectReceipt(what=to.message, said=codes),),
    )
