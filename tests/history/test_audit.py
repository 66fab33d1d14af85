"""The audit log: who did what, when and why, and that nobody changes it unseen."""

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.alert import Acknowledgement, Alert, AlertChange, Shelf, Transition
from alerts.shown import alert_json
from history.audit import (
    BEGINNING,
    AuditEntry,
    AuditLine,
    Head,
    append_audit,
    chained,
    hash_of,
    head_of,
    open_alerts_of,
    read_audit,
)
from history.audit_check import verify_audit
from history.filters import AlertFilter
from history.keys import create_key
from history.outputs import Audited, Output
from history.paging import PageRequest
from tests.history.made import (
    T0_NS,
    Writer,
    alert,
    at,
    movement,
    passing_state,
    raised,
    removed,
    stored,
)


def lines(writer: Writer) -> list[AuditLine]:
    return list(read_audit(writer.connection))


def acknowledged(one: Alert, note: str = "on my way") -> AlertChange:
    taken = replace(one, acknowledged=Acknowledgement("guard key", at(5), note), transitions=2)
    return AlertChange("acknowledged", taken, at(5), "guard key")


def test_what_people_and_the_gateway_do_stands_in_the_log(writer: Writer) -> None:
    drill = Audited(at_ns=at(1), actor="ann", action="drill.start", target="", why="monthly")
    writer.commit(
        stored("L1", "aa01"),
        movement("aa01", None, "hall", at(1)),
        raised(alert()),
        acknowledged(alert()),
        drill,
        removed("L1"),
    )
    told = [(line.number, line.seq, line.actor, line.action, line.target) for line in lines(writer)]
    assert told == [
        (1, 1, "gateway", "asset.stored", "L1"),
        (2, 3, "gateway", "alert.raised", "al-1"),
        (3, 4, "guard key", "alert.acknowledged", "al-1"),
        (4, 5, "ann", "drill.start", ""),
        (5, 6, "gateway", "asset.removed", "L1"),
    ]
    assert [line.why for line in lines(writer)] == ["", "", "on my way", "monthly", ""]


def test_a_key_that_is_made_stands_in_the_log_without_its_secret(writer: Writer) -> None:
    key = create_key(writer.connection, "dock tablet", "guard", at(0), "ann")
    (line,) = lines(writer)
    assert (line.actor, line.action, line.target) == ("ann", "key.create", "dock tablet")
    assert key.split("_", 2)[2] not in "".join(map(str, line))


def test_the_hash_can_be_recomputed_from_the_documented_bytes(writer: Writer) -> None:
    writer.commit(raised(alert()), acknowledged(alert(), 'a "quote"\n\x7f\x01 ä'))
    previous = "0" * 64
    for row in writer.rows("SELECT * FROM audit ORDER BY number"):
        text = json.dumps([*row[:8], previous], ensure_ascii=False, separators=(",", ":"))
        previous = hashlib.sha256(text.encode()).hexdigest()
        assert row[9] == bytes.fromhex(previous)
    assert head_of(writer.connection) == Head(2, bytes.fromhex(previous))


def test_a_commit_that_fails_leaves_no_line_behind(writer: Writer) -> None:
    writer.commit(raised(alert()))
    with pytest.raises(sqlite3.IntegrityError):
        writer.commit(raised(alert("al-2")))
    assert [line.target for line in lines(writer)] == ["al-1"]
    assert verify_audit(writer.connection).fault is None


def test_no_line_can_be_changed_or_removed_by_mistake(writer: Writer) -> None:
    writer.commit(raised(alert()))
    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        writer.connection.execute("UPDATE audit SET why = 'x'")
    with pytest.raises(sqlite3.IntegrityError, match="never removed"):
        writer.connection.execute("DELETE FROM audit")


