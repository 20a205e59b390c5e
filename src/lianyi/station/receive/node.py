"""The DICOM node: verification and storage; the door of pynetdicom.

What an association may be, who may open it and what it may send is settled before its first instance.  No instance,
however malformed, gets further than a status code and an event.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Any, Final, cast

from pydicom import uid
from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, AllStoragePresentationContexts, build_context, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import encode_file_meta
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import ThreadedAssociationServer

from lianyi.station.config import Peer, StationConfig
from lianyi.station.events import EventLog
from lianyi.station.metrics import Metrics
from lianyi.station.receive.complete import Completion
from lianyi.station.receive.heading import Malformed, read_heading
from lianyi.station.receive.keep import Arrival, DiskFull, Keeper, Kept, Rejections
from lianyi.station.receive.peers import Caller, Unwelcome, admit
from lianyi.station.receive.syntaxes import KEPT_CLASSES, READABLE_SYNTAXES

# DICOM PS3.4 2024e, table B.2-1, and PS3.7 2024e, annex C: statuses of C-STORE.
SUCCESS: Final = 0x0000
OUT_OF_RESOURCES: Final = 0xA700
OTHER_THAN_ITS_CLASS: Final = 0xA900
CANNOT_UNDERSTAND: Final = 0xC000
KEPT_OTHERWISE: Final = 0xB000  # a warning: what is stored is not what was sent

LARGEST_PDU: Final = 262_144  # bytes; an engineering choice: large enough to be fast, small enough to bound memory
_REQUEST_S: Final = 10  # within which who connects must ask for an association; an engineering choice
_PREAMBLE: Final = b"\0" * 128 + b"DICM"  # DICOM PS3.10 2024e, section 7.1

_VERIFICATION: Final = build_context(uid.UID("1.2.840.10008.1.1"), list(READABLE_SYNTAXES[:2]))
_KEPT: Final = [build_context(kept, list(READABLE_SYNTAXES)) for kept in KEPT_CLASSES]
_DISCARDED: Final = [
    build_context(cast("uid.UID", context.abstract_syntax), ALL_TRANSFER_SYNTAXES)
    for context in AllStoragePresentationContexts
    if context.abstract_syntax not in KEPT_CLASSES
]


def contexts_for(peer: Peer) -> list[PresentationContext]:
    """Give what a peer may propose; storage commitment is not among it: we promise no safekeeping."""
    return [_VERIFICATION, *_KEPT, *(_DISCARDED if peer.other_classes == "discard" else [])]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeParts:
    """What the node works with."""

    config: StationConfig
    keeper: Keeper
    rejections: Rejections
    completion: Completion
    log: EventLog
    metrics: Metrics
    tls: ssl.SSLContext | None


@dataclass(slots=True)
class Visit:
    """An open association: who it is, and how many instances it brought."""

    peer: str
    new: int = 0
    same: int = 0

    def add(self, kept: Kept) -> None:
        """Count one instance."""
        if kept is Kept.NEW:
            self.new += 1
        else:
            self.same += 1


class Node:
    """Listens until it is stopped.

    Attributes:
        port: of plain connections, as bound; None where none are taken.
        tls_port: the same for TLS.
    """

    def __init__(self, parts: NodeParts) -> None:
        self._parts = parts
        self._visits: dict[int, Visit] = {}
        dicom = parts.config.dicom
        self._ae = AE(ae_title=dicom.ae_title)
        self._ae.supported_contexts = [_VERIFICATION]  # each association is given its peer's own
        self._ae.maximum_associations = dicom.max_associations
        self._ae.maximum_pdu_size = LARGEST_PDU
        self._ae.network_timeout = dicom.idle_timeout_s
        self._ae.acse_timeout = _REQUEST_S
        self._ae.dimse_timeout = dicom.idle_timeout_s
        self._servers: list[ThreadedAssociationServer] = []
        self.port: int | None = None
        self.tls_port: int | None = None

    def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: a port is taken or not allowed.
        """
        dicom = self._parts.config.dicom
        if dicom.port is not None:
            self.port = self._listen(dicom.port, None)
        if dicom.tls_port is not None:
            self.tls_port = self._listen(dicom.tls_port, self._parts.tls)

    def stop(self) -> None:
        """Take no more associations, and abort those that are open: their senders will try again."""
        for server in self._servers:
            server.shutdown()
        self._ae.shutdown()

    @property
    def associations(self) -> int:
        """How many are open."""
        return len(self._ae.active_associations)

    def _listen(self, port: int, tls: ssl.SSLContext | None) -> int:
        handlers: list[evt.EventHandlerType] = [
            (evt.EVT_REQUESTED, self._requested),
            (evt.EVT_C_ECHO, self._echoed),
            (evt.EVT_C_STORE, self._stored),
            (evt.EVT_RELEASED, self._released),
            (evt.EVT_ABORTED, self._broke_off),
            (evt.EVT_CONN_CLOSE, self._broke_off),
        ]
        server = self._ae.start_server(
            (self._parts.config.dicom.bind, port), block=False, ssl_context=tls, evt_handlers=handlers
        )
        server = cast("ThreadedAssociationServer", server)
        self._servers.append(server)
        return int(server.server_address[1])

    def _requested(self, event: Event) -> None:
        assoc = event.assoc
        caller = _caller_of(assoc)
        try:
            peer = admit(caller, self._parts.config)
        except Unwelcome as unwelcome:
            self._parts.log.write("association refused", peer=caller.ae_title, reason=unwelcome.reason)
            self._parts.rejections.count(peer=caller.ae_title, reason=unwelcome.reason)
            assoc.acse.send_reject(*unwelcome.answer)
            assoc.kill()
            return
        self._visits[id(assoc)] = Visit(peer.ae_title)
        assoc.acceptor.supported_contexts = contexts_for(peer)
        self._parts.log.write("association opened", peer=caller.ae_title, tls=caller.is_encrypted)

    def _echoed(self, event: Event) -> int:
        self._parts.log.write("echo", peer=_title_of(event.assoc))
        return SUCCESS

    def _stored(self, event: Event) -> int:
        """Answer a C-STORE; whatever happens, an answer."""
        peer = _title_of(event.assoc)
        sop_class = str(cast("C_STORE", event.request).AffectedSOPClassUID or "")
        if uid.UID(sop_class) not in KEPT_CLASSES:
            self._refuse(peer, "another class: accepted and discarded", sop_class)
            return SUCCESS
        try:
            return self._keep(event, peer, sop_class)
        except Malformed as malformed:
            self._refuse(peer, malformed.reason, sop_class)
            return CANNOT_UNDERSTAND
        except DiskFull:
            self._refuse(peer, "the disk is nearly full", sop_class)
            return OUT_OF_RESOURCES
        except OSError as error:
            self._refuse(peer, f"the disk did not take it: {error.strerror or type(error).__name__}", sop_class)
            return OUT_OF_RESOURCES
        except Exception as error:  # noqa: BLE001 -- the last door: the node goes on, the sender keeps its instance
            self._refuse(peer, f"fault: {type(error).__name__}", sop_class)
            return OUT_OF_RESOURCES

    def _keep(self, event: Event, peer: str, sop_class: str) -> int:
        request = cast("C_STORE", event.request)
        data = request.DataSet
        dataset = data.getvalue() if data is not None else b""
        if len(dataset) > self._parts.config.dicom.max_instance_mb * 1_000_000:
            raise Malformed("larger than max_instance_mb")
        arrival = Arrival(
            head=_PREAMBLE + encode_file_meta(event.file_meta),
            dataset=dataset,
            transfer_syntax=str(event.context.transfer_syntax),
            peer=peer,
        )
        heading = read_heading(arrival.dataset, arrival.transfer_syntax)
        if heading.sop_class_uid != sop_class or heading.sop_uid != str(request.AffectedSOPInstanceUID):
            self._refuse(peer, "request and dataset name another class or instance", sop_class)
            return OTHER_THAN_ITS_CLASS
        kept = self._parts.keeper.keep(arrival, heading)
        self._parts.completion.slice_came(heading.study_uid, id(event.assoc))
        if kept is Kept.OTHER_CONTENT:
            self._refuse(peer, kept.value, sop_class)
            return KEPT_OTHERWISE
        self._parts.metrics.kept(is_new=kept is Kept.NEW, size_bytes=len(dataset))
        self._visits[id(event.assoc)].add(kept)
        return SUCCESS

    def _refuse(self, peer: str, reason: str, sop_class: str) -> None:
        self._parts.metrics.refused(reason)
        self._parts.log.write("instance not kept", peer=peer, reason=reason, sop_class=sop_class[:64])
        try:
            self._parts.rejections.count(peer=peer, reason=reason, sop_class_uid=sop_class)
        except Exception as error:  # noqa: BLE001 -- a full disk must not keep the answer from the sender
            self._parts.log.write("rejection not counted", kind=type(error).__name__)

    def _released(self, event: Event) -> None:
        self._end(event.assoc, as_it_should=True)

    def _broke_off(self, event: Event) -> None:
        if event.event is evt.EVT_CONN_CLOSE and event.assoc.requestor.primitive is None:
            # Closed before it asked for anything, as a monitor's probe is: pynetdicom 3.0.4 would keep its thread, and
            # its place among the associations, until the time-out.  Nothing, instead of a request, ends it.
            cast("Any", event.assoc.dul.to_user_queue).put(None)
        self._end(event.assoc, as_it_should=False)

    def _end(self, assoc: Any, *, as_it_should: bool) -> None:  # noqa: ANN401 -- pynetdicom's Association
        self._parts.completion.sender_ended(id(assoc), as_it_should=as_it_should)
        visit = self._visits.pop(id(assoc), None)
        if visit is not None:
            self._parts.log.write(
                "association ended", peer=_title_of(assoc), as_it_should=as_it_should, new=visit.new, same=visit.same
            )


def _title_of(assoc: Any) -> str:  # noqa: ANN401 -- pynetdicom's Association
    return str(assoc.requestor.primitive.calling_ae_title).strip() if assoc.requestor.primitive else "?"


def _caller_of(assoc: Any) -> Caller:  # noqa: ANN401 -- the same
    primitive = assoc.requestor.primitive
    connection = assoc.dul.socket.socket
    is_encrypted = isinstance(connection, ssl.SSLSocket)
    return Caller(
        ae_title=str(primitive.calling_ae_title).strip(),
        called_title=str(primitive.called_ae_title).strip(),
        address=str(assoc.requestor.address).removeprefix("::ffff:"),  # IPv4 as an IPv6 socket tells it
        is_encrypted=is_encrypted,
        is_certified=is_encrypted and bool(connection.getpeercert()),
    )
