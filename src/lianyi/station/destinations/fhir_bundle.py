"""One transaction bundle a screening, every entry a conditional create: a repeat makes nothing new.

Patient and ImagingStudy are looked for by the hospital's own identifiers, everything else by a UUID derived from the
package's identity.  A Provenance has no identifier, so it carries its UUID as a tag, by which any resource is found.
"""

from __future__ import annotations

from urllib.parse import quote

from lianyi.station.destinations import fhir_resources as made
from lianyi.station.destinations.config import FhirDestination
from lianyi.station.destinations.facts import Facts
from lianyi.station.destinations.fhir_codes import DICOM_UID, URI, Json
from lianyi.station.destinations.package import Package


def bundle_of(package: Package, facts: Facts, to: FhirDestination) -> Json:
    """Give the bundle.

    Raises:
        NotDelivered: the report that is to go along is missing.
    """
    bundle = _Bundle(package)
    subject = bundle.add(made.patient(facts, to), f"identifier={_token(to.patient_system, facts.patient_id)}")
    study = bundle.add(
        made.imaging_study(facts, to, subject), f"identifier={_token(DICOM_UID, f'urn:oid:{facts.study_uid}')}"
    )
    # The same software and detector are one Device, however many studies it screens.
    provenance = facts.findings.provenance
    algorithm_name = f"{provenance.software} {provenance.detector.sha256 if provenance.detector else ''}"
    algorithm_id = _identifier(Package(identity=algorithm_name, documents=package.documents, objects=()), "device")
    algorithm = bundle.add(made.device(facts, algorithm_id), f"identifier={_token(URI, algorithm_id['value'])}")

    shared = {"subject": subject}
    observations = []
    for nodule in facts.findings.nodules:
        about = {**shared, "device": algorithm, "derivedFrom": [study]}
        observations.append(bundle.add_ours(made.observation(nodule, facts, to, about), f"observation {nodule.id}"))
    about = {**shared, "imagingStudy": [study]}
    if observations:
        about["result"] = observations
    report = bundle.add_ours(made.report(package, facts, to, about), "report")
    bundle.add_tagged(made.provenance(facts, [report, *observations], algorithm, study), "provenance")
    return {"resourceType": "Bundle", "type": "transaction", "entry": bundle.entries}


class _Bundle:
    """Entries so far; what is added is referred to by its full URL, which the server replaces by what it stores."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self.entries: list[Json] = []

    def add(self, resource: Json, if_none_exist: str) -> Json:
        """Add a resource and give a reference to it."""
        full_url = self._package.uuid(f"entry {len(self.entries)}").urn
        request = {"method": "POST", "url": resource["resourceType"], "ifNoneExist": if_none_exist}
        self.entries.append({"fullUrl": full_url, "resource": resource, "request": request})
        return {"reference": full_url}

    def add_ours(self, resource: Json, what: str) -> Json:
        """Add a resource that only this package has."""
        identifier = _identifier(self._package, what)
        return self.add({**resource, "identifier": [identifier]}, f"identifier={_token(URI, identifier['value'])}")

    def add_tagged(self, resource: Json, what: str) -> Json:
        """Add a resource of a type that has no identifier."""
        urn = self._package.uuid(what).urn
        return self.add({**resource, "meta": {"tag": [{"system": URI, "code": urn}]}}, f"_tag={_token(URI, urn)}")


def _identifier(package: Package, what: str) -> Json:
    return {"system": URI, "value": package.uuid(what).urn}


def _token(system: str, value: str) -> str:
    """Give a search parameter of type token: ``system|value``, escaped as FHIR (3.1.1.4.0.4) and URLs ask."""
    escaped = value.replace("\\", "\\\\").replace("$", "\\$").replace(",", "\\,").replace("|", "\\|")
    return quote(f"{system}|{escaped}", safe=":/|")
