"""Which positions of trackers were told while the asset was in a zone that is seen."""

import sqlite3
from bisect import bisect_right
from collections.abc import Collection

from history.scope import Narrowing, Sight, in_zones

_SEEN = Narrowing(zones=in_zones("zone"), groups="TRUE")


def times_in_zones(
    reader: sqlite3.Connection, asset: str, sight: Sight, times_ns: Collection[int]
) -> set[int]:
    """The times at which a visit of the asset to a zone in sight went on."""
    if not times_ns:
        return set()
    seen, names = sight.narrow(_SEEN)
    terms = " AND ".join(["asset = :asset", "ended IS NOT 'late'", *seen])
    rows = reader.execute(
        f"SELECT from_ns, to_ns FROM visits WHERE {terms} AND from_ns <= :until_ns"  # noqa: S608 - constants
        " AND (to_ns IS NULL OR to_ns > :since_ns) ORDER BY from_ns",
        {"asset": asset, "since_ns": min(times_ns), "until_ns": max(times_ns), **names},
    ).fetchall()
    begins: list[int] = [row[0] for row in rows]
    found: set[int] = set()
    for time_ns in times_ns:
        before = bisect_right(begins, time_ns) - 1
        if before >= 0 and (rows[before][1] is None or rows[before][1] > time_ns):
            found.add(time_ns)
    return found
