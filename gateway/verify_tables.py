"""Whether the tables of state.db say what the journal decides, and agree with each other."""

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from api.problems import printable
from gateway.verification import Finding, finding
from gateway.verify_fold import Fold
from history.questions import open_alerts
from history.registered import registered_assets
from history.state import first_seq, last_seq
from tags.times import SECOND_NS

KEPT_NS = 86_400 * SECOND_NS
"""What is younger than a day is kept by every setting, so that it can not have expired."""

Row = tuple[object, ...]


class Table(NamedTuple):
    """What of a table the journal decides: a key, the columns, and which column is its age.

    `since` says which rows were made or changed behind a number of the commit sequence.
    """

    name: str
    key: str
    columns: tuple[str, ...]
    since: str
    age: str


_MOVED = ("time_ns", "decided_ns", "tag", "asset")
TABLES = (
    Table("events", "seq", ("kind", "body"), "seq > {}", ""),
    Table(
        "movements",
        "seq",
        ("id", *_MOVED, "kind", "from_zone", "to_zone", "operation", "late", "crossed"),
        "seq > {}",
        "time_ns",
    ),
    Table(
        "crossings",
        "seq",
        ("id", *_MOVED, "portal", "direction", "lean", "late"),
        "seq > {}",
        "time_ns",
    ),
    Table(
        "visits",
        "tag, from_ns, seq",
        ("asset", "zone", "to_ns", "ended"),
        "changed_seq > {}",
        "coalesce(to_ns, 1 << 62)",
    ),
    Table(
        "alerts",
        "id",
        ("seq", "rule", "subject", "severity", "state", "open", "record"),
        "seq > {}",
        "CASE WHEN open THEN 1 << 62 ELSE closed_ns END",
    ),
    Table(
        "checkouts",
        "id",
        ("seq", "state", "open", "person", "closed_ns", "closed_by", "closed_why", "terms"),
        "seq > {}",
        "coalesce(closed_ns, 1 << 62)",
    ),
    Table(
        "outings",
        "id",
        ("seq", "checkout", "asset", "tag", "left_ns", "ended_ns", "ended"),
        "seq > {}",
        "coalesce(ended_ns, 1 << 62)",
    ),
)


def check_tables(connection: sqlite3.Connection, fold: Fold) -> Iterator[Finding]:
    """One finding for each table that follows from the journal."""
    for table in TABLES:
        yield guarded(table.name, partial(_check_table, connection, fold, table))
    yield guarded("outbox", lambda: _check_outbox(connection, fold))


def guarded(name: str, check: Callable[[], Finding]) -> Finding:
    """A check; where the file can not be read, that is what is wrong."""
    try:
        return check()
    except (sqlite3.Error, ValueError, TypeError) as error:
        return Finding(name, "", (f"can not be read: {error}",))


def _check_table(connection: sqlite3.Connection, fold: Fold, table: Table) -> Finding:
    decided, stored = _rows(fold.scratch, table, fold.seq), _rows(connection, table, fold.seq)
    old_ns = fold.pipeline.state.now_ns - KEPT_NS
    gone_before = first_seq(connection) if table.name == "events" else 0
    wrong: list[str] = []
    for key, (row, age) in decided.items():
        if key in stored:
            wrong += _differences(table, key, row, stored[key][0])
        elif (not table.age or age >= old_ns) and (gone_before == 0 or int(key[0]) >= gone_before):  # type: ignore[call-overload] # the key of events is a number
            wrong.append(f"{_named(key)} is missing, and the journal has it")
    if fold.is_whole:
        wrong += [
            f"{_named(key)} is there, and the journal has it not"
            for key in stored
            if key not in decided
        ]
    return finding(table.name, f"{len(decided)} as they were decided", wrong)


