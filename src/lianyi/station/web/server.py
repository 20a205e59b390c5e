"""Serve the application from a thread of the station; the door of uvicorn."""

from __future__ import annotations

import socket
import threading

import uvicorn
from fastapi import FastAPI

from lianyi.station.config import Http

_START_S = 30.0


class WebServer:
    """Serves until it is stopped.

    Attributes:
        port: as bound.
    """

    def __init__(self, app: FastAPI, http: Http) -> None:
        family = socket.AF_INET6 if ":" in http.bind else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((http.bind, http.port))
        self._socket.listen(128)  # from here on a caller waits, and is not refused
        self.port = int(self._socket.getsockname()[1])
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=5
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; requests that run have a few seconds to end."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(10)
        self._socket.close()

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])
