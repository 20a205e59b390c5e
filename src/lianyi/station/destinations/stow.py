"""STOW-RS of a package (PS3.18, section 10.5), one object a request; failures are read from the response."""

from __future__ import annotations

import pydicom
import requests
from dicomweb_client import DICOMwebClient
from pydicom.dataset import Dataset

from lianyi.station.destinations.config import StowDestination
from lianyi.station.destinations.dicomweb import Answers, dicomweb_client
from lianyi.station.destinations.objects import DicomObject, objects_of
from lianyi.station.destinations.package import NotDelivered, ObjectReceipt, Package, Receipt
from lianyi.station.destinations.web import not_taken, unreachable

# PS3.18, table I.2-2: failure reasons; A7xx and 0110 (a failure of the service itself) may pass.
_MAY_PASS = {0x0110}


def send_stow(package: Package, destination: StowDestination) -> Receipt:
    """Store each object and read what was said of it.

    Raises:
        NotDelivered: not every object was taken.
    """
    objects = objects_of(package, leave_out=destination.leave_out)
    client, answers = dicomweb_client(destination)
    stored = tuple(_store(client, answers, one, destination) for one in objects)
    refused = [answer for answer in stored if not answer.said.startswith("stored")]
    if refused:
        raise _refused(destination, stored, refused)
    return Receipt(destination=destination.name, objects=stored)


def _store(client: DICOMwebClient, answers: Answers, one: DicomObject, destination: StowDestination) -> ObjectReceipt:
    try:
        client.store_instances([pydicom.dcmread(one.path)], study_instance_uid=one.study)
    except requests.HTTPError:
        pass  # its body says more; below
    except requests.RequestException as error:
        raise unreachable(destination, error) from None
    response = answers.last()
    told = _told(response)
    if told is None:
        if response.ok:  # 200 with a body that is no DICOM JSON: nothing says that it was kept
            raise not_taken(destination, 502, what="no DICOM JSON")
        raise not_taken(destination, response.status_code)
    return _answer(told, one, destination, response.status_code)


def _told(response: requests.Response) -> Dataset | None:
    """Give the store response (PS3.18, table 10.5.3-1), which comes with 200, 202 and 409; None: there is none."""
    try:
        content = response.json()
        told = Dataset.from_json(content[0] if isinstance(content, list) else content)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None
    return told if "FailedSOPSequence" in told or "ReferencedSOPSequence" in told else None


def _answer(told: Dataset, one: DicomObject, destination: StowDestination, status: int) -> ObjectReceipt:
    for item in told.get("ReferencedSOPSequence") or []:
        if item.get("ReferencedSOPInstanceUID") == one.sop_instance:
            warning = item.get("WarningReason")
            said = "stored" if warning is None else f"stored, warning {int(warning):04X}"
            return ObjectReceipt(what=one.sop_instance, said=said, is_warning=warning is not None)
    failed = [
        item
        for item in told.get("FailedSOPSequence") or []
        if item.get("ReferencedSOPInstanceUID") in {one.sop_instance, None}
    ]
    if not failed:  # it speaks of another object: nobody knows about ours
        raise not_taken(destination, 502 if status < 400 else status, what="ReferencedSOPSequence")
    return ObjectReceipt(what=one.sop_instance, said=f"{int(failed[0].get('FailureReason', 0x0110)):04X}")


def _refused(
    destination: StowDestination, stored: tuple[ObjectReceipt, ...], refused: list[ObjectReceipt]
) -> NotDelivered:
    reasons = sorted({answer.said for answer in refused})
    said = ", ".join(reasons)
    is_final = not any(_may_pass(int(reason, 16)) for reason in reasons)
    return NotDelivered(
        zh=f"{destination.name} 未接收 {len(stored)} 个对象中的 {len(refused)} 个（{said}）；"
        "请确认对方支持这些对象类型（或用 leave_out 略去），并检查其磁盘空间。",
        en=f"{destination.name} did not take {len(refused)} of {len(stored)} objects ({said}): "
        "check that it takes these kinds of objects (or leave them out with leave_out), and its disk.",
        is_final=is_final,
        objects=stored,
    )


def _may_pass(reason: int) -> bool:
    return reason in _MAY_PASS or 0xA700 <= reason <= 0xA7FF
