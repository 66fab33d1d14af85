import json
import sqlite3

import msgspec
import pytest

from alerts.alert import Acknowledgement, Alert
from history.outputs import Numbered, ZonesChanged
from history.questions import StateQuestions, open_alerts
from history.record import record_outputs
from history.state import last_seq
from readers.health import ReaderHealth
from tests.history.made import (
    T0_NS,
    Writer,
    alert,
    at,
    movement,
    raised,
    removed,
    stored,
    transaction,
)

VISITS = "SELECT tag, asset, zone, from_ns, to_ns FROM visits ORDER BY id"
BINDINGS = "SELECT tag, asset, bound_ns, unbound_ns FROM bindings ORDER BY rowid"


def test_nothing_decided_writes_nothing(writer: Writer) -> None:
    before = writer.connection.total_changes
    record_outputs(writer.connection, [])
    assert writer.connection.total_changes == before


def test_arriving_opens_a_visit_and_moving_turns_it(writer: Writer) -> None:
    writer.commit(movement("aa", None, "hall", at(1), "drill"))
    writer.commit(movement("aa", "hall", "gate", at(5), "drill"))
    assert writer.rows(VISITS) == [
        ("aa", "drill", "hall", at(1), at(5)),
        ("aa", "drill", "gate", at(5), None),
    ]


def test_departing_ends_the_visit(writer: Writer) -> None:
    writer.commit(movement("aa", None, "hall", at(1)), movement("aa", "hall", None, at(9)))
    assert writer.rows(VISITS) == [("aa", None, "hall", at(1), at(9))]


def test_a_departure_that_names_a_zone_begins_no_visit(writer: Writer) -> None:
    gone = msgspec.structs.replace(movement("aa", "hall", "gate", at(9)), kind="departed")
    writer.commit(movement("aa", None, "hall", at(1)), gone)
    assert writer.rows(VISITS) == [("aa", None, "hall", at(1), at(9))]


def test_a_late_exit_is_a_visit_that_was_over_and_never_touches_the_one_that_goes_on(
    writer: Writer,
) -> None:
    gone = movement("aa", None, "gate", at(1), "drill", late=True)
    writer.commit(movement("aa", None, "hall", at(5)))
    writer.commit(msgspec.structs.replace(gone, decided_ns=at(3)))
    writer.commit(msgspec.structs.replace(gone, decided_ns=at(3)))
    assert writer.rows(VISITS) == [
        ("aa", None, "hall", at(5), None),
        ("aa", "drill", "gate", at(1), at(3)),
    ]
    assert writer.rows("SELECT to_zone, late FROM movements ORDER BY seq") == [
        ("hall", 0),
        ("gate", 1),
    ]


def test_a_late_movement_to_nowhere_is_no_visit(writer: Writer) -> None:
    writer.commit(movement("aa", None, "hall", at(5)))
    outside = movement("aa", None, None, at(1), late=True)
    writer.commit(msgspec.structs.replace(outside, kind="moved"))
    assert writer.rows(VISITS) == [("aa", None, "hall", at(5), None)]


def test_a_visit_never_ends_before_it_began(writer: Writer) -> None:
    writer.commit(movement("aa", None, "hall", at(5)), movement("aa", "hall", None, at(4)))
    assert writer.rows(VISITS) == [("aa", None, "hall", at(5), at(5))]


def test_rebinding_closes_the_old_binding_and_keeps_it(writer: Writer) -> None:
    writer.commit(stored("drill", "aa", "bb"))
    writer.commit(stored("saw", "aa", at_ns=at(60)))
    assert writer.rows(BINDINGS) == [
        ("aa", "drill", T0_NS, at(60)),
        ("bb", "drill", T0_NS, None),
        ("aa", "saw", at(60), None),
    ]


def test_storing_an_asset_again_keeps_bindings_that_stay(writer: Writer) -> None:
    writer.commit(stored("drill", "aa", "bb"))
    writer.commit(stored("drill", "bb", "cc", "cc", at_ns=at(60), name="Drill"))
    assert writer.rows(BINDINGS) == [
        ("aa", "drill", T0_NS, at(60)),
        ("bb", "drill", T0_NS, None),
        ("cc", "drill", at(60), None),
    ]
    assert writer.rows("SELECT id, name, added_seq, seq FROM assets") == [("drill", "Drill", 1, 2)]


