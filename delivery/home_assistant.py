"""Discovery for Home Assistant: the retained configs that make entities of what is told. Pure.

`PREFIX/COMPONENT/ID/config`, as https://www.home-assistant.io/integrations/mqtt/ says (the
schema of 2024.11 and later). Assets are device trackers, each a device of its own; zones,
readers and sensors belong to the gateway.
"""

import hashlib
import json
import re
from typing import Any, Literal, NamedTuple

import msgspec

from delivery.presence import (
    Fact,
    Messages,
    ReaderState,
    SensorValues,
    Subject,
    Topics,
    Whereabouts,
    ZoneState,
    state_payload,
    subject_of,
)
from tags.reads import Measurement

Component = Literal["device_tracker", "sensor", "binary_sensor"]
COMPONENTS: tuple[Component, ...] = ("device_tracker", "sensor", "binary_sensor")
_COMPONENT_OF: dict[str, Component] = {
    "assets": "device_tracker",
    "zones": "sensor",
    "readers": "binary_sensor",
}

_WORD = re.compile(r"[^0-9A-Za-z]+")
_WORDS_CHARS_MAX = 80
_DIGEST_CHARS = 12
_NOWHERE = "(no zone)"
# Silence is no exit: only what has truly departed is away. What is in no zone but has a
# position is placed by Home Assistant's own zones, see `payload_reset`.
_ZONE = (
    "{{ value_json.zone or ('not_home' if value_json.presence == 'departed'"
    f" and value_json.lat is not defined else '{_NOWHERE}') }}}}"
)
_CONNECTED = "{{ 'ON' if value_json.state == 'online' else 'OFF' }}"
_HEARD = "{{ 'online' if value_json.healthy else 'offline' }}"

# Units under which Home Assistant knows a quantity; with any other it is a plain number.
_DEVICE_CLASSES: dict[tuple[str, str], str] = {
    **{("temperature", unit): "temperature" for unit in ("°C", "°F", "K")},
    **{("battery_voltage", unit): "voltage" for unit in ("V", "mV")},
    **{("voltage", unit): "voltage" for unit in ("V", "mV")},
    **{("pressure", unit): "pressure" for unit in ("hPa", "Pa", "kPa", "mbar", "bar", "psi")},
    ("battery", "%"): "battery",
    ("humidity", "%"): "humidity",
    ("illuminance", "lx"): "illuminance",
}


