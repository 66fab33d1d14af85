"""Bluetooth tags heard by ESPresense, room-assistant and OpenMQTTGateway.

The identity of a tag is its address, in whatever spelling, or its name as it is. An
iBeacon is its uuid-major-minor, in this order and with the dashes; the address that it
comes from changes. Addresses that are said to change are no identity. The distance is
left out: it is an estimate from the level, which the read carries. There are no times in
these formats.
"""

import re
from collections.abc import Mapping
from typing import Final

from readers.wire.payloads.devices import full_name, level, naming, note_status
from readers.wire.payloads.items import each_item
from readers.wire.payloads.said import Decode, Options, Payload, Said
from readers.wire.payloads.sensors import Quantity, Sensor, add_known
from readers.wire.payloads.strict_json import RefusalError
from readers.wire.payloads.values import number_of_text, rssi_of, tag_of
from tags.identity import TEXT_CHARS_MAX
from tags.reads import Read

_ESPRESENSE_QUANTITIES: Final[Mapping[str, Quantity]] = {
    "temp": Quantity("temperature", "°C"),
    "rh": Quantity("humidity", "%"),
    "batt": Quantity("battery", "%"),
    "mV": Quantity("voltage", "mV"),
}
_GATEWAY_QUANTITIES: Final[Mapping[str, Quantity]] = {
    "tempc": Quantity("temperature", "°C"),
    "hum": Quantity("humidity", "%"),
    "batt": Quantity("battery", "%"),
    "volt": Quantity("voltage", "V"),
}
_RANDOM_ID_TYPE = 1
"""ESPresense's priority of an address that changes; everything it can tell better is above."""
_RANDOM_MAC_TYPE = 1
_ROOM_LEVELS = len(["espresense", "rooms", "ROOM", "status"])
_NOT_HEARD = frozenset(("rooms", "settings"))
"""Second levels of topics that are not about what a room hears."""
_HALF_MAX = 0xFFFF
"""Major and minor are numbers of 16 bits."""
_UUID = r"([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})"
_BEACON_UUID = re.compile(_UUID, re.ASCII)


def espresense(options: Options) -> Decode:
    """Decode ESPresense, room-assistant and what else speaks mqtt_room; the device is the room."""
    name_device = naming(options, lambda payload, _item: level(payload, -1))
    # A level that the site file gives counts in `devices/…`, not in `rooms/…`.
    name_room = naming(options._replace(device=None), lambda payload, _item: level(payload, 3))

    def take(payload: Payload, item: dict[str, object], said: Said) -> None:
        _check_heard(item)
        stated = item.get("id")
        tag = _tag(_id_of_topic(payload) if stated is None else stated)
        if item.get("idType") == _RANDOM_ID_TYPE:
            raise _random_address(tag)
        device = name_device(payload, item, said)
        _add(payload, item, (tag, device), _ESPRESENSE_QUANTITIES, said)

    decode_items = each_item(take)

    def decode(payload: Payload) -> Said:
        levels = payload.topic.split("/")
        if len(levels) < _ROOM_LEVELS or levels[1] not in _NOT_HEARD:
            return decode_items(payload)
        said = Said()
        room = name_room(payload, {}, said) if levels[1] == "rooms" else ""
        if not room or levels[3:] != ["status"] or not note_status(payload, room, said):
            said.pass_over()
        return said

    return decode


def openmqttgateway(options: Options) -> Decode:
    """Decode the Bluetooth messages of OpenMQTTGateway; the device is the gateway.

    That is the level before `BTtoMQTT`, else the last one.
    """
    name_device = naming(options, _gateway)

    def take(payload: Payload, item: dict[str, object], said: Said) -> None:
        _check_heard(item)
        tag = _advertiser(payload, item)
        device = name_device(payload, item, said)
        _add(payload, item, (tag, device), _GATEWAY_QUANTITIES, said)

    decode_items = each_item(take)

    def decode(payload: Payload) -> Said:
        last = payload.topic.rpartition("/")[2]
        if last == "LWT" or ("toMQTT" in payload.topic and "BTtoMQTT" not in payload.topic):
            said = Said()
            device = name_device(payload, {}, said)
            if last != "LWT" or not note_status(payload, device, said):
                said.pass_over()
            return said
        return decode_items(payload)

    return decode


def _add(
    payload: Payload,
    item: dict[str, object],
    who: tuple[str, str],
    quantities: Mapping[str, Quantity],
    said: Said,
) -> None:
    """Add the read of a tag by a device, and what the tag measured, as its own sensor."""
    tag, device = who
    reader, arrival_ns = full_name(payload.link, device), payload.arrival_ns
    stated = item.get("rssi")
    rssi_dbm = rssi_of(number_of_text(stated) if isinstance(stated, str) else stated, said)
    said.reads.append(Read(tag, reader, 1, arrival_ns, arrival_ns, rssi_dbm))
    sensor = Sensor(full_name(payload.link, tag), arrival_ns)
    add_known(payload, sensor, item, quantities, said)


def _check_heard(item: dict[str, object]) -> None:
    if item.get("rssi") is None and item.get("distance") is None:
        raise RefusalError("shape", "neither rssi nor distance says that a tag was heard")


def _tag(value: object) -> str:
    if not isinstance(value, str) or len(value) > TEXT_CHARS_MAX:
        raise RefusalError("tag", "the id must be a short text")
    return tag_of(value, "ble:")


def _id_of_topic(payload: Payload) -> str | None:
    return level(payload, 3) if payload.topic.startswith("espresense/devices/") else None


def _gateway(payload: Payload, _item: object) -> str | None:
    levels = payload.topic.split("/")
    for place, name in enumerate(levels[1:], 1):
        if name == "LWT" or name.endswith("toMQTT"):
            return levels[place - 1]
    return levels[-1] or None


def _advertiser(payload: Payload, item: dict[str, object]) -> str:
    stated = item.get("mac") if item.get("id") is None else item["id"]
    uuid = stated if item.get("uuid") is None else item["uuid"]
    if isinstance(uuid, str) and _BEACON_UUID.fullmatch(uuid.lower()):
        return _tag(f"{uuid}-{_half(item, 'major')}-{_half(item, 'minor')}")
    if stated is None and "BTtoMQTT/" in payload.topic:
        stated = level(payload, -1)
    tag = _tag(stated)
    if number_of_text(item.get("mac_type")) == _RANDOM_MAC_TYPE:
        raise _random_address(tag)
    return tag


def _half(item: dict[str, object], member: str) -> int:
    number = number_of_text(item.get(member))
    if number is None or not number.is_integer() or not 0 <= number <= _HALF_MAX:
        words = f"an iBeacon is its uuid, major and minor; {member} is missing or no number"
        raise RefusalError("tag", words)
    return int(number)


def _random_address(tag: str) -> RefusalError:
    words = f"{tag} is a random address, which changes; let the tag send an iBeacon"
    return RefusalError("random_address", words)
