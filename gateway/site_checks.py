"""What must fit together in a site file, beyond each part being valid by itself."""

from collections.abc import Callable, Iterator, Mapping

from gateway.site_channels import channel_faults, channel_warnings
from gateway.site_draft import ANCESTORS_MAX, TELL_POSITIONS, Draft, ancestry, unknown
from gateway.site_points import ReadPoints
from gateway.site_problems import Fault, Path
from gateway.site_rules import rule_faults, rule_warnings
from gateway.site_settings import UnfilledBroker
from gateway.site_shapes import AN_ORIGIN, overlap_faults, shape_faults
from gateway.site_silence import silence_faults
from readers.llrp.settings import LlrpSettings
from readers.settings import DeviceSettings, ReaderSettings
from zones.georeference import Georeference


def errors_between(draft: Draft) -> Iterator[Fault]:
    """Find everything that contradicts itself or names what is not there."""
    for check in _CHECKS:
        yield from check(draft)


def warnings_between(draft: Draft) -> Iterator[Fault]:
    """Find what is allowed and yet hardly meant."""
    heard = set(_zones_heard(draft))
    told = any(reader.driver in TELL_POSITIONS for _, reader in draft.readers)
    for path, zone in draft.zones:
        if zone.name not in heard and not (told and zone.shape is not None):
            yield Fault(path, "no antenna hears this zone, so nothing will ever be seen in it")
    for path, reader in draft.readers:
        if reader.driver not in TELL_POSITIONS and not any(_zones_named(reader)):
            yield Fault(path, "has no zone, so what it reads will be seen in none")
    yield from overlap_faults(draft.zones, _georeference(draft))
    yield from silence_faults(draft.zones, [reader for _, reader in draft.readers])
    yield from rule_warnings(draft)
    yield from channel_warnings(draft)


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
            yield from unknown(draft, (*path, "floor"), "floor", zone.floor)
        if zone.parent is not None:
            yield from unknown(draft, (*path, "parent"), "zone", zone.parent)


def _parents_end(draft: Draft) -> Iterator[Fault]:
    parents = {zone.name: zone.parent for _, zone in draft.zones}
    for path, zone in draft.zones:
        line = ancestry(zone.name, parents)
        if line[-1] == zone.name and len(line) > 1:
            yield Fault((*path, "parent"), f"goes in a circle: {' > '.join(line)}")
        elif len(line) > ANCESTORS_MAX:
            yield Fault((*path, "parent"), f"lies in more than {ANCESTORS_MAX - 1} other zones")


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
        yield from unknown(draft, (*path, "zone"), "zone", hearer.zone)
    for number, antenna in hearer.antennas.items():
        if antenna.zone is not None:
            at = (*path, "antennas", str(number), "zone")
            yield from unknown(draft, at, "zone", antenna.zone)


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
    points = ReadPoints(draft)
    for path, portal in draft.portals:
        for side in ("inside", "outside"):
            for place, point in enumerate(getattr(portal, side)):
                if message := points.fault_of(point):
                    yield Fault((*path, side, place), message)
        for both in sorted(set(portal.inside) & set(portal.outside)):
            at = (*path, "outside", portal.outside.index(both))
            yield Fault(at, f"'{both}' can not be inside and outside at once")


def _publishers_fit(draft: Draft) -> Iterator[Fault]:
    first: dict[tuple[tuple[str, int], str], str] = {}
    for path, broker in draft.entries("publish"):
        if isinstance(broker, UnfilledBroker):
            continue
        other = first.setdefault((broker.endpoint, broker.prefix), broker.name)
        if other != broker.name:
            message = f"'{other}' tells the same broker; each would take back what the other told"
            yield Fault((*path, "prefix"), message)


def _zones_heard(draft: Draft) -> Iterator[str]:
    """Name the zones of antennas and readers, and all that these lie in."""
    parents = {zone.name: zone.parent for _, zone in draft.zones}
    for _, reader in draft.readers:
        for name in _zones_named(reader):
            yield from ancestry(name, parents)


def _zones_named(reader: ReaderSettings) -> Iterator[str]:
    """Name the zones of a reader, of its devices and of their antennas."""
    for hearer in reader.hearers():
        named = (hearer.zone, *(antenna.zone for antenna in hearer.antennas.values()))
        yield from (name for name in named if name is not None)


def _shapes_fit(draft: Draft) -> Iterator[Fault]:
    floors = {floor.name: floor for _, floor in draft.floors}
    georeference = _georeference(draft)
    for path, zone in draft.zones:
        if not (zone.geo and georeference is None and _states_origin(draft)):
            floor = floors.get(zone.floor or _only(floors))
            yield from shape_faults(path, zone, floor, georeference)


def _maps_have_an_origin(draft: Draft) -> Iterator[Fault]:
    if draft.settings.site.origin is not None or _states_origin(draft):
        return
    for path, floor in draft.floors:
        if floor.tiles is not None:
            yield Fault((*path, "tiles"), f"a map needs {AN_ORIGIN}")


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
    rule_faults,
    _publishers_fit,
    channel_faults,
    _shapes_fit,
    _maps_have_an_origin,
)