def test_alerts_from_before_the_log_are_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    connection = sqlite3.connect(path)
    for name in ("0001_state", "0002_crossings"):
        connection.executescript((files("history") / "migrations" / f"{name}.sql").read_text())
    connection.executescript(
        "UPDATE marks SET value = 3 WHERE name = 'last_seq';"
        "INSERT INTO alerts VALUES ('old', 3, 3, 'r', 's', NULL, '', 'info', 'x', 1, 1, x'00');"
        "PRAGMA user_version = 2;",
    )
    connection.close()
    writer = Writer(path)
    writer.seq = 3
    writer.commit(raised(alert()))
    assert verify_audit(writer.connection).fault is None
    writer.close()


# Open alerts are the fold of the log

TRANSITIONS: tuple[Transition, ...] = (
    "raised",
    "reopened",
    "acknowledged",
    "returned",
    "cleared",
    "shelved",
    "unshelved",
    "suppressed",
    "unsuppressed",
    "out_of_service",
    "in_service",
    "assigned",
    "commented",
    "escalated",
    "chattering",
)


def step(one: Alert | None, number: int, transition: Transition) -> AlertChange:
    """One change of the alert with this number, as some life cycle might make it."""
    now_ns = at(number)
    if one is None or one.cleared:
        again = alert(f"al-{number}", f"asset {number}") if one is None else one
        return raised(replace(again, cleared=False, occurrences=again.occurrences + 1))
    facts: dict[Transition, dict[str, Any]] = {
        "reopened": {"occurrences": one.occurrences + 1, "condition": "active"},
        "acknowledged": {"acknowledged": Acknowledgement("ann", now_ns, "seen")},
        "returned": {"condition": "returned"},
        "cleared": {"cleared": True},
        "shelved": {"shelved": Shelf("ann", now_ns, now_ns + 9, "repair")},
        "unshelved": {"shelved": None},
        "suppressed": {"suppressed_by": "reader gate-1"},
        "unsuppressed": {"suppressed_by": None},
        "out_of_service": {"out_of_service": True},
        "in_service": {"out_of_service": False},
        "assigned": {"assignee": "bob"},
        "escalated": {"escalations": one.escalations + 1},
        "chattering": {"chattering": True},
    }
    changed = replace(one, transitions=one.transitions + 1, **facts.get(transition, {}))
    return AlertChange(transition, changed, now_ns, "ann", ("guards",), "why")


@given(
    st.lists(
        st.lists(st.tuples(st.integers(1, 6), st.sampled_from(TRANSITIONS)), max_size=8),
        max_size=12,
    ),
)
def test_active_alerts_are_the_fold_of_the_log(
    commits: list[list[tuple[int, Transition]]],
) -> None:
    known: dict[int, Alert] = {}
    with passing_state() as (writer, questions):
        for commit in commits:
            changes: list[Output] = []
            for number, transition in commit:
                change = step(known.get(number), number, transition)
                known[number] = change.alert
                changes.append(change)
            writer.commit(*changes)
        shown = questions.alerts(AlertFilter(states=("active",)), PageRequest(limit=1000)).items
        folded = open_alerts_of(lines(writer))
        assert folded.keys() == {row["id"] for row in shown}
        for row in shown:
            told = folded[row["id"]]
            assert {name: told[name] for name in row if name != "evidence"} == {
                name: value for name, value in row.items() if name != "evidence"
            }
        assert verify_audit(writer.connection).fault is None


def test_every_field_of_an_alert_but_its_evidence_is_in_the_log(writer: Writer) -> None:
    writer.commit(raised(alert()))
    told = open_alerts_of(lines(writer))["al-1"]
    assert alert_json(alert(), 1).keys() - told.keys() == {"evidence"}


# Tampering


def written(writer: Writer) -> None:
    writer.commit(raised(alert()), raised(alert("al-2", "mixer")))
    writer.commit(acknowledged(alert()))
    append_audit(
        writer.connection,
        [AuditEntry(None, at(9), "ann", "key.create", "tablet", "", {"role": "guard"})],
    )
    writer.commit(Audited(at_ns=at(11), actor="bob", action="drill.end", target="", why="over"))
    writer.connection.executescript(
        "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_shortened;",
    )


