"""How visits of a zone are found by time, however far the history reaches back.

A visit of length class k (see migration 0006) lasted less than 64 s * 8^k, so one that touches a
span began at most that long before it. Each class is sought in its own short range of
`visits_by_length`; what goes on has no class and is sought by itself. Visits of the last class,
of 24 days and more, are few and have no such bound.
"""

from collections.abc import Iterator

_FIRST_CLASS_NS = 64_000_000_000
_LAST_CLASS = 6
_COLUMNS = "id, tag, asset, zone, from_ns, to_ns, ended"
OVERLAPS_SINCE = "(to_ns IS NULL OR to_ns > :since_ns OR from_ns >= :since_ns)"
"""A visit of no length counts where it begins."""


def length_limit_ns(length_class: int) -> int:
    """Return what every visit of a class, the last one apart, is shorter than."""
    return int(_FIRST_CLASS_NS * 8**length_class)


def visits_between(zone: str = "zone = :zone", *, until: bool = True) -> str:
    """Write the statement for the ids of visits of a zone that touch `:since_ns` to `:until_ns`.

    `zone` is the condition on the zone; without `until` the span has no end.
    """
    return " UNION ALL ".join(_ranges("id", zone, until=until))


def open_visits(zone: str) -> str:
    """Write the statement for the ids of visits of a zone that go on."""
    return f"SELECT id FROM visits INDEXED BY visits_open_in_zone WHERE {zone} AND to_ns IS NULL"  # noqa: S608 - constants


def newest_visits_between() -> str:
    """Write the statement for the `:rows` newest visits of `:zone` in a span, as of a Visit."""
    order = "ORDER BY from_ns DESC, id DESC LIMIT :rows"
    parts = [
        f"SELECT * FROM ({part} {order})"  # noqa: S608 - constants
        for part in _ranges(_COLUMNS, "zone = :zone")
    ]
    return f"{' UNION ALL '.join(parts)} {order}"


def _ranges(columns: str, zone: str, *, until: bool = True) -> Iterator[str]:
    before = " AND from_ns < :until_ns" if until else ""
    select = f"SELECT {columns} FROM visits INDEXED BY visits_by_length WHERE {zone}"  # noqa: S608 - constants
    yield f"{select} AND length_class IS NULL{before}"
    for length_class in range(_LAST_CLASS + 1):
        touching = f"{select} AND length_class = {length_class}{before}"
        if length_class < _LAST_CLASS:
            touching += f" AND from_ns > :since_ns - {length_limit_ns(length_class)}"
        yield f"{touching} AND (to_ns > :since_ns OR from_ns >= :since_ns)"
