"""What each operation is asked and answers, for example; a test holds each against its schema."""

import json
from typing import Any

from api import example_alerts as raised
from api import example_values as depot
from api.example import LINES_TYPE, Example, lines, page
from api.example_access import ACCESS
from api.example_previews import PREVIEWS
from api.example_system import SYSTEM
from api.site_examples import SITE

_CSV_TYPE = "text/csv"
_PATCH_TYPE = "application/merge-patch+json"


_REASON = {"until": depot.EVENING, "reason": "stocktake"}
_ALERT_IDS = {"ids": ["9c1f0f6ab2d84c3e", "0b7e3d5a8c1f4e2d"]}
_ALERTS_DONE = {
    "done": 1,
    "results": [
        {"id": "9c1f0f6ab2d84c3e", "status": 200, "detail": ""},
        {"id": "0b7e3d5a8c1f4e2d", "status": 409, "detail": "The alert is cleared."},
    ],
}
_READS: list[dict[str, Any]] = [
    {"tag": depot.TAG, "time": depot.NOW, "antenna": 1, "rssi_dbm": -51.5},
    {"tag": "3034257bf7194e4000002b17", "time": depot.NOW, "antenna": 1},
]
_ASSET_FILE = (
    "id,name,category,tags,group,sku,serial,lot,owner,home_zone,status\n"
    f"forklift-3,Forklift 3,forklift,{depot.TAG},warehouse,,FL-20931,,Logistics,hall,in use\n"
)
_EVENT = f"id: 48213\nevent: movement\ndata: {json.dumps(depot.MOVEMENT)}\n\n"

