"""Which zone a read point had at a time, by the site file that held then."""

import sqlite3
from bisect import bisect_right
from collections import OrderedDict

from gateway.site import SiteError, parse_site
from zones.floorplan import ANY_ANTENNA

_VERSIONS_PARSED_MAX = 8

PointZones = dict[tuple[str, int], str]
"""Zones by reader and antenna; antenna 0 is every antenna that is not listed."""


class ZonesInTime:
    """Answers from `state.db`, always the same for the same time; for one thread.

    The time counts at which a site file was taken over, and so do those taken over again. What
    lies before the first one goes by that one.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._times_ns: list[int] = []
        self._versions: list[str] = []
        self._parsed: OrderedDict[str, PointZones] = OrderedDict()
        self._number = -1

    def at(self, time_ns: int) -> PointZones:
        """The zones of the site file that held then; see `zone_of`. Raises sqlite3.Error.

        It is the same object for all times of one version.
        """
        self._look()
        if not self._versions:
            return {}
        held = max(0, bisect_right(self._times_ns, time_ns) - 1)
        return self._zones_of(self._versions[held])

    def _look(self) -> None:
        """Learn what was taken over since the last look."""
        newest = self._connection.execute(
            "SELECT coalesce(max(number), 0) FROM audit WHERE action = 'site.changed'"
        ).fetchone()[0]
        if newest == self._number:
            return
        self._number = newest
        # Those of before there was an audit log have no line in it.
        rows = self._connection.execute(
            "SELECT at_ns, number, target FROM audit WHERE action = 'site.changed'"
            " UNION ALL SELECT accepted_ns, 0, hash FROM site_versions WHERE hash NOT IN"
            " (SELECT target FROM audit WHERE action = 'site.changed') ORDER BY 1, 2"
        ).fetchall()
        self._times_ns = [row[0] for row in rows]
        self._versions = [row[2] for row in rows]

    def _zones_of(self, version: str) -> PointZones:
        zones = self._parsed.get(version)
        if zones is None:
            row = self._connection.execute(
                "SELECT text FROM site_versions WHERE hash = ?", (version,)
            ).fetchone()
            zones = self._parsed[version] = {} if row is None else _zones_in(row[0])
            if len(self._parsed) > _VERSIONS_PARSED_MAX:
                self._parsed.popitem(last=False)
        self._parsed.move_to_end(version)
        return zones


def zone_of(zones: PointZones, point: tuple[str, int]) -> str | None:
    """The zone of a reader's antenna, if it has one."""
    return zones.get(point) or zones.get((point[0], ANY_ANTENNA))


def _zones_in(text: str) -> PointZones:
    """What a site file says of its antennas; one that this version can not read says nothing."""
    try:
        settings = parse_site(text, env=None).settings
    except SiteError:
        return {}
    zones: PointZones = {}
    for reader in settings.readers:
        for hearer in reader.hearers():
            named = {number: antenna.zone for number, antenna in hearer.antennas.items()}
            for number, zone in {ANY_ANTENNA: hearer.zone, **named}.items():
                if zone is not None:
                    zones[hearer.name, number] = zone
    return zones
