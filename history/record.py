"""Writes what was decided into the tables that people query."""

import sqlite3
from collections.abc import Sequence

import msgspec

from alerts.alert import AlertChange, Event, state_of
from history.audit import append_audit, audit_entries
from history.custody_record import record_custody
from history.outages import record_hearing
from history.outputs import (
    AssetRemoved,
    AssetStored,
    Numbered,
    ReadersRemoved,
    ZonesChanged,
    event_of,
)
from history.store import Ending
from inventory.assets import Asset
from inventory.custody import CustodyChanged
from readers.health import ReaderHealth
from zones.movements import Crossing, Movement


def record_outputs(
    connection: sqlite3.Connection, outputs: Sequence[Numbered], now_ns: int = 0
) -> None:
    """Write outputs, in rising order of their numbers, within the caller's transaction.

    Visits, bindings, alerts, outages and the audit log follow from them; `now_ns` is the
    time of the group that they were decided in. Raises sqlite3.IntegrityError
    where a number was used before or the outputs contradict what is stored (a
    second open alert of one rule and subject); the caller then rolls back.
    """
    if not outputs:
        return
    _record_events(connection, outputs)
    for numbered in outputs:
        if isinstance(numbered.output, ReaderHealth | ReadersRemoved):
            record_hearing(connection, numbered.seq, numbered.output, now_ns)
        else:
            _record(connection, numbered)
    append_audit(connection, audit_entries(outputs))
    connection.execute("UPDATE marks SET value = ? WHERE name = 'last_seq'", (outputs[-1].seq,))


def _record(connection: sqlite3.Connection, numbered: Numbered) -> None:
    match numbered.output:
        case Movement() as movement:
            _record_movement(connection, numbered.seq, movement)
        case Crossing() as crossing:
            _record_crossing(connection, numbered.seq, crossing)
        case AlertChange() as change:
            _record_alert(connection, numbered.seq, change)
            _record_call(connection, numbered.seq, change)
        case AssetStored(asset=asset, at_ns=at_ns):
            _record_asset(connection, numbered.seq, asset)
            _bind_exactly(connection, numbered.seq, asset, at_ns)
        case AssetRemoved(asset=asset_id, at_ns=at_ns):
            connection.execute("DELETE FROM assets WHERE id = ?", (asset_id,))
            _bind_exactly(connection, numbered.seq, Asset(id=asset_id), at_ns)
        case ZonesChanged() as change:
            _follow_zones(connection, numbered.seq, change)
        case CustodyChanged() | Event() as told:
            record_custody(connection, numbered.seq, told)
        case _:
            # The stream has had it.
            pass


def _record_events(connection: sqlite3.Connection, outputs: Sequence[Numbered]) -> None:
    events = [(numbered.seq, event_of(numbered)) for numbered in outputs]
    connection.executemany(
        "INSERT INTO events (seq, kind, body) VALUES (?, ?, ?)",
        [
            (seq, event[0], msgspec.json.encode(event[1]).decode())
            for seq, event in events
            if event is not None
        ],
    )


def _record_movement(connection: sqlite3.Connection, seq: int, movement: Movement) -> None:
    """Write a movement once: its id says what moved when, so a second one is the same fact."""
    written = connection.execute(
        "INSERT INTO movements (seq, id, time_ns, decided_ns, tag, asset, kind, from_zone, to_zone,"
        " operation, late, confidence, crossed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO NOTHING",
        (
            seq,
            movement.id,
            movement.time_ns,
            movement.decided_ns,
            movement.tag,
            movement.asset,
            movement.kind,
            movement.from_zone,
            movement.to_zone,
            movement.operation,
            movement.late,
            movement.confidence,
            movement.crossed,
        ),
    )
    if not written.rowcount:
        return
    if movement.late:
        _tell_late_visit(connection, seq, movement)
    else:
        _turn_visit(connection, seq, movement)


def _record_crossing(connection: sqlite3.Connection, seq: int, crossing: Crossing) -> None:
    """Write a crossing once, as a movement."""
    connection.execute(
        "INSERT INTO crossings (seq, id, time_ns, decided_ns, tag, asset, portal, direction,"
        " confidence, lean, late) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO NOTHING",
        (
            seq,
            crossing.id,
            crossing.time_ns,
            crossing.decided_ns,
            crossing.tag,
            crossing.asset,
            crossing.portal,
            crossing.direction,
            crossing.confidence,
            crossing.lean,
            crossing.late,
        ),
    )