GATEWAY = {
    "home": Example(texts={"text/html": "<!doctype html>…"}),
    "health": Example({"status": "ok"}),
    "readiness": Example({"status": "ready", "reasons": []}),
    "metrics": Example(
        texts={
            "text/plain": (
                "# HELP tagwarden_reads_total Reads that came in.\n"
                "# TYPE tagwarden_reads_total counter\n"
                'tagwarden_reads_total{reader="gate-1"} 18230.0\n'
            )
        }
    ),
    "docs": Example(texts={"text/html": "<!doctype html>…"}),
    "openapi": Example({"openapi": "3.1.0", "info": {"title": "Tagwarden"}, "paths": {}}),
}
ASSETS = {
    "list_assets": page(depot.ASSET),
    "store_assets": Example(
        depot.STORED,
        [depot.SENT_ASSET, {"id": "laptop-17", "category": "laptop"}],
        sent_texts={_CSV_TYPE: _ASSET_FILE, LINES_TYPE: lines([depot.SENT_ASSET])},
    ),
    "patch_assets": Example(
        depot.each_of("forklift-3", "laptop-17"),
        {"ids": ["forklift-3", "laptop-17"], "fields": {"status": "in repair"}},
    ),
    "remove_assets": Example(
        depot.each_of("forklift-3", "laptop-17"), {"ids": ["forklift-3", "laptop-17"]}
    ),
    "show_asset": Example(depot.ASSET),
    "put_asset": Example(depot.ASSET, depot.SENT_ASSET),
    "patch_asset": Example(
        {**depot.ASSET, "status": "in repair", "owner": ""},
        {"status": "in repair", "owner": None},
        sent_texts={_PATCH_TYPE: {"status": "in repair", "owner": None}},
    ),
    "remove_asset": Example(),
    "show_position": Example(depot.POSITION),
    "list_history": page(
        {"type": "movement", **depot.MOVEMENT}, {"type": "visit", **depot.VISIT}, depot.GAP
    ),
    "show_custody": Example(
        {"asset": "laptop-17", "out": depot.STAY, "checkouts": [depot.CHECKOUT], "past": []}
    ),
}
CHECKOUTS = {
    "list_checkouts": page(depot.CHECKOUT),
    "open_checkout": Example(
        depot.FULL_CHECKOUT,
        {
            "person": "night crew",
            "asset": "laptop-17",
            "until": depot.EVENING,
            "grace_s": 600,
            "gates": ["dock-door"],
            "note": "stocktake",
        },
    ),
    "show_checkout": Example(depot.FULL_CHECKOUT),
    "check_in": Example(depot.CHECKED_IN, {"note": "complete"}),
    "revoke_checkout": Example(depot.REVOKED, {"reason": "reported stolen"}),
}
PLACES = {
    "list_positions": page(depot.TAG_POSITION),
    "list_zones": page(depot.ZONE).also("application/geo+json", depot.ZONES_DRAWN),
    "show_zone": Example(depot.ZONE).also(
        "application/geo+json", json.dumps(json.loads(depot.ZONES_DRAWN)["features"][0])
    ),
    "list_zone_assets": page(depot.PRESENT),
    "list_zone_visits": page(depot.VISIT),
    "list_movements": page(depot.MOVEMENT),
    "show_movement": Example(depot.MOVEMENT),
    "list_crossings": page(depot.CROSSING),
    "show_crossing": Example(depot.CROSSING),
    "list_sensor": page(depot.SENSOR),
    "list_sensors": page(depot.SENSOR),
    "list_series": Example(depot.SERIES).also(LINES_TYPE, lines(depot.SERIES["items"])),
}
READERS = {
    "list_readers": page(depot.READER),
    "show_reader": Example(depot.READER),
    "maintain_reader": Example(depot.READER_AT_WORK, {**depot.SPAN, "antenna": 2}),
    "release_reader": Example(),
    "restart_reader": Example({**depot.READER, "state": "connecting"}),
    "switch_output": Example(sent={"on": True, "for_s": 5}),
    "maintain_portal": Example(
        {**depot.MAINTENANCE, "kind": "portal", "target": "dock-door"}, depot.SPAN
    ),
    "release_portal": Example(),
    "list_maintenance": page(depot.MAINTENANCE),
    "show_quality": Example(depot.QUALITY),
    "push": Example(
        {"accepted": 2, "rejected": []}, _READS, sent_texts={LINES_TYPE: lines(_READS)}
    ),
    "push_by_query": Example({"accepted": 1, "rejected": []}),
}
TAGS = {
    "list_tags": page(depot.KNOWN_TAG),
    "bind_tags": Example(depot.KNOWN_TAG, {"tag": depot.TAG, "asset": "forklift-3"}),
    "unbind_tags": Example(
        depot.each_of(depot.TAG, depot.STRANGE_TAG), {"ids": [depot.TAG, depot.STRANGE_TAG]}
    ),
    "list_unknown_tags": page(depot.UNKNOWN_TAG),
    "show_tag": Example(depot.KNOWN_TAG),
    "unbind_tag": Example(),
    "list_sightings": page(depot.SIGHTING),
}
ALERTS = {
    "list_alerts": page(raised.ALERT),
    "show_figures": Example(raised.FIGURES),
    "acknowledge_alert": Example(raised.ACKNOWLEDGED, {"note": "on my way"}),
    "reset_alert": Example(
        {**raised.ACKNOWLEDGED, "state": "cleared", "condition": "returned"},
        {"note": "brought back"},
    ),
    "shelve_alert": Example(
        {
            **raised.ALERT,
            "state": "shelved",
            "shelved_until": depot.EVENING,
            "shelved": {"by": "shift lead", "at": depot.NOW, "reason": "stocktake"},
        },
        _REASON,
    ),
    "unshelve_alert": Example(raised.ALERT, {}),
    "assign_alert": Example({**raised.ALERT, "assignee": "front desk"}, {"to": "front desk"}),
    "comment_alert": Example(raised.ALERT, {"text": "seen on camera 4"}),
    "acknowledge_alerts": Example(_ALERTS_DONE, {**_ALERT_IDS, "note": "drill"}),
    "reset_alerts": Example(_ALERTS_DONE, {**_ALERT_IDS, "note": "brought back"}),
    "shelve_alerts": Example(_ALERTS_DONE, {**_ALERT_IDS, **_REASON}),
    "unshelve_alerts": Example(_ALERTS_DONE, _ALERT_IDS),
    "assign_alerts": Example(_ALERTS_DONE, {**_ALERT_IDS, "to": "front desk"}),
    "comment_alerts": Example(_ALERTS_DONE, {**_ALERT_IDS, "text": "seen on camera 4"}),
    "list_alert_log": page(raised.AUDIT),
    "show_alert": Example(raised.ALERT),
    "list_audit": page(raised.AUDIT),
    "list_rules": page(raised.RULE),
    "shelve_rule": Example(raised.SHELVED_RULE, _REASON),
    "unshelve_rule": Example(raised.RULE, {}),
    "show_drill": Example(raised.DRILL),
    "start_drill": Example(raised.DRILL, {"for_s": 3600, "reason": "monthly drill"}),
    "end_drill": Example(),
}
MESSAGES = {
    "list_channels": page(depot.CHANNEL),
    "test_channel": Example({"delivery": "msg_test_5c9e4d2b"}),
    "list_deliveries": page(depot.DELIVERY),
    "redeliver_dead": Example(
        {"redelivered": 3, "more": False}, {"channel": "guards", "since": depot.YESTERDAY}
    ),
    "redeliver": Example({**depot.DELIVERY, "state": "waiting", "due": depot.NOW}),
    "show_delivery": Example(
        {
            **depot.DELIVERY,
            "body": {"type": "alert.raised", "timestamp": depot.EARLIER, "data": raised.ALERT},
        }
    ),
    "stream": Example(texts={"text/event-stream": _EVENT}),
}
_ASKED = {
    "name": "ERP",
    "url": "https://erp.example.net/hook",
    "events": ["movement", "crossing.outbound"],
    "filters": {"zone": ["hall"], "category": ["laptop"]},
}
_SUBSCRIPTION: dict[str, Any] = {
    "id": "sub_5b1e0c7d9a3f4e21",
    "channel": "subscription:sub_5b1e0c7d9a3f4e21",
    **_ASKED,
    "per_minute_max": 600,
    "enabled": True,
    "zones": None,
    "groups": None,
    "state": "closed",
    "reason": "",
    "waiting": 0,
    "oldest": None,
    "dead": 0,
    "last_success": depot.NOW,
    "last_error": None,
    "created": depot.YESTERDAY,
    "created_by": "integration",
    "revision": 1,
}
_SIGNED = {**_SUBSCRIPTION, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
SUBSCRIPTIONS = {
    "list_subscriptions": page(_SUBSCRIPTION),
    "create_subscription": Example(_SIGNED, _ASKED),
    "show_subscription": Example(_SUBSCRIPTION),
    "change_subscription": Example({**_SUBSCRIPTION, "enabled": False}, {"enabled": False}),
    "delete_subscription": Example(),
    "test_subscription": Example({"delivery": "msg_test_5c9e4d2b"}),
    "rotate_secret": Example({**_SIGNED, "revision": 2}, {"keep_former": True}),
}
_ERASURE = {
    "id": "er_2c8e6f0d4b7a9d1c",
    "seq": 1,
    "kind": "asset",
    "mode": "pseudonymise",
    "pseudonym": "erased-5b1e0c7d9a3f4e21",
    "reason": "left the company",
    "by": "data protection",
    "asked": depot.NOW,
    "finished": depot.NOW,
    "rows": {"day_files": 3},
    "remains": ["the audit log, until its own age", "backups that were made before"],
}
ERASURES = {
    "list_erasures": page(_ERASURE),
    "erase": Example(
        _ERASURE, {"asset": "badge-12", "mode": "pseudonymise", "reason": "left the company"}
    ),
    "show_erasure": Example(_ERASURE),
}
EXAMPLES: dict[str, Example] = {
    **GATEWAY,
    **ASSETS,
    **CHECKOUTS,
    **TAGS,
    **PLACES,
    **READERS,
    **ALERTS,
    **MESSAGES,
    **ACCESS,
    **SUBSCRIPTIONS,
    **ERASURES,
    **SYSTEM,
    **PREVIEWS,
    **{name: Example(*made) for name, made in SITE.items()},
}
"""By the id of the operation. Whoever adds an operation adds its example."""
