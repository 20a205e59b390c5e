"""WADO-RS (PS3.18 2024e, section 10.4): instances as they are held, their metadata, and frames of native pixels."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any, Final

import pydicom
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, StreamingResponse

from lianyi.station.web.holdings import Held, Holdings

# Bulk data is not repeated in metadata; an engineering choice of what counts as bulk.
_MOST_INLINE: Final = 10_000
_PIECE: Final = 1 << 20
_BULK: Final = ("PixelData", "FloatPixelData", "DoubleFloatPixelData", "EncapsulatedDocument")
_NATIVE: Final = "1.2.840.10008.1.2.1"  # Explicit VR Little Endian, in which bulk data is asked for by default


def retrieve_routes(holdings: Holdings) -> APIRouter:
    """Give the routes that retrieve."""
    routes = APIRouter()

    def held_of(study_uid: str, series_uid: str | None, sop_uid: str | None) -> list[Held]:
        held = holdings.find(study_uid, series_uid, sop_uid)
        if not held:
            raise HTTPException(404, "not held")
        return held

    @routes.get("/studies/{study_uid}/metadata")
    @routes.get("/studies/{study_uid}/series/{series_uid}/metadata")
    @routes.get("/studies/{study_uid}/series/{series_uid}/instances/{sop_uid}/metadata")
    def metadata(study_uid: str, series_uid: str | None = None, sop_uid: str | None = None) -> JSONResponse:
        told = [_metadata(one) for one in held_of(study_uid, series_uid, sop_uid)]
        return JSONResponse(told, media_type="application/dicom+json")

    @routes.get("/studies/{study_uid}/series/{series_uid}/instances/{sop_uid}/frames/{numbers}")
    def frames(study_uid: str, series_uid: str, sop_uid: str, numbers: str) -> StreamingResponse:
        wanted = _frames(held_of(study_uid, series_uid, sop_uid)[0], numbers)
        return _multipart(iter(wanted), "application/octet-stream")

    @routes.get("/studies/{study_uid}")
    @routes.get("/studies/{study_uid}/series/{series_uid}")
    @routes.get("/studies/{study_uid}/series/{series_uid}/instances/{sop_uid}")
    def instances(
        request: Request, study_uid: str, series_uid: str | None = None, sop_uid: str | None = None
    ) -> StreamingResponse:
        accept = request.headers.get("accept", "*/*").lower()
        if not any(word in accept for word in ("*/*", "application/dicom", "multipart/*")):
            raise HTTPException(406, "held as application/dicom")
        held = held_of(study_uid, series_uid, sop_uid)
        return _multipart((one.path.read_bytes() for one in held), "application/dicom")

    return routes


def _metadata(held: Held) -> dict[str, Any]:
    ds = pydicom.dcmread(held.path, stop_before_pixels=True)
    for keyword in _BULK:
        if keyword in ds:
            del ds[keyword]
    for element in list(ds):
        if element.VR in {"OB", "OW", "OF", "OD", "OL", "UN"} and len(element.value or b"") > _MOST_INLINE:
            del ds[element.tag]
    told: dict[str, Any] = ds.to_json_dict(suppress_invalid_tags=True)
    return told


def _frames(held: Held, numbers: str) -> list[bytes]:
    if not re.fullmatch(r"[0-9]{1,6}(,[0-9]{1,6}){0,9999}", numbers):
        raise HTTPException(400, "frames are whole numbers with commas between")
    ds = pydicom.dcmread(held.path)
    if ds.file_meta.TransferSyntaxUID != _NATIVE or "PixelData" not in ds:
        raise HTTPException(406, "frames are given of native pixels only; retrieve the instance")
    size = int(ds.Rows) * int(ds.Columns) * int(ds.SamplesPerPixel) * int(ds.BitsAllocated) // 8
    count = int(ds.get("NumberOfFrames", 1) or 1)
    wanted = [int(number) for number in numbers.split(",")]
    if not all(1 <= number <= count for number in wanted):
        raise HTTPException(404, f"there are {count} frames")
    return [ds.PixelData[(number - 1) * size : number * size] for number in wanted]


def _multipart(contents: Iterator[bytes], media_type: str) -> StreamingResponse:
    border = uuid.uuid4().hex

    def body() -> Iterator[bytes]:
        for content in contents:
            yield f"--{border}\r\nContent-Type: {media_type}\r\nContent-Length: {len(content)}\r\n\r\n".encode()
            for begin in range(0, len(content), _PIECE):
                yield content[begin : begin + _PIECE]
            yield b"\r\n"
        yield f"--{border}--\r\n".encode()

    return StreamingResponse(body(), media_type=f'multipart/related; type="{media_type}"; boundary={border}')
