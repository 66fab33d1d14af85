"""What is forgotten by its age, and what never is."""

import sqlite3
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.alert import AlertChange
from history.ages import DAY_NS, Ages, ages_at, expire_ages
from history.audit import AuditEntry, append_audit, expired_of, head_of, read_audit
from history.audit_check import verify_audit
from history.store import KeepAges
from tests.history.made import (
    FEW,
    T0_NS,
    Writer,
    alert,
    at,
    crossing,
    movement,
    passing_state,
    raised,
    transaction,
)

ALL = 10
"""So many turns and every kind has had one."""


def since(time_ns: int) -> Ages:
    return Ages(
        movements_since_ns=time_ns,
        alerts_since_ns=time_ns,
        audit_since_ns=time_ns,
        now_ns=time_ns,
    )


def forget(writer: Writer, ages: Ages, rounds: int = 1) -> int:
    rows = 0
    for _ in range(rounds):
        with transaction(writer.connection):
            rows += expire_ages(writer.connection, ages, ALL).rows
    return rows


def cleared(id_: str, asset: str, time_ns: int) -> AlertChange:
    closed = replace(alert(id_, asset), cleared=True, transitions=2)
    return AlertChange("cleared", closed, time_ns, "ann")


def test_ages_are_days_before_now() -> None:
    keep = KeepAges(sightings_days=1, movements_days=2, alerts_days=3, audit_days=4)
    ages = ages_at(keep, at(0))
    assert at(0) - ages.movements_since_ns == 2 * DAY_NS
    assert at(0) - ages.alerts_since_ns == 3 * DAY_NS
    assert at(0) - ages.audit_since_ns == 4 * DAY_NS


def test_an_alert_goes_with_its_calls_from_when_it_was_cleared(writer: Writer) -> None:
    writer.commit(raised(alert()), raised(alert("al-2", "mixer")), cleared("al-1", "drill", at(50)))
    assert forget(writer, since(at(50))) == 0
    assert forget(writer, since(at(51))) == 1
    assert writer.rows("SELECT id FROM alerts") == [("al-2",)]
    assert writer.rows("SELECT alert FROM annunciations") == [("al-2",)]
    assert verify_audit(writer.connection).fault is None


def test_a_tag_whose_last_visit_is_forgotten_was_last_nowhere(writer: Writer) -> None:
    writer.commit(
        movement("aa", None, "hall", at(1)),
        movement("aa", "hall", None, at(2)),
        movement("bb", None, "hall", at(1)),
    )
    forget(writer, since(at(3)))
    assert writer.rows("SELECT tag FROM last_visits") == [("bb",)]
    assert writer.rows("SELECT tag, to_ns FROM visits") == [("bb", None)]
    assert writer.rows("SELECT count(*) FROM movements") == [(0,)]


def test_no_number_of_a_visit_is_given_out_twice(writer: Writer) -> None:
    writer.commit(
        movement("aa", None, "hall", at(1)),
        movement("bb", None, "hall", at(2)),
        movement("bb", "hall", None, at(3)),
    )
    forget(writer, since(at(4)))
    writer.commit(movement("cc", None, "hall", at(5)))
    assert writer.rows("SELECT id FROM visits WHERE tag = 'cc'") == [(3,)]
    forget(writer, since(at(6)))
    assert writer.rows("SELECT id, tag FROM visits") == [(1, "aa"), (3, "cc")]


def test_what_another_store_did_not_get_yet_is_counted(writer: Writer) -> None:
    writer.commit(*(movement(f"a{n}", None, "hall", at(n)) for n in range(4)))
    writer.connection.execute("INSERT INTO shipments VALUES ('influxdb', 'decisions', 2, NULL)")
    with transaction(writer.connection):
        aged = expire_ages(writer.connection, since(at(9)), ALL)
    assert (aged.rows, aged.unshipped) == (4, {"influxdb": 2})


