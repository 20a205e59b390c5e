"""A phantom study sent and found again: what a hospital's IT person would try by hand.

The phantom's patient is named as a test (测试^体模, number PHANTOM) and its UIDs are the same every time, so that a
receiver holds it once at most.  It stays there: deleting is for the receiver's own staff.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydicom.dataset import Dataset
from requests import RequestException

from lianyi.phantom import PhantomSpec, write_phantom
from lianyi.station.destinations.association import association, contexts_for
from lianyi.station.destinations.config import DicomDestination, StowDestination
from lianyi.station.destinations.dicom import send_dicom
from lianyi.station.destinations.dicomweb import dicomweb_client
from lianyi.station.destinations.objects import read_object
from lianyi.station.destinations.package import NotDelivered, Package
from lianyi.station.destinations.stow import send_stow
from lianyi.station.destinations.web import unreachable
from lianyi.station.peers.check import PeerCheck, failed

_FIND = "1.2.840.10008.5.1.4.1.2.2.1"  # Study Root Query/Retrieve: FIND (PS3.4, annex C)
_EXPLICIT = "1.2.840.10008.1.2.1"
_PENDING = {0xFF00, 0xFF01}  # PS3.4, table C.4-1: a match
# Coarse and few: the study proves the way, not the reading.
_SMALL = PhantomSpec(nodules=0, juxtapleural=0, matrix=(64, 64), pixel_spacing_mm=(6.0, 6.0), slice_step_mm=10.0)
_STEP = "round trip"


def round_trip_dicom(peer: DicomDestination) -> PeerCheck:
    """Send the phantom by C-STORE and look for its study by C-FIND."""
    try:
        with _phantom() as package:
            study = read_object(package.objects[0]).study
            send_dicom(package, peer)
            found = _find(peer, study)
    except NotDelivered as error:
        return failed(peer.name, _STEP, error)
    return _said(peer.name, len(package.objects), "C-FIND", found=found)


def round_trip_stow(peer: StowDestination) -> PeerCheck:
    """Send the phantom by STOW-RS and look for its instances by QIDO-RS."""
    try:
        with _phantom() as package:
            study = read_object(package.objects[0]).study
            send_stow(package, peer)
            client, _ = dicomweb_client(peer)
            found = len(client.search_for_instances(study_instance_uid=study)) >= len(package.objects)
    except NotDelivered as error:
        return failed(peer.name, _STEP, error)
    except (RequestException, ValueError) as error:
        return failed(peer.name, _STEP, unreachable(peer, error))
    return _said(peer.name, len(package.objects), "QIDO-RS", found=found)


@contextmanager
def _phantom() -> Iterator[Package]:
    with tempfile.TemporaryDirectory() as folder:
        write_phantom(Path(folder), _SMALL)
        yield Package(identity="round trip", documents=Path(folder), objects=tuple(sorted(Path(folder).glob("*.dcm"))))


def _find(peer: DicomDestination, study: str) -> bool:
    query = Dataset()
    query.QueryRetrieveLevel = "STUDY"
    query.StudyInstanceUID = study
    with association(peer, contexts_for([(_FIND, _EXPLICIT)])) as asked:
        try:
            answers = list(asked.send_c_find(query, _FIND))
        except ValueError:  # no accepted context: it takes no queries
            return False
    return any(
        status.get("Status") in _PENDING and match is not None and match.get("StudyInstanceUID") == study
        for status, match in answers
    )


def _said(peer: str, sent: int, how: str, *, found: bool) -> PeerCheck:
    if found:
        zh, en = (
            f"体模检查（{sent} 层）已送达并由 {how} 查到",
            f"the phantom ({sent} slices) was sent and found by {how}",
        )
    else:
        zh = f"体模检查已送达，但 {how} 查不到；请检查对方的查询权限，或影像是否被转存到别处。"
        en = f"The phantom was sent but {how} does not find it: check the peer's rights to query, and where it stores."
    return PeerCheck(peer=peer, step=_STEP, is_fit=found, zh=zh, en=en)