class Tampered(NamedTuple):
    statement: str
    line: int
    wrong: str


FIELDS: Sequence[tuple[str, str]] = (
    ("seq", "77"),
    ("seq", "NULL"),
    ("at_ns", "at_ns + 1"),
    ("at_ns", "'noon'"),
    ("actor", "'mallory'"),
    ("action", "'alert.assigned'"),
    ("target", "'al-9'"),
    ("why", "'because'"),
    ("why", "x'00'"),
    ("detail", "replace(detail, 'asset', 'tales')"),
    ("detail", "detail || ' '"),
    ("previous", "zeroblob(32)"),
    ("previous", "'text'"),
    ("previous", "7"),
    ("hash", "zeroblob(32)"),
    ("hash", "hex(hash)"),
)


@pytest.mark.parametrize(("field", "value"), FIELDS)
def test_a_changed_field_is_noticed(field: str, value: str, writer: Writer) -> None:
    written(writer)
    writer.connection.execute(f"UPDATE audit SET {field} = {value} WHERE number = 3")  # noqa: S608 - made here
    fault = verify_audit(writer.connection).fault
    assert fault is not None
    assert fault.line == 3


OTHERS = (
    Tampered("DELETE FROM audit WHERE number = 3", 3, "missing"),
    Tampered("DELETE FROM audit WHERE number = 1", 1, "missing"),
    Tampered("DELETE FROM audit WHERE number = 5", 5, "missing"),
    Tampered("DELETE FROM audit WHERE number > 2", 3, "missing"),
    Tampered("DELETE FROM audit", 1, "missing"),
    Tampered(
        "INSERT INTO audit SELECT 6, seq, at_ns, actor, action, target, why, detail, previous, hash"
        " FROM audit WHERE number = 5",
        6,
        "altered",
    ),
    Tampered("UPDATE audit SET number = 0 WHERE number = 1", 1, "missing"),
    Tampered("UPDATE marks SET value = 4 WHERE name = 'audit_lines'", 5, "put in"),
    Tampered("UPDATE marks SET value = zeroblob(32) WHERE name = 'audit_head'", 5, "last line"),
    Tampered("DELETE FROM marks WHERE name = 'audit_head'", 0, "judged"),
    Tampered("UPDATE marks SET value = 'x' WHERE name = 'audit_lines'", 0, "judged"),
    Tampered("UPDATE alerts SET open = 0 WHERE id = 'al-2'", 5, "al-2"),
    Tampered("DELETE FROM alerts WHERE id = 'al-2'", 5, "al-2"),
    Tampered("UPDATE alerts SET seq = 1 WHERE id = 'al-1'", 5, "al-1"),
)


@pytest.mark.parametrize("tampered", OTHERS, ids=lambda tampered: tampered.statement[:50])
def test_lines_that_go_come_or_move_are_noticed(tampered: Tampered, writer: Writer) -> None:
    written(writer)
    writer.connection.execute(tampered.statement)
    fault = verify_audit(writer.connection).fault
    assert fault is not None
    assert (fault.line, tampered.wrong in fault.wrong) == (tampered.line, True)


@given(st.permutations(range(1, 6)), st.sampled_from(["number", "number, hash"]))
def test_lines_in_another_order_are_noticed(order: list[int], carried: str) -> None:
    if order == sorted(order):
        return
    with passing_state() as (writer, _):
        written(writer)
        kept = writer.rows("SELECT * FROM audit ORDER BY number")
        writer.connection.execute("DELETE FROM audit")
        for number, taken in enumerate(order, start=1):
            line = AuditLine(*kept[taken - 1])._replace(number=number)  # type: ignore[arg-type] # rows
            if "hash" in carried:
                line = line._replace(hash=hash_of(line))
            writer.connection.execute(f"INSERT INTO audit VALUES ({','.join('?' * 10)})", line)  # noqa: S608 - made here
        fault = verify_audit(writer.connection).fault
        assert fault is not None
        first_moved = next(n for n, taken in enumerate(order, start=1) if n != taken)
        assert fault.line == first_moved


