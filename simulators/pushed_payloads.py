"""What readers that push write: the same reads in the words of each make."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from tags.reads import Read
from tags.times import SECOND_NS, format_time

PushFormat = Literal["tagwarden", "impinj", "zebra"]
HOSTNAME = "impinj-14-46-36"


def payload_of(reads: Sequence[Read], make: PushFormat) -> bytes:
    """The reads as the body of one push: a JSON array, oldest first."""
    return json.dumps(
        [_WRITERS[make](number, read) for number, read in enumerate(reads, 1)]
    ).encode()


def _tagwarden(_number: int, read: Read) -> dict[str, Any]:
    said: dict[str, Any] = {"tag": read.tag, "time_ns": read.time_ns, "antenna": read.antenna}
    if read.rssi_dbm is not None:
        said["rssi_dbm"] = read.rssi_dbm
    return said


def _impinj(_number: int, read: Read) -> dict[str, Any]:
    """An R700 with `hostname` and `lastSeenTime` switched on; `epc` is base64url."""
    seen = format_time(read.time_ns)
    event: dict[str, Any] = {
        "epc": urlsafe_b64encode(bytes.fromhex(read.tag)).decode(),
        "antennaPort": read.antenna,
        "lastSeenTime": seen,
    }
    if read.rssi_dbm is not None:
        event["peakRssiCdbm"] = round(read.rssi_dbm * 100)
    return {
        "timestamp": seen,
        "hostname": HOSTNAME,
        "eventType": "tagInventory",
        "tagInventoryEvent": event,
    }


def _zebra(number: int, read: Read) -> dict[str, Any]:
    """IoT Connector: whole milliseconds, and no colon in the offset."""
    seconds, fraction_ns = divmod(read.time_ns, SECOND_NS)
    text = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
    data: dict[str, Any] = {
        "eventNum": number,
        "format": "epc",
        "idHex": read.tag,
        "antenna": read.antenna,
        "reads": read.count,
    }
    if read.rssi_dbm is not None:
        data["peakRssi"] = round(read.rssi_dbm)
    return {
        "type": "CUSTOM",
        "timestamp": f"{text}.{fraction_ns // 1_000_000:03d}+0000",
        "data": data,
    }


_WRITERS: dict[PushFormat, Callable[[int, Read], dict[str, Any]]] = {
    "tagwarden": _tagwarden,
    "impinj": _impinj,
    "zebra": _zebra,
}