def _turn_visit(connection: sqlite3.Connection, seq: int, movement: Movement) -> None:
    """End the tag's open visit and begin the next one, unless it is gone."""
    _end_visit(connection, seq, movement.tag, (movement.time_ns, _ending_of(movement)))
    if movement.kind != "departed" and movement.to_zone is not None:
        _begin_visit(
            connection,
            (seq, movement.tag, movement.asset, movement.to_zone, movement.time_ns),
        )


def _tell_late_visit(connection: sqlite3.Connection, seq: int, movement: Movement) -> None:
    """Write a visit that was over before it was known; where the tag is now stays as it is."""
    if movement.to_zone is None:
        return
    connection.execute(
        "INSERT INTO visits (seq, changed_seq, tag, asset, zone, from_ns, to_ns, ended)"
        " VALUES (?, ?, ?, ?, ?, ?, max(?, ?), 'late')",
        (
            seq,
            seq,
            movement.tag,
            movement.asset,
            movement.to_zone,
            movement.time_ns,
            movement.time_ns,
            movement.decided_ns,
        ),
    )


def _ending_of(movement: Movement) -> Ending:
    if movement.kind == "departed":
        return "departed"
    return "outside" if movement.to_zone is None else "moved"


def _end_visit(
    connection: sqlite3.Connection,
    seq: int,
    tag: str,
    end: tuple[int, Ending],
) -> None:
    """`end` is when, in nanoseconds, and how."""
    # A tag may move, by event time, just before the binding that cut its visit arrived.
    connection.execute(
        "UPDATE visits SET to_ns = max(from_ns, ?), ended = ?, changed_seq = ?"
        " WHERE tag = ? AND to_ns IS NULL",
        (*end, seq, tag),
    )


def _begin_visit(
    connection: sqlite3.Connection,
    visit: tuple[int, str, str | None, str, int],
) -> None:
    """`visit` is seq, tag, asset, zone, from_ns."""
    connection.execute(
        "INSERT INTO visits (seq, tag, asset, zone, from_ns, changed_seq)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (*visit, visit[0]),
    )


def _record_asset(connection: sqlite3.Connection, seq: int, asset: Asset) -> None:
    connection.execute(
        "INSERT INTO assets (id, added_seq, seq, name, category, grouping, sku, serial, lot, owner,"
        " home_zone, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, name = excluded.name,"
        " category = excluded.category, grouping = excluded.grouping, sku = excluded.sku,"
        " serial = excluded.serial, lot = excluded.lot, owner = excluded.owner,"
        " home_zone = excluded.home_zone, status = excluded.status",
        (
            asset.id,
            seq,
            seq,
            asset.name,
            asset.category,
            asset.group,
            asset.sku,
            asset.serial,
            asset.lot,
            asset.owner,
            asset.home_zone,
            asset.status,
        ),
    )


def _bind_exactly(connection: sqlite3.Connection, seq: int, asset: Asset, at_ns: int) -> None:
    """Let the asset carry its tags and no others; former bindings are closed, not forgotten."""
    bound = {
        str(row[0])
        for row in connection.execute(
            "SELECT tag FROM bindings WHERE asset = ? AND unbound_ns IS NULL",
            (asset.id,),
        )
    }
    for tag in sorted(bound.difference(asset.tags)):
        _unbind(connection, tag, at_ns)
        _hand_over_visit(connection, seq, (tag, None), at_ns)
    for tag in dict.fromkeys(asset.tags):
        if tag not in bound:
            _unbind(connection, tag, at_ns)
            connection.execute(
                "INSERT INTO bindings (tag, asset, bound_ns) VALUES (?, ?, ?)",
                (tag, asset.id, at_ns),
            )
            _hand_over_visit(connection, seq, (tag, asset.id), at_ns)


