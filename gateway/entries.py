"""Everything that can change a decision, and its one codec for journal and recording."""

import msgspec

from alerts.changes import (
    AlertVerb,
    EndDrill,
    EndMaintenance,
    GatewayFault,
    ShelveRule,
    StartDrill,
    StartMaintenance,
)
from inventory.changes import CustodyChange, RemoveAsset, StoreAssets
from readers.health import ReaderHealth
from tags.reads import Fix, Measurement, Read

GROUP_READS = 1_000
"""So many reads make a group, live and in a replay."""


class ReadGroup(msgspec.Struct, frozen=True, gc=False, tag="reads"):
    """Reads in order of arrival. (source, seq) names the group: sent twice, it counts once."""

    source: str
    seq: int
    reads: list[Read]


class Observed(msgspec.Struct, frozen=True, gc=False, tag="observed"):
    """Fixes of trackers and measurements of sensors, as one message brought them."""

    arrival_ns: int
    fixes: list[Fix] = []
    measurements: list[Measurement] = []

    def __len__(self) -> int:
        """How many things were observed."""
        return len(self.fixes) + len(self.measurements)


class Tick(msgspec.Struct, frozen=True, gc=False, tag="tick"):
    """Nothing came, but time passed."""

    arrival_ns: int


class ClockOffset(msgspec.Struct, frozen=True, gc=False, tag="clock_offset"):
    """A reader's protocol stated its time: gateway's clock minus reader's clock."""

    arrival_ns: int
    reader: str
    offset_ns: int


class GatewayStarted(msgspec.Struct, frozen=True, gc=False, tag="gateway_started"):
    """The gateway is up again; nothing was heard since `down_since_ns`."""

    arrival_ns: int
    down_since_ns: int | None


class SiteChanged(msgspec.Struct, frozen=True, gc=False, tag="site_changed"):
    """From here on this text of the site file holds; secrets are not expanded in it.

    An edit over the API says `why`, and `what` it edited, such as `zones/hall`.
    """

    arrival_ns: int
    by: str
    version: str
    text: str
    why: str = ""
    what: str = ""


MaintenanceChange = StartMaintenance | EndMaintenance
RegisterChange = StoreAssets | RemoveAsset
DrillChange = StartDrill | EndDrill
Change = RegisterChange | AlertVerb | ShelveRule | DrillChange | CustodyChange | MaintenanceChange
Heard = ReadGroup | Observed | Tick
News = ReaderHealth | ClockOffset | GatewayStarted | SiteChanged | GatewayFault
Entry = Heard | News | Change

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Entry])


def encode_entries(entries: list[Entry]) -> bytes:
    """Entries as one MessagePack blob."""
    return _encoder.encode(entries)


def decode_entries(blob: bytes) -> list[Entry]:
    """Entries back from their blob. Raises msgspec.DecodeError for anything else."""
    return _decoder.decode(blob)


def arrival_of(entry: Entry) -> int:
    """The gateway's clock when the entry came in (ns)."""
    match entry:
        case ReadGroup(reads=reads):
            return reads[-1].arrival_ns if reads else 0
        case ReaderHealth(since_ns=since_ns):
            return since_ns
        case _:
            return entry.arrival_ns
