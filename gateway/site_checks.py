"""What must fit together in a site file, beyond each part being valid by itself."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from alerts.settings import ExitRule, PortalRuleSettings, RuleSettings
from gateway.site_problems import Fault, Path, suggestion
from gateway.site_settings import SiteSettings, UnfilledBroker
from gateway.site_shapes import overlap_faults, shape_faults
from gateway.site_silence import silence_faults
from gateway.site_values import Value
from gateway.site_yaml import Node
from readers.llrp.settings import LlrpSettings
from readers.settings import DeviceSettings, Hearer, ReaderSettings
from zones.georeference import Georeference
from zones.portal_settings import PortalSettings
from zones.settings import FloorSettings, ZoneSettings

ANCESTORS_MAX = 32

_TELL_POSITIONS = {"mqtt", "http"}
"""Drivers whose sources may know where a tag is without hearing it in a zone."""

EntryT = TypeVar("EntryT")


@dataclass(frozen=True)
class Draft:
    """The parts of a site file that are valid by themselves, with their places in the file.

    `kept` holds for each list the places of the entries that `settings` has;
    `data` is the whole file as plain values, broken parts included.
    """

    settings: SiteSettings
    kept: Mapping[str, Sequence[int]]
    data: Mapping[str, Value]
    tree: Node

    def names(self, part: str) -> set[str]:
        """Return every name that a list states, so that broken entries are not unknown too."""
        stated = (name for _, name in self.stated(part, "name"))
        return {str(name) for name in stated if isinstance(name, str | int | float) and name != ""}

    def lacks(self, part: str, name: str) -> bool:
        """Tell whether a list has no such name; one that can not be read lacks nothing."""
        entries = self.data.get(part, None if part == "zones" else [])
        readable = isinstance(entries, list) and (bool(entries) or part != "zones")
        return readable and name not in self.names(part)

    def stated(self, part: str, key: str) -> list[tuple[Path, Value]]:
        """Return what the entries of a list say under `key`, broken ones included."""
        entries = self.data.get(part)
        return [
            ((part, place, key), entry[key])
            for place, entry in enumerate(entries if isinstance(entries, list) else [])
            if isinstance(entry, dict) and key in entry
        ]

    @property
    def floors(self) -> list[tuple[Path, FloorSettings]]:
        """The valid floors and their places."""
        return self._placed("floors", self.settings.floors)

    @property
    def zones(self) -> list[tuple[Path, ZoneSettings]]:
        """The valid zones and their places."""
        return self._placed("zones", self.settings.zones)

    @property
    def readers(self) -> list[tuple[Path, ReaderSettings]]:
        """The valid readers and their places."""
        return self._placed("readers", self.settings.readers)

    @property
    def portals(self) -> list[tuple[Path, PortalSettings]]:
        """The valid portals and their places."""
        return self._placed("portals", self.settings.portals)

    @property
    def rules(self) -> list[tuple[Path, RuleSettings]]:
        """The valid rules and their places."""
        return self._placed("rules", self.settings.rules)

    def entries(self, part: str) -> list[tuple[Path, Any]]:
        """Return the entries of any of the lists."""
        return self._placed(part, getattr(self.settings, part))

    def _placed(self, part: str, entries: Sequence[EntryT]) -> list[tuple[Path, EntryT]]:
        return [
            ((part, place), entry) for place, entry in zip(self.kept[part], entries, strict=True)
        ]


def errors_between(draft: Draft) -> Iterator[Fault]:
    """Find everything that contradicts itself or names what is not there."""
    for check in _CHECKS:
        yield from check(draft)


def warnings_between(draft: Draft) -> Iterator[Fault]:
    """Find what is allowed and yet hardly meant."""
    heard = set(_zones_heard(draft))
    told = any(reader.driver in _TELL_POSITIONS for _, reader in draft.readers)
    for path, zone in draft.zones:
        if zone.name not in heard and not (told and zone.shape is not None):
            yield Fault(path, "no antenna hears this zone, so nothing will ever be seen in it")
    yield from overlap_faults(draft.zones, _georeference(draft))
    yield from silence_faults(draft.zones, [reader for _, reader in draft.readers])
    for path, rule in draft.rules:
        if not rule.notify:
            yield Fault(path, "nobody is notified; only who asks the API sees the alert")
        if isinstance(rule, PortalRuleSettings) and not draft.names("portals"):
            yield Fault(path, "there is no portal, so this rule will never say anything")
    yield from _exit_zones_inside(draft)


def _there_is_a_zone(draft: Draft) -> Iterator[Fault]:
    if draft.data.get("zones") == []:
        yield Fault(("zones",), "needs at least one zone")


def _names_are_unique(draft: Draft) -> Iterator[Fault]:
    for part in draft.kept:
        for key in ("name", "was"):
            yield from _repeats(draft, part, key)


def _repeats(draft: Draft, part: str, key: str) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for path, value in draft.stated(part, key):
        if not isinstance(value, str):
            continue
        if value in first:
            yield Fault(path, f"'{value}' stands twice; first on line {first[value]}")
        first.setdefault(value, draft.tree.line_of(path))


def _names_can_be_written(draft: Draft) -> Iterator[Fault]:
    for part in draft.kept:
        for path, entry in draft.entries(part):
            if not entry.name.isprintable() or entry.name != entry.name.strip():
                yield Fault((*path, "name"), "must not have control characters or blanks around it")
            elif part == "readers" and "/" in entry.name:
                yield Fault((*path, "name"), "must not have a '/'; read points are READER/ANTENNA")


def _renames_are_possible(draft: Draft) -> Iterator[Fault]:
    for entries in (draft.zones, draft.readers):
        keep_name = {entry.name for _, entry in entries if entry.was is None}
        for path, entry in entries:
            if entry.was in keep_name:
                yield Fault((*path, "was"), f"'{entry.was}' is still the name of another one")


def _zones_fit(draft: Draft) -> Iterator[Fault]:
    for path, zone in draft.zones:
        if zone.floor is not None:
            yield from _unknown(draft, (*path, "floor"), "floor", zone.floor)
        if zone.parent is not None:
            yield from _unknown(draft, (*path, "parent"), "zone", zone.parent)


def _parents_end(draft: Draft) -> Iterator[Fault]:
    parents = {zone.name: zone.parent for _, zone in draft.zones}
    for path, zone in draft.zones:
        line = ancestry(zone.name, parents)
        if line[-1] == zone.name and len(line) > 1:
            yield Fault((*path, "parent"), f"goes in a circle: {' > '.join(line)}")
        elif len(line) > ANCESTORS_MAX:
            yield Fault((*path, "parent"), f"lies in more than {ANCESTORS_MAX - 1} other zones")


def ancestry(name: str, parents: Mapping[str, str | None]) -> list[str]:
    """Return `name`, its parent and so on; a name that stands there already ends the line.

    A line that goes on and on is cut.
    """
    line = [name]
    while len(line) <= ANCESTORS_MAX and (above := parents.get(line[-1])) is not None:
        if above in line:
            return [*line, above]
        line.append(above)
    return line


def _readers_fit(draft: Draft) -> Iterator[Fault]:
    for path, reader in draft.readers:
        yield from _hearer_fits(draft, path, reader)
        for name, device in reader.devices.items():
            yield from _hearer_fits(draft, (*path, "devices", name), device)


def _hearer_fits(
    draft: Draft,
    path: Path,
    hearer: ReaderSettings | DeviceSettings,
) -> Iterator[Fault]:
    if hearer.zone is not None:
        yield from _unknown(draft, (*path, "zone"), "zone", hearer.zone)
    for number, antenna in hearer.antennas.items():
        if antenna.zone is not None:
            at = (*path, "antennas", str(number), "zone")
            yield from _unknown(draft, at, "zone", antenna.zone)


def _addresses_are_unique(draft: Draft) -> Iterator[Fault]:
    first: dict[tuple[str, int], str] = {}
    for path, reader in draft.readers:
        if isinstance(reader, LlrpSettings):
            host, port = reader.endpoint
            other = first.setdefault((host.lower(), port), reader.name)
            if other != reader.name:
                message = f"reader '{other}' has this address too; a reader takes one client"
                yield Fault((*path, "address"), message)


def _portals_fit(draft: Draft) -> Iterator[Fault]:
    hearers = {each.name: each for _, reader in draft.readers for each in reader.hearers()}
    names = draft.names("readers") | hearers.keys()
    for path, portal in draft.portals:
        for side in ("inside", "outside"):
            for place, point in enumerate(getattr(portal, side)):
                if message := _point_fault(point, hearers, names):
                    yield Fault((*path, side, place), message)
        for both in sorted(set(portal.inside) & set(portal.outside)):
            at = (*path, "outside", portal.outside.index(both))
            yield Fault(at, f"'{both}' can not be inside and outside at once")


def _point_fault(point: str, hearers: Mapping[str, Hearer], names: set[str]) -> str | None:
    # A device gives itself its name, which may hold a slash.
    name, slash, number = point.rpartition("/")
    if not slash or not number.isascii() or not number.isdecimal() or len(number) > 5:  # noqa: PLR2004 - five digits hold any antenna number
        return f"'{point}' is no read point; write READER/ANTENNA, such as gate-1/2"
    if name not in names:
        return f"there is no reader '{name}'" + suggestion(name, names)
    hearer = hearers.get(name)
    if hearer is None or hearer.zone is not None or int(number) in hearer.antennas:
        return None
    listed = ", ".join(map(str, sorted(hearer.antennas))) or "none"
    return f"reader '{name}' has no antenna {number} (listed: {listed})"


def _rules_fit(draft: Draft) -> Iterator[Fault]:
    roles = {zone.name: zone.role for _, zone in draft.zones}
    for path, rule in draft.rules:
        for place, name in enumerate(_fence(rule)):
            yield from _unknown(draft, (*path, "fence", place), "zone", name)
            if roles.get(name) == "exit":
                message = (
                    f"'{name}' has role exit: being there is leaving; take it out of the fence"
                )
                yield Fault((*path, "fence", place), message)
        for place, name in enumerate(_portals(rule)):
            yield from _unknown(draft, (*path, "portals", place), "portal", name)
        for place, name in enumerate(rule.notify):
            yield from _unknown(draft, (*path, "notify", place), "channel", name)


def _fence(rule: RuleSettings) -> tuple[str, ...]:
    return rule.fence if isinstance(rule, ExitRule) else ()


def _portals(rule: RuleSettings) -> tuple[str, ...]:
    """Return the portals that a rule names."""
    return (rule.portals or ()) if isinstance(rule, ExitRule | PortalRuleSettings) else ()


def _system_fits(draft: Draft) -> Iterator[Fault]:
    for place, name in enumerate(draft.settings.system.notify or ()):
        yield from _unknown(draft, ("system", "notify", place), "channel", name)


def _publishers_fit(draft: Draft) -> Iterator[Fault]:
    first: dict[tuple[tuple[str, int], str], str] = {}
    for path, broker in draft.entries("publish"):
        if isinstance(broker, UnfilledBroker):
            continue
        other = first.setdefault((broker.endpoint, broker.prefix), broker.name)
        if other != broker.name:
            message = f"'{other}' tells the same broker; each would take back what the other told"
            yield Fault((*path, "prefix"), message)


def _unknown(draft: Draft, path: Path, kind: str, name: str) -> Iterator[Fault]:
    if draft.lacks(f"{kind}s", name):
        known = draft.names(f"{kind}s")
        yield Fault(path, f"there is no {kind} '{name}'" + suggestion(name, known))


def _zones_heard(draft: Draft) -> Iterator[str]:
    """Name the zones of antennas and readers, and all that these lie in."""
    parents = {zone.name: zone.parent for _, zone in draft.zones}
    for hearer in (each for _, reader in draft.readers for each in reader.hearers()):
        named = [hearer.zone, *(antenna.zone for antenna in hearer.antennas.values())]
        for name in named:
            if name is not None:
                yield from ancestry(name, parents)


def _exit_zones_inside(draft: Draft) -> Iterator[Fault]:
    parents = {zone.name: zone.parent for _, zone in draft.zones}
    exit_in: dict[str, str] = {}
    for _, zone in draft.zones:
        for around in ancestry(zone.name, parents)[1:]:
            if zone.role == "exit":
                exit_in.setdefault(around, zone.name)
    for path, rule in draft.rules:
        for place, name in enumerate(_fence(rule)):
            if name in exit_in:
                message = (
                    f"exit zone '{exit_in[name]}' lies in '{name}', so it is no exit for this rule"
                )
                yield Fault((*path, "fence", place), message)


def _shapes_fit(draft: Draft) -> Iterator[Fault]:
    floors = {floor.name: floor for _, floor in draft.floors}
    georeference = _georeference(draft)
    for path, zone in draft.zones:
        if not (zone.geo and georeference is None and _states_origin(draft)):
            floor = floors.get(zone.floor or _only(floors))
            yield from shape_faults(path, zone, floor, georeference)


def _georeference(draft: Draft) -> Georeference | None:
    origin = draft.settings.site.origin
    return None if origin is None else Georeference(origin)


def _states_origin(draft: Draft) -> bool:
    """Tell whether there is an origin, be it one that can not be read."""
    site = draft.data.get("site")
    return isinstance(site, dict) and "origin" in site


def _only(names: Mapping[str, object]) -> str:
    return next(iter(names)) if len(names) == 1 else ""


_CHECKS: tuple[Callable[[Draft], Iterator[Fault]], ...] = (
    _there_is_a_zone,
    _names_are_unique,
    _names_can_be_written,
    _renames_are_possible,
    _zones_fit,
    _parents_end,
    _readers_fit,
    _addresses_are_unique,
    _portals_fit,
    _rules_fit,
    _system_fits,
    _publishers_fit,
    _shapes_fit,
)
