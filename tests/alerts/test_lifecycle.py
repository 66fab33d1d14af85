"""The life of an alert after it was raised."""

import itertools
from typing import Any

import msgspec
import pytest

from alerts.alert import Alert, AlertState, Condition, state_of
from alerts.lifecycle import Case, Draft, alert_id, fire
from alerts.shown import alert_json
from tests.alerts.made import END_S, RULE, Bench, Said, rule
from tests.zones.made import at
from zones.tracks import HOLD_NS

HOLD_S = HOLD_NS / 1e9


def alerted(**changes: object) -> Bench:
    """A bench with an alert that was raised at 10 s."""
    bench = Bench(rule(**changes))
    bench.rush("a1", "gate", 10.0)
    assert bench.transitions == ["raised"]
    return bench


def returned(**changes: object) -> Bench:
    bench = alerted(**changes)
    bench.move("a1", "hall", 20.0)
    bench.wait_until(40.0)
    return bench


def test_an_alert_returns_when_the_asset_was_inside_for_long_enough() -> None:
    bench = alerted(clear_confirm_s=10.0)
    bench.move("a1", "hall", 20.0)
    bench.wait_until(30.0 + HOLD_S - 0.001)
    assert bench.transitions == ["raised"]
    bench.wait_until(END_S)
    assert bench.said[1:] == [Said("returned", 30.0 + HOLD_S)]
    assert (bench.alert.condition, bench.alert.cleared) == ("returned", False)


def test_moves_inside_do_not_put_the_return_off() -> None:
    bench = alerted(clear_confirm_s=10.0)
    for second, zone in ((20, "hall"), (25, "bay"), (29, "office")):
        bench.move("a1", zone, second)
    bench.wait_until(END_S)
    assert bench.said[1:] == [Said("returned", 30.0 + HOLD_S)]


def test_leaving_again_before_leaves_it_active() -> None:
    bench = alerted(clear_confirm_s=10.0)
    bench.acknowledge()
    bench.move("a1", "hall", 20.0)
    bench.move("a1", "yard", 29.9)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised", "acknowledged"]
    assert bench.pending == []
    assert state_of(bench.alert) == "active_acknowledged"


def test_leaving_again_after_reopens_it_and_nobody_has_taken_it_on() -> None:
    bench = returned()
    bench.acknowledge("false alarm")
    bench.rush("a1", "dock", 50.0)
    assert bench.transitions == ["raised", "returned", "acknowledged", "reopened"]
    assert (bench.alert.occurrences, bench.alert.acknowledged) == (2, None)
    assert bench.alert.id == bench.changes[0].alert.id
    assert state_of(bench.alert) == "active_unacknowledged"


def test_reopening_needs_the_same_confirmation() -> None:
    bench = returned(confirm_s=5.0)
    bench.move("a1", "yard", 50.0)
    assert bench.transitions == ["raised", "returned"]
    bench.wait_until(END_S)
    assert bench.said[2:] == [Said("reopened", 55.0 + HOLD_S)]


def test_an_exit_on_the_fast_path_does_not_undo_a_return_that_had_lasted() -> None:
    bench = alerted(clear_confirm_s=10.0)
    bench.move("a1", "hall", 20.0)
    bench.rush("a1", "gate", 30.5)
    assert bench.said[1:] == [Said("returned", 30.5), Said("reopened", 30.5)]


def test_without_clear_confirmation_being_inside_returns_it_at_once() -> None:
    bench = alerted(clear_confirm_s=0)
    bench.move("a1", "hall", 20.0)
    assert bench.said[1:] == [Said("returned", 20.25 + HOLD_S)]


# Closing


def test_an_alert_that_latches_stays_until_it_is_reset() -> None:
    bench = returned()
    assert bench.acknowledge().refused is None
    assert state_of(bench.alert) == "latched"
    assert bench.reset().refused is None
    assert state_of(bench.alert) == "cleared"
    assert [change.actor for change in bench.changes] == [None, None, "ann", "bob"]


def test_an_alert_is_not_reset_while_the_asset_is_outside() -> None:
    bench = alerted()
    bench.acknowledge()
    outcome = bench.reset()
    assert (outcome.refused, "outside" in outcome.detail) == ("conflict", True)
    assert bench.transitions == ["raised", "acknowledged"]


