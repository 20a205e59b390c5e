"""The destinations of ``station.toml``: ``[[destinations]]``, one table each, told apart by ``kind``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, model_validator

from lianyi.settings import Language
from lianyi.station.destinations.secrets import Secret
from lianyi.station.destinations.tls import Tls

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Host = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[^\s/]+$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0.0, le=3600.0)]
# PS3.5, section 6.2, VR AE: up to 16 characters, no backslash, no control character, not spaces alone.
AeTitle = Annotated[str, Field(pattern=r"^[\x21-\x5b\x5d-\x7e][\x20-\x5b\x5d-\x7e]{0,15}$")]
ObjectKind = Literal["sr", "seg", "gsps", "sc", "pdf"]


class Table(BaseModel):
    """A table of the settings: a misspelt key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name


class Commitment(BaseModel):
    """Storage commitment (PS3.4, annex J): the receiver promises to keep what it was sent.

    Attributes:
        listen_port: where the answer is awaited when the receiver opens an association of its own; None: it is
            awaited on the association that asked.
        wait_s: how long it is awaited.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    listen_port: Port | None = None
    wait_s: Seconds = 60.0


class DicomDestination(Table):
    """A DICOM node that takes C-STORE: a PACS, a workstation."""

    kind: Literal["dicom"]
    host: Host
    port: Port
    called_ae: AeTitle
    calling_ae: AeTitle = "LIANYI"
    tls: Tls | None = None
    commitment: Commitment | None = None
    leave_out: tuple[ObjectKind, ...] = ()
    timeout_s: Seconds = 30.0


class _Web(Table):
    """What destinations reached by HTTP share; *tls* holds for https."""

    url: AnyHttpUrl
    user: str | None = None
    password: Secret | None = None
    token: Secret | None = None
    tls: Tls | None = None
    timeout_s: Seconds = 60.0

    @model_validator(mode="after")
    def _one_way_to_sign_in(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user 与 password 须同时给出 give both user and password, or neither")
        if self.user is not None and self.token is not None:
            raise ValueError("user/password 与 token 二者选一 give user and password, or token")
        if self.tls is not None and self.url.scheme != "https":
            raise ValueError("tls 只用于 https 地址 tls is for an https url")
        return self

    @property
    def tls_in_use(self) -> Tls | None:
        """How https is done: as set, or with the operating system's authorities; None for http."""
        return self.tls or (Tls() if self.url.scheme == "https" else None)

    @property
    def base_url(self) -> str:
        """The address without a slash at its end."""
        return str(self.url).rstrip("/")


class StowDestination(_Web):
    """A DICOMweb service that takes STOW-RS; *url* is the one under which ``/studies`` lies."""

    kind: Literal["stow"]
    leave_out: tuple[ObjectKind, ...] = ()


class FolderDestination(Table):
    """A folder, on this machine or shared; one sub-folder a screening."""

    kind: Literal["folder"]
    path: Path


class Hl7Destination(Table):
    """A RIS or an interface engine that takes HL7 v2.5.1 over MLLP.

    Attributes:
        message: "report" sends ORU^R01 of every screening; "priority" asks for a higher place in the worklist, and
            only for a study in which a nodule's suspicion rating is *suspicion_from* or more.
        charset: MSH-18, and how the bytes are really encoded.  8859/1 has no Chinese.
        status: OBR-25 and OBX-11 until a doctor signs (tables 0123 and 0085): P preliminary, R not yet verified.
        pdf: whether the report goes along in an OBX (ED, base64).
        structure: of the priority message: ORM^O01, which most RISes take, or OMI^O23 (TQ1-9).
        priority: TQ1-9 or ORC-7.6 (table 0485): S stat, A as soon as possible, T timing critical.
        suspicion_from: the site's limit, on the scale of ``suspicion_rating`` (1 to 5).
    """

    kind: Literal["hl7"]
    host: Host
    port: Port
    message: Literal["report", "priority"] = "report"
    charset: Literal["UNICODE UTF-8", "GB 18030-2000", "8859/1"] = "UNICODE UTF-8"
    language: Language = "zh"
    sending_application: str = "LIANYI"
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    assigning_authority: str = ""
    status: Literal["P", "R"] = "P"
    pdf: bool = False
    structure: Literal["ORM", "OMI"] = "ORM"
    priority: Literal["S", "A", "T"] = "A"
    suspicion_from: Annotated[float, Field(ge=1.0, le=5.0)] | None = None
    tls: Tls | None = None
    timeout_s: Seconds = 30.0

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.charset == "8859/1" and self.language == "zh":
            raise ValueError('8859/1 没有汉字：请设 language = "en" 8859/1 has no Chinese: set language = "en"')
        if (self.message == "priority") != (self.suspicion_from is not None):
            raise ValueError(
                'suspicion_from 与 message = "priority" 须同时给出 '
                'suspicion_from goes with message = "priority", and it with suspicion_from'
            )
        return self


class FhirDestination(_Web):
    """A FHIR server (R4 or R4B) that takes transactions; *url* is its base.

    Attributes:
        patient_system: identifier system of the hospital's patient numbers; patients are found by it, so it must be
            the one that the server uses.
        accession_system: the same for accession numbers; "" leaves them without a system.
        status: of the report until a doctor signs: "preliminary", or its wider parent "partial".
        pdf: whether the report goes along (presentedForm).
    """

    kind: Literal["fhir"]
    patient_system: Annotated[str, Field(pattern=r"^(urn:|https?://)\S+$")]
    accession_system: Annotated[str, Field(pattern=r"^((urn:|https?://)\S+)?$")] = ""
    language: Language = "zh"
    status: Literal["preliminary", "partial"] = "preliminary"
    pdf: bool = True


Destination = Annotated[
    DicomDestination | StowDestination | FolderDestination | Hl7Destination | FhirDestination,
    Field(discriminator="kind"),
]
