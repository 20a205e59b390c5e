"""Run a station in this process until a signal ends it."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from lianyi.lungct.domain.errors import Misconfigured
from lianyi.station.config import StationConfig
from lianyi.station.events import EventLog, keep_libraries_silent
from lianyi.station.station import Station
from lianyi.station.web.app import make_app
from lianyi.station.web.server import WebServer


def serve(config: StationConfig, *, log: EventLog | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then stop in order.

    Raises:
        Misconfigured: the station cannot start as it is set; nothing is left running.
    """
    log = log or EventLog()
    keep_libraries_silent(log)
    asked_to_stop = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        asked_to_stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    station = Station(config, log)
    web: WebServer | None = None
    try:
        try:
            web = WebServer(make_app(station), config.http)
            station.start()
        except OSError as error:
            raise _port_taken(config, error) from None
        web.start()
        log.write("serving", http_port=web.port)
        while not asked_to_stop.wait(1.0):
            pass
    finally:
        log.write("stopping")
        if web is not None:
            web.stop()
        station.stop()


def _port_taken(config: StationConfig, error: OSError) -> Misconfigured:
    reason = error.strerror or "?"
    dicom, http = config.dicom, config.http
    ports = f"dicom {dicom.bind}:{dicom.port}/{dicom.tls_port}, http {http.bind}:{http.port}"
    return Misconfigured(
        zh=f"无法监听端口（{ports}）：{reason}。请检查是否已被占用，或在 station.toml 中更换。",
        en=f"cannot listen ({ports}): {reason}. See what else uses the port, or set another in station.toml.",
    )
