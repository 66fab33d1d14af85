"""Everything that the pipeline can decide, and how the stream and replay show it."""

from typing import Any

import msgspec

from alerts.alert import AlertChange, Event, Notice
from alerts.shown import alert_json, event_json, notice_json
from inventory.assets import Asset
from inventory.custody import CustodyChanged
from readers.health import ReaderHealth, health_json
from tags.times import format_time
from zones.movements import Crossing, Movement


class AssetStored(msgspec.Struct, frozen=True, gc=False, tag="asset_stored"):
    """The register holds this asset now, with exactly these tags."""

    asset: Asset
    at_ns: int
    by: str = ""


class AssetRemoved(msgspec.Struct, frozen=True, gc=False, tag="asset_removed"):
    """The register does not hold this asset any more."""

    asset: str
    at_ns: int
    by: str = ""


class ZonesChanged(msgspec.Struct, frozen=True, gc=False, tag="zones_changed"):
    """Zones go by other names (new by former one), or are not there any more."""

    renamed: dict[str, str]
    gone: tuple[str, ...]
    at_ns: int


class ReadersRemoved(msgspec.Struct, frozen=True, gc=False, tag="readers_removed"):
    """Readers, or devices behind a link, are not in the site file any more."""

    readers: tuple[str, ...]
    at_ns: int


class Audited(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="audited"):
    """Somebody did something that no other output tells of; it stands in the audit log.

    `action` is a verb with its noun (`drill.start`), `target` what it was done to.
    """

    at_ns: int
    actor: str
    action: str
    target: str
    why: str = ""
    detail: dict[str, Any] = {}


Output = (
    Movement
    | Crossing
    | AlertChange
    | Notice
    | Event
    | ReaderHealth
    | AssetStored
    | AssetRemoved
    | ZonesChanged
    | ReadersRemoved
    | Audited
    | CustodyChanged
)


class Numbered(msgspec.Struct, frozen=True, gc=False):
    """An output with its place in the one commit sequence."""

    seq: int
    output: Output


def movement_json(movement: Movement) -> dict[str, Any]:
    """A movement as HTTP, the stream and replay show it."""
    return shown_movement(
        movement.id,
        movement.time_ns,
        movement.decided_ns,
        movement.tag,
        movement.asset,
        movement.kind,
        movement.from_zone,
        movement.to_zone,
        movement.operation,
        late=movement.late,
        confidence=movement.confidence,
        crossed=movement.crossed,
    )


def shown_movement(  # noqa: PLR0913, PLR0917 -- the fields of a movement, in the order of its table
    id_: str,
    time_ns: int,
    decided_ns: int,
    tag: str,
    asset: str | None,
    kind: str,
    from_zone: str | None,
    to_zone: str | None,
    operation: str | None,
    *,
    late: bool,
    confidence: float | None,
    crossed: bool,
) -> dict[str, Any]:
    """A movement by its fields.

    `confidence` is there where the estimator states one, `crossed` where it is true.
    """
    shown: dict[str, Any] = {
        "id": id_,
        "time": format_time(time_ns),
        "decided": format_time(decided_ns),
        "tag": tag,
        "asset": asset,
        "kind": kind,
        "from": from_zone,
        "to": to_zone,
        "operation": operation,
        "late": late,
    }
    if confidence is not None:
        shown["confidence"] = round(confidence, 3)
    if crossed:
        shown["crossed"] = True
    return shown


def crossing_json(crossing: Crossing) -> dict[str, Any]:
    """A crossing as HTTP, the stream and replay show it."""
    return {
        "id": crossing.id,
        "time": format_time(crossing.time_ns),
        "decided": format_time(crossing.decided_ns),
        "tag": crossing.tag,
        "asset": crossing.asset,
        "portal": crossing.portal,
        "direction": crossing.direction,
        "confidence": round(crossing.confidence, 3),
        "lean": crossing.lean,
        "late": crossing.late,
    }


def event_of(numbered: Numbered) -> tuple[str, dict[str, Any]] | None:
    """The stream's event name and body; None for what the stream does not carry."""
    match numbered.output:
        case Movement() as movement:
            told = "movement", movement_json(movement)
        case Crossing() as crossing:
            told = "crossing", crossing_json(crossing)
        case AlertChange(transition=transition, alert=alert):
            told = "alert", {"transition": transition, **alert_json(alert, numbered.seq)}
        case Notice() as notice:
            told = "notice", notice_json(notice)
        case Event() as event:
            told = "event", event_json(event)
        case ReaderHealth() as health:
            told = "reader", health_json(health)
        case _:
            return None
    return told