def _rows(connection: sqlite3.Connection, table: Table, seq: int) -> dict[Row, tuple[Row, int]]:
    keys = table.key.count(",") + 1
    names = ", ".join((table.key, *table.columns, table.age or "0"))
    rows = connection.execute(
        f"SELECT {names} FROM {table.name} WHERE {table.since.format(int(seq))}"  # noqa: S608 - constants and a number
        f" ORDER BY {table.key}"
    )
    return {tuple(row[:keys]): (tuple(row[keys:-1]), int(row[-1] or 0)) for row in map(tuple, rows)}


def _differences(table: Table, key: Row, decided: Row, stored: Row) -> Iterator[str]:
    for column, wanted, found in zip(table.columns, decided, stored, strict=True):
        if wanted != found:
            said = "" if isinstance(found, bytes) else f": {_shown(found)}, not {_shown(wanted)}"
            yield f"{_named(key)} has another {column}{said}"
            return


def _named(key: Row) -> str:
    return printable("/".join(str(part) for part in key))


def _shown(value: object) -> str:
    text = printable(str(value))
    return text if len(text) <= 60 else f"{text[:60]}…"  # noqa: PLR2004 - as much as a line takes


def _check_outbox(connection: sqlite3.Connection, fold: Fold) -> Finding:
    """Messages that alerts gave; heartbeats and tests of channels come from elsewhere."""
    statement = "SELECT id, alert, ordinal, channel, type, created_ns FROM outbox"
    stored = {row[0]: tuple(row) for row in connection.execute(statement)}
    decided = {row[0]: tuple(row) for row in fold.scratch.execute(statement)}
    old_ns = fold.pipeline.state.now_ns - KEPT_NS
    wrong: list[str] = []
    for id_, row in decided.items():
        named = f"{row[4]} of {row[1]} to {row[3]}"
        if id_ not in stored:
            if int(row[5]) >= old_ns:
                wrong.append(f"{named} is missing")
        elif stored[id_][1:5] != row[1:5]:
            wrong.append(f"{named} is stored as {stored[id_][4]} of {stored[id_][1]}")
    return finding("outbox", f"{len(decided)} messages as they were decided", wrong)


# What the state that the fold ends with says, and the tables that tell the same


def check_state(connection: sqlite3.Connection, fold: Fold) -> Iterator[Finding]:
    """The state after the newest group, against what is open and registered in the tables."""
    yield guarded("sequence", lambda: _check_sequence(connection, fold))
    yield guarded("assets", lambda: _check_assets(connection, fold))
    yield guarded("open alerts", lambda: _check_alerts(connection, fold))
    yield guarded("open visits", lambda: _check_places(connection, fold))
    yield guarded("custody", lambda: _check_custody(connection, fold))


def _check_sequence(connection: sqlite3.Connection, fold: Fold) -> Finding:
    known, found = last_seq(connection), fold.pipeline.state.seq
    wrong = [] if known == found else [f"{known} is marked as the newest number, it is {found}"]
    return finding("sequence", f"numbers up to {known}", wrong)


def _check_assets(connection: sqlite3.Connection, fold: Fold) -> Finding:
    known = fold.pipeline.state.judged.register.assets
    stored = {asset.id: asset for asset in registered_assets(connection)}
    wrong: list[str] = []
    for name in dict.fromkeys([*known, *stored]):
        one, other = known.get(name), stored.get(name)
        if one is None or other is None:
            where = "the tables" if one is None else "the register"
            wrong.append(f"{printable(name)} is in {where} only")
        elif sorted(one.tags) != sorted(other.tags):
            tags = " ".join(sorted(one.tags))
            wrong.append(f"{printable(name)} carries other tags; the register has {tags or 'none'}")
        else:
            fields = [
                field
                for field in one.__struct_fields__
                if field != "tags" and getattr(one, field) != getattr(other, field)
            ]
            wrong += [f"{printable(name)} has another {field}" for field in fields]
    return finding("assets", f"{len(known)} with their tags", wrong)


