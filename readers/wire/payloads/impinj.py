"""The IoT Device Interface of the Impinj R700, by MQTT, webhook or stream.

What an event is, its `*Event` member says; `eventType` only has to agree. The phase
angle and the frequency are left out: the first has no documented unit here, and the
second is no channel number.
"""

import binascii
from functools import lru_cache
from typing import Final

from readers.wire.payloads.devices import full_name, naming
from readers.wire.payloads.items import each_item
from readers.wire.payloads.said import Decode, Options, Payload, Said
from readers.wire.payloads.strict_json import RefusalError, members
from readers.wire.payloads.times import stated_time
from readers.wire.payloads.values import antenna_of, epc_of, rssi_of
from tags.reads import Read

CDBM_PER_DBM = 100
_BASE64_CHARS_MAX = 128
_URL_ALPHABET = str.maketrans("-_", "+/")
_TAG: Final = "tagInventoryEvent"
_CONNECTED = "antennaConnectedEvent"
_DISCONNECTED = "antennaDisconnectedEvent"
_CONTRADICTION = "contradiction"


def impinj(options: Options) -> Decode:
    """Decode the events of an R700; the device is `hostname`, where that is switched on.

    An overflow (the reader lost reads) is counted as `reader_buffer_overflow`, events
    that say nothing about tags or antennas as `other_event`.
    """
    name_device = naming(options, lambda _payload, item: item.get("hostname"))

    def take(payload: Payload, item: dict[str, object], said: Said) -> None:
        kind = _kind(item)
        if kind == _TAG:
            event = members(item[kind])
            tag, antenna = _identity(event, said), antenna_of(event.get("antennaPort"))
            reader = full_name(payload.link, name_device(payload, item, said))
            stated = event.get("lastSeenTime") or item.get("timestamp")
            time_ns = stated_time(stated, payload, said)
            rssi_dbm = rssi_of(event.get("peakRssiCdbm"), said, CDBM_PER_DBM)
            said.reads.append(
                Read(tag, reader, antenna, time_ns, payload.arrival_ns, rssi_dbm),
            )
        elif kind in (_CONNECTED, _DISCONNECTED):
            port = _port(members(item[kind]))
            device = name_device(payload, item, said)
            said.antennas.setdefault(device, {})[port] = kind == _CONNECTED
        else:
            name_device(payload, item, said)
            said.count("reader_buffer_overflow" if kind == "overflowEvent" else "other_event")

    return each_item(take)


def _kind(item: dict[str, object]) -> str:
    """The name of the one `*Event` member. Raises RefusalError."""
    kinds = [_TAG] if _TAG in item else []
    kinds += [name for name in item if name.endswith("Event") and name != _TAG]
    stated = item.get("eventType")
    if len(kinds) != 1:
        words = f"one member that ends in Event is expected, not {len(kinds)}"
        raise RefusalError(_CONTRADICTION if kinds else "shape", words)
    if isinstance(stated, str) and f"{stated}Event" != kinds[0]:
        raise RefusalError(_CONTRADICTION, "eventType names another event than its member")
    return kinds[0]


def _port(event: dict[str, object]) -> int:
    """The antenna that an event is about. Raises RefusalError, also where none is named."""
    stated = event.get("antennaPort")
    return antenna_of(0 if stated is None else stated)


def _identity(event: dict[str, object], said: Said) -> str:
    """The EPC, or the TID where the EPC is not reported. Raises RefusalError.

    A TID that is none is counted and costs nothing more where there is an EPC.
    """
    epc = _bytes_of(event, "epc", "epcHex")
    try:
        tid = _bytes_of(event, "tid", "tidHex")
    except RefusalError as error:
        if not epc or error.reason == _CONTRADICTION:
            raise
        said.count("tid")
        tid = None
    return epc_of(epc or tid)


def _bytes_of(event: dict[str, object], encoded: str, in_hex: str) -> str | None:
    """Hex of what stands in base64 in one member, in hex in the other, or in both."""
    base64, hexadecimal = event.get(encoded) or None, event.get(in_hex) or None
    decoded = None if base64 is None else _decoded(encoded, base64)
    if hexadecimal is None:
        return decoded
    stated = epc_of(hexadecimal)
    if decoded is not None and decoded != stated:
        raise RefusalError(_CONTRADICTION, f"{encoded} and {in_hex} name two different tags")
    return stated


def _decoded(member: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > _BASE64_CHARS_MAX:
        raise RefusalError("tag", f"{member} must be a short text in base64")
    decoded = _hex_of_base64(value)
    if decoded is None:
        raise RefusalError("tag", f"{member} is not base64")
    return decoded


@lru_cache(maxsize=16_384)
def _hex_of_base64(text: str) -> str | None:
    """Either alphabet, with or without padding; never taken for hex, whatever it looks like."""
    bare = text.rstrip("=").translate(_URL_ALPHABET)
    try:
        return binascii.a2b_base64(bare + "=" * (-len(bare) % 4), strict_mode=True).hex()
    except ValueError:
        return None
