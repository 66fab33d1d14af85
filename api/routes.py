"""Every route in one table, each with the right that it needs. There is no other way in."""

from typing import Any

from api import status
from api.alert_routes import ALERT_ROUTES
from api.asset_routes import ASSET_ROUTES
from api.message_routes import MESSAGE_ROUTES
from api.place_routes import PLACE_ROUTES
from api.reader_routes import READER_ROUTES
from api.route import Route
from api.shapes import Health, Readiness

STATUS_ROUTES: tuple[Route, ...] = (
    Route("GET", "/", status.home, "open", media=("text/html",)),
    Route("GET", "/healthz", status.health, "open", Health),
    Route("GET", "/readyz", status.readiness, "open", Readiness, statuses=(200, 503)),
    Route("GET", "/metrics", status.metrics, "look", media=("text/plain",)),
    Route("GET", "/docs", status.docs, "look", media=("text/html",)),
    Route("GET", "/openapi.json", status.openapi, "look", dict[str, Any]),
)
ROUTES: tuple[Route, ...] = (
    *STATUS_ROUTES,
    *ASSET_ROUTES,
    *PLACE_ROUTES,
    *READER_ROUTES,
    *ALERT_ROUTES,
    *MESSAGE_ROUTES,
)
