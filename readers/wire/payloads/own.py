"""Our own format: `{tag, time|time_ns?, antenna?, rssi_dbm?, phase_rad?, doppler_hz?, channel?}`.

Members that are not known are ignored and counted (`unknown_member`), so that a
misspelt one shows in the figures while newer senders still get through.
"""

import math

from readers.wire.payloads.devices import full_name, level, naming
from readers.wire.payloads.items import each_item
from readers.wire.payloads.said import Decode, Options, Payload, Said
from readers.wire.payloads.times import stated_time, time_of_number
from readers.wire.payloads.values import antenna_of, optional_number, rssi_of, tag_of
from tags.reads import Read

_KNOWN = frozenset(
    ("tag", "time", "time_ns", "antenna", "rssi_dbm", "phase_rad", "doppler_hz", "channel"),
)
_CHANNEL_MAX = 65_535


def tagwarden(options: Options) -> Decode:
    """Decode our own format; the device is `{reader}` of the topic `tagwarden/{reader}/reads`."""
    name_device = naming(options, _reader_of_topic)

    def take(payload: Payload, item: dict[str, object], said: Said) -> None:
        tag = tag_of(item.get("tag"))
        antenna = antenna_of(item.get("antenna"))
        if not item.keys() <= _KNOWN:
            said.count("unknown_member")
        said.reads.append(
            Read(
                tag,
                full_name(payload.link, name_device(payload, item, said)),
                antenna,
                _time_ns(payload, item, said),
                payload.arrival_ns,
                rssi_of(item.get("rssi_dbm"), said),
                1,
                _phase_rad(item.get("phase_rad"), said),
                optional_number(item.get("doppler_hz"), "doppler", said),
                _channel(item.get("channel"), said),
            ),
        )

    return each_item(take)


def _reader_of_topic(payload: Payload, _item: object) -> str | None:
    return level(payload, 2) if level(payload, 1) == "tagwarden" else None


def _time_ns(payload: Payload, item: dict[str, object], said: Said) -> int:
    """What `time_ns` states, which is finer, else what `time` does."""
    time_ns = item.get("time_ns")
    if time_ns is None:
        return stated_time(item.get("time"), payload, said)
    return stated_time(time_ns, payload, said, _nanoseconds)


def _nanoseconds(stated: object) -> int | None:
    return time_of_number(stated, "ns")


def _phase_rad(value: object, said: Said) -> float | None:
    phase_rad = optional_number(value, "phase", said)
    if phase_rad is None or 0 <= phase_rad <= math.tau:
        return phase_rad
    said.count("phase")
    return None


def _channel(value: object, said: Said) -> int | None:
    channel = optional_number(value, "channel", said)
    if channel is None or (channel.is_integer() and 0 <= channel <= _CHANNEL_MAX):
        return None if channel is None else int(channel)
    said.count("channel")
    return None
