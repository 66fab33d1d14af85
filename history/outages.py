"""When nobody could hear: readers and antennas that were not healthy, and the gateway itself."""

import sqlite3
from collections.abc import Sequence

import msgspec

from history.outputs import ReadersRemoved
from history.paging import bounded
from readers.health import ReaderHealth
from readers.maintenance import WHOLE_READER

GATEWAY = ""
"""Stands for the reader where the whole gateway was down."""

_Down = dict[int, tuple[str, str, int]]


class Outage(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A reader (antenna 0: all of it) or the gateway heard nothing; `to_ns` None: still so.

    `state` is that of the reader, or `disconnected` of an antenna, or `down` of the gateway.
    """

    reader: str
    antenna: int
    state: str
    reason: str
    from_ns: int
    to_ns: int | None = None


def record_hearing(
    connection: sqlite3.Connection, seq: int, told: ReaderHealth | ReadersRemoved, now_ns: int
) -> None:
    """Begin and end outages as a reader says how it is, or is not in the site file any more.

    One that goes on keeps its beginning. `now_ns` is when it was known, and ends what ended
    without a change of state: a maintenance.
    """
    match told:
        case ReaderHealth():
            _record_health(connection, seq, told, now_ns)
        case ReadersRemoved(readers=readers, at_ns=at_ns):
            _end_all(connection, readers, at_ns)


def record_stop(connection: sqlite3.Connection, from_ns: int, to_ns: int) -> None:
    """Note that the gateway was down from a time to another (ns)."""
    if from_ns < to_ns:
        connection.execute(
            "INSERT INTO outages (reader, antenna, state, reason, from_ns, to_ns)"
            " VALUES (?, ?, 'down', 'the gateway did not run', ?, ?)",
            (GATEWAY, WHOLE_READER, from_ns, to_ns),
        )


def outages_of(
    connection: sqlite3.Connection, readers: Sequence[str], since_ns: int, until_ns: int
) -> list[Outage]:
    """Return the outages of some readers and of the gateway that touch a span, half-open."""
    rows = connection.execute(
        "SELECT reader, antenna, state, reason, from_ns, to_ns FROM outages"
        " WHERE reader IN (SELECT value FROM json_each(:readers))"
        " AND from_ns < :until_ns AND (to_ns IS NULL OR to_ns > :since_ns) ORDER BY id",
        {
            "readers": msgspec.json.encode([GATEWAY, *readers]).decode(),
            "since_ns": bounded(since_ns),
            "until_ns": bounded(until_ns),
        },
    )
    return [
        Outage(
            reader=row[0], antenna=row[1], state=row[2], reason=row[3], from_ns=row[4], to_ns=row[5]
        )
        for row in rows
    ]


def _record_health(
    connection: sqlite3.Connection, seq: int, health: ReaderHealth, now_ns: int
) -> None:
    """Begin and end the outages of a reader so that they are those which it has now."""
    down = _down(health)
    rows = connection.execute(
        "SELECT antenna, from_ns FROM outages WHERE reader = ? AND to_ns IS NULL",
        (health.reader,),
    ).fetchall()
    for antenna, from_ns in rows:
        if antenna not in down:
            ended_ns = health.since_ns if health.since_ns > from_ns else now_ns
            _end(connection, health.reader, antenna, ended_ns)
    for antenna, (state, reason, since_ns) in down.items():
        # A reader that is called again and again has one outage, whose reason is the last told.
        connection.execute(
            "INSERT INTO outages (seq, reader, antenna, state, reason, from_ns)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (reader, antenna) WHERE to_ns IS NULL"
            " DO UPDATE SET seq = excluded.seq, state = excluded.state, reason = excluded.reason"
            " WHERE excluded.state <> 'connecting'",
            (seq, health.reader, antenna, state, reason, since_ns),
        )


def _end_all(connection: sqlite3.Connection, readers: Sequence[str], at_ns: int) -> None:
    """End the outages of readers that nobody expects to hear any more."""
    for reader in readers:
        connection.execute(
            "UPDATE outages SET to_ns = max(from_ns, ?) WHERE reader = ? AND to_ns IS NULL",
            (at_ns, reader),
        )


def _end(connection: sqlite3.Connection, reader: str, antenna: int, at_ns: int) -> None:
    connection.execute(
        "UPDATE outages SET to_ns = max(from_ns, ?)"
        " WHERE reader = ? AND antenna = ? AND to_ns IS NULL",
        (at_ns, reader, antenna),
    )


def _down(health: ReaderHealth) -> _Down:
    """What of a reader does not hear, by antenna: its state, why, and since when."""
    shown = health.shown()
    if shown.state != "online":
        return {WHOLE_READER: (shown.state, shown.reason, shown.since_ns)}
    down: _Down = {}
    for antenna in sorted({*health.antennas, *_maintained(health)}):
        if health.lacks(antenna):
            down[antenna] = ("disconnected", health.reason, health.since_ns)
        elif health.is_maintained(antenna):
            works = [work for work in health.maintenance if work.concerns(health.reader, antenna)]
            first = min(works, key=lambda work: work.since_ns)
            down[antenna] = ("maintenance", first.reason, first.since_ns)
    return down


def _maintained(health: ReaderHealth) -> list[int]:
    """The antennas that are worked on, by themselves or with their portal."""
    return [
        antenna
        for work in health.maintenance
        for reader, antenna in work.points
        if reader == health.reader
    ]
