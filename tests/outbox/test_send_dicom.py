"""C-STORE and storage commitment against Debian's Orthanc and dcmtk's storescp, TLS included."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pynetdicom import AE, evt
from pynetdicom.presentation import AllStoragePresentationContexts
from pynetdicom.sop_class import StorageCommitmentPushModel

from lianyi.station.destinations import DicomDestination, NotDelivered, Package, deliver
from outbox_peers import Orthanc, StoreScp, TlsFiles, free_port, storescp_running


def to_orthanc(peer: Orthanc, **more: Any) -> DicomDestination:
    settings = {"name": "pacs", "kind": "dicom", "host": "127.0.0.1", "port": peer.dicom_port, "called_ae": "ORTHANC"}
    return DicomDestination.model_validate({**settings, "timeout_s": 20, **more})


def to_storescp(port: int, **more: Any) -> DicomDestination:
    settings = {"name": "store", "kind": "dicom", "host": "127.0.0.1", "port": port, "called_ae": "STORESCP"}
    return DicomDestination.model_validate({**settings, "timeout_s": 20, **more})


def uids_of(package: Package) -> set[str]:
    return {pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID for path in package.objects}


def test_orthanc_holds_each_object_after_one_delivery_and_no_more_after_three(
    package: Package, orthanc: Orthanc
) -> None:
    receipts = [deliver(package, to_orthanc(orthanc)) for _ in range(3)]

    assert orthanc.instances() == uids_of(package)
    for receipt in receipts:
        assert {one.what for one in receipt.objects} == uids_of(package)
        assert {one.said for one in receipt.objects} == {"0000"}


def test_kinds_that_are_left_out_are_not_sent(package: Package, orthanc: Orthanc) -> None:
    deliver(package, to_orthanc(orthanc, leave_out=["sr", "seg"]))

    assert len(orthanc.instances()) == len(package.objects) - 2


def test_orthanc_promises_to_keep_the_objects_on_an_association_of_its_own(package: Package, orthanc: Orthanc) -> None:
    commitment = {"listen_port": orthanc.commitment_port, "wait_s": 60}

    receipt = deliver(package, to_orthanc(orthanc, commitment=commitment))

    assert receipt.is_committed
    assert receipt.reference.startswith("2.25.")


def test_a_calling_ae_that_orthanc_does_not_know_is_named(package: Package, orthanc: Orthanc) -> None:
    with pytest.raises(NotDelivered) as error:
        deliver(package, to_orthanc(orthanc, calling_ae="NOBODY", timeout_s=3))

    assert orthanc.instances() == set()
    assert "NOBODY" in error.value.zh
    assert "NOBODY" in error.value.en


def test_a_wrong_called_ae_is_final_and_says_so(package: Package, orthanc: Orthanc) -> None:
    """Orthanc hangs up at once after rejecting, and pynetdicom then misses 7 in 100 rejections: those are retried."""
    for _ in range(20):
        with pytest.raises(NotDelivered, match=r"AE title|not recognised") as error:
            deliver(package, to_orthanc(orthanc, called_ae="WRONG"))
        if error.value.is_final:
            break

    assert error.value.is_final
    assert "not recognised" in error.value.en


def test_a_pacs_that_is_down_is_tried_again(package: Package) -> None:
    with pytest.raises(NotDelivered, match="cannot be reached") as error:
        deliver(package, to_storescp(free_port()))

    assert not error.value.is_final


def test_what_storescp_writes_is_the_object_that_was_sent(package: Package, storescp: StoreScp) -> None:
    deliver(package, to_storescp(storescp.port))

    received = {pydicom.dcmread(path).SOPInstanceUID: pydicom.dcmread(path) for path in storescp.received()}
    for path in package.objects:
        sent = pydicom.dcmread(path)
        assert received[sent.SOPInstanceUID] == sent
        assert str(received[sent.SOPInstanceUID].PatientName) == str(sent.PatientName)


def test_a_receiver_that_aborts_half_way_is_tried_again(package: Package, tmp_path: Path) -> None:
    with storescp_running(tmp_path / "aborting", "--abort-after") as peer, pytest.raises(NotDelivered) as error:
        deliver(package, to_storescp(peer.port, timeout_s=3))

    assert not error.value.is_final
    assert {one.said for one in error.value.objects} == {"no answer"}


@pytest.mark.parametrize(
    ("status", "is_final"), [(0xA700, False), (0xA900, True), (0xC000, True), (0x0122, True), (0x0110, False)]
)
def test_the_status_of_a_refused_object_decides_whether_it_is_tried_again(
    package: Package, status: int, *, is_final: bool
) -> None:
    with store_scp_answering(lambda _: status) as port, pytest.raises(NotDelivered) as error:
        deliver(package, to_storescp(port))

    assert error.value.is_final is is_final
    assert {one.said for one in error.value.objects} == {f"{status:04X}"}


@pytest.mark.parametrize("status", [0xB000, 0xB006, 0x0111])
def test_a_warning_or_a_duplicate_counts_as_delivered(package: Package, status: int) -> None:
    with store_scp_answering(lambda _: status) as port:
        receipt = deliver(package, to_storescp(port))

    assert all(one.is_warning for one in receipt.objects)


def test_a_class_that_the_receiver_does_not_take_is_final(package: Package) -> None:
    with store_scp_answering(lambda _: 0, without="1.2.840.10008.5.1.4.1.1.66.4") as port:
        with pytest.raises(NotDelivered, match="1 of 4") as error:
            deliver(package, to_storescp(port))
        receipt = deliver(package, to_storescp(port, leave_out=["seg"]))

    assert error.value.is_final
    assert sorted(one.said for one in error.value.objects) == ["0000", "0000", "0000", "no presentation context"]
    assert len(receipt.objects) == 3


def test_commitment_on_the_same_association_is_awaited_there(package: Package) -> None:
    with committing_scp(fail=0) as port:
        receipt = deliver(package, to_storescp(port, commitment={"wait_s": 30}))

    assert receipt.is_committed


def test_commitment_that_fails_for_one_object_is_no_delivery(package: Package) -> None:
    with committing_scp(fail=1) as port, pytest.raises(NotDelivered, match="1: 0112"):
        deliver(package, to_storescp(port, commitment={"wait_s": 30}))


def test_commitment_that_never_comes_is_no_delivery(package: Package) -> None:
    with committing_scp(fail=None) as port, pytest.raises(NotDelivered, match="no storage commitment") as error:
        deliver(package, to_storescp(port, commitment={"wait_s": 0.5}))

    assert not error.value.is_final


def tls_words(files: TlsFiles) -> tuple[str, ...]:
    """A storescp that wants TLS 1.2 or newer and a certificate of our authority."""
    return (
        "--enable-tls", str(files.peer_key), str(files.peer), "--add-cert-file", str(files.ca),
        "--require-peer-cert", "--profile-bcp195-nd",
    )  # fmt: skip


def test_mutual_tls_delivers_to_storescp(package: Package, certificates: TlsFiles, tmp_path: Path) -> None:
    tls = {"ca": certificates.ca, "certificate": certificates.ours, "key": certificates.our_key}
    with storescp_running(tmp_path / "tls", *tls_words(certificates)) as peer:
        deliver(package, to_storescp(peer.port, tls=tls))

        assert len(peer.received()) == len(package.objects)


@pytest.mark.parametrize("which", ["no certificate", "a stranger's", "plain", "unknown authority"])
def test_storescp_with_tls_takes_nothing_from_whom_it_does_not_know(
    package: Package, certificates: TlsFiles, tmp_path: Path, which: str
) -> None:
    ours = {"ca": certificates.ca, "certificate": certificates.ours, "key": certificates.our_key}
    tls = {
        "no certificate": {"ca": certificates.ca},
        "a stranger's": {**ours, "certificate": certificates.stranger, "key": certificates.stranger_key},
        "plain": None,
        "unknown authority": {**ours, "ca": certificates.stranger},
    }[which]
    with storescp_running(tmp_path / "tls", *tls_words(certificates)) as peer:
        with pytest.raises(NotDelivered, match="TLS"):
            deliver(package, to_storescp(peer.port, tls=tls, timeout_s=5))

        assert peer.received() == []


def store_scp_answering(answer: Callable[[evt.Event], int], *, without: str = "") -> Any:
    """A second implementation of the receiving side that answers as told: no real PACS fails on demand."""
    ae = AE("STORESCP")
    ae.supported_contexts = [one for one in AllStoragePresentationContexts if one.abstract_syntax != without][:120]
    for uid in ("1.2.840.10008.5.1.4.1.1.88.34", "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.104.1"):
        if uid != without:
            ae.add_supported_context(uid)
    return _serving(ae, [(evt.EVT_C_STORE, answer)])


def committing_scp(*, fail: int | None) -> Any:
    """Commits on the same association, failing so many objects; None: it never answers."""
    ae = AE("STORESCP")
    ae.supported_contexts = AllStoragePresentationContexts[:100]
    for uid in ("1.2.840.10008.5.1.4.1.1.88.34", "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.104.1"):
        ae.add_supported_context(uid)
    ae.add_supported_context(StorageCommitmentPushModel)

    def answer_action(event: evt.Event) -> tuple[int, None]:
        event.assoc.lianyi_asked = event.action_information
        return 0, None

    def report(event: evt.Event) -> None:
        asked = getattr(event.assoc, "lianyi_asked", None)
        if fail is None or asked is None or "N_ACTION" not in type(event.message).__name__:
            return
        items = list(asked.ReferencedSOPSequence)
        told = pydicom.Dataset()
        told.TransactionUID = asked.TransactionUID
        told.ReferencedSOPSequence = items[fail:]
        if fail:
            for one in items[:fail]:
                one.FailureReason = 0x0112
            told.FailedSOPSequence = items[:fail]
        event.assoc.send_n_event_report(told, 2 if fail else 1, StorageCommitmentPushModel, "1.2.840.10008.1.20.1.1")

    handlers = [(evt.EVT_C_STORE, lambda _: 0), (evt.EVT_N_ACTION, answer_action), (evt.EVT_DIMSE_SENT, report)]
    return _serving(ae, handlers)


class _serving:  # noqa: N801 -- used as a context manager, like a function
    def __init__(self, ae: AE, handlers: Any) -> None:
        self._ae, self._handlers, self._port = ae, handlers, free_port()

    def __enter__(self) -> int:
        self._server = self._ae.start_server(("127.0.0.1", self._port), block=False, evt_handlers=self._handlers)
        return self._port

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