def test_an_alert_is_not_reset_before_it_is_acknowledged() -> None:
    bench = returned()
    outcome = bench.reset()
    assert (outcome.refused, "acknowledge" in outcome.detail) == ("conflict", True)
    assert bench.transitions == ["raised", "returned"]


def test_an_exit_after_the_reset_is_another_alert() -> None:
    bench = returned()
    bench.acknowledge()
    bench.reset()
    bench.rush("a1", "gate", 50.0)
    first, last = bench.changes[0].alert, bench.alert
    assert bench.transitions[-1] == "raised"
    assert first.id == alert_id(RULE, "laptop-1", "gate", 1)
    assert last.id == alert_id(RULE, "laptop-1", "gate", 2)
    assert (last.transitions, last.occurrences) == (1, 1)


def test_what_is_pending_at_the_reset_becomes_another_alert() -> None:
    bench = returned(confirm_s=5.0)
    bench.move("a1", "yard", 50.0)
    bench.acknowledge()
    bench.reset()
    bench.wait_until(END_S)
    assert bench.transitions[-2:] == ["cleared", "raised"]
    assert bench.alert.time_ns == at(50.0)


def test_an_alert_that_does_not_latch_closes_by_itself_when_acknowledged_after_the_return() -> None:
    bench = returned(latch=False)
    bench.acknowledge()
    assert bench.transitions == ["raised", "returned", "acknowledged", "cleared"]


def test_an_alert_that_does_not_latch_closes_by_itself_when_it_returns_acknowledged() -> None:
    bench = alerted(latch=False)
    bench.acknowledge()
    assert bench.transitions == ["raised", "acknowledged"]
    bench.move("a1", "hall", 20.0)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised", "acknowledged", "returned", "cleared"]
    assert bench.reset(alert=bench.alert.id).refused == "unknown"


def test_every_transition_has_the_next_number() -> None:
    bench = returned()
    bench.rush("a1", "gate", 50.0)
    bench.acknowledge()
    bench.move("a1", "hall", 60.0)
    bench.wait_until(END_S)
    bench.reset()
    assert bench.transitions == [
        "raised",
        "returned",
        "reopened",
        "acknowledged",
        "returned",
        "cleared",
    ]
    assert [change.alert.transitions for change in bench.changes] == [1, 2, 3, 4, 5, 6]


def test_every_change_names_the_channels() -> None:
    bench = alerted(notify=("guards", "log"), latch=False)
    bench.acknowledge()
    bench.move("a1", "hall", 20.0)
    bench.wait_until(END_S)
    assert len(bench.changes) == 4
    assert {change.notify for change in bench.changes} == {("guards", "log")}


# Acknowledging


@pytest.mark.parametrize("verb", ["acknowledge", "reset"])
def test_what_nobody_raised_is_unknown(verb: str) -> None:
    bench = alerted()
    outcome = getattr(bench, verb)(alert="0123")
    assert (outcome.refused, "0123" in outcome.detail) == ("unknown", True)
    assert bench.transitions == ["raised"]


def test_what_is_closed_is_unknown() -> None:
    bench = returned()
    bench.acknowledge()
    bench.reset()
    assert bench.acknowledge(alert=bench.alert.id).refused == "unknown"
    assert len(bench.changes) == 4


@pytest.mark.parametrize("note", ["", "   ", "\t\n"])
def test_a_critical_alert_is_acknowledged_with_a_note(note: str) -> None:
    bench = alerted(severity="critical")
    outcome = bench.acknowledge(note)
    assert (outcome.refused, outcome.field) == ("invalid", "note")
    assert bench.alert.acknowledged is None
    assert bench.acknowledge("a guard carries it").refused is None


@pytest.mark.parametrize("severity", ["info", "warning"])
def test_other_alerts_need_no_note(severity: str) -> None:
    bench = alerted(severity=severity)
    assert bench.acknowledge().refused is None


