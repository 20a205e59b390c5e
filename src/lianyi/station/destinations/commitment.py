"""Storage commitment as its user (PS3.4, annex J): ask the receiver to promise to keep what it was sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID, generate_uid
from pynetdicom import AE, evt
from pynetdicom.events import Event
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance  # type: ignore[attr-defined]

from lianyi.station.destinations.association import association
from lianyi.station.destinations.config import Commitment, DicomDestination
from lianyi.station.destinations.objects import DicomObject
from lianyi.station.destinations.package import NotDelivered

_ASK = 1  # PS3.4, table J.3.2-1: action type "request storage commitment"
_SUCCESS = 0x0000


def commit(objects: tuple[DicomObject, ...], peer: DicomDestination, wanted: Commitment) -> str:
    """Give the transaction UID under which the receiver promised to keep all objects.

    Raises:
        NotDelivered: it did not promise in time, or not for all of them.
    """
    transaction = generate_uid(prefix=None)
    answers: Queue[Dataset] = Queue()

    def take(event: Event) -> tuple[int, None]:
        # PS3.4, section J.3.3: event type 1 complete, 2 failures exist; the list of failures says it as well.
        answers.put(event.event_information)
        return _SUCCESS, None

    handlers = [(evt.EVT_N_EVENT_REPORT, take)]
    with (
        _listening(peer, wanted, handlers),
        association(peer, [build_context(StorageCommitmentPushModel)], handlers=handlers) as asked,
    ):
        status, _ = asked.send_n_action(
            _request(objects, transaction), _ASK, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
        )
        if status.get("Status") != _SUCCESS:
            raise _not_committed(peer, f"N-ACTION {status.get('Status', 'no answer')}", is_final=False)
        if wanted.listen_port is not None:
            asked.release()  # PS3.4, J.3.3.2: the answer then comes on an association of the receiver's own
        answer = _await(answers, transaction, wanted.wait_s, peer)
    failed = answer.get("FailedSOPSequence") or []
    if failed:
        reasons = ", ".join(sorted({f"{int(one.get('FailureReason', 0)):04X}" for one in failed}))
        raise _not_committed(peer, f"{len(failed)}: {reasons}", is_final=False)
    promised = {one.ReferencedSOPInstanceUID for one in answer.get("ReferencedSOPSequence") or []}
    if not {one.sop_instance for one in objects} <= promised:
        raise _not_committed(peer, "ReferencedSOPSequence", is_final=False)
    return transaction


def _request(objects: Iterable[DicomObject], transaction: UID) -> Dataset:
    request = Dataset()
    request.TransactionUID = transaction
    request.ReferencedSOPSequence = []
    for one in objects:
        item = Dataset()
        item.ReferencedSOPClassUID = one.sop_class
        item.ReferencedSOPInstanceUID = one.sop_instance
        request.ReferencedSOPSequence.append(item)
    return request


@contextmanager
def _listening(peer: DicomDestination, wanted: Commitment, handlers: list[Any]) -> Iterator[None]:
    """Take associations of the receiver's own while its answer is awaited."""
    if wanted.listen_port is None:
        yield
        return
    ae = AE(ae_title=peer.calling_ae)
    # The receiver opens the association and yet is the SCP: the roles are exchanged (PS3.7, D.3.3.4).
    ae.add_supported_context(StorageCommitmentPushModel, scu_role=False, scp_role=True)
    ae.add_supported_context("1.2.840.10008.1.1")  # verification: receivers try it first
    try:
        server = ae.start_server(("", wanted.listen_port), block=False, evt_handlers=handlers)
    except OSError:
        raise NotDelivered(
            zh=f"端口 {wanted.listen_port} 已被占用，无法等待存储承诺；请换一个 listen_port。",
            en=f"Port {wanted.listen_port} is taken, so no storage commitment can be awaited: set another listen_port.",
            is_final=False,
        ) from None
    assert server is not None  # as it is asked not to block
    try:
        yield
    finally:
        server.shutdown()


def _await(answers: Queue[Dataset], transaction: UID, wait_s: float, peer: DicomDestination) -> Dataset:
    try:
        answer = answers.get(timeout=wait_s)
        while answer.get("TransactionUID") != transaction:  # a late answer to an earlier request
            answer = answers.get(timeout=wait_s)
    except Empty:
        raise _not_committed(peer, f"{wait_s:g} s", is_final=False) from None
    return answer


def _not_committed(peer: DicomDestination, why: str, *, is_final: bool) -> NotDelivered:
    return NotDelivered(
        zh=f"{peer.called_ae} 接收了对象，但未作存储承诺（{why}）；请检查对方的存储承诺设置，或去掉 commitment。",
        en=f"{peer.called_ae} took the objects but gave no storage commitment ({why}): "
        "check its settings for storage commitment, or remove commitment.",
        is_final=is_final,
    )
