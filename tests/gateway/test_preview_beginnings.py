"""What a preview knows of the time before its span: places, check-outs, shelves, maintenance."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from alerts.changes import ShelveRule, StartMaintenance
from api.site_edits import EntryEdit
from gateway.pipeline import audited
from gateway.state_then import state_then
from history.audit import AuditEntry, append_audit
from history.custody_record import record_custody
from history.state import open_reader, open_state
from inventory.changes import CheckOut
from inventory.custody import CustodyChanged, LoanState, LoanStep
from readers.maintenance import Target
from tests.gateway.test_previews import (
    HOUR_NS,
    MILDER,
    NOON_NS,
    TAG,
    answered,
    asked_of,
    changed,
    keep,
    walk_out,
)
from zones.floorplan import NO_PLAN

Write = Callable[[sqlite3.Connection], None]
BEFORE_NS = NOON_NS - 20 * HOUR_NS
LATER_NS = NOON_NS + 20 * HOUR_NS
TERMS = CheckOut(
    arrival_ns=BEFORE_NS,
    by="anna",
    id="c1",
    person="Bo",
    from_ns=BEFORE_NS,
    until_ns=LATER_NS,
    asset="L7",
)
AT_THE_GATE = slice(4, None)


def checked_out(closed_ns: int | None = None) -> Write:
    def write(db: sqlite3.Connection) -> None:
        step(db, "opened", "open", BEFORE_NS)
        if closed_ns is not None:
            step(db, "returned", "returned", closed_ns)

    return write


def step(db: sqlite3.Connection, step: LoanStep, state: LoanState, at_ns: int) -> None:
    record_custody(db, at_ns, CustodyChanged(step=step, terms=TERMS, state=state, at_ns=at_ns))


def ordered(order: ShelveRule | StartMaintenance, verb: str, target: str) -> Write:
    told = audited(order, verb, target)
    line = AuditEntry(None, told.at_ns, told.actor, told.action, told.target, told.why, told.detail)
    return lambda db: append_audit(db, [line])


def in_maintenance(until_ns: int) -> Write:
    order = StartMaintenance(
        arrival_ns=BEFORE_NS,
        by="anna",
        target=Target("reader", "dock"),
        until_ns=until_ns,
        reason="new cable",
    )
    return ordered(order, "maintenance.start", "dock")


def shelved(arrival_ns: int, until_ns: int) -> Write:
    order = ShelveRule(
        arrival_ns=arrival_ns, by="anna", rule="stay in", until_ns=until_ns, reason="move"
    )
    return ordered(order, "rule.shelve", "stay in")


def visiting(zone: str, to_ns: int | None = None) -> Write:
    statement = "INSERT INTO visits (seq, tag, zone, from_ns, to_ns) VALUES (1, ?, ?, ?, ?)"

    def write(db: sqlite3.Connection) -> None:
        db.execute(statement, (TAG, zone, BEFORE_NS, to_ns))

    return write


def registered(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO assets VALUES ('L7', 1, 1, '', 'laptop', '', '', '', '', '', '', '')")
    db.execute("INSERT INTO bindings VALUES (?, 'L7', ?, NULL)", (TAG, BEFORE_NS))


def a_state(folder: Path, *written: Write, seconds: slice = slice(None)) -> Path:
    """A laptop walks out, at a gateway that has run for long; so much is known of before."""
    start, *reads = walk_out(NOON_NS)
    path = keep(folder / "state.db", [[start[1]], *reads[seconds]], NOON_NS, first=500)
    with closing(open_state(path)) as db:
        db.execute("BEGIN")
        for write in written:
            write(db)
        db.execute("COMMIT")
    return path


def previewed(path: Path, *edits: EntryEdit) -> dict[str, Any]:
    told = answered(asked_of(path, changed(*edits)))
    assert told.result is not None, told.fault
    return told.result


@pytest.mark.parametrize(
    ("written", "alerts"),
    [
        ([], 1),
        ([checked_out()], 0),
        ([checked_out(closed_ns=LATER_NS)], 0),
        ([checked_out(closed_ns=BEFORE_NS + HOUR_NS)], 1),
        ([in_maintenance(LATER_NS)], 0),
        ([in_maintenance(NOON_NS - HOUR_NS)], 1),
    ],
)
def test_what_held_before_the_span_holds_in_it(
    written: list[Write], alerts: int, tmp_path: Path
) -> None:
    result = previewed(a_state(tmp_path, *written), MILDER)
    assert result["rules"]["stay in"] == {"now": alerts, "then": alerts}


@pytest.mark.parametrize(
    ("written", "ways"),
    [
        ([visiting("hall")], [("hall", "gate")]),
        ([visiting("hall", to_ns=LATER_NS)], [("hall", "gate")]),
        ([visiting("hall", to_ns=BEFORE_NS + HOUR_NS)], [(None, "gate")]),
    ],
)
def test_where_a_tag_was_is_known_however_long_it_was_silent(
    written: list[Write], ways: list[tuple[str, str]], tmp_path: Path
) -> None:
    path = a_state(tmp_path, *written, seconds=AT_THE_GATE)
    result = previewed(path, EntryEdit("rules", "stay in", None))
    assert [(row["from"], row["to"]) for row in result["alerts"]["vanish"]] == ways


def test_a_zone_that_goes_by_another_name_has_whom_it_had(tmp_path: Path) -> None:
    path = a_state(tmp_path, visiting("hall"), seconds=slice(0, 1))
    result = previewed(path, EntryEdit("zones", "hall", {"name": "store"}, merge=True))
    assert result["zones"]["hall"] == {"assets_inside_now": 1, "assets_inside_then": None}
    assert result["zones"]["store"] == {"assets_inside_now": None, "assets_inside_then": 1}


def test_who_is_outside_already_raises_no_alert_of_the_span(tmp_path: Path) -> None:
    """Nobody knows which alerts were open, so they are raised once more before it begins."""
    path = a_state(tmp_path, registered, visiting("gate"), seconds=AT_THE_GATE)
    assert previewed(path, MILDER)["rules"]["stay in"] == {"now": 0, "then": 0}


def test_shelves_of_then_are_known_and_those_that_are_over_are_not(tmp_path: Path) -> None:
    path = a_state(tmp_path, shelved(BEFORE_NS, LATER_NS), shelved(NOON_NS + 1, LATER_NS + 1))
    with closing(open_reader(path)) as db:
        state = state_then(db, NO_PLAN, NOON_NS, assets=())
        assert [each.until_ns for each in state.judged.shelves.values()] == [LATER_NS]
        later = state_then(db, NO_PLAN, LATER_NS + 1, assets=())
        assert later.judged.shelves == {}
