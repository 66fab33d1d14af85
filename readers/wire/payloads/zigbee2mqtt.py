"""zigbee2mqtt: sensors on a Zigbee network.

A door contact is turned into `door`: 1 is open, 0 is closed (`contact` is true when
closed). The voltage has no unit, since it is mV of a battery and V of a plug.
"""

from collections.abc import Mapping
from typing import Final

from readers.wire.payloads.devices import full_name, naming, note_status
from readers.wire.payloads.items import each_item
from readers.wire.payloads.said import Decode, Options, Payload, Said
from readers.wire.payloads.sensors import Quantity, Sensor, add_known
from readers.wire.payloads.times import stated_time, time_of_text_or_ms

_KNOWN: Final[Mapping[str, Quantity]] = {
    "door": Quantity("door"),
    "illuminance": Quantity("illuminance", "lx"),
    "temperature": Quantity("temperature", "°C"),
    "humidity": Quantity("humidity", "%"),
    "pressure": Quantity("pressure", "hPa"),
    "battery": Quantity("battery", "%"),
    "voltage": Quantity("voltage"),
    "linkquality": Quantity("linkquality", "lqi"),
    "occupancy": Quantity("occupancy"),
    "presence": Quantity("presence"),
    "vibration": Quantity("vibration"),
    "water_leak": Quantity("water_leak"),
    "smoke": Quantity("smoke"),
    "tamper": Quantity("tamper"),
    "battery_low": Quantity("battery_low"),
}
_COMMANDS: Final = frozenset(("set", "get"))


def zigbee2mqtt(options: Options) -> Decode:
    """Decode what zigbee2mqtt publishes; the device is its name, slashes included.

    The base topic is one level. Availability says that a device is gone; `bridge/…`,
    commands and what else is no object of a device is counted as `other_event`.
    """
    name_device = naming(options, lambda payload, _item: _name(payload))

    def take(payload: Payload, item: dict[str, object], said: Said) -> None:
        source = full_name(payload.link, name_device(payload, item, said))
        time_ns = stated_time(item.get("last_seen"), payload, said, time_of_text_or_ms)
        sensor = Sensor(source, time_ns)
        add_known(payload, sensor, _plainly(item), _KNOWN, said)

    def take_availability(payload: Payload, item: dict[str, object], said: Said) -> None:
        device = name_device(payload, item, said)
        if item.get("state") == "offline":
            said.gone(device, "zigbee2mqtt says that it is offline")

    decode_state, decode_availability = each_item(take), each_item(take_availability)

    def decode(payload: Payload) -> Said:
        levels = payload.topic.split("/")
        if levels[1:2] != ["bridge"] and levels[-1] not in _COMMANDS:
            is_state = levels[-1] != "availability"
            return decode_state(payload) if is_state else decode_gone(payload)
        said = Said()
        said.pass_over()
        return said

    def decode_gone(payload: Payload) -> Said:
        said = Said()
        is_text = note_status(payload, name_device(payload, {}, said), said)
        return said if is_text else decode_availability(payload)

    return decode


def _plainly(item: dict[str, object]) -> dict[str, object]:
    """The members with the door the right way round and the light in lux."""
    contact = item.get("contact")
    light = item.get("illuminance_lux", item.get("illuminance"))
    return item | {
        "door": not contact if isinstance(contact, bool) else None,
        "illuminance": light,
    }


def _name(payload: Payload) -> str | None:
    return payload.topic.partition("/")[2].removesuffix("/availability") or None
