"""Positions that a Traccar server forwards: as JSON, or as the query of a GET.

The tag is `gps:` and the device's unique id; the flat form of old servers knows only
the server's own number. The speed is left out (knots, and nobody asks for it here).
"""

from collections.abc import Mapping
from typing import Final

from readers.wire.payloads.devices import full_name, naming
from readers.wire.payloads.items import each_item, take_all
from readers.wire.payloads.places import Tracker, add_fix
from readers.wire.payloads.said import Decode, Options, Payload, Said
from readers.wire.payloads.sensors import Quantity, Sensor, add_known
from readers.wire.payloads.strict_json import RefusalError, members
from readers.wire.payloads.times import stated_time, time_of_digits, time_of_text
from readers.wire.payloads.values import number_of_text, tag_of

_ATTRIBUTES: Final[Mapping[str, Quantity]] = {
    "batteryLevel": Quantity("battery", "%"),
    "battery": Quantity("voltage", "V"),
}
_FALSE = frozenset(("false", "0", "no"))
_TRUE = frozenset(("true", "1", "yes"))
_QUERY_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "uniqueId": ("uniqueid", "id", "deviceid", "imei"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng"),
    "fixTime": ("fixtime", "timestamp", "time"),
    "accuracy": ("accuracy",),
    "valid": ("valid",),
    "outdated": ("outdated",),
    "batteryLevel": ("batterylevel", "batt"),
}
"""The URL of a forward is written by the user; these are the names that are understood."""


def traccar(options: Options) -> Decode:
    """Decode forwarded positions and events; the device is its unique id.

    A position that says that it is invalid or outdated is no fix, counted as `stale_fix`.
    Without a body the query is the message: times in it are ms, as Traccar writes them.
    """
    name_device = naming(options, _unique_id)

    def take(payload: Payload, item: dict[str, object], said: Said) -> None:
        device = name_device(payload, item, said)
        if not device:
            raise RefusalError("tag", "no device is named")
        event = item.get("event")
        if isinstance(event, dict) and event.get("type") == "deviceOffline":
            said.gone(device, "Traccar says that it is offline")
        position = item.get("position", item if "latitude" in item else None)
        if position is None:
            if event is None:
                raise RefusalError("shape", "neither a position nor an event")
            return
        _take_position(payload, device, members(position), said)

    decode_items = each_item(take)

    def decode(payload: Payload) -> Said:
        if payload.body.strip() or not payload.query:
            return decode_items(payload)
        return take_all(payload, [_of_query(payload.query)], take)

    return decode


def _take_position(
    payload: Payload,
    device: str,
    position: Mapping[str, object],
    said: Said,
) -> None:
    tag, source = tag_of(device, "gps:"), full_name(payload.link, device)
    time_ns = stated_time(position.get("fixTime"), payload, said, _fix_time)
    if position.get("valid") is False or position.get("outdated") is True:
        said.count("stale_fix")
    else:
        # Traccar writes 0 where the tracker states no accuracy.
        accuracy = position.get("accuracy") or None
        place = (position.get("latitude"), position.get("longitude"))
        add_fix(payload, Tracker(tag, source, time_ns), place, accuracy, said)
    attributes = position.get("attributes")
    if isinstance(attributes, dict):
        add_known(payload, Sensor(source, time_ns), attributes, _ATTRIBUTES, said)


def _fix_time(stated: object) -> int | None:
    """RFC 3339 or ms; the latter as a text where it comes in a query."""
    time_ns = time_of_text(stated)
    return time_of_digits(stated, "ms") if time_ns is None else time_ns


def _unique_id(_payload: Payload, item: Mapping[str, object]) -> object:
    device = item.get("device")
    if isinstance(device, dict):
        return device.get("uniqueId")
    stated = item.get("uniqueId", item.get("deviceId"))
    return str(stated) if isinstance(stated, int) and not isinstance(stated, bool) else stated


def _of_query(query: Mapping[str, str]) -> dict[str, object]:
    """The query in the shape of the flat JSON form."""
    stated = {name.lower(): value for name, value in query.items()}
    item: dict[str, object] = {}
    for member, names in _QUERY_NAMES.items():
        for name in names:
            if stated.get(name):
                item.setdefault(member, _value(member, stated[name]))
    if "batteryLevel" in item:
        item["attributes"] = {"batteryLevel": item.pop("batteryLevel")}
    return item


def _value(member: str, text: str) -> object:
    if member in ("uniqueId", "fixTime"):
        return text
    if member in ("valid", "outdated"):
        lower = text.lower()
        return lower in _TRUE if lower in _TRUE | _FALSE else None
    number = number_of_text(text)
    return text if number is None else number
