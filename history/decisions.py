"""What was decided, in pieces of the commit sequence, as another store gets it."""

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from alerts.alert import Alert
from history.outputs import Numbered
from history.state import last_seq
from history.store import HistoryBatch, RaisedAlert, Visit
from zones.movements import Crossing, Movement

_PIECES = (
    ("movements", "seq"),
    ("crossings", "seq"),
    ("visits", "changed_seq"),
    ("renamed_visits", "seq"),
    ("alerts", "seq"),
)
_MOVEMENTS = """
SELECT seq, id, time_ns, decided_ns, tag, kind, from_zone, to_zone, late, asset, operation,
    confidence, crossed FROM movements WHERE seq > ? AND seq <= ? ORDER BY seq
"""
_CROSSINGS = """
SELECT seq, id, time_ns, decided_ns, tag, portal, direction, confidence, lean, late, asset
FROM crossings WHERE seq > ? AND seq <= ? ORDER BY seq
"""
_VISITS = """
SELECT id, tag, asset, zone, from_ns, to_ns, ended FROM visits
WHERE changed_seq > ? AND changed_seq <= ? ORDER BY changed_seq, id
"""
# One that goes by its former name again stands under that name as it is now.
_RENAMED = """
SELECT visit, renamed_visits.tag, visits.asset, renamed_visits.zone, renamed_visits.from_ns
FROM renamed_visits LEFT JOIN visits ON visits.id = visit
WHERE renamed_visits.seq > ? AND renamed_visits.seq <= ?
AND visits.zone IS NOT renamed_visits.zone ORDER BY renamed_visits.seq, visit
"""
_ALERTS = "SELECT raised_seq, seq, record FROM alerts WHERE seq > ? AND seq <= ? ORDER BY seq"

_decode_alert = msgspec.msgpack.Decoder(Alert).decode


class Decisions(NamedTuple):
    """The decisions behind a number, up to `upto`."""

    batch: HistoryBatch
    upto: int
    rows: int


def read_decisions(
    connection: sqlite3.Connection, after: int, until: int | None, rows_max: int
) -> Decisions:
    """Read what lies behind `after`, up to `until`, as it stands now.

    About `rows_max` rows of each kind at most; a number is never split. Within the caller's
    transaction.
    """
    upto = last_seq(connection) if until is None else min(until, last_seq(connection))
    for table, column in _PIECES:
        upto = _bounded(connection, (table, column), (after, upto), rows_max)
    span = after, upto
    batch = HistoryBatch(
        outputs=sorted([*_movements(connection, span), *_crossings(connection, span)], key=_seq_of),
        visits=[_visit(row) for row in connection.execute(_VISITS, span)],
        renamed=[_renamed(row) for row in connection.execute(_RENAMED, span)],
        alerts=[
            RaisedAlert(raised_seq, seq, _decode_alert(record))
            for raised_seq, seq, record in connection.execute(_ALERTS, span)
        ],
    )
    rows = sum(map(len, (batch.outputs, batch.visits, batch.renamed, batch.alerts)))
    return Decisions(batch, max(after, upto), rows)


def oldest_decision_ns(connection: sqlite3.Connection, after: int, until: int | None) -> int | None:
    """When the first of what lies behind `after` was decided; None where no time is known."""
    times = [
        connection.execute(
            f"SELECT {column} FROM {table} WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT 1",  # noqa: S608 - constants only
            (after, (1 << 62) if until is None else until),
        ).fetchone()
        for table, column in (
            ("movements", "decided_ns"),
            ("crossings", "decided_ns"),
            ("alerts", "time_ns"),
        )
    ]
    return min((int(row[0]) for row in times if row is not None), default=None)


def _bounded(
    connection: sqlite3.Connection, piece: tuple[str, str], span: tuple[int, int], rows_max: int
) -> int:
    """The end of a span, or where so many rows of a table are reached, if that is before it."""
    table, column = piece
    row = connection.execute(
        f"SELECT {column} FROM {table} WHERE {column} > ? AND {column} <= ?"  # noqa: S608 - constants only
        f" ORDER BY {column} LIMIT 1 OFFSET ?",
        (*span, rows_max - 1),
    ).fetchone()
    return span[1] if row is None else int(row[0])


def _movements(connection: sqlite3.Connection, span: tuple[int, int]) -> Iterator[Numbered]:
    for row in connection.execute(_MOVEMENTS, span):
        yield Numbered(
            row[0],
            Movement(
                id=row[1],
                time_ns=row[2],
                decided_ns=row[3],
                tag=row[4],
                kind=row[5],
                from_zone=row[6],
                to_zone=row[7],
                late=bool(row[8]),
                asset=row[9],
                operation=row[10],
                confidence=row[11],
                crossed=bool(row[12]),
            ),
        )


def _crossings(connection: sqlite3.Connection, span: tuple[int, int]) -> Iterator[Numbered]:
    for row in connection.execute(_CROSSINGS, span):
        yield Numbered(
            row[0],
            Crossing(
                id=row[1],
                time_ns=row[2],
                decided_ns=row[3],
                tag=row[4],
                portal=row[5],
                direction=row[6],
                confidence=row[7],
                lean=row[8],
                late=bool(row[9]),
                asset=row[10],
            ),
        )


def _visit(row: sqlite3.Row) -> Visit:
    return Visit(
        id=row[0],
        tag=row[1],
        asset=row[2],
        zone=row[3],
        from_ns=row[4],
        to_ns=row[5],
        ended=row[6],
    )


def _renamed(row: sqlite3.Row) -> Visit:
    return Visit(id=row[0], tag=row[1], asset=row[2], zone=row[3], from_ns=row[4])


def _seq_of(numbered: Numbered) -> int:
    return numbered.seq
