"""One morning in a depot, as the API tells it: values that the examples are made of."""

import json
from typing import Any

Value = dict[str, Any]

NOW = "2026-03-02T09:15:30Z"
EARLIER = "2026-03-02T08:40:12.25Z"
BEFORE = "2026-03-02T08:05:00Z"
EVENING = "2026-03-02T17:00:00Z"
YESTERDAY = "2026-03-01T09:15:30Z"

TAG = "3034257bf7194e4000001a85"
STRANGE_TAG = "e28011700000020f1c2a3b4d"

ASSET: Value = {
    "id": "forklift-3",
    "name": "Forklift 3",
    "category": "forklift",
    "tags": [TAG],
    "group": "warehouse",
    "sku": "",
    "serial": "FL-20931",
    "lot": "",
    "owner": "Logistics",
    "home_zone": "hall",
    "status": "in use",
}
SENT_ASSET: Value = {
    name: value for name, value in ASSET.items() if value and name not in {"status", "owner"}
}
STORED: Value = {"stored": 2, "good": 2, "errors": []}

FIX: Value = {
    "tag": "gps:tracker-9",
    "source": "trackers",
    "time": NOW,
    "x_m": None,
    "y_m": None,
    "lat": 52.5208,
    "lon": 13.4094,
    "accuracy_m": 4.0,
}
POSITION: Value = {
    "asset": "forklift-3",
    "zone": "hall",
    "since": EARLIER,
    "tag": TAG,
    "presence": "present",
    "presence_since": EARLIER,
    "flaps": 0,
    "last_heard": NOW,
    "floor": "ground",
    "last_zone": "hall",
    "fix": None,
}
TAG_POSITION: Value = {
    "tag": TAG,
    "asset": "forklift-3",
    "name": "Forklift 3",
    "zone": "hall",
    "since": EARLIER,
    "last_zone": "hall",
    "presence": "present",
    "presence_since": EARLIER,
}
KNOWN_TAG: Value = {**TAG_POSITION, "bound": BEFORE, "last_heard": NOW}
UNKNOWN_TAG: Value = {
    "tag": STRANGE_TAG,
    "count": 214,
    "first": BEFORE,
    "last": NOW,
    "reader": "gate-1",
    "antenna": 1,
    "rssi_dbm_max": -48.5,
}
SIGHTING: Value = {
    "tag": TAG,
    "reader": "gate-1",
    "antenna": 1,
    "time": NOW,
    "first": "2026-03-02T09:15:30.125Z",
    "last": "2026-03-02T09:15:34.875Z",
    "count": 42,
    "rssi_dbm_max": -48.5,
    "rssi_dbm_mean": -51.3,
}
PRESENT: Value = {
    "asset": "forklift-3",
    "name": "Forklift 3",
    "tag": TAG,
    "zone": "hall",
    "since": EARLIER,
    "presence": "present",
    "presence_since": EARLIER,
}
VISIT: Value = {"tag": TAG, "asset": "forklift-3", "zone": "gate", "from": BEFORE, "to": EARLIER}
MOVEMENT: Value = {
    "id": "5f0c7c1e-6f0b-5d53-9d8f-5b0a3a1f6d11",
    "time": EARLIER,
    "decided": EARLIER,
    "tag": TAG,
    "asset": "forklift-3",
    "kind": "moved",
    "from": "gate",
    "to": "hall",
    "operation": "put_away",
    "late": False,
}
CROSSING: Value = {
    "id": "1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed",
    "time": EARLIER,
    "decided": EARLIER,
    "tag": TAG,
    "asset": "forklift-3",
    "portal": "dock-door",
    "direction": "inbound",
    "confidence": 0.97,
    "lean": None,
    "late": False,
}
GAP: Value = {
    "type": "gap",
    "from": YESTERDAY,
    "to": BEFORE,
    "reason": "reader_down",
    "zone": "gate",
    "readers": ["gate-1"],
}

_SQUARE = [[0.0, 0.0], [40.0, 0.0], [40.0, 40.0], [0.0, 40.0]]
ZONE: Value = {
    "name": "hall",
    "floor": "ground",
    "role": "storage",
    "parent": None,
    "polygon": _SQUARE,
    "shape": "polygon",
    "geometry": {"type": "Polygon", "coordinates": [[*_SQUARE, _SQUARE[0]]]},
    "healthy": True,
}
ZONES_DRAWN = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": "hall",
                "geometry": ZONE["geometry"],
                "properties": {
                    name: value
                    for name, value in ZONE.items()
                    if name not in {"polygon", "geometry"}
                },
            }
        ],
    }
)
SENSOR: Value = {
    "sensor": "cold-store",
    "quantity": "temperature",
    "value": 4.5,
    "unit": "°C",
    "time": NOW,
}
SERIES: Value = {
    "sensor": "cold-store",
    "since": YESTERDAY,
    "until": NOW,
    "step_s": 3600,
    "items": [
        {
            "sensor": "cold-store",
            "quantity": "temperature",
            "time": "2026-03-02T09:00:00Z",
            "count": 15,
            "mean": 4.25,
            "min": 4.0,
            "max": 4.5,
            "unit": "°C",
        }
    ],
}

