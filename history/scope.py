"""What a limited caller sees: as conditions on the tables, and for one row or event at a time.

docs/decisions/0021 says what that is and why. What is limited to zones sees what was there, what
is limited to groups sees their assets; what is limited to both, what is both.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from history.callers import Scope
from zones.floorplan import FloorPlan

GroupOf = Callable[[str], str | None]
"""The group of an asset as it is now; None where there is no such asset."""

_NOTHING: frozenset[str] = frozenset()


class Narrowing(NamedTuple):
    """The conditions under which a row of a table is seen; see `in_zones` and its neighbours."""

    zones: str
    groups: str


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """A Scope on the floor plan that holds: None is no limit, an empty set sees nothing.

    `zones` are those of the scope with the ones inside them, and their former names. `portals`
    have an antenna there, `readers` hear there; `own_readers` hear nowhere else.
    """

    zones: frozenset[str] | None = None
    groups: frozenset[str] | None = None
    portals: frozenset[str] = _NOTHING
    readers: frozenset[str] = _NOTHING
    own_readers: frozenset[str] = _NOTHING

    @property
    def is_everything(self) -> bool:
        """Whether nothing is hidden."""
        return self.zones is None and self.groups is None

    def narrow(self, table: Narrowing) -> tuple[list[str], dict[str, str]]:
        """The conditions for what is seen of a table, and the values that they name."""
        conditions: list[str] = []
        values: dict[str, str] = {}
        if self.zones is not None:
            conditions.append(table.zones)
            values |= {"sight_zones": _json(self.zones), "sight_portals": _json(self.portals)}
        if self.groups is not None:
            conditions.append(table.groups)
            values["sight_groups"] = _json(self.groups)
        return conditions, values

    def sees_zone(self, zone: str | None) -> bool:
        """Whether a zone, or what is there, is seen."""
        return self.zones is None or zone in self.zones

    def sees_group(self, group: str | None) -> bool:
        """Whether assets of a group are seen; None stands for what is no asset."""
        return self.groups is None or group in self.groups

    def sees_reader(self, reader: str) -> bool:
        """Whether a reader or device is seen: one that hears in the zones. None is of a group."""
        return self.groups is None and (self.zones is None or reader in self.readers)

    def owns_reader(self, reader: str) -> bool:
        """Whether a reader with all that is behind it hears in the zones and nowhere else."""
        return self.groups is None and (self.zones is None or reader in self.own_readers)

    def sees_portal(self, portal: str | None) -> bool:
        """Whether a portal, or what goes through it, is seen."""
        return self.zones is None or portal in self.portals

    def owns_portal(self, portal: str, plan: FloorPlan) -> bool:
        """Whether all antennas of a portal are in the zones."""
        known = plan.portals.get(portal)
        if self.is_everything or known is None:
            return self.is_everything
        zones = [plan.point(point).zone for point in known.points]
        return self.groups is None and all(self.sees_zone(zone) for zone in zones)

    def sees_sensor(self, sensor: str) -> bool:
        """Whether a sensor is seen: a reader that is, or a device behind a link of their own."""
        return self.sees_reader(sensor) or self.owns_reader(sensor.partition(":")[0])

    def sees(self, kind: str, body: Mapping[str, Any], group_of: GroupOf) -> bool:
        """Whether an event of the stream is seen; kinds that are not known here are not."""
        if self.is_everything:
            return True
        if kind == "reader":
            return self.sees_reader(body["name"])
        told = _PLACES.get(kind)
        if told is None or not (self.zones is None or told(self, body)):
            return False
        if self.groups is None:
            return True
        asset: str | None = body.get("asset")
        return asset is not None and group_of(asset) in self.groups


UNLIMITED = Sight()
"""The sight of who is not limited."""


def _sees_ends(sight: Sight, body: Mapping[str, Any]) -> bool:
    return sight.sees_zone(body.get("from")) or sight.sees_zone(body.get("to"))


def _sees_portal(sight: Sight, body: Mapping[str, Any]) -> bool:
    return sight.sees_portal(body.get("portal"))


def _sees_alert(sight: Sight, body: Mapping[str, Any]) -> bool:
    return _sees_ends(sight, body) or any(map(sight.sees_zone, body.get("zones", ())))


def _sees_event(sight: Sight, body: Mapping[str, Any]) -> bool:
    return _sees_ends(sight, body) or _sees_portal(sight, body)


_PLACES: dict[str, Callable[[Sight, Mapping[str, Any]], bool]] = {
    "movement": _sees_ends,
    "crossing": _sees_portal,
    "alert": _sees_alert,
    "event": _sees_event,
}


def sight_of(scope: Scope, plan: FloorPlan) -> Sight:
    """Look at a floor plan with a scope.

    A zone that was renamed is meant by its former name too, unless another has that by now.
    """
    groups = None if scope.groups is None else frozenset(scope.groups)
    if scope.zones is None:
        return Sight(groups=groups)
    zones = _with_inner(scope.zones, plan)
    portals = (
        name
        for name, portal in plan.portals.items()
        if any(plan.point(point).zone in zones for point in portal.points)
    )
    own = frozenset(_own_readers(zones, plan))
    hearing = {point[0] for name in zones & plan.zones.keys() for point in _points(plan, name)}
    return Sight(
        zones=zones | _former_names(zones, plan),
        groups=groups,
        portals=frozenset(portals),
        readers=own.union(hearing),
        own_readers=own,
    )


def _with_inner(names: Iterable[str], plan: FloorPlan) -> frozenset[str]:
    meant = {name if name in plan.zones else plan.renamed.get(name, name) for name in names}
    inner = (zone.name for zone in plan.zones.values() if not meant.isdisjoint(zone.inside))
    return frozenset(meant.union(inner))


def _former_names(zones: frozenset[str], plan: FloorPlan) -> frozenset[str]:
    """What was recorded before a rename stands under the former name."""
    renamed = plan.renamed.items()
    return frozenset(was for was, name in renamed if name in zones and was not in plan.zones)


def _own_readers(zones: frozenset[str], plan: FloorPlan) -> Iterable[str]:
    covered: dict[str, set[str]] = {}
    for name in plan.zones:
        for hearer, _ in _points(plan, name):
            covered.setdefault(hearer, set()).add(name)
    for reader in plan.hearers:
        heard = set[str]().union(*(covered.get(name, ()) for name in plan.hearers_of(reader)))
        if heard and heard <= zones:
            yield reader


def _points(plan: FloorPlan, zone: str) -> tuple[tuple[str, int], ...]:
    return plan.zones[zone].covered_by


def _json(names: frozenset[str]) -> str:
    return msgspec.json.encode(sorted(names)).decode()


def in_zones(*columns: str) -> str:
    """The condition that one of the columns names a zone that is seen."""
    return _any_of("sight_zones", columns)


def in_portals(*columns: str) -> str:
    """The condition that one of the columns names a portal that is seen."""
    return _any_of("sight_portals", columns)


def in_groups(*columns: str) -> str:
    """The condition that one of the columns names a group that is seen."""
    return _any_of("sight_groups", columns)


def group_of(column: str) -> str:
    """The group that the asset in a column is in now; null for one that is not registered."""
    return f"(SELECT grouping FROM assets AS known WHERE known.id = {column})"  # noqa: S608 - constants


def place_of(column: str) -> str:
    """The zone in which the asset in a column is, or where it was last, as `position_of` has it."""
    return (
        "coalesce((SELECT here.zone FROM visits AS here INDEXED BY visits_open_of_asset"  # noqa: S608 - constants
        f" WHERE here.asset = {column} AND here.to_ns IS NULL"
        " ORDER BY here.from_ns DESC, here.id DESC LIMIT 1),"
        " (SELECT there.zone FROM visits AS there INDEXED BY visits_by_asset"
        f" WHERE there.asset = {column} AND there.ended IS NOT 'late'"
        " ORDER BY there.from_ns DESC, there.id DESC LIMIT 1))"
    )


def _any_of(names: str, columns: tuple[str, ...]) -> str:
    # The list is read once for a statement, not for each row. `+` keeps SQLite from seeking all
    # rows of it, to sort them: who sees a part still gets the first page of a long list soon.
    tests = (f"+{column} IN (SELECT value FROM json_each(:{names}))" for column in columns)  # noqa: S608 - constants
    return f"({' OR '.join(tests)})"