def test_each_kind_comes_up_when_each_commit_has_one_turn(writer: Writer) -> None:
    writer.commit(
        movement("aa", None, "hall", at(1)),
        movement("aa", "hall", "gate", at(2)),
        crossing("aa", "gate", at(1)),
        raised(alert()),
        cleared("al-1", "drill", at(3)),
    )
    for position in range(1, ALL + 1):
        with transaction(writer.connection):
            writer.connection.execute(
                "INSERT INTO journal VALUES (?, ?, x'00')", (position, position)
            )
            expire_ages(writer.connection, since(at(9)))
    for table in ("movements", "crossings", "alerts", "annunciations"):
        assert writer.rows(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608 - made here
    assert writer.rows("SELECT zone FROM visits") == [("gate",)]


@FEW
@given(
    st.lists(st.tuples(st.sampled_from(["move", "leave", "cross"]), st.integers(0, 4))),
    st.lists(st.integers(0, 40), min_size=1, max_size=5),
)
def test_what_is_younger_or_goes_on_stays_and_all_else_goes(
    steps: list[tuple[str, int]], days: list[int]
) -> None:
    where: dict[str, str | None] = {}
    with passing_state() as (writer, _):
        for number, (kind, tag_number) in enumerate(steps, 1):
            tag, time_ns = f"tag-{tag_number}", T0_NS + number * DAY_NS
            if kind == "cross":
                writer.commit(crossing(tag, "gate", time_ns))
                continue
            to_zone = None if kind == "leave" else f"zone-{number}"
            writer.commit(movement(tag, where.get(tag), to_zone, time_ns))
            where[tag] = to_zone
        for day in sorted(days):
            since_ns = T0_NS + day * DAY_NS
            wanted = {name: _left(writer, name, since_ns) for name in _KEPT}
            forget(writer, since(since_ns))
            assert wanted == {name: writer.rows(_ROWS[name]) for name in _KEPT}


_KEPT = {"movements": "time_ns >= ?", "crossings": "time_ns >= ?"}
_KEPT["visits"] = "(to_ns IS NULL OR to_ns >= ? OR id = (SELECT max(id) FROM visits))"
_ROWS = {name: f"SELECT * FROM {name} WHERE 1 ORDER BY seq" for name in _KEPT}  # noqa: S608 - made here


def _left(writer: Writer, name: str, since_ns: int) -> list[tuple[Any, ...]]:
    return writer.rows(_ROWS[name].replace("WHERE 1", f"WHERE {_KEPT[name]}"), since_ns)


# The audit log


def log_of(writer: Writer, *days: int) -> None:
    append_audit(
        writer.connection,
        [AuditEntry(None, T0_NS + day * DAY_NS, "ann", "x.y", "", "", {}) for day in days],
    )


def test_the_log_holds_after_its_beginning_was_forgotten(writer: Writer) -> None:
    log_of(writer, 0, 1, 2, 3, 4)
    kept = head_of(writer.connection)
    forget(writer, since(T0_NS + 3 * DAY_NS))
    assert [line.number for line in read_audit(writer.connection)] == [4, 5, 6]
    verdict = verify_audit(writer.connection, kept)
    assert (verdict.fault, verdict.lines, verdict.expired) == (None, 6, 3)


def test_that_lines_were_forgotten_is_told_once_a_day(writer: Writer) -> None:
    log_of(writer, 0, 1, 2)
    for hour in range(24, 97):
        forget(writer, since(T0_NS + hour * DAY_NS // 24))
    assert head_of(writer.connection).lines == 5
    assert [line.action for line in read_audit(writer.connection)] == ["audit.expired"]


@pytest.mark.parametrize(
    ("tampering", "line"),
    [
        ("UPDATE marks SET value = 4 WHERE name = 'audit_expired'", 5),
        ("UPDATE marks SET value = 2 WHERE name = 'audit_expired'", 3),
        ("UPDATE marks SET value = zeroblob(32) WHERE name = 'audit_anchor'", 4),
        ("DELETE FROM marks WHERE name = 'audit_anchor'", 0),
    ],
)
def test_a_line_that_goes_by_hand_is_found(tampering: str, line: int, writer: Writer) -> None:
    log_of(writer, 0, 1, 2, 3, 4)
    forget(writer, since(T0_NS + 3 * DAY_NS))
    writer.connection.execute(tampering)
    writer.connection.execute(
        "DELETE FROM audit WHERE number <="
        " coalesce((SELECT value FROM marks WHERE name = 'audit_expired'), 0)"
    )
    fault = verify_audit(writer.connection).fault
    assert fault is not None
    assert fault.line == line


def test_marks_that_were_moved_with_their_anchor_are_found(writer: Writer) -> None:
    log_of(writer, 0, 1, 2, 3, 4)
    forget(writer, since(T0_NS + 3 * DAY_NS))
    digest = writer.rows("SELECT hash FROM audit WHERE number = 4")[0][0]
    for name, value in (("audit_expired", 4), ("audit_anchor", digest)):
        writer.connection.execute("UPDATE marks SET value = ? WHERE name = ?", (value, name))
    writer.connection.execute("DELETE FROM audit WHERE number = 4")
    fault = verify_audit(writer.connection).fault
    assert fault is not None
    assert (fault.line, "past keeping" in fault.wrong) == (4, True)


def test_a_line_that_is_kept_can_not_be_removed(writer: Writer) -> None:
    log_of(writer, 0, 1, 2, 3, 4)
    forget(writer, since(T0_NS + 3 * DAY_NS))
    with pytest.raises(sqlite3.IntegrityError, match="never removed"):
        writer.connection.execute("DELETE FROM audit WHERE number = 4")


@FEW
@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=30),
    st.lists(st.integers(0, 40), min_size=1, max_size=8),
)
def test_the_log_holds_at_any_time_and_loses_only_what_is_old(
    days: list[int], looks: list[int]
) -> None:
    with passing_state() as (writer, _):
        log_of(writer, *days)
        for day in sorted(looks):
            since_ns = T0_NS + day * DAY_NS
            before = list(read_audit(writer.connection))
            forget(writer, since(since_ns), rounds=2)
            left = {line.number for line in read_audit(writer.connection)}
            assert all(line.at_ns < since_ns for line in before if line.number not in left)
            assert verify_audit(writer.connection).fault is None
        forget(writer, since(T0_NS + 99 * DAY_NS), rounds=2)
        assert expired_of(writer.connection).lines >= len(days)
