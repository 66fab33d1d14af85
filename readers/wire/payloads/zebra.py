"""Zebra: the IoT Connector of fixed readers, and the data events of handheld sleds.

The two are different formats. The phase and the channel of the IoT Connector are left
out: its samples do not say in which unit they are. So is `reads`, which grows to hundreds of
thousands: as a weight it would hold a tag for ever where it once lay for long.
"""

from collections.abc import Iterator

from readers.wire.payloads.devices import full_name, level, naming
from readers.wire.payloads.items import take_all
from readers.wire.payloads.said import Decode, Options, Payload, Said
from readers.wire.payloads.strict_json import members, read_items
from readers.wire.payloads.times import stated_time, time_of_number
from readers.wire.payloads.values import antenna_of, count_of, epc_of, rssi_of, tag_of
from tags.reads import Read

_MODES = ("SIMPLE", "INVENTORY", "PORTAL", "DIRECTIONALITY", "CONVEYOR", "CUSTOM")
_IDENTITIES = {"idHex", "TID"}
_SCANS = ("tagData", "barcodeData")
_Part = tuple[dict[str, object], object]
"""A message around, and one element within."""


def zebra(options: Options) -> Decode:
    """Decode the IoT Connector in all its operating modes.

    The device is `hostName`, else `MAC`. Management events are counted as `other_event`.
    """
    name_device = naming(options, lambda _payload, data: data.get("hostName") or data.get("MAC"))

    def take(payload: Payload, part: _Part, said: Said) -> None:
        item, data = part
        if _is_of_another_kind(item, data):
            name_device(payload, _named_by(options, item, data), said)
            said.count("other_event")
            return
        tag_data = members(data)
        tag = _identity(tag_data, "idHex")
        antenna = antenna_of(tag_data.get("antenna"))
        device = name_device(payload, _named_by(options, item, data), said)
        said.reads.append(
            Read(
                tag,
                full_name(payload.link, device),
                antenna,
                stated_time(item.get("timestamp"), payload, said),
                payload.arrival_ns,
                rssi_of(tag_data.get("peakRssi"), said),
            ),
        )

    return lambda payload: take_all(payload, _tag_data(payload.body), take)


def zebra_data_event(options: Options) -> Decode:
    """Decode the data events of RFD40 and RFD90 sleds: tags and barcodes.

    The device is the last level of the topic; without one `HOSTNAME`, else `MAC`.
    """
    name_device = naming(options, _sled)

    def take(payload: Payload, part: _Part, said: Said) -> None:
        item, data = part
        if data is None and item:
            name_device(payload, _named_by(options, item, item.get("data")), said)
            said.count("other_event")
            return
        scan = members(data)
        is_barcode = "decodedBarcode" in scan
        tag = tag_of(scan["decodedBarcode"], "code:") if is_barcode else _identity(scan, "EPCid")
        device = name_device(payload, _named_by(options, item, data), said)
        said.reads.append(
            Read(
                tag,
                full_name(payload.link, device),
                1,
                _seen_ns(payload, item, scan, said),
                payload.arrival_ns,
                rssi_of(scan.get("peakRssi"), said),
                count_of(scan.get("seenCount")),
            ),
        )

    return lambda payload: take_all(payload, _scans(payload.body), take)


def _tag_data(body: bytes) -> Iterator[_Part]:
    for item in read_items(body):
        if not isinstance(item, dict):
            yield {}, item
            continue
        data = item.get("data", item if "idHex" in item else None)
        elements = data if isinstance(data, list) else (data,)
        for element in elements:
            yield item, element


def _scans(body: bytes) -> Iterator[_Part]:
    """The tags and barcodes of each message; None for a message that has neither."""
    for item in read_items(body):
        if not isinstance(item, dict):
            yield {}, item
            continue
        data = item.get("data")
        if data is not None and not isinstance(data, dict):
            yield {}, data
            continue
        lists = [data[name] for name in _SCANS if name in data] if data else [None]
        for found in lists or [None]:
            elements = found if isinstance(found, list) else (found,)
            yield from ((item, element) for element in elements)


def _is_of_another_kind(item: dict[str, object], data: object) -> bool:
    """Whether a message with a type of its own names no tag: a heartbeat, an input."""
    if isinstance(data, dict):
        return item.get("type", "SIMPLE") not in _MODES and not _IDENTITIES & data.keys()
    return data is None and "type" in item


def _identity(data: dict[str, object], member: str) -> str:
    stated = data.get(member)
    return epc_of(data.get("TID") if stated in (None, "") else stated)


def _named_by(options: Options, item: dict[str, object], data: object) -> dict[str, object]:
    """Where the name of the device stands: the site file points into the whole message."""
    if options.device is not None:
        return item
    return data if isinstance(data, dict) else {}


def _seen_ns(
    payload: Payload,
    item: dict[str, object],
    scan: dict[str, object],
    said: Said,
) -> int:
    last = scan.get("lastSeenTime")
    if last is None:
        return stated_time(item.get("timestamp"), payload, said)
    return stated_time(last, payload, said, _milliseconds)


def _milliseconds(stated: object) -> int | None:
    return time_of_number(stated, "ms")


def _sled(payload: Payload, scan: object) -> object:
    if payload.topic:
        return level(payload, -1)
    return (scan.get("HOSTNAME") or scan.get("MAC")) if isinstance(scan, dict) else None