@given(st.integers(1, 5), st.sampled_from(["actor", "action", "target", "why", "detail"]))
def test_a_line_altered_together_with_its_hash_is_noticed(number: int, field: str) -> None:
    with passing_state() as (writer, _):
        written(writer)
        values: list[Any] = list(lines(writer)[number - 1])
        values[AuditLine._fields.index(field)] = '{"x":1}'
        line = AuditLine._make(values)
        writer.connection.execute(
            f"UPDATE audit SET {field} = ?, hash = ? WHERE number = ?",  # noqa: S608 - made here
            ('{"x":1}', hash_of(line), number),
        )
        fault = verify_audit(writer.connection).fault
        assert fault is not None
        assert fault.line in {number, number + 1}


def test_a_log_written_anew_from_some_line_on_is_told_by_a_kept_head(writer: Writer) -> None:
    written(writer)
    kept = head_of(writer.connection)
    before = lines(writer)
    entries = [
        AuditEntry(*line[1:5], target="x", why="", detail=msgspec.json.decode(line.detail))
        for line in before[2:4]
    ]
    forged = list(chained(Head(2, before[1].hash), entries))
    writer.connection.execute("DELETE FROM audit WHERE number > 2")
    writer.connection.executemany(f"INSERT INTO audit VALUES ({','.join('?' * 10)})", forged)  # noqa: S608 - made here
    for name, value in (("audit_lines", 4), ("audit_head", forged[-1].hash)):
        writer.connection.execute("UPDATE marks SET value = ? WHERE name = ?", (value, name))
    fault = verify_audit(writer.connection, kept).fault
    assert fault is not None
    assert (fault.line, "ends before" in fault.wrong) == (5, True)


def test_an_earlier_head_that_was_kept_still_fits(writer: Writer) -> None:
    written(writer)
    kept = Head.parse(str(head_of(writer.connection)))
    writer.commit(raised(alert("al-3", "drill 3")))
    assert verify_audit(writer.connection, kept).fault is None
    other = verify_audit(writer.connection, kept._replace(hash=BEGINNING)).fault
    assert other is not None
    assert other.line == kept.lines


@pytest.mark.parametrize("text", ["", "5", "5:zz", "x:" + "0" * 64, "1:" + "0" * 63])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no head"):
        Head.parse(text)


def test_progress_is_told_of_a_long_log(writer: Writer) -> None:
    entries = [AuditEntry(None, T0_NS, "ann", "x.y", str(n), "", {}) for n in range(10_001)]
    append_audit(writer.connection, entries)
    told: list[tuple[int, int]] = []
    verdict = verify_audit(writer.connection, None, lambda done, of: told.append((done, of)))
    assert (verdict.lines, verdict.fault) == (10_001, None)
    assert told == [(5_000, 10_001), (10_000, 10_001)]


def test_the_evidence_of_an_alert_can_not_be_exchanged(writer: Writer) -> None:
    writer.commit(raised(alert()))
    evidence = replace(alert().evidence, estimate={"gate": 0.1})
    forged = msgspec.msgpack.encode(replace(alert(), evidence=evidence))
    writer.connection.execute("UPDATE alerts SET record = ?", (forged,))
    fault = verify_audit(writer.connection).fault
    assert fault is not None
    assert "al-1" in fault.wrong


def test_a_closed_alert_can_not_be_rewritten(writer: Writer) -> None:
    closed = replace(alert(), cleared=True, transitions=2)
    writer.commit(raised(alert()), AlertChange("cleared", closed, at(3), "ann"))
    forged = msgspec.msgpack.encode(replace(closed, acknowledged=Acknowledgement("eve", 1, "")))
    writer.connection.execute("UPDATE alerts SET record = ?", (forged,))
    fault = verify_audit(writer.connection).fault
    assert fault is not None
    assert fault.line == 2