class Discovery(NamedTuple):
    """Where Home Assistant looks, and what it is told to look at."""

    prefix: str
    topics: Topics

    def filters(self) -> list[str]:
        """The topic filters that hear every config, ours and those of others."""
        return [f"{self.prefix}/{component}/+/config" for component in COMPONENTS]

    def gateway(self) -> Messages:
        """The gateway itself: a device, and whether it is connected."""
        status = self.topics.status
        config = self._entity("status", status) | {
            "name": "Gateway",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "payload_on": "online",
            "payload_off": "offline",
            "device": self._gateway(),
        }
        del config["availability"]
        return self._message("binary_sensor", config)

    def entities(self, fact: Fact) -> Messages:
        """The configs of what a fact is about."""
        match fact:
            case Whereabouts():
                return self._tracker(fact)
            case ZoneState():
                return self._zone(fact)
            case ReaderState():
                return self._reader(fact)
            case SensorValues():
                messages: Messages = {}
                for value in fact.values:
                    messages |= self._sensor(fact, value)
                return messages

    def withdrawn(self, subject: Subject) -> Messages:
        """Empty payloads for the config of a subject."""
        component = _COMPONENT_OF.get(subject.kind)
        if component is None:
            return {}
        return {self._topic(component, self.object_id(subject.kind, subject.name)): b""}

    def object_id(self, *names: str) -> str:
        """An id of letters, digits and underscores: readable, and another one for other names."""
        words = _WORD.sub("_", "_".join((self.topics.site, *names)))[:_WORDS_CHARS_MAX]
        text = json.dumps([*self.topics, *names])
        digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARS]
        return f"tagwarden_{words.strip('_').lower()}_{digest}"

    def _tracker(self, there: Whereabouts) -> Messages:
        asset, config = there.asset, self._of(there)
        config |= {
            "name": None,  # the entity is called as its device
            "source_type": "gps",
            "value_template": _ZONE,
            "payload_reset": _NOWHERE,
            "json_attributes_topic": config["state_topic"],
            "device": {
                "identifiers": [config["unique_id"]],
                "name": asset.name or asset.id,
                "via_device": self.object_id("gateway"),
            },
        }
        details = {"model": asset.category, "serial_number": asset.serial}
        config["device"] |= {key: text for key, text in details.items() if text}
        return self._message("device_tracker", config)

    def _zone(self, zone: ZoneState) -> Messages:
        config = self._of(zone)
        topic = config["state_topic"]
        config["availability"].append({"topic": topic, "value_template": _HEARD})
        config |= {
            "name": f"Zone {zone.name}",
            "value_template": "{{ value_json.count }}",
            "unit_of_measurement": "assets",
            "state_class": "measurement",
            "availability_mode": "all",
            "device": self._gateway(),
        }
        return self._message("sensor", config)

    def _reader(self, reader: ReaderState) -> Messages:
        config = self._of(reader)
        config |= {
            "name": f"Reader {reader.name}",
            "value_template": _CONNECTED,
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "json_attributes_topic": config["state_topic"],
            "device": self._gateway(),
        }
        return self._message("binary_sensor", config)

    def _sensor(self, sensor: SensorValues, value: Measurement) -> Messages:
        topic = self.topics.state(subject_of(sensor))
        place = json.dumps(value.quantity)
        config = self._entity("sensors", topic, sensor.name, value.quantity) | {
            "name": value.quantity.replace("_", " ").capitalize(),
            "value_template": f"{{{{ value_json['values'][{place}].value }}}}",
            "state_class": "measurement",
            "device": {
                "identifiers": [self.object_id("sensors", sensor.name)],
                "name": sensor.name,
                "via_device": self.object_id("gateway"),
            },
        }
        if value.unit:
            config["unit_of_measurement"] = value.unit
        device_class = _DEVICE_CLASSES.get((value.quantity, value.unit))
        if device_class is not None:
            config["device_class"] = device_class
        return self._message("sensor", config)

    def _of(self, fact: Fact) -> dict[str, Any]:
        subject = subject_of(fact)
        return self._entity(subject.kind, self.topics.state(subject), subject.name)

    def _entity(self, kind: str, topic: str, *names: str) -> dict[str, Any]:
        """What all configs have."""
        return {
            "unique_id": self.object_id(kind, *names),
            "state_topic": topic,
            "qos": 1,
            "availability": [{"topic": self.topics.status}],
            "origin": {"name": "Tagwarden"},
        }

    def _gateway(self) -> dict[str, Any]:
        return {
            "identifiers": [self.object_id("gateway")],
            "name": f"Tagwarden {self.topics.site}",
            "manufacturer": "Tagwarden",
        }

    def _message(self, component: Component, config: dict[str, Any]) -> Messages:
        return {self._topic(component, config["unique_id"]): msgspec.json.encode(config)}

    def _topic(self, component: Component, object_id: str) -> str:
        return f"{self.prefix}/{component}/{object_id}/config"


def messages(topics: Topics, discovery: Discovery | None, fact: Fact) -> Messages:
    """All that is published for a fact: its state, then the configs that point to it."""
    told = {topics.state(subject_of(fact)): state_payload(fact)}
    return told if discovery is None else told | discovery.entities(fact)


def farewell(topics: Topics, discovery: Discovery | None, subject: Subject) -> Messages:
    """What takes back all that was published of a subject, its state last.

    The configs of a sensor's quantities are not known any more; `strays` finds them.
    """
    taken = {} if discovery is None else discovery.withdrawn(subject)
    return taken | {topics.state(subject): b""}
