"""What one message of another system says, and the contract of those who decode it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from tags.reads import Fix, Measurement, Read

REJECTED_MAX = 1_000
DEVICES_MAX = 256
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Payload(NamedTuple):
    """One message as it arrived.

    `link` is the name of the reader's entry; `topic` that of MQTT, empty over HTTP;
    `headers` (lower-case names) and `query` are those of HTTP.
    """

    body: bytes
    link: str
    arrival_ns: int
    topic: str = ""
    headers: Mapping[str, str] = _NOTHING
    query: Mapping[str, str] = _NOTHING


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """An item that could not be taken: its place in the message, from 0, and why in words."""

    index: int
    reason: str


class Said(msgspec.Struct, gc=False):
    """What a message said. `accepted` counts the items that were understood.

    `reads[].reader`, `fixes[].source` and `measurements[].sensor` are full names:
    `LINK:DEVICE` where the message names a device, else `LINK`. `devices` holds the
    names of the devices that spoke, as they stand after `LINK:`. `lost` holds those that
    were said to be gone (a last will), with the reason, `antennas` whether the antennas
    that a device reported on are connected; both go by the same names, with an empty
    one for a message that names no device.
    `bad` counts by reason (`time`, `json`, `duplicate_keys`, `antenna`, `tag`, …)
    what was thrown away; a reason is a word for `/metrics`, the words for a person
    stand in `rejected`, for the first REJECTED_MAX of the `refused` items.
    """

    reads: list[Read] = []
    fixes: list[Fix] = []
    measurements: list[Measurement] = []
    devices: list[str] = []
    lost: dict[str, str] = {}
    antennas: dict[str, dict[int, bool]] = {}
    bad: dict[str, int] = {}
    rejected: list[Rejected] = []
    accepted: int = 0
    refused: int = 0

    @property
    def says_something(self) -> bool:
        """Whether there is anything for the gateway in it, be it that a device is there."""
        facts = (self.reads, self.fixes, self.measurements, self.devices, self.lost, self.antennas)
        return any(facts)

    def count(self, reason: str) -> None:
        """Add to what was thrown away for `reason`."""
        self.bad[reason] = self.bad.get(reason, 0) + 1

    def refuse(self, index: int, reason: str, words: str) -> None:
        """Count an item that could not be taken."""
        self.count(reason)
        self.refused += 1
        if len(self.rejected) < REJECTED_MAX:
            self.rejected.append(Rejected(index, words))

    def pass_over(self) -> None:
        """Count a message that was understood and says nothing that matters here."""
        self.count("other_event")
        self.accepted += 1

    def spoke(self, device: str) -> None:
        """Note a device that spoke; past DEVICES_MAX of them in one message they are counted."""
        if self.lost:
            self.lost.pop(device, None)
        if device in self.devices:
            return
        if len(self.devices) < DEVICES_MAX:
            self.devices.append(device)
        else:
            self.count("devices")

    def gone(self, device: str, words: str) -> None:
        """Note a device that is said to be gone, which is not to speak."""
        self.lost[device] = words
        if device in self.devices:
            self.devices.remove(device)


class Mapped(NamedTuple):
    """Where a measurement of a generic payload stands."""

    pointer: str
    unit: str = ""


class JsonMapping(NamedTuple):
    """Where everything stands in a generic payload: JSON pointers (RFC 6901).

    `each` points to the list of items, where there is one; the others are looked up
    in the item first, then in the whole message. `time_unit` (`s`, `ms`, `us`, `ns`)
    is that of a number, a text is RFC 3339.
    """

    each: str | None = None
    tag: str | None = None
    antenna: str | None = None
    rssi_dbm: str | None = None
    time: str | None = None
    time_unit: str = "s"
    lat: str | None = None
    lon: str | None = None
    x_m: str | None = None
    y_m: str | None = None
    accuracy_m: str | None = None
    z_m: str | None = None
    floor: str | None = None
    measurements: Mapping[str, Mapped] = {}
    tag_prefix: str = ""


class Options(NamedTuple):
    """What a site file says about a subscription or a push.

    `device`: the level of the topic (from 1) or the JSON pointer that names the
    device; the format's own way where it is None. `timezone`: an IANA name for
    formats whose clock is local without an offset.
    """

    device: int | str | None = None
    timezone: str | None = None
    mapping: JsonMapping | None = None


Decode = Callable[[Payload], Said]
"""Never raises, whatever the bytes: what is wrong is in `bad` and `rejected`."""
