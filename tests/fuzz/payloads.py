"""Fuzz target: no bytes make a decoder of payloads raise, lose count or take long."""

import time

from readers.wire.payloads.formats import decoder
from readers.wire.payloads.said import REJECTED_MAX, Decode, JsonMapping, Mapped, Options, Payload

ARRIVAL_NS = 1_769_846_400_000_000_000
SECONDS_MAX = 5.0
TOPICS = {
    "impinj": ("impinj/dock",),
    "zebra": ("zebra/FX-1/tags",),
    "zebra_data_event": ("acme/DATA/clients/data1event/RFD40-77",),
    "espresense": ("espresense/devices/tile:e3/kitchen", "espresense/rooms/kitchen/status"),
    "openmqttgateway": ("home/OMG-1/BTtoMQTT/A4C138000102", "home/OMG-1/LWT"),
    "owntracks": ("owntracks/crew/phone", ""),
    "chirpstack": (
        "application/1/device/24e124445d193465/event/up",
        "application/1/device/24e124445d193465/event/location",
        "application/1/device/24e124445d193465/event/status",
    ),
    "ttn": ("v3/app@tenant/devices/tracker-1/up",),
    "traccar": ("traccar/positions",),
    "zigbee2mqtt": ("zigbee2mqtt/hall/door", "zigbee2mqtt/hall/door/availability"),
    "tasmota": ("tele/cellar/SENSOR", "tele/cellar/LWT"),
    "tagwarden": ("tagwarden/handheld/reads",),
    "generic": ("any/thing",),
}
MAPPING = JsonMapping(
    each="/tags",
    tag="/epc",
    antenna="/antenna",
    rssi_dbm="/rssi",
    time="/time",
    accuracy_m="/accuracy",
    measurements={"temperature": Mapped("/celsius", "°C")},
)
OPTIONS = {
    "generic": (
        Options(mapping=MAPPING),
        Options(
            device="/by/0", mapping=MAPPING._replace(lat="/lat", lon="/lon", tag_prefix="gps:")
        ),
        Options(device=2, mapping=MAPPING._replace(each=None, x_m="/x", y_m="/y")),
    ),
    "tasmota": (Options(), Options(timezone="Europe/Berlin")),
}
DECODERS: list[tuple[str, Decode]] = [
    (topic, decoder(name, options))
    for name, topics in TOPICS.items()
    for topic in topics
    for options in OPTIONS.get(name, (Options(),))
]


def check(data: bytes) -> None:
    """Let every decoder read `data`; raises AssertionError for what must never happen."""
    query = {"id": data[:20].decode("latin-1"), "lat": "1", "lon": data[20:40].decode("latin-1")}
    for topic, decode in DECODERS:
        start = time.process_time()
        said = decode(Payload(data, "link", ARRIVAL_NS, topic, query=query))
        _require(time.process_time() - start < SECONDS_MAX, topic, "takes long")
        _require(len(said.rejected) == min(said.refused, REJECTED_MAX), topic, "loses refusals")
        _require(sum(said.bad.values()) >= said.refused, topic, "loses count")
        _require(all(read.antenna >= 1 for read in said.reads), topic, "has an antenna below 1")


def _require(kept: bool, topic: str, words: str) -> None:  # noqa: FBT001 -- it is what is required
    if not kept:
        raise AssertionError(f"the decoder behind {topic} {words}")