def _check_alerts(connection: sqlite3.Connection, fold: Fold) -> Finding:
    cases = fold.pipeline.state.judged.cases.values()
    known = {case.alert.id: case.alert for case in cases if case.alert is not None}
    stored = {alert.id: alert for alert in open_alerts(connection)}
    wrong = [
        f"{name} is {'open in the table only' if name not in known else 'not as it was decided'}"
        for name in dict.fromkeys([*known, *stored])
        if known.get(name) != stored.get(name)
    ]
    return finding("open alerts", f"{len(known)} as they stand", wrong)


def _check_places(connection: sqlite3.Connection, fold: Fold) -> Finding:
    located = fold.pipeline.state.located
    known = {tag: t.zone for each in located for tag, t in each.tracks.items() if t.zone}
    rows = connection.execute("SELECT tag, zone, id FROM visits WHERE to_ns IS NULL").fetchall()
    stored = {row[0]: row[1] for row in rows}
    wrong = [
        f"{printable(tag)} is in {known.get(tag) or 'no zone'},"
        f" the table says {printable(stored.get(tag) or 'nowhere')}"
        for tag in dict.fromkeys([*known, *stored])
        if known.get(tag) != stored.get(tag)
    ]
    last = dict(map(tuple, connection.execute("SELECT tag, visit FROM last_visits")))
    wrong += [
        f"{printable(tag)} goes on in visit {visit}, and another one stands as its last"
        for tag, _, visit in rows
        if last.get(tag) != visit
    ]
    return finding("open visits", f"{len(known)} tags where they are", wrong)


def _check_custody(connection: sqlite3.Connection, fold: Fold) -> Finding:
    loans = fold.pipeline.state.judged.custody.loans
    known = {name: loan.state for name, loan in loans.items() if loan.closed_ns is None}
    rows = connection.execute("SELECT id, state FROM checkouts WHERE open")
    stored = dict(map(tuple, rows))
    wrong = [
        f"check-out {printable(name)} is {known.get(name, 'closed')},"
        f" the table says {stored.get(name, 'closed')}"
        for name in dict.fromkeys([*known, *stored])
        if known.get(name) != stored.get(name)
    ]
    out = {(name, each) for name, loan in loans.items() for each, o in loan.out.items() if o.said}
    rows = connection.execute("SELECT checkout, asset FROM outings WHERE ended_ns IS NULL")
    told = set(map(tuple, rows))
    wrong += [
        f"{printable(asset)} is out under {printable(checkout)} only in"
        f" {'the state' if (checkout, asset) in out else 'the table'}"
        for checkout, asset in sorted(out ^ told)
    ]
    return finding("custody", f"{len(known)} open check-outs, {len(out)} assets out", wrong)


def check_former_visits(connection: sqlite3.Connection) -> Finding:
    """Whether visits are what the movements say that began and ended them, where both are kept."""
    rows = connection.execute(
        "SELECT visits.id, visits.tag, visits.zone, movements.to_zone, visits.from_ns,"
        " movements.time_ns, visits.tag = movements.tag,"
        " EXISTS (SELECT 1 FROM renamed_visits WHERE visit = visits.id)"
        " FROM visits JOIN movements ON movements.seq = visits.seq"
    )
    wrong: list[str] = []
    count = 0
    for id_, tag, zone, to_zone, from_ns, time_ns, same, renamed in rows:
        count += 1
        if not same or from_ns != time_ns or (zone != to_zone and not renamed):
            wrong.append(f"visit {id_} of {printable(tag)} is not what its movement says")
    ends = connection.execute(
        "SELECT visits.id, visits.tag FROM visits JOIN movements ON movements.seq = changed_seq"
        " WHERE visits.seq <> changed_seq AND visits.tag = movements.tag AND to_ns IS NOT NULL"
        " AND ended IN ('moved', 'departed', 'outside') AND to_ns <> max(from_ns, time_ns)"
    )
    wrong += [f"visit {id_} of {printable(tag)} ends when nothing moved" for id_, tag in ends]
    return finding("visits and movements", f"{count} visits follow from movements", wrong)