def test_removing_an_asset_keeps_its_history(writer: Writer) -> None:
    writer.commit(stored("drill", "aa"), movement("aa", None, "hall", at(1), "drill"))
    writer.commit(removed("drill", at(60)))
    assert writer.rows("SELECT * FROM assets") == []
    assert writer.rows(BINDINGS) == [("aa", "drill", T0_NS, at(60))]
    assert writer.rows(VISITS) == [
        ("aa", "drill", "hall", at(1), at(60)),
        ("aa", None, "hall", at(60), None),
    ]


def test_a_visit_is_cut_where_its_tag_changes_the_asset(writer: Writer) -> None:
    writer.commit(stored("drill", "aa"), movement("aa", None, "hall", at(1), "drill"))
    writer.commit(stored("drill", at_ns=at(60)), stored("saw", "aa", at_ns=at(60)))
    assert writer.rows(VISITS) == [
        ("aa", "drill", "hall", at(1), at(60)),
        ("aa", "saw", "hall", at(60), None),
    ]


def test_a_visit_that_began_after_the_binding_belongs_to_the_new_asset_whole(
    writer: Writer,
) -> None:
    writer.commit(movement("aa", None, "hall", at(5)))
    writer.commit(stored("drill", "aa", at_ns=at(3)))
    assert writer.rows(VISITS) == [("aa", "drill", "hall", at(5), None)]


def test_who_is_in_a_renamed_zone_is_in_it_under_its_new_name(
    writer: Writer, questions: StateQuestions
) -> None:
    writer.commit(stored("drill", "aa"), movement("aa", None, "hall", at(1), "drill"))
    writer.commit(ZonesChanged({"hall": "store"}, (), at(60)))
    assert writer.rows(VISITS) == [("aa", "drill", "store", at(1), None)]
    position = questions.position("drill")
    assert position is not None
    assert position["zone"] == "store"


def test_zones_that_swap_their_names_swap_who_is_in_them(writer: Writer) -> None:
    writer.commit(movement("aa", None, "hall", at(1)), movement("bb", None, "office", at(2)))
    writer.commit(ZonesChanged({"hall": "office", "office": "hall"}, (), at(60)))
    assert writer.rows(VISITS) == [
        ("aa", None, "office", at(1), None),
        ("bb", None, "hall", at(2), None),
    ]


def test_visits_that_are_over_keep_the_name_that_their_zone_had(writer: Writer) -> None:
    writer.commit(movement("aa", None, "hall", at(1)), movement("aa", "hall", "yard", at(5)))
    before = writer.rows(VISITS)
    writer.commit(ZonesChanged({"hall": "store"}, ("office",), at(60)))
    assert writer.rows(VISITS) == before


def test_who_is_in_a_zone_that_vanishes_has_left_it(writer: Writer) -> None:
    writer.commit(movement("aa", None, "hall", at(1)), movement("bb", None, "yard", at(70)))
    writer.commit(movement("cc", None, "office", at(3)))
    writer.commit(ZonesChanged({}, ("hall", "yard"), at(60)))
    assert writer.rows(VISITS) == [
        ("aa", None, "hall", at(1), at(60)),
        ("bb", None, "yard", at(70), at(70)),
        ("cc", None, "office", at(3), None),
    ]


def test_a_tag_from_a_vanished_zone_begins_a_new_visit_where_it_is_read_next(
    writer: Writer,
) -> None:
    writer.commit(movement("aa", None, "hall", at(1)))
    writer.commit(ZonesChanged({}, ("hall",), at(60)))
    writer.commit(movement("aa", None, "store", at(90)))
    assert writer.rows(VISITS) == [
        ("aa", None, "hall", at(1), at(60)),
        ("aa", None, "store", at(90), None),
    ]