READER: Value = {
    "name": "gate-1",
    "state": "online",
    "since": BEFORE,
    "reason": "",
    "remedy": "",
    "last_message": NOW,
    "last_read": NOW,
    "clock_offset_ms": 12,
    "antennas": {"1": "connected", "2": "connected"},
    "maintenance": [],
    "listed": True,
    "reads_per_second": 12.4,
    "series": [11.8, 12.0, 12.4],
    "zone": None,
    "points": [
        {"antenna": 1, "zone": "hall", "at_m": [38.5, 15.0]},
        {"antenna": 2, "zone": "gate", "at_m": [43.0, 13.5]},
    ],
}
MAINTENANCE: Value = {
    "kind": "antenna",
    "target": "gate-1/2",
    "since": NOW,
    "until": EVENING,
    "reason": "a new cable",
    "by": "workshop",
}
SPAN: Value = {"until": EVENING, "reason": "a new cable"}
READER_AT_WORK: Value = {**READER, "maintenance": [MAINTENANCE]}

CHECKOUT: Value = {
    "id": "0f6a2c9e41d84b7c",
    "seq": 48101,
    "state": "open",
    "person": "night crew",
    "asset": "laptop-17",
    "category": None,
    "group": None,
    "from": BEFORE,
    "until": EVENING,
    "return_by": None,
    "grace_s": 600.0,
    "due": "2026-03-02T17:10:00Z",
    "zones": [],
    "gates": ["dock-door"],
    "note": "stocktake",
    "opened": {"by": "front desk", "at": BEFORE},
    "closed": None,
    "out": 1,
}
STAY: Value = {
    "checkout": "0f6a2c9e41d84b7c",
    "person": "night crew",
    "asset": "laptop-17",
    "tag": "3034257bf7194e4000002b17",
    "from": "office",
    "to": "gate",
    "portal": "dock-door",
    "left": EARLIER,
    "ended": None,
    "how": None,
}
FULL_CHECKOUT: Value = {**CHECKOUT, "stays": [STAY]}
CHECKED_IN: Value = {
    **CHECKOUT,
    "state": "returned",
    "closed": {"by": "front desk", "at": NOW, "why": "complete"},
    "out": 0,
    "stays": [{**STAY, "ended": NOW, "how": "returned"}],
}
REVOKED: Value = {
    **FULL_CHECKOUT,
    "state": "revoked",
    "closed": {"by": "front desk", "at": NOW, "why": "reported stolen"},
}

CHANNEL: Value = {
    "name": "guards",
    "kind": "webhook",
    "state": "closed",
    "reason": "",
    "waiting": 0,
    "oldest": None,
    "dead": 0,
    "last_success": NOW,
    "last_error": None,
    "per_minute_max": 60,
    "heartbeat_s": None,
}
DELIVERY: Value = {
    "id": "msg_7d3b1f0a5c9e4d2b",
    "seq": 377,
    "channel": "guards",
    "alert": "9c1f0f6ab2d84c3e",
    "ordinal": 1,
    "type": "alert.raised",
    "state": "delivered",
    "attempts": 1,
    "created": EARLIER,
    "due": None,
    "leased_until": None,
    "delivered": EARLIER,
    "ended": EARLIER,
    "last_error": None,
    "tries": [{"time": EARLIER, "outcome": "done", "reason": ""}],
}

QUALITY: Value = {
    "since": BEFORE,
    "until": NOW,
    "shortened": False,
    "epoch_s": 5.0,
    "first": BEFORE,
    "last": NOW,
    "reads": 18230,
    "reads_left_out": 0,
    "tags": 212,
    "tags_untold": 180,
    "read_points": [
        {
            "reader": "gate-1",
            "antenna": 1,
            "zone": "hall",
            "reads": 18230,
            "tags": 212,
            "reads_per_s": 4.3,
            "first": BEFORE,
            "last": NOW,
            "rssi_dbm_mean": -58.2,
            "rssi_dbm_p10": -67.0,
            "rssi_dbm_p50": -58.0,
            "rssi_dbm_p90": -49.0,
            "read_share": 0.94,
            "louder_elsewhere": 0.02,
            "louder_in": "gate",
            "overhears": False,
        }
    ],
    "worst_tags": [],
    "cross_reads": [],
    "blind": [
        {
            "reader": "gate-1",
            "antenna": 2,
            "zone": "gate",
            "reason": "disconnected",
            "detail": "the reader says that nothing is connected to it",
            "last": BEFORE,
        }
    ],
    "ghosts": [],
    "omitted": {},
}


def each_of(*ids: str) -> Value:
    """What is told of several that were all done."""
    results = [{"id": each, "status": 200, "detail": ""} for each in ids]
    return {"done": len(ids), "results": results}
