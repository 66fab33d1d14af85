"""How each table is listed: its columns, its filters, and which of them have an index."""

from collections.abc import Mapping
from typing import Any

import msgspec

from history.filters import AlertFilter, AssetFilter
from history.paging import Listing
from history.scope import Narrowing, group_of, in_groups, in_portals, in_zones, place_of
from history.visit_ranges import OVERLAPS_SINCE, open_visits, visits_between

MOVEMENTS = Listing(
    name="movements",
    columns=(
        "seq, id, time_ns, decided_ns, tag, asset, kind, from_zone, to_zone, operation, late,"
        " confidence, crossed"
    ),
    key="seq",
    terms={
        "id": "id = :id",
        "asset": "asset = :asset",
        "tag": "tag = :tag",
        "kind": "kind = :kind",
        "from_zone": "from_zone = :from_zone",
        "to_zone": "to_zone = :to_zone",
        "zone": ":zone IN (from_zone, to_zone)",
        "operation": "operation = :operation",
        "late": "late = :late",
        "since_ns": "time_ns >= :since_ns",
        "until_ns": "time_ns < :until_ns",
    },
    sought=frozenset({"id", "asset", "tag", "since_ns"}),
    seen=Narrowing(
        zones=in_zones("from_zone", "to_zone"), groups=in_groups(group_of("movements.asset"))
    ),
)

CROSSINGS = Listing(
    name="crossings",
    columns="seq, id, time_ns, decided_ns, tag, asset, portal, direction, confidence, lean, late",
    key="seq",
    terms={
        "id": "id = :id",
        "asset": "asset = :asset",
        "tag": "tag = :tag",
        "portal": "portal = :portal",
        "direction": "direction = :direction",
        "late": "late = :late",
        "since_ns": "time_ns >= :since_ns",
        "until_ns": "time_ns < :until_ns",
    },
    sought=frozenset({"id", "asset", "tag", "portal", "since_ns"}),
    seen=Narrowing(zones=in_portals("portal"), groups=in_groups(group_of("crossings.asset"))),
)


def _visit_ranges(filters: Mapping[str, Any]) -> str | None:
    """Visits of zones that go on or touch a time are sought; those of one tag are few."""
    zone = next((name for name in ("zone", "zones") if name in filters), None)
    if zone is None or not {"asset", "tag"}.isdisjoint(filters):
        return None
    if filters.get("open"):
        return open_visits(_ZONE_TERMS[zone])
    if "since_ns" in filters:
        return visits_between(_ZONE_TERMS[zone], until="until_ns" in filters)
    return None


_ZONE_TERMS = {
    "zone": "zone = :zone",
    "zones": "zone IN (SELECT value FROM json_each(:zones))",
}
VISITS = Listing(
    name="visits",
    columns="id, seq, tag, asset, zone, from_ns, to_ns",
    key="id",
    terms={
        **_ZONE_TERMS,
        "asset": "asset = :asset",
        "tag": "tag = :tag",
        "open": "(to_ns IS NULL) = :open",
        "since_ns": OVERLAPS_SINCE,
        "until_ns": "from_ns < :until_ns",
    },
    sought=frozenset({"zone", "zones", "asset", "tag"}),
    walked={"zone": "visits_by_zone"},
    ranges=_visit_ranges,
    seen=Narrowing(zones=in_zones("zone"), groups=in_groups(group_of("visits.asset"))),
)

ASSETS = Listing(
    name="assets",
    columns=("added_seq, id, name, category, grouping, sku, serial, lot, owner, home_zone, status"),
    key="added_seq",
    terms={
        "id": "id = :id",
        "name": "name = :name",
        "category": "category = :category",
        "grouping": "grouping = :grouping",
        "sku": "sku = :sku",
        "serial": "serial = :serial",
        "lot": "lot = :lot",
        "owner": "owner = :owner",
        "home_zone": "home_zone = :home_zone",
        "status": "status = :status",
        "tag": "id = (SELECT asset FROM bindings WHERE tag = :tag AND unbound_ns IS NULL)",
        "like": (
            "(id LIKE :like ESCAPE '\\' OR name LIKE :like ESCAPE '\\'"
            " OR serial LIKE :like ESCAPE '\\' OR sku LIKE :like ESCAPE '\\'"
            " OR EXISTS (SELECT 1 FROM bindings WHERE asset = assets.id AND unbound_ns IS NULL"
            " AND tag LIKE :like ESCAPE '\\'))"
        ),
    },
    sought=frozenset({"id", "tag"}),
    seen=Narrowing(zones=in_zones(place_of("assets.id")), groups=in_groups("grouping")),
)

ALERTS = Listing(
    name="alerts",
    columns="raised_seq, seq, record",
    key="raised_seq",
    terms={
        "open": "open",
        "states": "state IN (SELECT value FROM json_each(:states))",
        "severity": "severity = :severity",
        "asset": "asset = :asset",
        "tag": "tag = :tag",
        "rule": "rule = :rule",
        "since_ns": "time_ns >= :since_ns",
        "until_ns": "time_ns < :until_ns",
    },
    sought=frozenset({"asset", "rule", "since_ns"}),
    # What an alert is about stands in its record; see history.alert_zones.
    seen=Narrowing(
        zones=(
            "EXISTS (SELECT 1 FROM json_each(alert_zones(record))"
            " WHERE value IN (SELECT value FROM json_each(:sight_zones)))"
        ),
        groups=in_groups(group_of("alerts.asset")),
    ),
)


AUDIT = Listing(
    name="audit",
    columns="number, seq, at_ns, actor, action, target, why, detail, previous, hash",
    key="number",
    terms={
        "actor": "actor = :actor",
        "action": "action = :action",
        "target": "target = :target",
        "alert": "target = :alert AND action LIKE 'alert.%'",
        "since_ns": "at_ns >= :since_ns",
        "until_ns": "at_ns < :until_ns",
    },
    sought=frozenset({"actor", "action", "target", "alert", "since_ns"}),
)


class WantedAssets(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An AssetFilter in the words of the table."""

    id: str | None
    name: str | None
    category: str | None
    grouping: str | None
    sku: str | None
    serial: str | None
    lot: str | None
    owner: str | None
    home_zone: str | None
    status: str | None
    tag: str | None
    like: str | None


class WantedAlerts(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An AlertFilter in the words of the table."""

    open: bool | None
    states: str | None
    severity: str | None
    asset: str | None
    tag: str | None
    rule: str | None
    since_ns: int | None
    until_ns: int | None


def wanted_assets(wanted: AssetFilter) -> WantedAssets:
    """Translate; `q` becomes a pattern in which nothing but its own text matches."""
    fields: dict[str, Any] = msgspec.structs.asdict(wanted)
    q: str | None = fields.pop("q")
    return WantedAssets(
        grouping=fields.pop("group"),
        like=None if not q else containing(q),
        **fields,
    )


def wanted_alerts(wanted: AlertFilter) -> WantedAlerts:
    """Translate; together with `active` the only other state that adds rows is `cleared`."""
    fields: dict[str, Any] = msgspec.structs.asdict(wanted)
    states: tuple[str, ...] = fields.pop("states")
    all_open = "active" in states
    everything = not states or (all_open and "cleared" in states)
    return WantedAlerts(
        open=True if all_open and not everything else None,
        states=None if all_open or everything else msgspec.json.encode(states).decode(),
        **fields,
    )


def containing(text: str) -> str:
    """Return the LIKE pattern, escaped by a backslash, of what holds a text as it is."""
    literal = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{literal}%"
