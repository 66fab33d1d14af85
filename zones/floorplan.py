"""The floor plan as Locate needs it: which zone each read point hears."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from readers.health import ReaderHealth
from readers.settings import AntennaSettings, Hearer, ReaderSettings
from tags.times import SECOND_NS
from zones.conflict_settings import ConflictSettings
from zones.estimator_settings import EstimatorSettings, default_estimator
from zones.georeference import Georeference
from zones.portal_settings import PortalSettings
from zones.position_settings import OriginSettings, PositionSettings
from zones.settings import FloorSettings, Role, ZoneSettings
from zones.shapes import ZoneShapes

POINTS_MAX = 16_384
"""Read points remembered at once; more than any site has, a limit for hostile antenna numbers."""

PointKey = tuple[str, int]

ANY_ANTENNA = 0
"""Stands for the antennas of a reader that its entry does not list."""

_ANY_RSSI_CDB = -1_000_000


class Zone(msgspec.Struct, frozen=True):
    """One zone, with the read points that cover it and the zones that it lies in."""

    name: str
    role: Role = "storage"
    floor: str | None = None
    absent_after_ns: int | None = None
    covered_by: tuple[PointKey, ...] = ()
    inside: tuple[str, ...] = ()
    priority: int = 0
    margin_m: float = 2.0


class Portal(msgspec.Struct, frozen=True):
    """One gate, with the read points of its two sides in the order of the site file."""

    name: str
    inside: tuple[PointKey, ...]
    outside: tuple[PointKey, ...]
    settings: PortalSettings

    @property
    def points(self) -> tuple[PointKey, ...]:
        """All its read points."""
        return self.inside + self.outside


class ReadPoint(msgspec.Struct, frozen=True, gc=False):
    """One antenna of one reader. RSSI is in hundredths of a dB, so that sums are exact.

    Without a zone its reads are no evidence for one, for the reason that `unused` names.
    `portals` are the gates that it stands at. `is_special`: its reads are more than
    evidence for a zone, or less.
    """

    key: PointKey
    zone: str | None = None
    unused: str = "antenna_without_zone"
    urgent: bool = False
    rssi_cdb_min: int = _ANY_RSSI_CDB
    bias_cdb: int = 0
    portals: tuple[str, ...] = ()
    is_special: bool = True


class Succession(NamedTuple):
    """What became of the zones of the plan before: new names by former ones, and what is gone."""

    renamed: dict[str, str]
    gone: tuple[str, ...]

    def heir_of(self, zone: str | None) -> str | None:
        """The name by which a zone goes on; None where it is gone."""
        if zone is None or zone in self.gone:
            return None
        return self.renamed.get(zone, zone)


class FloorPlan:
    """Read points to zones; empty until a site is known."""

    def __init__(  # noqa: PLR0913 - each is a part of the site file
        self,
        zones: Sequence[ZoneSettings] = (),
        readers: Sequence[ReaderSettings] = (),
        estimator: EstimatorSettings | None = None,
        portals: Sequence[PortalSettings] = (),
        *,
        floors: Sequence[FloorSettings] = (),
        positions: PositionSettings | None = None,
        origin: OriginSettings | None = None,
        conflicts: ConflictSettings | None = None,
    ) -> None:
        self.estimator = estimator or default_estimator()
        self.conflicts = conflicts or ConflictSettings()
        self.portals = {portal.name: _portal_of(portal) for portal in portals}
        self._gates = _gates(self.portals.values())
        self.renamed = {zone.was: zone.name for zone in zones if zone.was}
        self.leads_nats = {
            zone.name: zone.estimator.lead_nats for zone in zones if zone.estimator is not None
        }
        self.fast = frozenset(zone.name for zone in zones if zone.pace == "fast")
        self.urgent = frozenset(zone.name for zone in zones if zone.role == "exit")
        links = {reader.name: reader.hearers() for reader in readers}
        hearers = [hearer for link in links.values() for hearer in link]
        self._links = {name: [hearer.name for hearer in link] for name, link in links.items()}
        self._hearers = {hearer.name: hearer for hearer in hearers}
        self._link_of = {each: link for link, names in self._links.items() for each in names[1:]}
        self._steady = frozenset(name for reader in readers for name in _steady(reader))
        self.points: dict[PointKey, ReadPoint] = {}
        covered = _coverage(hearers)
        self.positions = positions or PositionSettings()
        self.georeference = None if origin is None else Georeference(origin)
        self.shapes = ZoneShapes(zones, floors, self.georeference)
        self.zones = {
            zone.name: _zone_of(zone, covered.get(zone.name, ()), self.shapes.inside[zone.name])
            for zone in zones
        }

    def point(self, key: PointKey) -> ReadPoint:
        """The read point of (reader, antenna); its zone is None where the site file names none."""
        point = self.points.get(key)
        if point is None:
            point = self._resolve(key)
            if len(self.points) < POINTS_MAX:
                self.points[key] = point
        return point

    def _resolve(self, key: PointKey) -> ReadPoint:
        name, antenna = key
        hearer = self._hearers.get(name)
        if hearer is None:
            return ReadPoint(key)
        portals = self._gates.get(key, ())
        settings = hearer.antennas.get(antenna, AntennaSettings())
        zone = self.zones.get(settings.zone or hearer.zone or "")
        bias_cdb = centidecibels(settings.bias_db, 0)
        rssi_cdb_min = centidecibels(settings.rssi_dbm_min, _ANY_RSSI_CDB)
        if zone is None:
            return ReadPoint(key, bias_cdb=bias_cdb, rssi_cdb_min=rssi_cdb_min, portals=portals)
        return ReadPoint(
            key=key,
            zone=zone.name,
            urgent=zone.role == "exit",
            rssi_cdb_min=rssi_cdb_min,
            bias_cdb=bias_cdb,
            portals=portals,
            is_special=bool(portals),
        )

    def succession_of(self, former: "FloorPlan") -> Succession:
        """What became of the zones of `former`, the plan that held until this one did.

        A rename stays in the site file for good, but is followed only once.
        """
        renamed = {
            was: name
            for was, name in self.renamed.items()
            if was in former.zones and former.renamed.get(was) != name
        }
        gone = tuple(name for name in former.zones if renamed.get(name, name) not in self.zones)
        return Succession(renamed, gone)

    def hearer(self, name: str) -> Hearer | None:
        """A reader or device of the site file, with its antennas; None where it is not listed."""
        return self._hearers.get(name)

    def hearers_of(self, name: str) -> list[str]:
        """A reader with the devices behind it, or a device; nothing where it is not listed."""
        return self._links.get(name) or [hearer for hearer in (name,) if hearer in self._hearers]

    @property
    def hearers(self) -> tuple[str, ...]:
        """All readers, and all devices behind links, in the order of the site file."""
        return tuple(self._hearers)

    def lost_hearers(self, former: "FloorPlan") -> tuple[str, ...]:
        """The readers and devices of `former` that are not there any more, in its order."""
        return tuple(name for name in former.hearers if name not in self._hearers)

    def has_antenna(self, key: PointKey) -> bool:
        """Whether the site file speaks of this antenna, by number or with all of its reader."""
        hearer = self._hearers.get(key[0])
        return hearer is not None and (hearer.zone is not None or key[1] in hearer.antennas)

    def link_of(self, name: str) -> str | None:
        """The link that a device is behind; None for a reader of its own."""
        return self._link_of.get(name)

    def is_cut_off(self, name: str, readers: Mapping[str, ReaderHealth]) -> bool:
        """Whether a device cannot be heard because the link before it is down."""
        health = readers.get(self._link_of.get(name, ""))
        return health is not None and health.state not in {"online", "connecting"}

    def is_steady(self, name: str) -> bool:
        """Whether a source speaks all the time, so that its silence says something."""
        return name in self._steady

    def drop_strangers(self, by_reader: dict[str, Any]) -> None:
        """Take out what is kept of readers that the site file does not name."""
        for name in [name for name in by_reader if name not in self._hearers]:
            del by_reader[name]

    def is_drawn(self, fence: Iterable[str]) -> bool:
        """Whether a zone of the fence has a shape, or lies in one: positions can tell of it."""
        drawn = self.shapes.place_of
        zones = [self.zones[name] for name in fence if name in self.zones]
        return any(name in drawn for zone in zones for name in (zone.name, *zone.inside))

    def within(self, zone: str, fence: Iterable[str]) -> bool:
        """Whether a zone is one of the fence's zones or lies in one of them."""
        known = self.zones.get(zone)
        inside = () if known is None else known.inside
        return any(name == zone or name in inside for name in fence)


