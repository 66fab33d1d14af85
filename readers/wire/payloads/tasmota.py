"""Tasmota: sensors and tag readers on small modules.

A tag is the UID that a reader on the module (PN532, RDM6300, RC522) publishes, in hex.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from readers.wire.payloads.devices import full_name, naming, note_status
from readers.wire.payloads.items import each_item
from readers.wire.payloads.said import Decode, Options, Payload, Said
from readers.wire.payloads.sensors import Quantity, Sensor, add_measurement
from readers.wire.payloads.strict_json import RefusalError, members
from readers.wire.payloads.times import stated_time, time_or_arrival
from readers.wire.payloads.values import epc_of, text_of
from tags.reads import Read
from tags.times import SECOND_NS

_PREFIXES: Final = frozenset(("tele", "stat", "cmnd"))
_KNOWN: Final[Mapping[str, Quantity]] = {
    "Temperature": Quantity("temperature"),
    "DewPoint": Quantity("dew_point"),
    "Humidity": Quantity("humidity", "%"),
    "Illuminance": Quantity("illuminance", "lx"),
    "Pressure": Quantity("pressure"),
    "Battery": Quantity("battery", "%"),
    "Voltage": Quantity("voltage", "V"),
}
_DEGREES: Final[Mapping[str, str]] = {"C": "°C", "F": "°F"}
_SWITCH = re.compile(r"Switch\d{0,2}", re.ASCII)
_ON_OFF: Final[Mapping[str, bool]] = {"ON": True, "OFF": False}
_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
_SENSORS_MAX = 64
_SENSOR_CHARS_MAX = 64
_Found = tuple[str, Quantity, object]
"""The sensor within the module, what it measures, and the value."""


def tasmota(options: Options) -> Decode:
    """Decode `SENSOR` and `LWT`; the device is the topic without its prefix and last level.

    A quantity that two sensors of a module measure is named `SENSOR/quantity`. Its clock
    is local: arrival time stands in, unless `options.timezone` names its zone or the time
    has an offset. Raises ValueError for a zone that does not exist.
    """
    zone = None if options.timezone is None else _zone(options.timezone)
    name_device = naming(options, lambda payload, _item: _module(payload))

    def take(payload: Payload, item: dict[str, object], said: Said) -> None:
        status = item.get("StatusSNS")
        item = item if status is None else members(status)
        device = name_device(payload, item, said)
        source, time_ns = full_name(payload.link, device), _time_ns(payload, item, zone, said)
        said.reads.extend(
            Read(tag, source, 1, time_ns, payload.arrival_ns) for tag in _tags(item, said)
        )
        for quantity, value in _measured(item):
            add_measurement(payload, Sensor(source, time_ns), quantity, value, said)

    decode_items = each_item(take)

    def decode(payload: Payload) -> Said:
        last = payload.topic.rpartition("/")[2]
        if last in ("SENSOR", "") or last.startswith("STATUS"):
            return decode_items(payload)
        said = Said()
        device = name_device(payload, {}, said)
        if last != "LWT" or not note_status(payload, device, said):
            said.pass_over()
        return said

    return decode


def _measured(item: Mapping[str, object]) -> Iterator[tuple[Quantity, object]]:
    found = list(_found(item))
    times = Counter(quantity.name for _, quantity, _ in found)
    for sensor, quantity, value in found:
        several = times[quantity.name] > 1
        yield (Quantity(f"{sensor}/{quantity.name}", quantity.unit) if several else quantity), value


def _found(item: Mapping[str, object]) -> Iterator[_Found]:
    """What each sensor of the module measured, in the units that the message states."""
    degrees = _DEGREES.get(_text(item.get("TempUnit")), "")
    units = {
        "Temperature": degrees,
        "DewPoint": degrees,
        "Pressure": _text(item.get("PressureUnit")),
    }
    for sensor, state in _sensors(item):
        if _SWITCH.fullmatch(sensor) and _text(state) in _ON_OFF:
            yield sensor, Quantity(sensor.lower()), _ON_OFF[_text(state)]
        if not isinstance(state, dict):
            continue
        for member, quantity in _KNOWN.items():
            if state.get(member) is not None:
                unit = units.get(member, quantity.unit)
                yield sensor, Quantity(quantity.name, unit), state[member]


def _tags(item: Mapping[str, object], said: Said) -> list[str]:
    tags: list[str] = []
    for _, state in _sensors(item):
        if isinstance(state, dict) and state.get("UID") is not None:
            try:
                tags.append(epc_of(state["UID"]))
            except RefusalError as error:
                said.count(error.reason)
    return tags


def _sensors(item: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for sensor, state in islice(item.items(), _SENSORS_MAX):
        if text_of(sensor, _SENSOR_CHARS_MAX) is not None:
            yield sensor, state


def _text(value: object) -> str:
    return value[:16] if isinstance(value, str) else ""


def _module(payload: Payload) -> str | None:
    levels = payload.topic.split("/")[:-1]
    return "/".join(level for level in levels if level not in _PREFIXES) or None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no IANA time zone, such as Europe/Berlin") from error


def _time_ns(
    payload: Payload,
    item: Mapping[str, object],
    zone: ZoneInfo | None,
    said: Said,
) -> int:
    stated = item.get("Time")
    if isinstance(stated, str) and _LOCAL_TIME.fullmatch(stated):
        if zone is None:
            return payload.arrival_ns
        return time_or_arrival(_local_ns(stated, zone), payload, said)
    return stated_time(stated, payload, said)


def _local_ns(text: str, zone: ZoneInfo) -> int | None:
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * SECOND_NS
    except (ValueError, OverflowError):
        return None
