"""The patient's last CT before this one, fetched from the PACS to be compared with."""

from lianyi.station.priors.config import PriorSource
from lianyi.station.priors.fetch import NotFetched, Wanted, fetch_prior

__all__ = ["NotFetched", "PriorSource", "Wanted", "fetch_prior"]
