"""Messages for the tests of payloads, and the decoders that hear them."""

import json
from typing import Any

from readers.wire.payloads.formats import decoder
from readers.wire.payloads.said import JsonMapping, Mapped, Options, Payload, Said

NOW_NS = 1_769_846_400_000_000_000
"""2026-01-31T08:00:00Z: when every message of these tests arrives."""
SECOND_NS = 1_000_000_000
EPC = "3034257bf7194e4000001a85"

MAPPING = JsonMapping(
    each="/tags",
    tag="/epc",
    antenna="/antenna",
    rssi_dbm="/rssi",
    time="/time",
    time_unit="ms",
    measurements={"temperature": Mapped("/celsius", "°C")},
)
TOPICS = {
    "impinj": "impinj/dock",
    "zebra": "zebra/FX-1/tags",
    "zebra_data_event": "acme/DATA/clients/data1event/RFD40-77",
    "espresense": "espresense/devices/tile:e3/kitchen",
    "openmqttgateway": "home/OMG-1/BTtoMQTT/A4C138000102",
    "owntracks": "owntracks/crew/phone",
    "chirpstack": "application/1/device/24e124445d193465/event/up",
    "ttn": "v3/app@tenant/devices/tracker-1/up",
    "traccar": "traccar/positions",
    "zigbee2mqtt": "zigbee2mqtt/hall/door",
    "tasmota": "tele/cellar/SENSOR",
    "tagwarden": "tagwarden/handheld/reads",
    "generic": "any/thing",
}
"""A topic of each format."""


def options_of(name: str) -> Options:
    return Options(mapping=MAPPING) if name == "generic" else Options()


def tell(
    name: str,
    message: Any,  # noqa: ANN401 -- whatever JSON can say
    topic: str | None = None,
    options: Options | None = None,
    **payload: Any,  # noqa: ANN401 -- members of Payload
) -> Said:
    """What a decoder makes of a message, given as bytes or as what becomes JSON."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    topic = TOPICS[name] if topic is None else topic
    decode = decoder(name, options_of(name) if options is None else options)
    return decode(Payload(body, "link", NOW_NS, topic, **payload))