def test_the_first_who_acknowledges_stays() -> None:
    bench = alerted(severity="critical")
    bench.acknowledge("on my way", by="ann")
    assert bench.acknowledge(by="bob").refused is None
    assert bench.transitions == ["raised", "acknowledged"]
    taken = bench.alert.acknowledged
    assert taken is not None
    assert (taken.by, taken.at_ns, taken.note) == ("ann", at(77), "on my way")


# The word that is shown

_WORDS: dict[tuple[bool, Condition, bool], AlertState] = {
    (False, "active", False): "active_unacknowledged",
    (False, "active", True): "active_acknowledged",
    (False, "returned", False): "returned_unacknowledged",
    (False, "returned", True): "latched",
}


@pytest.mark.parametrize(
    ("cleared", "condition", "acknowledged"),
    list(itertools.product((False, True), ("active", "returned"), (False, True))),
)
def test_the_word_shown_is_the_first_that_fits(
    cleared: bool,  # noqa: FBT001 -- a parameter of a test
    condition: Condition,
    acknowledged: bool,  # noqa: FBT001 -- a parameter of a test
) -> None:
    alert = _alert(cleared=cleared, condition=condition, acknowledged=acknowledged)
    expected = _WORDS.get((cleared, condition, acknowledged), "cleared")
    assert state_of(alert) == expected
    assert alert_json(alert)["state"] == expected


def _alert(*, cleared: bool, condition: Condition, acknowledged: bool) -> Alert:
    bench = alerted()
    bench.acknowledge("seen")
    taken = bench.alert.acknowledged if acknowledged else None
    return msgspec.structs.replace(
        bench.alert, cleared=cleared, condition=condition, acknowledged=taken
    )


EVIDENCE = {
    "reads": [
        {
            "reader": "r",
            "antenna": 3,
            "time": "2026-09-21T14:13:20.000000Z",
            "count": 2,
            "rssi_dbm": -51.5,
        }
    ],
    "estimate": {"gate": -51.5},
    "readers": {"r": "unknown"},
    "site_version": "v1",
}


NOTHING_MORE: dict[str, Any] = {
    "reader": None,
    "antenna": None,
    "sensor": None,
    "part": None,
    "zones": [],
    "cause": "first_seen",
    "outside_now": True,
    "excursion": None,
    "detail": "",
    "chattering": False,
    "escalations": 0,
    "test": False,
}


def test_an_alert_is_shown_with_all_that_was_promised() -> None:
    bench = alerted()
    bench.acknowledge("seen")
    assert alert_json(bench.alert, seq=7) == {
        "id": bench.alert.id,
        "seq": 7,
        "rule": RULE,
        "rule_version": bench.alert.rule_version,
        "kind": "exit",
        "severity": "warning",
        "state": "active_acknowledged",
        "condition": "active",
        "acknowledged": {"by": "ann", "at": "2026-09-21T14:14:37.000000Z", "note": "seen"},
        "latched": True,
        "shelved_until": None,
        "shelved": None,
        "suppressed_by": None,
        "asset": "laptop-1",
        "tag": "a1",
        "from": None,
        "to": "gate",
        "portal": None,
        **NOTHING_MORE,
        "time": "2026-09-21T14:13:30.000000Z",
        "decided": "2026-09-21T14:13:30.000000Z",
        "raised_at": "2026-09-21T14:13:30.000000Z",
        "late": False,
        "occurrences": 1,
        "assignee": None,
        "evidence": EVIDENCE,
    }


def test_an_alert_that_nobody_took_on_says_so() -> None:
    assert alert_json(alerted().alert)["acknowledged"] is None


# Ids


def test_the_id_of_an_alert_stays_what_it_was_in_every_release() -> None:
    expected = "b4a555487b399ed30d11dab0953b357f"
    assert alert_id("rule", "laptop-1", "gate", 1) == expected


def test_rule_subject_place_and_ordinal_each_make_another_id() -> None:
    parts = itertools.product(("a", "ab"), ("b", ""), ("c", None, "null"), (1, 2))
    ids = [alert_id(*part) for part in parts]
    assert len(set(ids)) == len(ids) == 24


# What nothing waits for


def test_nothing_is_due_where_nothing_is_pending() -> None:
    case = Case()
    assert fire(case, Draft(_no_draft)) == []
    assert case == Case()


def _no_draft(*_: object) -> Alert:
    raise AssertionError
