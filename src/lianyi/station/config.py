"""``station.toml``: one file that says what the station is to do; without it, a station for this machine alone."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lianyi.lungct.domain.errors import Misconfigured
from lianyi.station.destinations import Destination
from lianyi.station.priors.config import PriorSource

# DICOM PS3.5 2024e, table 6.2-1, value representation AE: at most 16 characters, no backslash, no control characters.
# Blanks at either end mean nothing there, so none are taken.
AE_TITLE = r"^[!-\[\]-~]([ -\[\]-~]{0,14}[!-\[\]-~])?$"
Port = int


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dicom(_Part):
    """The DICOM node.

    Attributes:
        port: for plain connections; 0 takes a free one; None: none are taken.
        tls_port: for TLS connections, which need ``[tls]``; None: none are taken.
        max_associations: at once; further ones are rejected as transient.
        max_instance_mb: a larger instance is refused.
        idle_timeout_s: an association that says nothing for so long is ended.
        unknown_peers: "refuse", or "this machine": those not in the table may connect from the loopback address.
    """

    ae_title: str = Field(default="LIANYI", pattern=AE_TITLE)
    bind: str = "127.0.0.1"
    port: Port | None = Field(default=11112, ge=0, le=65535)
    tls_port: Port | None = Field(default=None, ge=0, le=65535)
    max_associations: int = Field(default=16, ge=1, le=200)
    max_instance_mb: int = Field(default=2000, ge=1)
    idle_timeout_s: float = Field(default=60.0, gt=0)
    unknown_peers: Literal["refuse", "this machine"] = "this machine"


class Tls(_Part):
    """Certificates in PEM: our own, and the authorities whose peers are believed (for mutual TLS)."""

    certificate: Path
    key: Path
    authorities: Path | None = None


class Peer(_Part):
    """A node that may send to us.

    Attributes:
        host: address or name that it connects from; None: any.
        tls: "none", "server" (we show a certificate) or "mutual" (it must show one too).
        other_classes: what becomes of other objects than CT: taken and thrown away, or refused.
    """

    ae_title: str = Field(pattern=AE_TITLE)
    host: str | None = None
    port: Port | None = Field(default=None, ge=1, le=65535)
    tls: Literal["none", "server", "mutual"] = "none"
    other_classes: Literal["discard", "refuse"] = "discard"


class Http(_Part):
    """Health, metrics and DICOMweb.  There is no log-in yet, so it serves this machine unless told otherwise."""

    bind: str = "127.0.0.1"
    port: Port = Field(default=8042, ge=0, le=65535)
    max_request_mb: int = Field(default=2000, ge=1)


class Database(_Part):
    """Where the rows are; None: SQLite in the data folder."""

    url: str | None = Field(default=None, pattern=r"^postgresql(\+psycopg)?://")


class Screening(_Part):
    """When a study is complete, and what its screening may cost.

    Attributes:
        settle_s: a study is complete so long after the end of its last association.
        quiet_s: or, where an association broke off or stays open, so long after its last slice.
        at_once: how many screenings run at the same time.
        threads: each computes with.
        timeout_s: after which a screening is stopped.
        memory_mb: address space of a screening; more ends it.
        nice: added to its priority, so that receiving goes first.
        attempts: a study whose screening breaks down so often is set aside.
        retry_s: wait before the second attempt, doubled for each further one.
    """

    settle_s: float = Field(default=3.0, ge=0)
    quiet_s: float = Field(default=60.0, ge=0)
    at_once: int = Field(default=1, ge=1, le=64)
    threads: int | None = Field(default=None, ge=1, le=256)
    timeout_s: float = Field(default=900.0, gt=0)
    memory_mb: int = Field(default=12000, ge=100)
    nice: int = Field(default=10, ge=0, le=19)
    attempts: int = Field(default=2, ge=1, le=10)
    retry_s: float = Field(default=5.0, ge=0)
    language: Literal["zh", "en"] = "zh"


class Delivery(_Part):
    """How long a destination is tried.

    Attributes:
        first_wait_s: before the second attempt; doubled for each further one.
        longest_wait_s: between two attempts.
        give_up_after_s: counted from the first attempt; a person must act then.
        at_once: how many deliveries run at the same time.
    """

    first_wait_s: float = Field(default=5.0, ge=0)
    longest_wait_s: float = Field(default=900.0, gt=0)
    give_up_after_s: float = Field(default=7 * 86400.0, gt=0)
    at_once: int = Field(default=4, ge=1, le=64)


class Disk(_Part):
    """When the disk counts as full, and how long finished studies are kept.

    Attributes:
        low_mb: with less free than this, nothing more is received (the sender is told: out of resources).
        keep_days: images and results of studies whose deliveries are all done; None: for ever.
    """

    low_mb: int = Field(default=2000, ge=1)
    keep_days: float | None = Field(default=None, gt=0)


class StationConfig(_Part):
    """All of ``station.toml``; every part has a default."""

    data: Path = Path("lianyi-station")
    dicom: Dicom = Dicom()
    tls: Tls | None = None
    peers: tuple[Peer, ...] = ()
    http: Http = Http()
    database: Database = Database()
    screening: Screening = Screening()
    delivery: Delivery = Delivery()
    disk: Disk = Disk()
    destinations: tuple[Destination, ...] = ()
    priors: PriorSource | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        titles = [peer.ae_title for peer in self.peers]
        names = [destination.name for destination in self.destinations]
        for what, given in (("peers.ae_title", titles), ("destinations.name", names)):
            doubled = sorted({one for one in given if given.count(one) > 1})
            if doubled:
                raise ValueError(f"{what}: {', '.join(doubled)} is there twice")
        if self.dicom.tls_port is not None and self.tls is None:
            raise ValueError("dicom.tls_port needs [tls] with a certificate and its key")
        if self.dicom.port is None and self.dicom.tls_port is None:
            raise ValueError("dicom.port and dicom.tls_port: at least one is needed")
        for peer in self.peers:
            if peer.tls == "mutual" and (self.tls is None or self.tls.authorities is None):
                raise ValueError(f"peer {peer.ae_title}: mutual TLS needs tls.authorities")
        return self


def read_config(path: Path | None) -> StationConfig:
    """Read ``station.toml``; None gives the defaults: SQLite and files in a folder here, this machine only.

    A relative data folder is taken from where the file lies.

    Raises:
        Misconfigured: the file cannot be read, or says something it must not; names each place.
    """
    if path is None:
        return StationConfig()
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or "?"
        raise Misconfigured(
            zh=f"无法读取配置文件 {path}（{reason}），请检查路径与权限。",
            en=f"{path} cannot be read ({reason}); check path and permissions.",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        where = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "not UTF-8"
        raise Misconfigured(
            zh=f"配置文件 {path} 不是有效的 TOML，请改正：{where}", en=f"{path} is no valid TOML; correct it: {where}"
        ) from None
    try:
        config = StationConfig.model_validate(told)
    except ValidationError as error:
        raise _wrong(path, error) from None
    return config.model_copy(update={"data": (path.resolve().parent / config.data).resolve()})


def _wrong(path: Path, error: ValidationError) -> Misconfigured:
    # The values are left out: a URL may hold a password.
    faults = "; ".join(
        f"{'.'.join(str(part) for part in fault['loc']) or 'station.toml'}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False)
    )
    return Misconfigured(
        zh=f"配置文件 {path} 有误，请改正后重新启动：{faults}",
        en=f"{path} is wrong; correct it and start again: {faults}",
    )
