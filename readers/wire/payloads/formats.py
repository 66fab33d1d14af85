"""The formats by the names that the site file gives them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from readers.wire.payloads.ble import espresense, openmqttgateway
from readers.wire.payloads.generic import generic
from readers.wire.payloads.impinj import impinj
from readers.wire.payloads.lorawan import chirpstack, ttn
from readers.wire.payloads.own import tagwarden
from readers.wire.payloads.owntracks import owntracks
from readers.wire.payloads.said import Decode, Options
from readers.wire.payloads.tasmota import tasmota
from readers.wire.payloads.traccar import traccar
from readers.wire.payloads.zebra import zebra, zebra_data_event
from readers.wire.payloads.zigbee2mqtt import zigbee2mqtt

_DECODERS: Final[Mapping[str, Callable[[Options], Decode]]] = MappingProxyType(
    {
        "impinj": impinj,
        "zebra": zebra,
        "zebra_data_event": zebra_data_event,
        "espresense": espresense,
        "openmqttgateway": openmqttgateway,
        "owntracks": owntracks,
        "chirpstack": chirpstack,
        "ttn": ttn,
        "traccar": traccar,
        "zigbee2mqtt": zigbee2mqtt,
        "tasmota": tasmota,
        "tagwarden": tagwarden,
        "generic": generic,
    },
)
_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "room_assistant": "espresense",
        "mqtt_room": "espresense",
        "tts": "ttn",
        "dataevt": "zebra_data_event",
    },
)
FORMATS: Final[tuple[str, ...]] = (*_DECODERS, *_ALIASES)
"""Every name that `decoder` takes."""


def decoder(format: str, options: Options) -> Decode:  # noqa: A002 -- the word of the site file
    """The decoder of a format. Raises ValueError with words for what cannot work."""
    name = _ALIASES.get(format, format)
    make = _DECODERS.get(name)
    if make is None:
        raise ValueError(f"{format!r} is no format (known: {', '.join(FORMATS)})")
    return make(options)
