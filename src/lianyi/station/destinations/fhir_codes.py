"""Codes and identifiers that our FHIR resources share."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

SNOMED, LOINC, UCUM, DCM = (
    "http://snomed.info/sct",
    "http://loinc.org",
    "http://unitsofmeasure.org",
    "http://dicom.nema.org/resources/ontology/DCM",
)
URI = "urn:ietf:rfc:3986"  # system of identifiers that are themselves URIs (FHIR R4, identifier registry)
DICOM_UID = "urn:dicom:uid"  # system of DICOM UIDs, values with urn:oid: in front (FHIR R4, ImagingStudy)

CHEST_CT = {"coding": [{"system": LOINC, "code": "24627-2", "display": "CT Chest"}]}
NODULE = {"coding": [{"system": SNOMED, "code": "27925004", "display": "Nodule"}]}
LONG_AXIS = {"coding": [{"system": SNOMED, "code": "103339001", "display": "Long axis"}]}
SHORT_AXIS = {"coding": [{"system": SNOMED, "code": "103340004", "display": "Short axis"}]}
DIAMETER = {"coding": [{"system": SNOMED, "code": "81827009", "display": "Diameter"}], "text": "Mean diameter"}
VOLUME = {"coding": [{"system": SNOMED, "code": "118565006", "display": "Volume"}]}
MEAN_DENSITY = {"coding": [{"system": DCM, "code": "112181", "display": "Mean"}], "text": "Mean attenuation"}
CATEGORY = {"coding": [{"system": DCM, "code": "111005", "display": "Assessment Category"}]}
CERTAINTY = {"coding": [{"system": DCM, "code": "111012", "display": "Certainty of Finding"}]}

# PS3.16, CID 6170, and pydicom's SNOMED dictionary.  The right upper and both lower lobes have codes of their own in
# SNOMED CT that we could not verify; the lobe of either side is coded, and the side is in the text.
_LOBES = {
    "right upper": ("45653009", "Upper lobe of lung"),
    "right middle": ("72481006", "Middle lobe of right lung"),
    "right lower": ("90572001", "Lower lobe of lung"),
    "left upper": ("44714003", "Upper lobe of left lung"),
    "left lower": ("90572001", "Lower lobe of lung"),
}


def body_site(lobe: str | None, text: str) -> Json:
    """Give where a nodule lies; *text* names the side too."""
    if lobe is None:
        return {"text": text}
    code, display = _LOBES[lobe]
    return {"coding": [{"system": SNOMED, "code": code, "display": display}], "text": text}


def quantity(value: float, unit: str, code: str) -> Json:
    """Give a quantity in UCUM, to a tenth."""
    return {"value": round(value, 1), "unit": unit, "system": UCUM, "code": code}
