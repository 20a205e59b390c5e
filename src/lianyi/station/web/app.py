"""Health and metrics, and where the rest of the web is hung up."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response

from lianyi import __version__
from lianyi.station.station import Station
from lianyi.station.web.holdings import Holdings
from lianyi.station.web.retrieve import retrieve_routes
from lianyi.station.web.search import search_routes
from lianyi.station.web.stow import stow_routes


def make_app(station: Station) -> FastAPI:
    """Give the application; no interactive documentation, which would load scripts from the internet."""
    app = FastAPI(title="lianyi", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/health/live")
    def live() -> dict[str, str]:
        return {"status": "live", "version": __version__}

    @app.get("/health/ready")
    def ready() -> JSONResponse:
        is_ready = station.is_ready()
        return JSONResponse({"status": "ready" if is_ready else "not ready"}, status_code=200 if is_ready else 503)

    @app.get("/metrics")
    def metrics() -> Response:
        station.refresh_metrics()
        return Response(station.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    holdings = Holdings(station.sessions, station.folders.root)
    app.include_router(stow_routes(station), prefix="/dicom-web")
    app.include_router(search_routes(holdings), prefix="/dicom-web")
    app.include_router(retrieve_routes(holdings), prefix="/dicom-web")
    return app
