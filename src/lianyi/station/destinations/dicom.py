"""C-STORE of a package to a DICOM node; each object's status is read."""

from __future__ import annotations

from pynetdicom.association import Association

from lianyi.station.destinations.association import association, contexts_for
from lianyi.station.destinations.commitment import commit
from lianyi.station.destinations.config import DicomDestination
from lianyi.station.destinations.objects import DicomObject, objects_of
from lianyi.station.destinations.package import NotDelivered, ObjectReceipt, Package, Receipt

# PS3.4, table B.2-1, and PS3.7, annex C: statuses after which the same object will be refused again.
# A9xx: data set does not match SOP class; Cxxx: cannot understand; 0122: SOP class not supported;
# 0124: not authorised; 0117: invalid object instance; 0112, 0106, 0120: the data set is not acceptable.
_FINAL = {0x0106, 0x0112, 0x0117, 0x0120, 0x0122, 0x0124}
# PS3.7, annex C: duplicate SOP Instance.  Some receivers say so of a repeat, which keeps its UID: they have it.
_HAS_IT = 0x0111
_NO_ANSWER = "no answer"
_NO_CONTEXT = "no presentation context"


def send_dicom(package: Package, destination: DicomDestination) -> Receipt:
    """Send the objects over one association, then ask for storage commitment where the destination wants it.

    Raises:
        NotDelivered: not every object was taken, or the receiver did not promise to keep them.
    """
    objects = objects_of(package, leave_out=destination.leave_out)
    contexts = contexts_for((one.sop_class, one.transfer_syntax) for one in objects)
    with association(destination, contexts) as peer:
        answers = tuple(_store(peer, one) for one in objects)
    missing = [answer for answer in answers if not _is_stored(answer)]
    if missing:
        raise _not_stored(destination, answers, missing)
    reference = ""
    if destination.commitment:
        reference = commit(objects, destination, destination.commitment)
    return Receipt(
        destination=destination.name,
        reference=reference,
        objects=answers,
        is_committed=destination.commitment is not None,
    )


def _store(peer: Association, one: DicomObject) -> ObjectReceipt:
    if not peer.is_established:
        return ObjectReceipt(what=one.sop_instance, said=_NO_ANSWER)
    try:
        answer = peer.send_c_store(one.path)
    except ValueError:  # pynetdicom: no accepted context suits this SOP class and transfer syntax
        return ObjectReceipt(what=one.sop_instance, said=_NO_CONTEXT)
    except RuntimeError:  # the association ended before the object was sent
        return ObjectReceipt(what=one.sop_instance, said=_NO_ANSWER)
    status = answer.get("Status")
    if status is None:  # aborted, timed out, or an invalid answer
        return ObjectReceipt(what=one.sop_instance, said=_NO_ANSWER)
    return ObjectReceipt(what=one.sop_instance, said=f"{int(status):04X}", is_warning=int(status) != 0)


def _is_stored(answer: ObjectReceipt) -> bool:
    """Success (0000), stored with a warning (Bxxx), or already there."""
    if answer.said in {_NO_ANSWER, _NO_CONTEXT}:
        return False
    status = int(answer.said, 16)
    return status in {0x0000, 0x0001, 0x0107, 0x0116, _HAS_IT} or 0xB000 <= status <= 0xBFFF


def _is_final(answer: ObjectReceipt) -> bool:
    if answer.said == _NO_CONTEXT:
        return True
    if answer.said == _NO_ANSWER:
        return False
    status = int(answer.said, 16)
    return status in _FINAL or 0xA900 <= status <= 0xA9FF or 0xC000 <= status <= 0xCFFF


def _not_stored(
    destination: DicomDestination, answers: tuple[ObjectReceipt, ...], missing: list[ObjectReceipt]
) -> NotDelivered:
    said = ", ".join(sorted({answer.said for answer in missing}))
    is_final = all(_is_final(answer) for answer in missing)
    what_zh = (
        "请确认对方支持这些对象类型（或用 leave_out 略去）"
        if is_final
        else f"将重试；请检查对方的磁盘空间和运行状况，以及是否已登记 AE 标题 {destination.calling_ae}"
    )
    what_en = (
        "check that it takes these kinds of objects, or leave them out (leave_out)"
        if is_final
        else f"it will be tried again; check its disk, that it runs and that it knows {destination.calling_ae}"
    )
    return NotDelivered(
        zh=f"{destination.called_ae} 未接收 {len(answers)} 个对象中的 {len(missing)} 个（{said}）；{what_zh}。",
        en=f"{destination.called_ae} did not take {len(missing)} of {len(answers)} objects ({said}): {what_en}.",
        is_final=is_final,
        objects=answers,
    )
