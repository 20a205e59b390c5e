"""STOW-RS (PS3.18 2024e, section 10.5): instances by HTTP, kept by the same rules as those by C-STORE."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

import pydicom
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from lianyi.station.receive.heading import Malformed, read_heading
from lianyi.station.receive.keep import Arrival, DiskFull, Kept
from lianyi.station.receive.syntaxes import KEPT_CLASSES, READABLE_SYNTAXES
from lianyi.station.station import Station
from lianyi.station.web.multipart import BadBody, boundary_of, parts_of

# Failure reasons: PS3.18 2024e, section 10.5.3, table I.2.2 as PS3.4 gives them for C-STORE.
_OUT_OF_RESOURCES: Final = 0xA700
_NOT_SUPPORTED: Final = 0x0122
_OTHER_STUDY: Final = 0xA900
_CANNOT_UNDERSTAND: Final = 0xC000
_COERCED: Final = 0xB000

_META_BEGINS: Final = 132  # after preamble and prefix (PS3.10 2024e, section 7.1)
_GROUP_LENGTH_TAKES: Final = 12  # bytes of (0002,0000) itself

_PEER: Final = "STOW-RS"


@dataclass
class _Answer:
    stored: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)

    def add(self, sop_class: str, sop_uid: str, *, failure: int | None = None, warning: int | None = None) -> None:
        item: dict[str, Any] = {
            "00081150": {"vr": "UI", "Value": [sop_class]},
            "00081155": {"vr": "UI", "Value": [sop_uid]},
        }
        if failure is not None:
            item["00081197"] = {"vr": "US", "Value": [failure]}
        if warning is not None:
            item["00081196"] = {"vr": "US", "Value": [warning]}
        (self.stored if failure is None else self.failed).append(item)

    def response(self) -> JSONResponse:
        body: dict[str, Any] = {}
        if self.stored:
            body["00081199"] = {"vr": "SQ", "Value": self.stored}
        if self.failed:
            body["00081198"] = {"vr": "SQ", "Value": self.failed}
        status = 200 if not self.failed else 202 if self.stored else 409
        return JSONResponse(body, status_code=status, media_type="application/dicom+json")


def stow_routes(station: Station) -> APIRouter:
    """Give the routes that take instances."""
    routes = APIRouter()

    @routes.post("/studies")
    @routes.post("/studies/{study_uid}")
    async def store(request: Request, study_uid: str | None = None) -> JSONResponse:
        answer = _Answer()
        sender = object()
        is_whole = False
        try:
            boundary = boundary_of(request.headers.get("content-type", ""))
            most = station.config.dicom.max_instance_mb * 1_000_000
            async for part in parts_of(request.stream(), boundary, most_bytes=most):
                await run_in_threadpool(_keep_part, station, part.content, study_uid, sender, answer)
            is_whole = True
        except BadBody as error:
            station.rejections.count(peer=_PEER, reason=str(error))
            return JSONResponse({"error": str(error)}, status_code=400)
        finally:
            station.completion.sender_ended(sender, as_it_should=is_whole)
        return answer.response()

    return routes


def _keep_part(station: Station, content: bytes, study_uid: str | None, sender: object, answer: _Answer) -> None:
    sop_class = sop_uid = ""
    try:
        arrival = _arrival(content)
        heading = read_heading(arrival.dataset, arrival.transfer_syntax)
        sop_class, sop_uid = heading.sop_class_uid, heading.sop_uid
        if sop_class not in KEPT_CLASSES or arrival.transfer_syntax not in READABLE_SYNTAXES:
            _refuse(station, "class or transfer syntax is not taken", sop_class)
            answer.add(sop_class, sop_uid, failure=_NOT_SUPPORTED)
            return
        if study_uid is not None and heading.study_uid != study_uid:
            _refuse(station, "an instance of another study than the request names", sop_class)
            answer.add(sop_class, sop_uid, failure=_OTHER_STUDY)
            return
        kept = station.keeper.keep(arrival, heading)
    except Malformed as malformed:
        _refuse(station, malformed.reason, sop_class)
        answer.add(sop_class, sop_uid, failure=_CANNOT_UNDERSTAND)
    except (DiskFull, OSError):
        _refuse(station, "the disk is nearly full, or did not take it", sop_class)
        answer.add(sop_class, sop_uid, failure=_OUT_OF_RESOURCES)
    else:
        station.completion.slice_came(heading.study_uid, sender)
        station.metrics.kept(is_new=kept is Kept.NEW, size_bytes=len(arrival.dataset))
        if kept is Kept.OTHER_CONTENT:
            _refuse(station, kept.value, sop_class)
        answer.add(sop_class, sop_uid, warning=_COERCED if kept is Kept.OTHER_CONTENT else None)


def _arrival(content: bytes) -> Arrival:
    """Split a file into its header and its dataset.

    Raises:
        Malformed: it is no DICOM file, or its header does not say how long it is.
    """
    try:
        meta = pydicom.dcmread(BytesIO(content), stop_before_pixels=True, specific_tags=["SOPClassUID"]).file_meta
        begins = _META_BEGINS + _GROUP_LENGTH_TAKES + int(meta.FileMetaInformationGroupLength)
        syntax = str(meta.TransferSyntaxUID)
    except Exception as error:  # noqa: BLE001 -- damaged bytes: pydicom raises whatever it trips over
        raise Malformed(f"file header unreadable: {type(error).__name__}") from None
    return Arrival(head=content[:begins], dataset=content[begins:], transfer_syntax=syntax, peer=_PEER)


def _refuse(station: Station, reason: str, sop_class: str) -> None:
    station.metrics.refused(reason)
    station.log.write("instance not kept", peer=_PEER, reason=reason, sop_class=sop_class[:64])
    station.rejections.count(peer=_PEER, reason=reason, sop_class_uid=sop_class)