def _unbind(connection: sqlite3.Connection, tag: str, at_ns: int) -> None:
    connection.execute(
        "UPDATE bindings SET unbound_ns = max(bound_ns, ?) WHERE tag = ? AND unbound_ns IS NULL",
        (at_ns, tag),
    )


def _hand_over_visit(
    connection: sqlite3.Connection,
    seq: int,
    carried: tuple[str, str | None],
    at_ns: int,
) -> None:
    """From `at_ns` on the open visit of a tag counts for another asset (`carried`: tag, asset)."""
    tag, asset = carried
    row = connection.execute(
        "SELECT id, asset, zone, from_ns FROM visits WHERE tag = ? AND to_ns IS NULL",
        (tag,),
    ).fetchone()
    if row is None or row[1] == asset:
        return
    visit_id, _, zone, from_ns = row
    if at_ns <= from_ns:
        connection.execute(
            "UPDATE visits SET asset = ?, changed_seq = ? WHERE id = ?", (asset, seq, visit_id)
        )
        return
    _end_visit(connection, seq, tag, (at_ns, "handed_over"))
    _begin_visit(connection, (seq, tag, asset, zone, at_ns))


def _follow_zones(connection: sqlite3.Connection, seq: int, change: ZonesChanged) -> None:
    """Who is in a renamed zone goes on under its new name, whole; who was in a gone one left it."""
    connection.execute(
        "UPDATE visits SET to_ns = max(from_ns, ?), ended = 'zone_gone', changed_seq = ?"
        " WHERE to_ns IS NULL AND zone IN (SELECT value FROM json_each(?))",
        (change.at_ns, seq, msgspec.json.encode(change.gone).decode()),
    )
    # All are read before any is written: zones may swap their names.
    visits = connection.execute(
        "SELECT id, tag, zone, from_ns FROM visits WHERE to_ns IS NULL"
        " AND zone IN (SELECT value FROM json_each(?))",
        (msgspec.json.encode(list(change.renamed)).decode(),),
    ).fetchall()
    connection.executemany(
        "INSERT INTO renamed_visits (seq, visit, tag, zone, from_ns) VALUES (?, ?, ?, ?, ?)",
        [(seq, *visit) for visit in visits],
    )
    connection.executemany(
        "UPDATE visits SET zone = ?, changed_seq = ? WHERE id = ?",
        [(change.renamed[zone], seq, visit_id) for visit_id, _, zone, _ in visits],
    )


def _record_alert(connection: sqlite3.Connection, seq: int, change: AlertChange) -> None:
    alert, acknowledged = change.alert, change.alert.acknowledged
    connection.execute(
        "INSERT INTO alerts (id, raised_seq, seq, rule, subject, asset, tag, severity, state,"
        " time_ns, open, record, called_ns, acknowledged_ns, closed_ns)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, severity = excluded.severity,"
        " state = excluded.state, open = excluded.open, record = excluded.record,"
        " called_ns = coalesce(excluded.called_ns, called_ns),"
        " acknowledged_ns = excluded.acknowledged_ns, closed_ns = excluded.closed_ns",
        (
            alert.id,
            seq,
            seq,
            alert.rule,
            alert.subject,
            alert.asset,
            alert.tag,
            alert.severity,
            state_of(alert),
            alert.time_ns,
            not alert.cleared,
            msgspec.msgpack.encode(alert),
            change.at_ns if calls_people(change) else None,
            None if acknowledged is None else acknowledged.at_ns,
            change.at_ns if alert.cleared else None,
        ),
    )


def _record_call(connection: sqlite3.Connection, seq: int, change: AlertChange) -> None:
    if calls_people(change):
        alert = change.alert
        connection.execute(
            "INSERT INTO annunciations (seq, at_ns, alert, rule, severity) VALUES (?, ?, ?, ?, ?)",
            (seq, change.at_ns, alert.id, alert.rule, alert.severity),
        )


def calls_people(change: AlertChange) -> bool:
    """Whether somebody has to look now: it was raised or reopened, and is neither quiet nor a test.

    What was put aside when it was raised calls when it is announced. Whether a channel is told
    makes no difference: it stands on the list of those who watch.
    """
    told = change.announces or change.transition
    return told in {"raised", "reopened"} and not change.alert.is_quiet and not change.alert.test
