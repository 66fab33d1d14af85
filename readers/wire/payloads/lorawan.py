"""LoRaWAN: what the network servers ChirpStack v4 and The Things Stack v3 publish.

The tag is `lora:` and the DevEUI. What the server's codec decoded becomes measurements,
named by the path within (`/` between), without units, since codecs state none; latitude
and longitude among them become a fix. The gateways' own places are not looked at.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from readers.wire.payloads.devices import full_name, level, naming
from readers.wire.payloads.items import each_item
from readers.wire.payloads.places import Tracker, add_fix
from readers.wire.payloads.said import Decode, Options, Payload, Said
from readers.wire.payloads.sensors import DEPTH_MAX, Quantity, Sensor, add_measurement, add_numbers
from readers.wire.payloads.strict_json import RefusalError, members
from readers.wire.payloads.times import stated_time
from readers.wire.payloads.values import number_of, tag_of, text_of

_BATTERY: Final = Quantity("battery", "%")
_BY_HAND: Final = ("CONFIG", "SOURCE_REGISTRY")
"""Where a person typed the place in."""
_PLACE_NAMES: Final = (
    ("latitude", "longitude"),
    ("lat", "lon"),
    ("lat", "lng"),
    ("lat", "long"),
)
_COORDINATES: Final = frozenset(name for pair in _PLACE_NAMES for name in pair)
_EVENTS: Final = frozenset(
    ("up", "join", "ack", "txack", "log", "status", "location", "integration"),
)
_DEV_EUI_LEVEL = 4


def chirpstack(options: Options) -> Decode:
    """Decode the events of ChirpStack v4; the device is the DevEUI in lower case.

    `up`, `status` and `location` say something, `join` that the device is there, the
    others are counted as `other_event`. An uplink that no codec decoded is counted as
    `no_codec`. Members that are zero are left out by ChirpStack, so they are zeros.
    """
    name_device = naming(options, _dev_eui)

    def take(payload: Payload, item: dict[str, object], said: Said) -> None:
        eui = text_of(_dev_eui(payload, item))
        if eui is None:
            raise RefusalError("tag", "no DevEUI is named")
        source = full_name(payload.link, name_device(payload, item, said))
        time_ns = stated_time(item.get("time"), payload, said)
        tracker = Tracker(tag_of(eui, "lora:"), source, time_ns)
        event = _event(payload)
        if event == "up":
            _take_decoded(payload, tracker, item.get("object"), said)
        elif event == "location":
            _take_location(payload, tracker, members(item.get("location")), said)
        elif event == "status":
            _take_status(payload, tracker, item, said)
        elif event != "join":
            said.count("other_event")

    return each_item(take)


def ttn(options: Options) -> Decode:
    """Decode The Things Stack v3; the device is its `device_id`.

    Uplinks and solved locations say something, a join that the device is there, the rest
    is counted as `other_event`; uplinks without a decoded payload as `no_codec`. A place
    that was typed into the registry is no fix.
    """
    name_device = naming(options, lambda _payload, item: _end_device(item).get("device_id"))

    def take(payload: Payload, item: dict[str, object], said: Said) -> None:
        ids = _end_device(item)
        eui = text_of(ids.get("dev_eui") or ids.get("device_id"))
        if eui is None:
            raise RefusalError("tag", "end_device_ids name no device")
        source = full_name(payload.link, name_device(payload, item, said))
        time_ns = stated_time(item.get("received_at"), payload, said)
        tracker = Tracker(tag_of(eui.lower(), "lora:"), source, time_ns)
        if "uplink_message" in item:
            _take_uplink(payload, tracker, members(item["uplink_message"]), said)
        elif "location_solved" in item:
            solved = members(item["location_solved"])
            _take_location(payload, tracker, members(solved.get("location")), said)
        elif "join_accept" not in item:
            said.count("other_event")

    return each_item(take)


def _take_uplink(
    payload: Payload,
    tracker: Tracker,
    uplink: dict[str, object],
    said: Said,
) -> None:
    decoded = uplink.get("decoded_payload")
    before = len(said.fixes)
    _take_decoded(payload, tracker, decoded, said)
    places = uplink.get("locations")
    if len(said.fixes) == before and isinstance(places, dict):
        stated = [place for place in places.values() if isinstance(place, dict)]
        fresh = [place for place in stated if place.get("source") not in _BY_HAND]
        if fresh:
            _take_location(payload, tracker, fresh[0], said)


def _take_decoded(payload: Payload, tracker: Tracker, decoded: object, said: Said) -> None:
    """Take what a codec decoded: a fix where it holds a place, and its numbers."""
    if not isinstance(decoded, dict):
        said.count("no_codec")
        return
    place = next(_places(decoded), None)
    if place is not None:
        try:
            add_fix(payload, tracker, place, None, said)
        except RefusalError as error:
            said.count(error.reason)
    sensor = Sensor(tracker.source, tracker.time_ns)
    add_numbers(payload, sensor, decoded, said, leave_out=_COORDINATES)


def _places(value: object, depth: int = 0) -> Iterator[tuple[object, object]]:
    """The pairs of latitude and longitude in a decoded object, the outermost first."""
    if isinstance(value, dict) and depth <= DEPTH_MAX:
        for lat, lon in _PLACE_NAMES:
            if number_of(value.get(lat)) is not None and number_of(value.get(lon)) is not None:
                yield value[lat], value[lon]
        for child in value.values():
            yield from _places(child, depth + 1)


def _take_location(
    payload: Payload,
    tracker: Tracker,
    location: Mapping[str, object],
    said: Said,
) -> None:
    if location.get("source") in _BY_HAND:
        said.count("stale_fix")
        return
    place = (location.get("latitude", 0.0), location.get("longitude", 0.0))
    add_fix(payload, tracker, place, location.get("accuracy"), said)


def _take_status(
    payload: Payload,
    tracker: Tracker,
    item: Mapping[str, object],
    said: Said,
) -> None:
    if item.get("batteryLevelUnavailable") is True or item.get("externalPowerSource") is True:
        return
    sensor = Sensor(tracker.source, tracker.time_ns)
    add_measurement(payload, sensor, _BATTERY, item.get("batteryLevel", 0.0), said)


def _event(payload: Payload) -> str:
    """The event that the topic or the query names; topics may be changed, so else an uplink."""
    stated = payload.query.get("event") or level(payload, -1) or ""
    return stated if stated in _EVENTS else "up"


def _dev_eui(payload: Payload, item: Mapping[str, object]) -> object:
    info = item.get("deviceInfo")
    stated = info.get("devEui") if isinstance(info, dict) else None
    if stated is None and payload.topic.startswith("application/"):
        stated = level(payload, _DEV_EUI_LEVEL)
    return stated.lower() if isinstance(stated, str) else stated


def _end_device(item: Mapping[str, object]) -> dict[str, object]:
    ids = item.get("end_device_ids")
    return ids if isinstance(ids, dict) else {}
