"""How each table is listed: its columns, its filters, and which of them have an index."""

from typing import Any

import msgspec

from history.filters import AlertFilter, AssetFilter
from history.paging import Listing

MOVEMENTS = Listing(
    name="movements",
    columns=(
        "seq, id, time_ns, decided_ns, tag, asset, kind, from_zone, to_zone, operation, late,"
        " confidence, crossed"
    ),
    key="seq",
    terms={
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
    sought=frozenset({"asset", "tag", "since_ns"}),
)

CROSSINGS = Listing(
    name="crossings",
    columns="seq, id, time_ns, decided_ns, tag, asset, portal, direction, confidence, lean, late",
    key="seq",
    terms={
        "asset": "asset = :asset",
        "tag": "tag = :tag",
        "portal": "portal = :portal",
        "direction": "direction = :direction",
        "late": "late = :late",
        "since_ns": "time_ns >= :since_ns",
        "until_ns": "time_ns < :until_ns",
    },
    sought=frozenset({"asset", "tag", "portal", "since_ns"}),
)

# A visit of no length counts where it begins.
OVERLAPS_SINCE = "(to_ns IS NULL OR to_ns > :since_ns OR from_ns >= :since_ns)"

VISITS = Listing(
    name="visits",
    columns="id, seq, tag, asset, zone, from_ns, to_ns",
    key="id",
    terms={
        "zone": "zone = :zone",
        "asset": "asset = :asset",
        "tag": "tag = :tag",
        "open": "(to_ns IS NULL) = :open",
        "since_ns": OVERLAPS_SINCE,
        "until_ns": "from_ns < :until_ns",
    },
    sought=frozenset({"zone", "asset", "tag"}),
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
        like=None if not q else f"%{_literal(q)}%",
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


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
