"""FHIR as destination: the bundle is posted, and each entry's answer is read."""

from __future__ import annotations

from typing import Any

import httpx
from fhir.resources.R4B.bundle import Bundle
from pydantic import ValidationError

from lianyi.station.destinations.config import FhirDestination
from lianyi.station.destinations.facts import facts_of
from lianyi.station.destinations.fhir_bundle import bundle_of
from lianyi.station.destinations.fhir_codes import Json
from lianyi.station.destinations.package import NotDelivered, ObjectReceipt, Package, Receipt
from lianyi.station.destinations.web import client_for, not_taken, unreachable

_HEADERS = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}


def send_fhir(package: Package, to: FhirDestination) -> Receipt:
    """Post the transaction; 201 is new, 200 was there before.

    Raises:
        NotDelivered: the server did not take all of it; a transaction is taken whole or not at all.
    """
    body, sent = _checked(bundle_of(package, facts_of(package), to))
    with client_for(to) as client:
        try:
            response = client.post(to.base_url, content=body, headers=_HEADERS)
        except httpx.HTTPError as error:
            raise unreachable(to, error) from None
    if not response.is_success:
        raise not_taken(to, response.status_code, what=_issues(response))
    answered = _statuses(response)
    objects = tuple(ObjectReceipt(what=kind, said=said) for kind, said in zip(sent, answered, strict=False))
    if len(answered) != len(sent) or not all(one.said.startswith("2") for one in objects):
        raise not_taken(to, 502, what="Bundle.entry.response", objects=objects)
    return Receipt(destination=to.name, reference=package.uuid("report").urn, objects=objects)


def _checked(bundle: Json) -> tuple[str, list[str]]:
    """Give the bundle as it is sent and the types of its entries, after the R4B models have read it.

    Raises:
        NotDelivered: it is not as R4B has it, a fault of ours or of a header; names the places, never their values.
    """
    try:
        checked = Bundle.model_validate(bundle)
    except ValidationError as error:
        places = sorted({".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False)})
        raise NotDelivered(
            zh=f"FHIR 消息不符合 R4B（{', '.join(places)}）；请把此信息交给技术支持。",
            en=f"The FHIR bundle is not as R4B has it ({', '.join(places)}): give this to your support.",
            is_final=True,
        ) from None
    return checked.model_dump_json(), [entry["resource"]["resourceType"] for entry in bundle["entry"]]


def _statuses(response: httpx.Response) -> list[str]:
    """Give the status of each entry, its number alone: what follows is the server's free text."""
    entries = _json(response).get("entry")
    if not isinstance(entries, list):
        return []
    return [str(_dict(_dict(entry).get("response")).get("status", ""))[:3] for entry in entries]


def _issues(response: httpx.Response) -> str:
    """Give the codes of an OperationOutcome; its texts may repeat patient data."""
    issues = _json(response).get("issue")
    if not isinstance(issues, list):
        return ""
    codes = {str(_dict(issue).get("code", "")) for issue in issues}
    return ", ".join(sorted(code for code in codes if code.replace("-", "").isalpha() and len(code) < 40))


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        return _dict(response.json())
    except ValueError:
        return {}


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