def _zone_of(
    settings: ZoneSettings,
    covered_by: Iterable[PointKey],
    inside: tuple[str, ...],
) -> Zone:
    return Zone(
        name=settings.name,
        role=settings.role,
        floor=settings.floor,
        absent_after_ns=_nanoseconds(settings.absent_after_s),
        covered_by=tuple(covered_by),
        inside=inside,
        priority=settings.priority,
        margin_m=settings.margin_m,
    )


def _portal_of(settings: PortalSettings) -> Portal:
    return Portal(
        name=settings.name,
        inside=_points_of(settings.inside),
        outside=_points_of(settings.outside),
        settings=settings,
    )


def _points_of(points: Iterable[str]) -> tuple[PointKey, ...]:
    parted = [point.rpartition("/") for point in points]
    return tuple((reader, int(antenna)) for reader, _, antenna in parted)


def _gates(portals: Iterable[Portal]) -> dict[PointKey, tuple[str, ...]]:
    """The names of the portals that each read point stands at."""
    gates: dict[PointKey, tuple[str, ...]] = {}
    for portal in portals:
        for point in portal.points:
            gates[point] = (*gates.get(point, ()), portal.name)
    return gates


def centidecibels(level: float | None, default: int) -> int:
    """A level in dB or dBm as a whole number of hundredths."""
    return default if level is None else round(level * 100)


def _nanoseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * SECOND_NS)


def _coverage(hearers: Sequence[Hearer]) -> dict[str, list[PointKey]]:
    """The listed antennas of each zone; a reader's own zone is covered by its others too."""
    covered: dict[str, list[PointKey]] = {}
    for hearer in hearers:
        if not hearer.covers:
            continue
        if hearer.zone is not None:
            covered.setdefault(hearer.zone, []).append((hearer.name, ANY_ANTENNA))
        for number, antenna in sorted(hearer.antennas.items()):
            zone = antenna.zone or hearer.zone
            if zone is not None:
                covered.setdefault(zone, []).append((hearer.name, number))
    return covered


def _steady(reader: ReaderSettings) -> Iterator[str]:
    """Who is expected to speak all the time: those with a zone, or with a time for silence."""
    own, *devices = reader.hearers()
    said = "silent_after_s" in reader.model_fields_set
    for hearer, device in zip(devices, reader.devices.values(), strict=True):
        if said or device.silent_after_s is not None or _has_zone(hearer):
            yield hearer.name
    if own.covers and (said or _has_zone(own)):
        yield own.name


def _has_zone(hearer: Hearer) -> bool:
    return hearer.zone is not None or any(each.zone for each in hearer.antennas.values())


NO_PLAN = FloorPlan()
"""What holds until a site is known."""
