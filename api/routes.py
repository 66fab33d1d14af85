"""Every route in one table, each with the right that it needs. There is no other way in."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from fastapi import Depends, FastAPI
from pydantic import BaseModel

from api import (
    alarm_figures,
    alert_verbs,
    alerts,
    assets,
    audit,
    channels,
    checkouts,
    crossings,
    deliveries,
    ingest,
    maintenance,
    movements,
    quality,
    readers,
    rules,
    sensors,
    status,
    stream,
    zones,
)
from api.access import RIGHTS, Right, guard
from api.alert_shapes import AlertShape, AuditShape, DrillShape, FiguresShape, RuleShape
from api.alert_verbs import AssignBody, CommentBody, EmptyBody, NoteBody
from api.asset_bodies import AssetBody
from api.checkouts import CheckInBody, CheckOutBody, RevokeBody
from api.custody_shapes import CheckoutShape, CustodyShape, FullCheckoutShape
from api.deliveries import RedeliverBody
from api.delivery_shapes import ChannelShape, DeliveryShape, Redelivered, TestSent
from api.maintenance import ReaderMaintenanceBody
from api.parameters import refuse_unknown
from api.quality import QualityShape
from api.readers import OutputBody
from api.rules import RuleShelfBody, RuleUnshelfBody
from api.shapes import (
    AssetShape,
    CrossingShape,
    Health,
    Ingested,
    Items,
    MaintenanceShape,
    MovementShape,
    PastCrossing,
    PastMovement,
    PastVisit,
    Position,
    Present,
    Problem,
    ReaderShape,
    Readiness,
    SensorShape,
    Stored,
    Visit,
    ZoneShape,
)
from api.spans import SpanBody

Verb = Literal["GET", "POST", "PUT", "DELETE"]

JSON = "application/json"
CSV = "text/csv"
_TEXT = {"schema": {"type": "string"}}
_PROBLEM = {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}
_ASSET = {"schema": AssetBody.model_json_schema()}
_ASSETS = {"schema": {"anyOf": [_ASSET["schema"], {"type": "array", "items": _ASSET["schema"]}]}}
_ANY: dict[str, Any] = {"schema": {}}
_PUSH: dict[str, Any] = dict.fromkeys((JSON, "application/x-ndjson"), _ANY)


class Route(NamedTuple):
    """A method and a path, who answers, the right it needs, and how body and answer look.

    `shape` is that of the JSON answer, `media` are the other types that it may have;
    `takes` gives the schema of the body by media type.
    """

    verb: Verb
    path: str
    answer: Callable[..., Any]
    right: Right
    shape: Any = None
    media: tuple[str, ...] = ()
    takes: dict[str, Any] | None = None
    body_required: bool = True
    statuses: tuple[int, ...] = (200,)


_API = "/api/v1"
_ASSET_PATH = _API + "/assets/{asset:name}"
_ZONE_PATH = _API + "/zones/{name:name}"
_READER_PATH = _API + "/readers/{name:name}"
_PORTAL_PATH = _API + "/portals/{name:name}"
_ALERT_PATH = _API + "/alerts/{alert:name}"
_RULE_PATH = _API + "/rules/{name:name}"
_CHANNEL_PATH = _API + "/channels/{name:name}"
_CHECKOUT_PATH = _API + "/checkouts/{checkout}"
_DELIVERY_PATH = _API + "/deliveries/{delivery}"
_INGEST_PATH = _API + "/ingest/{name:name}"


def _takes(body: type[BaseModel]) -> dict[str, Any]:
    return {JSON: {"schema": body.model_json_schema()}}


def _verb(
    end: str,
    answer: Callable[..., Any],
    body: type[BaseModel],
    *,
    body_required: bool = True,
) -> Route:
    """What people do about one alert; the answer is the alert after it."""
    return Route(
        "POST",
        _ALERT_PATH + end,
        answer,
        "handle_alerts",
        AlertShape,
        takes=_takes(body),
        body_required=body_required,
    )


ROUTES: tuple[Route, ...] = (
    Route("GET", "/", status.home, "open", media=("text/html",)),
    Route("GET", "/healthz", status.health, "open", Health),
    Route("GET", "/readyz", status.readiness, "open", Readiness, statuses=(200, 503)),
    Route("GET", "/metrics", status.metrics, "look", media=("text/plain",)),
    Route("GET", "/docs", status.docs, "look", media=("text/html",)),
    Route("GET", "/openapi.json", status.openapi, "look", dict[str, Any]),
    Route("GET", _API + "/assets", assets.list_assets, "look", Items[AssetShape], (CSV,)),
    Route(
        "POST",
        _API + "/assets",
        assets.store_assets,
        "edit_assets",
        AssetShape | Stored,
        takes={JSON: _ASSETS, CSV: _TEXT},
        statuses=(200, 201),
    ),
    Route("GET", _ASSET_PATH + "/position", assets.show_position, "look", Position),
    Route(
        "GET",
        _ASSET_PATH + "/history",
        assets.list_history,
        "look",
        Items[PastMovement | PastCrossing | PastVisit],
        (CSV,),
    ),
    Route("GET", _ASSET_PATH + "/custody", checkouts.show_custody, "look", CustodyShape),
    Route("GET", _ASSET_PATH, assets.show_asset, "look", AssetShape),
    Route(
        "PUT",
        _ASSET_PATH,
        assets.put_asset,
        "edit_assets",
        AssetShape,
        takes={JSON: _ASSET},
        statuses=(200, 201),
    ),
    Route("DELETE", _ASSET_PATH, assets.remove_asset, "edit_assets", statuses=(204,)),
    Route("GET", _API + "/zones", zones.list_zones, "look", Items[ZoneShape], (CSV, zones.GEOJSON)),
    Route("GET", _ZONE_PATH + "/assets", zones.list_zone_assets, "look", Items[Present], (CSV,)),
    Route("GET", _ZONE_PATH + "/visits", zones.list_zone_visits, "look", Items[Visit], (CSV,)),
    Route("GET", _ZONE_PATH, zones.show_zone, "look", ZoneShape),
    Route("GET", _API + "/sensors", sensors.list_sensors, "look", Items[SensorShape], (CSV,)),
    Route("GET", _API + "/readers", readers.list_readers, "look", Items[ReaderShape], (CSV,)),
    Route("GET", _READER_PATH, readers.show_reader, "look", ReaderShape),
    Route(
        "PUT",
        _READER_PATH + "/maintenance",
        maintenance.maintain_reader,
        "maintenance",
        ReaderShape,
        takes=_takes(ReaderMaintenanceBody),
    ),
    Route(
        "DELETE",
        _READER_PATH + "/maintenance",
        maintenance.release_reader,
        "maintenance",
        statuses=(204,),
    ),
    Route(
        "POST",
        _READER_PATH + "/outputs/{port}",
        readers.switch_output,
        "switch_outputs",
        takes={JSON: {"schema": OutputBody.model_json_schema()}},
        statuses=(204,),
    ),
    Route(
        "PUT",
        _PORTAL_PATH + "/maintenance",
        maintenance.maintain_portal,
        "maintenance",
        MaintenanceShape,
        takes=_takes(SpanBody),
    ),
    Route(
        "DELETE",
        _PORTAL_PATH + "/maintenance",
        maintenance.release_portal,
        "maintenance",
        statuses=(204,),
    ),
    Route(
        "GET",
        _API + "/maintenance",
        maintenance.list_maintenance,
        "look",
        Items[MaintenanceShape],
        (CSV,),
    ),
    Route(
        "GET", _API + "/movements", movements.list_movements, "look", Items[MovementShape], (CSV,)
    ),
    Route(
        "GET", _API + "/crossings", crossings.list_crossings, "look", Items[CrossingShape], (CSV,)
    ),
    Route("GET", _API + "/quality", quality.show_quality, "look", QualityShape),
    Route("GET", _API + "/alerts", alerts.list_alerts, "look", Items[AlertShape], (CSV,)),
    Route("GET", _API + "/alerts/figures", alarm_figures.show_figures, "look", FiguresShape),
    _verb("/acknowledge", alert_verbs.acknowledge_alert, NoteBody, body_required=False),
    _verb("/reset", alert_verbs.reset_alert, NoteBody, body_required=False),
    _verb("/shelve", alert_verbs.shelve_alert, SpanBody),
    _verb("/unshelve", alert_verbs.unshelve_alert, EmptyBody, body_required=False),
    _verb("/assign", alert_verbs.assign_alert, AssignBody),
    _verb("/comment", alert_verbs.comment_alert, CommentBody),
    Route("GET", _ALERT_PATH + "/log", alerts.list_alert_log, "look", Items[AuditShape], (CSV,)),
    Route("GET", _ALERT_PATH, alerts.show_alert, "look", AlertShape),
    Route("GET", _API + "/audit", audit.list_audit, "audit", Items[AuditShape], (CSV,)),
    Route("GET", _API + "/rules", rules.list_rules, "look", Items[RuleShape], (CSV,)),
    Route(
        "POST",
        _RULE_PATH + "/shelve",
        rules.shelve_rule,
        "direct_rules",
        RuleShape,
        takes=_takes(RuleShelfBody),
    ),
    Route(
        "POST",
        _RULE_PATH + "/unshelve",
        rules.unshelve_rule,
        "direct_rules",
        RuleShape,
        takes=_takes(RuleUnshelfBody),
        body_required=False,
    ),
    Route("GET", _API + "/drill", rules.show_drill, "look", DrillShape),
    Route(
        "POST",
        _API + "/drill",
        rules.start_drill,
        "direct_rules",
        DrillShape,
        takes=_takes(SpanBody),
    ),
    Route("DELETE", _API + "/drill", rules.end_drill, "direct_rules", statuses=(204,)),
    Route(
        "GET",
        _API + "/checkouts",
        checkouts.list_checkouts,
        "look",
        Items[CheckoutShape],
        (CSV,),
    ),
    Route(
        "POST",
        _API + "/checkouts",
        checkouts.open_checkout,
        "custody",
        FullCheckoutShape,
        takes=_takes(CheckOutBody),
        statuses=(201,),
    ),
    Route("GET", _CHECKOUT_PATH, checkouts.show_checkout, "look", FullCheckoutShape),
    Route(
        "POST",
        _CHECKOUT_PATH + "/check-in",
        checkouts.check_in,
        "custody",
        FullCheckoutShape,
        takes=_takes(CheckInBody),
        body_required=False,
    ),
    Route(
        "POST",
        _CHECKOUT_PATH + "/revoke",
        checkouts.revoke_checkout,
        "custody",
        FullCheckoutShape,
        takes=_takes(RevokeBody),
    ),
    Route("GET", _API + "/channels", channels.list_channels, "look", Items[ChannelShape], (CSV,)),
    Route(
        "POST",
        _CHANNEL_PATH + "/test",
        channels.test_channel,
        "redeliver",
        TestSent,
        statuses=(202,),
    ),
    Route(
        "GET",
        _API + "/deliveries",
        deliveries.list_deliveries,
        "look",
        Items[DeliveryShape],
        (CSV,),
    ),
    Route(
        "POST",
        _API + "/deliveries/redeliver",
        deliveries.redeliver_dead,
        "redeliver",
        Redelivered,
        takes=_takes(RedeliverBody),
        body_required=False,
    ),
    Route("POST", _DELIVERY_PATH + "/redeliver", deliveries.redeliver, "redeliver", DeliveryShape),
    Route("GET", _DELIVERY_PATH, deliveries.show_delivery, "look", DeliveryShape),
    Route("POST", _INGEST_PATH, ingest.push, "ingest", Ingested | list[Any], takes=_PUSH),
    Route("GET", _INGEST_PATH, ingest.push_by_query, "ingest", Ingested),
    Route("GET", _API + "/stream", stream.stream, "look", media=("text/event-stream",)),
)


def add_route(app: FastAPI, route: Route) -> None:
    """Let `app` answer the route to those who have the right and ask what it understands."""
    entrance = []
    if route.right != "open":
        # Probes may add what they like to an open address, to get past a cache for example.
        entrance = [Depends(guard(route.right))]
        # What readers put into the query is theirs, as the body is.
        if route.right != "ingest":
            entrance.append(Depends(refuse_unknown))
    app.add_api_route(
        route.path,
        route.answer,
        methods=[route.verb],
        dependencies=entrance,
        status_code=route.statuses[0],
        response_model=None,
        responses=_responses(route),
        openapi_extra=_extra(route),
    )


def _responses(route: Route) -> dict[int | str, dict[str, Any]]:
    content = dict.fromkeys(route.media, _TEXT)
    found: dict[int | str, dict[str, Any]] = {
        "default": {
            "description": "A problem says what is wrong.",
            "content": {"application/problem+json": _PROBLEM},
        },
    }
    for code in route.statuses:
        found[code] = {"description": "Done.", "content": content}
        if route.shape is not None:
            found[code]["model"] = route.shape
    return found


def _extra(route: Route) -> dict[str, Any]:
    extra: dict[str, Any] = {"x-roles": roles_of(route.right)}
    if route.takes is not None:
        extra["requestBody"] = {"required": route.body_required, "content": route.takes}
    if route.verb != "GET" and route.right != "ingest":
        extra["parameters"] = [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
                "description": "The same request under the same key is done once.",
            },
        ]
    return extra


def roles_of(right: Right) -> list[str]:
    """The roles that have the right; `open` needs none."""
    if right == "open":
        return ["open"]
    return [role for role, rights in RIGHTS.items() if right in rights]
