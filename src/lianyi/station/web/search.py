"""QIDO-RS (PS3.18 2024e, section 10.6): search for studies, series and instances that are held."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse
from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

from lianyi.station.web.holdings import Held, Holdings

Item = dict[str, Any]

_MOST: Final = 1000  # answers at once, unless fewer are asked for; an engineering choice
_NOT_MATCHED: Final = frozenset({"limit", "offset", "includefield", "fuzzymatching"})


def search_routes(holdings: Holdings) -> APIRouter:
    """Give the routes that search."""
    routes = APIRouter()

    @routes.get("/studies")
    def studies(request: Request) -> JSONResponse:
        return _answer(request, _studies(holdings.find()))

    @routes.get("/series")
    @routes.get("/studies/{study_uid}/series")
    def series(request: Request, study_uid: str | None = None) -> JSONResponse:
        return _answer(request, _series(holdings.find(study_uid)))

    @routes.get("/instances")
    @routes.get("/studies/{study_uid}/instances")
    @routes.get("/studies/{study_uid}/series/{series_uid}/instances")
    def instances(request: Request, study_uid: str | None = None, series_uid: str | None = None) -> JSONResponse:
        return _answer(request, [_instance(held) for held in holdings.find(study_uid, series_uid)])

    return routes


def _grouped(held: Iterable[Held], name: Callable[[Held], object]) -> list[list[Held]]:
    groups: dict[object, list[Held]] = {}
    for one in held:
        groups.setdefault(name(one), []).append(one)
    return list(groups.values())


def _studies(held: list[Held]) -> list[Item]:
    """Describe each study, with the counts of its parts (PS3.18 2024e, table 10.6.3-3)."""
    found = []
    for group in _grouped(held, lambda one: one.study_uid):
        modalities = sorted({value for one in group for value in one.series.get("00080060", {}).get("Value", [])})
        item = {**group[0].study}
        item["00080061"] = {"vr": "CS", "Value": modalities}
        item["00201206"] = {"vr": "IS", "Value": [len({one.series_uid for one in group})]}
        item["00201208"] = {"vr": "IS", "Value": [len(group)]}
        found.append(item)
    return found


def _series(held: list[Held]) -> list[Item]:
    found = []
    for group in _grouped(held, lambda one: (one.study_uid, one.series_uid)):
        item = {**group[0].study, **group[0].series}
        item["00201209"] = {"vr": "IS", "Value": [len(group)]}
        found.append(item)
    return found


def _instance(held: Held) -> Item:
    item = {**held.study, **held.series}
    item["00080016"] = {"vr": "UI", "Value": [held.sop_class_uid]}
    item["00080018"] = {"vr": "UI", "Value": [held.sop_uid]}
    if held.number is not None:
        item["00200013"] = {"vr": "IS", "Value": [held.number]}
    return item


def _answer(request: Request, items: list[Item]) -> JSONResponse:
    wanted, ignored = _matching(request)
    limit, offset = (_number(request, name, default) for name, default in (("limit", _MOST), ("offset", 0)))
    matching = [item for item in items if all(_matches(item, tag, text) for tag, text in wanted)]
    headers = {"Warning": f"299 lianyi: not searched by {', '.join(ignored)}"} if ignored else {}
    page = matching[offset : offset + min(limit, _MOST)]
    return JSONResponse(page, headers=headers, media_type="application/dicom+json")


def _matching(request: Request) -> tuple[list[tuple[str, str]], list[str]]:
    """Give the tags to match by with what is wanted, and the attributes that nothing is known of."""
    wanted: list[tuple[str, str]] = []
    ignored: list[str] = []
    for key, text in request.query_params.multi_items():
        if key in _NOT_MATCHED:
            continue
        tag = tag_for_keyword(key) if not re.fullmatch(r"[0-9A-Fa-f]{8}", key) else int(key, 16)
        if tag is None or not keyword_for_tag(tag):
            ignored.append(re.sub(r"\W", "", key)[:40])
        else:
            wanted.append((f"{tag:08X}", text))
    return wanted, ignored


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise HTTPException(400, f"{name} must be a whole number")
    return int(text)


def _matches(item: Item, tag: str, text: str) -> bool:
    """Match as PS3.4 2024e, C.2.2.2 has it: lists of UIDs, ranges of dates, wild cards, names in either case."""
    if text in {"", "*"}:
        return True
    vr = dictionary_VR(int(tag, 16))
    values = [_text_of(value) for value in item.get(tag, {}).get("Value", [])]
    if vr == "UI":
        return bool(set(re.split(r"[,\\]", text)) & set(values))
    if vr in {"DA", "TM"} and "-" in text:
        first, _, last = text.partition("-")
        return any((not first or value >= first) and (not last or value <= last) for value in values)
    if vr == "PN":
        return any(fnmatchcase(value.casefold(), text.casefold()) for value in values)
    return any(fnmatchcase(value, text.replace("[", "[[]")) for value in values)


def _text_of(value: object) -> str:
    return str(value.get("Alphabetic", "")) if isinstance(value, dict) else str(value)
