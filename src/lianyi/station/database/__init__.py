"""The rows that are the truth: what was received, screened, delivered and refused; the door of SQLAlchemy."""

from lianyi.station.database.engine import Sessions, open_engine
from lianyi.station.database.migrate import migrate
from lianyi.station.database.models import (
    Base,
    Delivery,
    DeliveryState,
    Instance,
    Outcome,
    Rejection,
    ResultObject,
    Screening,
    ScreeningState,
    Series,
    Study,
)

__all__ = [
    "Base",
    "Delivery",
    "DeliveryState",
    "Instance",
    "Outcome",
    "Rejection",
    "ResultObject",
    "Screening",
    "ScreeningState",
    "Series",
    "Sessions",
    "Study",
    "migrate",
    "open_engine",
]
