"""``[priors]`` of ``station.toml``: where earlier CTs of a patient are asked for."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lianyi.station.destinations.config import AeTitle, Host, Port, Seconds
from lianyi.station.destinations.tls import Tls


class PriorSource(BaseModel):
    """A PACS that answers C-FIND and gives studies by C-GET, or by C-MOVE to a port of ours.

    Attributes:
        retrieve: "get": over the same association; "move": the PACS opens one to *listen_port*, for which it must know
            *calling_ae* by our address and this port.
        most_years: an older CT is not asked for.
        most_instances: of the series with the most slices so many are fetched at most; a larger one is left.
        timeout_s: for all of it; a first look does not wait longer for a prior.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: Host
    port: Port
    called_ae: AeTitle
    calling_ae: AeTitle = "LIANYI"
    tls: Tls | None = None
    retrieve: Literal["get", "move"] = "get"
    listen_port: Port | None = None
    most_years: Annotated[float, Field(gt=0.0, le=30.0)] = 5.0
    most_instances: Annotated[int, Field(ge=1, le=20_000)] = 1500
    timeout_s: Seconds = 120.0

    @model_validator(mode="after")
    def _has_a_port_to_move_to(self) -> Self:
        if (self.retrieve == "move") != (self.listen_port is not None):
            raise ValueError('listen_port 与 retrieve = "move" 须同时给出 listen_port goes with retrieve = "move"')
        return self
