"""What other systems are told over MQTT: topics and payloads of what is where. Pure.

Every subject has one retained topic, `PREFIX/SITE/KIND/NAME/state`, whose JSON says all that
is known of it now; `PREFIX/SITE/status` is `online` or `offline`. Names are percent-encoded,
so that `/`, `+`, `#` and blanks in them are no levels and no wildcards. An empty payload
takes a retained topic back.
"""

from collections.abc import Collection, Iterable
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, unquote

import msgspec

from inventory.assets import Asset
from tags.reads import Fix, Measurement
from tags.times import format_time

Kind = Literal["assets", "zones", "readers", "sensors"]
Presence = Literal["present", "departed", "outside", "unknown"]
"""`departed`: not seen any more, though it would have been; `outside`: seen outside all zones."""

Messages = dict[str, bytes]
"""Retained payloads by topic, in the order in which they are to be published."""

_KINDS: dict[str, Kind] = {
    "assets": "assets",
    "zones": "zones",
    "readers": "readers",
    "sensors": "sensors",
}
ONLINE, OFFLINE = b"online", b"offline"
_STATE = "state"
_ROOT_LEVELS = 2


class Subject(NamedTuple):
    """What something is told of."""

    kind: Kind
    name: str


class Whereabouts(NamedTuple):
    """Where an asset is. `since` is RFC 3339; where `zone` is None, that of its leaving."""

    asset: Asset
    zone: str | None
    since: str | None
    last_zone: str | None
    presence: Presence
    tag: str | None = None
    fix: Fix | None = None


class ZoneState(NamedTuple):
    """Whether a zone is heard by all its readers, and how many told assets are in it."""

    name: str
    healthy: bool
    heads: int = 0


class ReaderState(NamedTuple):
    """How a reader is, in the words of its health."""

    name: str
    state: str
    since: str
    reason: str
    remedy: str


class SensorValues(NamedTuple):
    """The newest value of each quantity of a sensor."""

    name: str
    values: tuple[Measurement, ...]


Fact = Whereabouts | ZoneState | ReaderState | SensorValues


class Topics(NamedTuple):
    """Where everything is told: below `PREFIX/SITE`, the site by its name."""

    prefix: str
    site: str

    @property
    def root(self) -> str:
        """What all our topics begin with."""
        return f"{self.prefix}/{level(self.site)}"

    @property
    def status(self) -> str:
        """Whether the gateway is there at all."""
        return f"{self.root}/status"

    @property
    def states(self) -> str:
        """The filter that hears all states."""
        return f"{self.root}/+/+/{_STATE}"

    def state(self, subject: Subject) -> str:
        """The topic of a subject."""
        return f"{self.root}/{subject.kind}/{level(subject.name)}/{_STATE}"

    def subject(self, topic: str) -> Subject | None:
        """Whose topic this is; None for any other."""
        if not topic.startswith(f"{self.root}/"):
            return None
        levels = topic[len(self.root) + 1 :].split("/")
        if len(levels) != _ROOT_LEVELS + 1 or levels[-1] != _STATE:
            return None
        kind = _KINDS.get(levels[0])
        return None if kind is None else Subject(kind, unquote(levels[1]))


def level(name: str) -> str:
    """A name as one level of a topic: percent-encoded, so no two names have the same."""
    return quote(name, safe="", errors="surrogatepass")


def subject_of(fact: Fact) -> Subject:
    """What a fact is about."""
    match fact:
        case Whereabouts(asset=asset):
            return Subject("assets", asset.id)
        case ZoneState(name=name):
            return Subject("zones", name)
        case ReaderState(name=name):
            return Subject("readers", name)
        case SensorValues(name=name):
            return Subject("sensors", name)


def state_json(fact: Fact) -> dict[str, Any]:
    """The fact as its topic shows it."""
    match fact:
        case Whereabouts():
            return _whereabouts_json(fact)
        case SensorValues(name=name, values=values):
            return {"sensor": name, "values": {each.quantity: _value(each) for each in values}}
        case ZoneState(name=name, healthy=healthy, heads=heads):
            return {"zone": name, "count": heads, "healthy": healthy}
        case ReaderState():
            told = fact._asdict()
            return {"reader": told.pop("name"), **told}


def state_payload(fact: Fact) -> bytes:
    """The JSON text of a fact."""
    return msgspec.json.encode(state_json(fact))


def _whereabouts_json(there: Whereabouts) -> dict[str, Any]:
    asset = there.asset
    told: dict[str, Any] = {
        "asset": asset.id,
        "name": asset.name,
        "category": asset.category,
        "zone": there.zone,
        "since": there.since,
        "last_zone": there.last_zone,
        "presence": there.presence,
        "tag": there.tag,
    }
    return told if there.fix is None else told | _fix_json(there.fix)


def _fix_json(fix: Fix) -> dict[str, Any]:
    """A fix: metres of the site, or WGS84 twice, the second time in Home Assistant's words."""
    told: dict[str, Any] = {"fixed_at": format_time(fix.time_ns)}
    if fix.x_m is not None and fix.y_m is not None:
        told |= {"x_m": fix.x_m, "y_m": fix.y_m}
    if fix.lat is not None and fix.lon is not None:
        told |= {"lat": fix.lat, "lon": fix.lon, "latitude": fix.lat, "longitude": fix.lon}
        told["gps_accuracy"] = fix.accuracy_m or 0
    if fix.accuracy_m is not None:
        told["accuracy_m"] = fix.accuracy_m
    return told


def _value(measurement: Measurement) -> dict[str, Any]:
    return {
        "value": measurement.value,
        "unit": measurement.unit,
        "time": format_time(measurement.time_ns),
    }


class Headcount:
    """Which of the assets that are told are in which zone."""

    def __init__(self) -> None:
        self._zones: dict[str, str] = {}
        self._members: dict[str, set[str]] = {}

    def place(self, asset: str, zone: str | None) -> list[str]:
        """Note where an asset is now; the zones whose count is another one by that."""
        before = self._zones.pop(asset, None)
        if before is not None:
            self._members[before].discard(asset)
            if not self._members[before]:
                del self._members[before]
        if zone is not None:
            self._zones[asset] = zone
            self._members.setdefault(zone, set()).add(asset)
        return [] if before == zone else [each for each in (before, zone) if each is not None]

    def count(self, zone: str) -> int:
        """How many are in a zone."""
        return len(self._members.get(zone, ()))

    def members(self, zone: str) -> list[str]:
        """Who is in a zone, in order."""
        return sorted(self._members.get(zone, ()))


def strays(topics: Topics, found: Iterable[str], told: Collection[str]) -> list[str]:
    """Our own retained topics at the broker of which nothing is told any more.

    Discovery comes first: who would be cut off between the two finds the state again.
    """
    gone = [topic for topic in found if topic not in told]
    return sorted(gone, key=lambda topic: (topics.subject(topic) is not None, topic))


def is_ours(topics: Topics, topic: str, payload: bytes) -> bool:
    """Whether we have published this: a state of ours, or discovery that points to one."""
    if topics.subject(topic) is not None:
        return True
    try:
        config = msgspec.json.decode(payload, type=_Config)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    pointed = config.state_topic
    return pointed == topics.status or topics.subject(pointed) is not None


class _Config(msgspec.Struct, gc=False):
    """The one member of a discovery payload that tells whose it is."""

    state_topic: str = ""
