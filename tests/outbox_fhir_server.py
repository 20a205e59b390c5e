"""A small FHIR server over real HTTP: transactions of conditional creates, as FHIR R4 (3.1.0.7.1, 3.1.0.11.2) has them.

A stand-in: no FHIR server can be had offline.  It checks what HAPI would: each resource by the R4B models, no match
creates (201), one match answers 200 and its reference, more fail all (412); references by full URL are replaced.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote

from fhir.resources.R4B import get_fhir_model_class


@dataclass
class FhirServer:
    url: str = ""
    stored: dict[str, dict[str, Any]] = field(default_factory=dict)
    posted: list[dict[str, Any]] = field(default_factory=list)
    authorization: list[str] = field(default_factory=list)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.stored.values() if one["resourceType"] == kind]

    def transact(self, bundle: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.posted.append(bundle)
        known: dict[str, str] = {}
        new: dict[str, dict[str, Any]] = {}
        answers = []
        for entry in bundle["entry"]:
            resource, request = entry["resource"], entry["request"]
            matches = self.matching(resource["resourceType"], request["ifNoneExist"])
            if len(matches) > 1:
                issue = {"severity": "error", "code": "multiple-matches", "diagnostics": json.dumps(resource)}
                return 412, {"resourceType": "OperationOutcome", "issue": [issue]}
            name = matches[0] if matches else f"{resource['resourceType']}/{len(self.stored) + len(new) + 1}"
            known[entry["fullUrl"]] = name
            if not matches:
                new[name] = resource
            answers.append({"response": {"status": "200 OK" if matches else "201 Created", "location": name}})
        for name, resource in new.items():
            text = re.sub(
                r'"(urn:uuid:[0-9a-f-]+)"', lambda found: f'"{known.get(found[1], found[1])}"', json.dumps(resource)
            )
            made = {**json.loads(text), "id": name.split("/")[1]}
            get_fhir_model_class(made["resourceType"]).model_validate(made)
            self.stored[name] = made
        return 200, {"resourceType": "Bundle", "type": "transaction-response", "entry": answers}

    def matching(self, kind: str, condition: str) -> list[str]:
        parameter, _, token = condition.partition("=")
        system, _, value = re.sub(r"\\([|$,\\])", r"\1", unquote(token).replace("\\|", "\0")).partition("|")
        wanted = (system, value.replace("\0", "|"))
        found = []
        for name, resource in self.stored.items():
            tokens = (
                resource.get("identifier", []) if parameter == "identifier" else resource.get("meta", {}).get("tag", [])
            )
            pairs = {(one.get("system", ""), one.get("value", one.get("code", ""))) for one in tokens}
            if resource["resourceType"] == kind and wanted in pairs:
                found.append(name)
        return found


@contextmanager
def fhir_running() -> Iterator[FhirServer]:
    state = FhirServer()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.authorization.append(self.headers.get("Authorization", ""))
            bundle = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer(*state.transact(bundle))

        def do_GET(self) -> None:
            self.answer(200, {"resourceType": "CapabilityStatement", "fhirVersion": "4.3.0", "kind": "instance"})

        def answer(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    state.url = f"http://127.0.0.1:{server.server_port}/fhir"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