@pytest.mark.parametrize("name", ['"hall"', "h\\u00e4ll", "hällo \U0001f3e0", "a'b", "a\nb"])
def test_a_zone_may_have_any_name(writer: Writer, name: str) -> None:
    writer.commit(movement("aa", None, name, at(1)))
    writer.commit(ZonesChanged({name: "plain"}, (), at(60)))
    writer.commit(ZonesChanged({"plain": name}, (), at(61)))
    assert writer.rows(VISITS) == [("aa", None, name, at(1), None)]
    writer.commit(ZonesChanged({}, (name,), at(62)))
    assert writer.rows(VISITS) == [("aa", None, name, at(1), at(62))]


def test_events_are_what_the_stream_shows(writer: Writer) -> None:
    health = ReaderHealth(reader="gate-1", state="silent", since_ns=T0_NS)
    writer.commit(movement("aa", None, "hall", at(1)), stored("drill"), raised(alert()), health)
    writer.commit(ZonesChanged({"hall": "store"}, (), at(60)))
    events = writer.rows("SELECT seq, kind, body FROM events ORDER BY seq")
    assert [(seq, kind) for seq, kind, _ in events] == [
        (1, "movement"),
        (3, "alert"),
        (4, "reader"),
    ]
    bodies = [json.loads(str(body)) for _, _, body in events]
    assert (bodies[0]["to"], bodies[1]["seq"], bodies[2]["state"]) == ("hall", 3, "silent")
    assert "\n" not in "".join(str(body) for _, _, body in events)


def test_the_newest_number_counts_outputs_that_leave_no_row(writer: Writer) -> None:
    writer.commit(stored("drill"))
    writer.commit(removed("drill"))
    assert last_seq(writer.connection) == 2


def test_an_alert_keeps_its_place_and_shows_its_newest_state(writer: Writer) -> None:
    first = alert()
    known = msgspec.structs.replace(first, acknowledged=Acknowledgement("guard", T0_NS, "on it"))
    over = msgspec.structs.replace(known, condition="returned", cleared=True)
    row = "SELECT raised_seq, seq, state, open, subject FROM alerts"
    writer.commit(raised(first))
    assert writer.rows(row) == [(1, 1, "active_unacknowledged", 1, "drill")]
    writer.commit(raised(known, "acknowledged"))
    assert open_alerts(writer.connection) == [known]
    writer.commit(raised(over, "cleared"))
    assert writer.rows(row) == [(1, 3, "cleared", 0, "drill")]
    assert open_alerts(writer.connection) == []


def test_an_alert_without_asset_is_about_its_tag(writer: Writer) -> None:
    writer.commit(raised(alert(asset=None)))
    assert writer.rows("SELECT subject FROM alerts") == [("tag:aa01",)]


def test_a_second_open_alert_of_one_rule_and_asset_is_refused(writer: Writer) -> None:
    writer.commit(raised(alert("al-1")))
    with pytest.raises(sqlite3.IntegrityError):
        writer.commit(raised(alert("al-2")))
    writer.commit(raised(alert("al-3", rule="another")))
    assert writer.rows("SELECT id FROM alerts ORDER BY id") == [("al-1",), ("al-3",)]


def test_alerts_about_zones_are_open_once_for_each_zone(writer: Writer) -> None:
    def blind(id_: str, zone: str) -> Alert:
        about = alert(id_, asset=None, rule="system: blind")
        return msgspec.structs.replace(about, tag="", from_zone=zone, to_zone=zone)

    writer.commit(raised(blind("al-1", "hall")))
    writer.commit(raised(blind("al-2", "gate")))
    subjects = [("zone:hall", None, ""), ("zone:gate", None, "")]
    assert writer.rows("SELECT subject, asset, tag FROM alerts ORDER BY seq") == subjects
    with pytest.raises(sqlite3.IntegrityError):
        writer.commit(raised(blind("al-3", "gate")))


@pytest.mark.parametrize(
    "output", [movement("aa", None, "hall", at(1)), stored("drill"), removed("x")]
)
def test_a_number_that_was_used_before_aborts_the_commit(
    writer: Writer,
    output: object,
) -> None:
    numbered = Numbered(1, output)  # type: ignore[arg-type] # one of the outputs above
    writer.commit(stored("saw"))
    with pytest.raises(sqlite3.IntegrityError), transaction(writer.connection):
        record_outputs(writer.connection, [numbered])
    assert writer.rows("SELECT id FROM assets") == [("saw",)]
    assert last_seq(writer.connection) == 1
