"""Every route in one table, each with the right that it needs. There is no other way in."""

from typing import Any

from api import status
from api.alert_routes import ALERT_ROUTES
from api.asset_routes import ASSET_ROUTES
from api.erasure_routes import ERASURE_ROUTES
from api.key_routes import KEY_ROUTES
from api.message_routes import MESSAGE_ROUTES
from api.person_routes import PERSON_ROUTES
from api.place_routes import PLACE_ROUTES
from api.preview_routes import PREVIEW_ROUTES
from api.reader_routes import READER_ROUTES
from api.route import Route
from api.shapes import Health, Readiness
from api.site_routes import SITE_ROUTES
from api.subscription_routes import SUBSCRIPTION_ROUTES
from api.system_routes import SYSTEM_ROUTES
from api.tag_routes import TAG_ROUTES

STATUS_ROUTES: tuple[Route, ...] = (
    Route("GET", "/", status.home, "open", media=("text/html",)),
    Route("GET", "/healthz", status.health, "open", Health),
    Route("GET", "/readyz", status.readiness, "open", Readiness, statuses=(200, 503)),
    Route("GET", "/metrics", status.metrics, "look", media=("text/plain",)),
    Route("GET", "/docs", status.docs, "look", media=("text/html",), scoped=True),
    Route("GET", "/openapi.json", status.openapi, "look", dict[str, Any], scoped=True),
)
ROUTES: tuple[Route, ...] = (
    *STATUS_ROUTES,
    *ASSET_ROUTES,
    *TAG_ROUTES,
    *PLACE_ROUTES,
    *READER_ROUTES,
    *ALERT_ROUTES,
    *MESSAGE_ROUTES,
    *KEY_ROUTES,
    *PERSON_ROUTES,
    *SITE_ROUTES,
    *PREVIEW_ROUTES,
    *SUBSCRIPTION_ROUTES,
    *ERASURE_ROUTES,
    *SYSTEM_ROUTES,
)
