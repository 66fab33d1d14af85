"""OwnTracks: the phones' own JSON over MQTT and HTTP.

The tag is `gps:USER/DEVICE`. OwnTracks leaves out what is zero, so an accuracy that is
missing is 0 m.
"""

from collections.abc import Mapping
from typing import Final

from readers.wire.payloads.devices import full_name, naming
from readers.wire.payloads.items import each_item
from readers.wire.payloads.places import Tracker, add_fix
from readers.wire.payloads.said import Decode, Options, Payload, Said
from readers.wire.payloads.sensors import Quantity, Sensor, add_known
from readers.wire.payloads.strict_json import RefusalError
from readers.wire.payloads.times import time_of_number, time_or_arrival
from readers.wire.payloads.values import tag_of

_KNOWN: Final[Mapping[str, Quantity]] = {"batt": Quantity("battery", "%")}
_OTHERS: Final = (
    "beacon",
    "card",
    "cmd",
    "configuration",
    "dump",
    "request",
    "status",
    "step",
    "steps",
    "waypoint",
    "waypoints",
)
"""Types that say nothing about where a device is now; a waypoint is a place, not a position."""
_SUBTOPICS: Final = (*_OTHERS, "event", "info")
_LEVELS_MIN = 3


def owntracks(options: Options) -> Decode:
    """Decode locations, transitions (a fix where they have coordinates) and last wills.

    The device is `USER/DEVICE` of the topic; over HTTP of the `topic` member, the headers
    X-Limit-U and X-Limit-D, or `?u=&d=`. Other types are counted as `other_event`,
    encrypted ones are refused as `encrypted`.
    """
    name_device = naming(options, _user_and_device)

    def take(payload: Payload, item: dict[str, object], said: Said) -> None:
        kind = item.get("_type")
        if kind == "encrypted":
            raise RefusalError("encrypted", "encrypted payloads cannot be read; switch this off")
        if kind in ("location", "transition"):
            _take_position(payload, item, name_device(payload, item, said), said)
        elif kind == "lwt":
            said.gone(name_device(payload, item, said), "its last will was published")
        elif kind in _OTHERS:
            name_device(payload, item, said)
            said.count("other_event")
        else:
            raise RefusalError("shape", "_type is none of OwnTracks")

    return each_item(take)


def _take_position(payload: Payload, item: dict[str, object], device: str, said: Said) -> None:
    if not device:
        raise RefusalError("tag", "neither topic, headers nor query name the user and the device")
    tag, source = tag_of(device, "gps:"), full_name(payload.link, device)
    # Unlike elsewhere the time is never missing for a good reason, so that is counted too.
    time_ns = time_or_arrival(time_of_number(item.get("tst"), "s"), payload, said)
    place = (item.get("lat"), item.get("lon"))
    if item["_type"] == "location" or place != (None, None):
        add_fix(payload, Tracker(tag, source, time_ns), place, item.get("acc", 0.0), said)
    add_known(payload, Sensor(source, time_ns), item, _KNOWN, said)


def _user_and_device(payload: Payload, item: Mapping[str, object]) -> str | None:
    stated = payload.topic or item.get("topic")
    if isinstance(stated, str):
        levels = stated.split("/")
        if levels[-1] in _SUBTOPICS and len(levels) > _LEVELS_MIN:
            levels.pop()
        return "/".join(levels[-2:]) if len(levels) >= _LEVELS_MIN else None
    for user, device in (
        (payload.headers.get("x-limit-u"), payload.headers.get("x-limit-d")),
        (payload.query.get("u"), payload.query.get("d")),
    ):
        if user and device:
            return f"{user}/{device}"
    return None
