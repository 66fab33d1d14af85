"""What the operations of the site file are asked and answer; api/examples.py takes them over.

Each is an answer, a body as JSON, answers of other media types, and bodies of such.
"""

import json
from typing import Any

from api import example_alerts as raised
from api import example_values as depot

Value = dict[str, Any]
SiteExample = tuple[Any, Any, dict[str, str], dict[str, Any]]

_PATCH = "application/merge-patch+json"
_GEOJSON = "application/geo+json"
_LINES = "application/x-ndjson"
_YAML = "application/yaml"
_SITE_TEXT = "site: {name: Riverside depot}\nzones:\n  - {name: hall}   # the big one\n"
_VERSION = {
    "number": 7,
    "version": "8f2d6c4e9a1b3c5d",
    "at": depot.EARLIER,
    "by": "floor planner",
    "why": "The yard is fenced now.",
}
_ENTRIES: dict[str, Value] = {
    "floor": {"name": "ground", "size_m": [60, 40]},
    "zone": {"name": "hall", "floor": "ground", "polygon": [[0, 0], [40, 0], [40, 40]]},
    "reader": {"name": "gate-1", "driver": "llrp", "address": "10.0.0.21:5084"},
    "portal": {"name": "dock-door", "inside": ["gate-1/1"], "outside": ["gate-1/2"]},
    "rule": {"name": "laptops stay in", "kind": "exit", "fence": ["hall"], "notify": ["guards"]},
    "channel": {"name": "guards", "kind": "log"},
}
_PATCHES: dict[str, Value] = {
    "floor": {"size_m": [70, 40]},
    "zone": {"role": "shipping", "parent": None},
    "reader": {"address": "10.0.0.22:5084"},
    "portal": {"linger_s": 12},
    "rule": {"severity": "critical"},
    "channel": {"per_minute_max": 60},
}
_FEATURE: Value = {
    "type": "Feature",
    "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [40, 0], [40, 40], [0, 0]]]},
    "properties": {"name": "hall", "floor": "ground"},
}
_COLLECTION = {"type": "FeatureCollection", "features": [_FEATURE]}
_FLOOR = {
    "name": "ground",
    "size_m": [60.0, 40.0],
    "height_m": None,
    "plan": "/api/v1/floors/ground/plan",
    "map": None,
}
_PICTURE = "(the bytes of the picture)"
_PICTURES: dict[str, str] = dict.fromkeys(("image/jpeg", "image/png", "image/webp"), _PICTURE)
_CHECKED = {
    "valid": False,
    "problems": [
        {
            "line": 12,
            "key": "zones[gate].role",
            "message": "must be storage or receiving or transit or shipping or exit or service",
            "severity": "error",
        }
    ],
}


def _edited(name: str | None, entry: Value | None, line: str) -> Value:
    return {
        "version": _VERSION["version"],
        "number": 7,
        "dry_run": False,
        "name": name,
        "settings": entry,
        "changes": f"--- before\n+++ after\n@@ -8,0 +9,1 @@\n{line}\n",
        "warnings": [],
    }


_WHOLE = _edited(None, None, "+history: {keep_days: 90}")


def _page(item: Value) -> SiteExample:
    return {"items": [item]}, None, {_LINES: json.dumps(item) + "\n"}, {}


def _of_entry(kind: str) -> dict[str, SiteExample]:
    entry, patch = _ENTRIES[kind], _PATCHES[kind]
    name: str = entry["name"]
    told = _edited(name, entry, f"+  - {{name: {name}}}")
    drawn = {_GEOJSON: _FEATURE} if kind == "zone" else {}
    kept = {key: value for key, value in {**entry, **patch}.items() if value is not None}
    return {
        f"add_{kind}": (told, entry, {}, drawn),
        f"put_{kind}": (told, entry, {}, drawn),
        f"patch_{kind}": ({**told, "settings": kept}, patch, {}, {_PATCH: patch}),
        f"remove_{kind}": (_edited(None, None, f"-  - {{name: {name}}}"), None, {}, {}),
        f"show_{kind}_settings": (entry, None, {}, {}),
    }


SITE: dict[str, SiteExample] = {
    "show_site": (
        {
            "version": _VERSION["version"],
            "number": 7,
            "file": "site.yaml",
            "file_version": _VERSION["version"],
            "read_only": False,
            "problems": [],
        },
        None,
        {_YAML: _SITE_TEXT},
        {},
    ),
    "put_site": (_WHOLE, None, {}, {_YAML: _SITE_TEXT}),
    "patch_site": (
        _WHOLE,
        {"history": {"keep_days": 90}},
        {},
        {_PATCH: {"history": {"keep_days": 90}}},
    ),
    "check_site": (
        _CHECKED,
        {"history": {"keep_days": 90}},
        {},
        {_YAML: _SITE_TEXT, _PATCH: {"history": {"keep_days": 90}}},
    ),
    "list_site_versions": _page(_VERSION),
    "show_site_version": (None, None, {_YAML: _SITE_TEXT}, {}),
    "show_site_changes": (None, None, {"text/plain": _WHOLE["changes"]}, {}),
    "restore_site": (_WHOLE, None, {}, {}),
    "put_zones": (
        _edited(None, None, "+  - {name: hall}"),
        [_ENTRIES["zone"]],
        {},
        {_GEOJSON: _COLLECTION},
    ),
    "list_portals": _page(_ENTRIES["portal"]),
    "show_portal": (_ENTRIES["portal"], None, {}, {}),
    "list_floors": _page(_FLOOR),
    "show_floor": (_FLOOR, None, {}, {}),
    "show_plan": (None, None, _PICTURES, {}),
    "put_plan": (
        _edited("ground", {**_ENTRIES["floor"], "plan": "plan-0f….png"}, "+    plan: plan-0f….png"),
        None,
        {},
        {**_PICTURES},
    ),
    "show_rule": (raised.RULE, None, {}, {}),
    "show_channel": (depot.CHANNEL, None, {}, {}),
    **{name: each for kind in _ENTRIES for name, each in _of_entry(kind).items()},
}
